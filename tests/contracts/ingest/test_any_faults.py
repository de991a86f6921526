"""Any awards through any faults in any container: every peso of a sound award is in, and each fault is named.

What must become of a row is said beside each fault, in words of the promise, without looking at the importer.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contracts.snapshot.versions import Snapshot
from tests.contracts.ingest.raw_files import (
    S3,
    UNAWARDED,
    import_all,
    read_contracts,
    read_rejects,
    read_repairs,
    write_xlsx,
)

SEED = 20_041_231
EXAMPLES = 12

Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with an award's row, and what becomes of it.

    ``repaired`` and ``rejected`` are (field, reason). ``again`` are changes of a further row of the award,
    and ``fate`` is what becomes of that row.
    """

    changes: Row
    repaired: tuple[str, str] | None = None
    rejected: tuple[str, str] | None = None
    again: Row | None = None
    fate: str = ""


def spell(text: str) -> Fault:
    """A spelling of the award's amount, ``{}``, which is as good as any other."""
    return Fault(changes={"Contract Amount": text})


FAULTS: tuple[Fault, ...] = (
    Fault(changes={}),
    *map(spell, ("P{}", "₱ {}", "?{}", "Php. {}", "{} PHP", "\u202a{}\u202c", " {} ")),
    Fault(changes={"Approved Budget of the Contract": "-1"}, repaired=("approved_budget", "invalid_amount")),
    Fault(changes={"Approved Budget of the Contract": "TBA"}, repaired=("approved_budget", "invalid_amount")),
    Fault(changes={"Closing Date": "TBA"}, repaired=("closing_date", "invalid_date")),
    Fault(changes={"Closing Date": "0000-00-00"}, repaired=("closing_date", "invalid_date")),
    Fault(changes={"Closing Date": "2204-11-14"}, repaired=("closing_date", "impossible_year")),
    Fault(changes={"Award Date": "1924-11-21"}, repaired=("award_date", "impossible_year")),
    Fault(changes={"Award Date": "1702828800000"}, repaired=("award_date", "invalid_date")),
    Fault(changes={"Published Date": "2024-02-30"}, repaired=("publish_date", "invalid_date")),
    Fault(changes={"Award No.": "NULL"}, repaired=("award_number", "missing_value")),
    Fault(changes={"Bid Reference No.": "0"}, repaired=("reference_id", "zero_number")),
    Fault(changes={"Awardee Organization Name": "N/A"}, repaired=("awardee_name", "missing_value")),
    *(Fault(changes={"Award Date": text}) for text in ("45617", "21-Nov-2024", "2024/11/21", "Nov 21, 2024")),
    *(Fault(changes={"Closing Date": text}) for text in ("N/A", "-", "#N/A", r"\N", "NaT", "(null)")),
    Fault(changes={"Contract Amount": "0.00"}, rejected=("contract_amount", "amount_not_positive")),
    Fault(changes={"Contract Amount": "-{}"}, rejected=("contract_amount", "amount_not_positive")),
    Fault(changes={"Contract Amount": "see notes"}, rejected=("contract_amount", "invalid_amount")),
    Fault(changes={"Contract Amount": "nan"}, rejected=("contract_amount", "missing_value")),
    Fault(changes={}, again={}, fate="duplicates"),
    *(
        Fault(changes={}, again={"Line Item No": "2", **changes}, fate="collapsed")
        for changes in (
            {},
            {"Awardee Organization Name": "acme  trading"},
            {"Award No.": "{}.0"},
            {"Award No.": "00{}"},
        )
    ),
    Fault(changes={}, again={"Line Item No": "2", "Contract Amount": "1{}"}, fate="rejected"),
    Fault(changes={}, again=UNAWARDED, fate="unawarded"),
)


@dataclass(frozen=True)
class Award:
    """One award to be written."""

    number: int
    centavos: int
    fault: Fault

    @property
    def amount(self) -> Decimal:
        return Decimal(self.centavos).scaleb(-2)

    def write(self) -> list[Row]:
        given = {
            "Procuring Entity": "CITY OF PASIG",
            "Bid Reference No.": str(6_100_000 + self.number),
            "Award No.": str(7_200_000 + self.number),
            "Award Title": f"Supply of chairs; lot {self.number}, 'new'",
            "Awardee Organization Name": "ACME TRADING",
            "Contract Amount": f"{self.amount}",
            "Award Date": "2024-11-21",
        }
        rows = [{**given, **fill(self.fault.changes, given)}]
        if (again := self.fault.again) is not None:
            rows.append({**rows[0], **fill(again, given)})
        return rows


def fill(changes: Row, given: Row) -> Row:
    return {name: text.format(given[name]) if "{}" in text else text for name, text in changes.items()}


Rows = Sequence[Sequence[str]]


def write_delimited(path: Path, rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_code_page(path: Path, rows: Rows) -> Path:
    """In Windows-1252, which has no peso sign: it is a question mark there, as in real files."""
    known = [[cell.replace("₱", "?").strip("\u202a\u202c") for cell in row] for row in rows]
    return write_delimited(path, known, encoding="cp1252")


def write_packed(path: Path, rows: Rows) -> Path:
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(write_delimited(path, rows).read_bytes()))
    return packed


def write_archived(path: Path, rows: Rows) -> Path:
    archived = path.with_suffix(".zip")
    with zipfile.ZipFile(archived, "w") as archive:
        archive.write(write_delimited(path, rows), path.name)
    return archived


def as_text(delimiter: str, encoding: str) -> Callable[[Path, Rows], Path]:
    return lambda path, rows: write_delimited(path, rows, delimiter=delimiter, encoding=encoding)


CONTAINERS: dict[str, Callable[[Path, Rows], Path]] = {
    "comma": as_text(",", "utf-8"),
    "comma, with a mark": as_text(",", "utf-8-sig"),
    "semicolon": as_text(";", "utf-8"),
    "tab, UTF-16": as_text("\t", "utf-16"),
    "Windows-1252": write_code_page,
    "gzip": write_packed,
    "zip": write_archived,
    "workbook": lambda path, rows: write_xlsx(path.with_suffix(".xlsx"), rows),
}

columns = st.permutations(S3).map(lambda names: [*names, "Remarks"])
tables = st.tuples(
    st.sampled_from(sorted(CONTAINERS)),
    columns,
    st.lists(st.tuples(st.integers(100, 10**12), st.sampled_from(FAULTS)), min_size=10, max_size=40),
)

Written = list[list[tuple[Award, Row]]]
"""Per file, its rows with the award that each is of."""


@seed(SEED)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(tables, min_size=3, max_size=5))
def test_sound_pesos_are_in_and_every_fault_is_named(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[str, list[str], list[tuple[int, Fault]]]],
) -> None:
    folder = tmp_path_factory.mktemp("faults")
    print(f"seed {SEED}: {[container for container, _, _ in drawn]}")  # noqa: T201 - shown where a test fails
    files: list[Path] = []
    written: Written = []
    for place, (container, header, faults) in enumerate(drawn):
        awards = [Award(1000 * place + number, *one) for number, one in enumerate(faults)]
        rows = [(award, row) for award in awards for row in award.write()]
        cells = [[row.get(name, "") for name in header] for _, row in rows]
        files.append(CONTAINERS[container](folder / f"{place}.csv", [header, *cells]))
        written.append(rows)
    snapshot = import_all(folder / "data", *files)
    check_contracts(snapshot, {award.number: award for rows in written for award, _ in rows})
    check_account(snapshot, written)


def check_contracts(snapshot: Snapshot, awards: dict[int, Award]) -> None:
    sound = [award for award in awards.values() if award.fault.rejected is None]
    contracts = read_contracts(snapshot)
    assert Counter(contract["contract_amount"] for contract in contracts) == Counter(
        award.amount for award in sound
    )
    assert snapshot.manifest().total_value == sum(award.amount for award in sound)
    repaired = {award.number: award.fault.repaired[0] for award in sound if award.fault.repaired}
    assert {number_of(one): one["repaired_fields"] for one in contracts if one["repaired_fields"]} == repaired
    for contract in contracts:
        if field := contract["repaired_fields"]:
            assert contract[field] is None


def number_of(contract: dict[str, Any]) -> int:
    return int(contract["award_title"].split()[-2].removesuffix(","))


def check_account(snapshot: Snapshot, written: Written) -> None:
    """Both reports to the row and the reason, and the fates of the rows of every file."""
    repairs, rejects = [], []
    names = ("imported", "collapsed", "unawarded", "duplicates", "rejected")
    for source, rows in zip(snapshot.manifest().sources, written, strict=True):
        fates, mended, lost = judge(rows)
        assert {name: getattr(source, name) for name in names} == {name: fates[name] for name in names}
        assert source.read == source.accounted == len(rows)
        assert source.repaired_by_reason == Counter(reason for _, _, reason in mended)
        assert source.rejected_by_reason == Counter(reason for _, _, reason in lost)
        repairs += mended
        rejects += lost
    assert [(row, column, reason) for _, row, column, _, reason in read_rejects(snapshot)] == rejects
    assert [(row, column, reason) for _, row, column, _, reason in read_repairs(snapshot)] == repairs


Named = list[tuple[int, str, str]]
"""Row, column and reason."""


def judge(rows: list[tuple[Award, Row]]) -> tuple[Counter[str], Named, Named]:
    """Fates, repairs and rejects of the rows of one file."""
    fates, repairs, rejects = Counter[str](), Named(), Named()
    before: Award | None = None
    for place, (award, _) in enumerate(rows, start=2):
        fault = award.fault
        fate, reject = ("rejected", fault.rejected) if fault.rejected else ("imported", None)
        if award is before:
            fate = fault.fate
            reject = ("contract_amount", "conflicting_amount") if fate == "rejected" else None
        elif fault.repaired:
            repairs.append((place, *fault.repaired))
        if reject:
            rejects.append((place, *reject))
        fates[fate] += 1
        before = award
    return fates, repairs, rejects
