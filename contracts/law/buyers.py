"""Which kind of buyer an organization is, told by its name: no code is published with an award."""

from __future__ import annotations

from collections.abc import Mapping

NATIONAL = "national"
BUYERS: Mapping[str, str] = {
    NATIONAL: "national agencies, government corporations, state universities, all that are not local",
    "province": "provinces",
    "city": "cities",
    "municipality": "municipalities",
    "barangay": "barangays",
}
"""Kind -> what it is called."""

BEGINNINGS: Mapping[str, str] = {
    "PROVINCE OF ": "province",
    "CITY OF ": "city",
    "MUNICIPALITY OF ": "municipality",
    "BARANGAY ": "barangay",
}
"""How the names of local governments begin. Schools, hospitals, universities and water districts that bear
the name of a place do not begin so."""


def tell_buyer(name: str) -> str:
    """The kind of the organization of this name."""
    folded = name.strip().upper()
    return next((kind for start, kind in BEGINNINGS.items() if folded.startswith(start)), NATIONAL)


def select_buyer(name: str) -> str:
    """The same of an SQL expression that holds a name."""
    # Of the one declaration, so that a page and a scan of all contracts never disagree.
    whens = " ".join(
        f"WHEN starts_with(upper(trim({name})), '{start}') THEN '{kind}'"
        for start, kind in BEGINNINGS.items()
    )
    return f"CASE {whens} ELSE '{NATIONAL}' END"
