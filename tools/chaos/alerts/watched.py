"""The contracts that are watched: what each dataset version has of them, so that it is known what alerts must
tell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from tools.sample.layouts import S3

SUPPLIERS = tuple(f"WATCHED SUPPLIER {number}" for number in range(11))
"""One search is watched for each."""

_LOT = re.compile(r"lot (\d+) of (WATCHED SUPPLIER \d+)")


def write_raw(path: Path, *, version: int) -> None:
    """A raw file of what dataset version ``version`` has of each supplier: lot 0, whose amount is another one
    in each version, and a lot more than the version before."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, S3.header, restval="NULL")
        rows.writeheader()
        rows.writerows(_make_rows(version))


def amount_of_lot_0(version: int) -> str:
    """As alerts tell it."""
    return f"{1000 + version}.00"


def read_lot(title: str) -> int:
    """Which lot a title tells of."""
    found = _LOT.search(title)
    if found is None:
        raise ValueError(f"{title!r} is no title of what is watched")
    return int(found[1])


def _make_rows(version: int) -> Iterator[dict[str, str]]:
    for number, supplier in enumerate(SUPPLIERS):
        for lot in range(version + 1):
            identity = 800_000_000 + number * 1000 + lot
            title = f"lot {lot} of {supplier}"
            yield {
                "Procuring Entity": "MUNICIPALITY THAT IS WATCHED",
                "Bid Reference No.": str(identity),
                "Award No.": str(identity),
                "Notice Title": title,
                "Award Title": title,
                "Business Category": "Watches",
                "Area of Delivery": "Cebu",
                "Approved Budget of the Contract": "5000.00",
                "Contract Amount": amount_of_lot_0(version) if lot == 0 else f"{500 + lot}.00",
                "Published Date": "2024-01-15",
                "Award Date": "2024-02-15",
                "Awardee Organization Name": supplier,
                "Contract No": f"W-{identity}",
                "Award Status": "active",
            }
