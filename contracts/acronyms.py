"""Acronyms that people type for names that the data spells out, and the other way round.

Whoever types one of the spellings finds the contracts that hold any of them. Offices as the agencies'
charters and the Government Procurement Policy Board name them.
"""

from __future__ import annotations

from collections.abc import Mapping

ACRONYMS: Mapping[str, tuple[str, ...]] = {
    "AFP": ("Armed Forces of the Philippines",),
    "BFAR": ("Bureau of Fisheries and Aquatic Resources",),
    "BFP": ("Bureau of Fire Protection",),
    "BIR": ("Bureau of Internal Revenue",),
    "BJMP": ("Bureau of Jail Management and Penology",),
    "BOC": ("Bureau of Customs",),
    "CAAP": ("Civil Aviation Authority of the Philippines",),
    "CHED": ("Commission on Higher Education",),
    "COA": ("Commission on Audit",),
    "COMELEC": ("Commission on Elections",),
    "DA": ("Department of Agriculture",),
    "DAR": ("Department of Agrarian Reform",),
    "DBM": ("Department of Budget and Management",),
    "DENR": ("Department of Environment and Natural Resources",),
    "DEO": ("District Engineering Office",),
    "DepEd": ("Department of Education",),
    "DFA": ("Department of Foreign Affairs",),
    "DHSUD": ("Department of Human Settlements and Urban Development",),
    "DICT": ("Department of Information and Communications Technology",),
    "DILG": (
        "Department of the Interior and Local Government",
        "Department of Interior and Local Government",
    ),
    "DND": ("Department of National Defense",),
    "DOE": ("Department of Energy",),
    "DOF": ("Department of Finance",),
    "DOH": ("Department of Health",),
    "DOJ": ("Department of Justice",),
    "DOLE": ("Department of Labor and Employment",),
    "DOST": ("Department of Science and Technology",),
    "DOT": ("Department of Tourism",),
    "DOTr": ("Department of Transportation",),
    "DPWH": ("Department of Public Works and Highways", "Department of Public Works & Highways"),
    "DSWD": ("Department of Social Welfare and Development", "Department of Social Welfare & Development"),
    "DTI": ("Department of Trade and Industry",),
    "GSIS": ("Government Service Insurance System",),
    "LGU": ("Local Government Unit",),
    "LTO": ("Land Transportation Office",),
    "LWUA": ("Local Water Utilities Administration",),
    "MIAA": ("Manila International Airport Authority",),
    "MMDA": ("Metropolitan Manila Development Authority", "Metro Manila Development Authority"),
    "MWSS": ("Metropolitan Waterworks and Sewerage System",),
    "NBI": ("National Bureau of Investigation",),
    "NEA": ("National Electrification Administration",),
    "NFA": ("National Food Authority",),
    "NHA": ("National Housing Authority",),
    "NIA": ("National Irrigation Administration",),
    "NPC": ("National Power Corporation",),
    "PCG": ("Philippine Coast Guard",),
    "PhilHealth": ("Philippine Health Insurance Corporation",),
    "PNP": ("Philippine National Police",),
    "PPA": ("Philippine Ports Authority",),
    "PSA": ("Philippine Statistics Authority",),
    "SSS": ("Social Security System",),
    "SUC": ("State Universities and Colleges",),
    "TESDA": (
        "Technical Education and Skills Development Authority",
        "Technical Education & Skills Development Authority",
    ),
}
"""Acronym -> what it stands for, in all spellings that the data has."""

_KIN: Mapping[tuple[str, ...], tuple[str, ...]] = {
    tuple(spelling.casefold().split()): tuple(other for other in family if other != spelling)
    for family in ((acronym, *names) for acronym, names in ACRONYMS.items())
    for spelling in family
}
"""Words of a spelling, without case -> the other spellings of the same."""
_LONGEST = max(map(len, _KIN))


def find_spelling(words: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """How many of the first words make up a spelling, and its other spellings; (1, ()) where they are none.
    The longest one counts."""
    for length in range(min(len(words), _LONGEST), 0, -1):
        if others := _KIN.get(tuple(word.casefold() for word in words[:length])):
            return length, others
    return 1, ()
