"""One contract by its address, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from contracts.engine.records.addresses import Address
from contracts.engine.records.record import MOST_SIBLINGS, Record, Standing
from contracts.engine.store import Reader, Store
from tests.contracts.small_stores import Award, make_award, open_awards, write_snapshot


def find_titles(reader: Reader, reference: str, award: str) -> list[object]:
    return [one.row["award_title"] for one in reader.find_standings(Address(reference, award))]


def describe(awards: Iterable[Award], reference: str, award: str) -> Record:
    with open_awards(list(awards)) as store, store.reader() as reader:
        [standing] = reader.find_standings(Address(reference, award))
        return reader.describe_record(standing)


def titles_of(standings: Iterable[Standing | None]) -> list[object]:
    return [one and one.row["award_title"] for one in standings]


AWARDS = [
    make_award(1, award_title="Both"),
    make_award(2, award_number=None, contract_number="1", award_title="By its contract number"),
    make_award(3, reference_id=None, project_id=None, award_title="Without a notice"),
    make_award(
        4,
        **{"reference_id": None, "award_number": None, "source": "flood_control"},
        **{"project_id": "P1", "contract_number": "22 ñ/1", "award_title": "Dike", "award_date": None},
    ),
    make_award(5, award_number=None, contract_number=None, award_title="Without an award number"),
    make_award(6, reference_id="0001", award_number="1x", contract_number="1", award_title="Another award"),
]


def test_a_contract_is_found_at_its_address_alone() -> None:
    with open_awards(AWARDS) as store, store.reader() as reader:
        assert find_titles(reader, "1", "1") == ["Both"]
        assert find_titles(reader, "2", "1") == ["By its contract number"]
        assert find_titles(reader, "", "3") == ["Without a notice"]
        assert find_titles(reader, "P1", "22Ñ/1") == []
        assert find_titles(reader, "P1", "22ñ/1") == ["Dike"]
        assert find_titles(reader, "5", "") == ["Without an award number"]
        assert find_titles(reader, "1", "") == []
        assert find_titles(reader, "", "1") == []
        assert find_titles(reader, "9", "9") == []


def test_contracts_at_one_address_have_keys_that_outlive_their_version() -> None:
    alike = [make_award(1, awardee_name=name) for name in ("ACME", "BETA")]
    keys = []
    for awards in (alike, [make_award(9, award_date=date(2025, 1, 1)), *reversed(alike)]):
        with open_awards(awards) as store, store.reader() as reader:
            found = reader.find_standings(Address("1", "1"))
            keys.append({one.row["awardee_name"]: one.key for one in found})
    assert keys[0] == keys[1]
    assert len({*keys[0].values()} - {None}) == 2


def test_a_record_holds_all_columns() -> None:
    award = make_award(1)
    record = describe([award, make_award(2)], "1", "1")
    told = {name: value for name, value in record.row.items() if name != "id"}
    assert told == {
        **award,
        **{name: value.isoformat() for name, value in award.items() if isinstance(value, date)},
        **{"approved_budget": "1000000.00", "contract_amount": "987654.32"},
    }
    assert record.standing.key is None


def test_siblings_are_the_other_contracts_of_the_notice() -> None:
    awards = [
        make_award(n, reference_id=ref, award_title=f"Lot {n}") for n, ref in ((1, "7"), (2, "07"), (3, "8"))
    ]
    record = describe(awards, "7", "1")
    assert (titles_of(record.siblings), record.all_siblings) == (["Lot 2"], 1)
    many = describe([make_award(n, reference_id="7") for n in range(1, MOST_SIBLINGS + 5)], "7", "1")
    assert (len(many.siblings), many.all_siblings) == (MOST_SIBLINGS, MOST_SIBLINGS + 3)


def test_the_contracts_before_and_after_are_those_of_the_same_pair_by_day() -> None:
    days = {1: date(2024, 1, 1), 2: date(2024, 2, 1), 3: date(2024, 3, 1), 4: None}
    pair = [make_award(n, award_date=day, award_title=f"No. {n}") for n, day in days.items()]
    between = date(2024, 2, 2)
    others = [
        make_award(8, award_date=between, awardee_name="ACME"),
        make_award(9, award_date=between, organization_name="City of Pasig"),
    ]
    around = {
        n: titles_of([record.before, record.after])
        for n in days
        for record in [describe([*pair, *others], str(n), str(n))]
    }
    assert around == {1: [None, "No. 2"], 2: ["No. 1", "No. 3"], 3: ["No. 2", None], 4: [None, None]}


def test_a_contract_of_nobody_known_has_no_others_of_its_pair() -> None:
    nobody = [make_award(n, awardee_name=None) for n in (1, 2)]
    record = describe(nobody, "1", "1")
    assert titles_of([record.before, record.after]) == [None, None]


def test_a_snapshot_without_lines_tells_no_raw_rows(tmp_path: Path) -> None:
    store = Store(write_snapshot(tmp_path, [make_award(1)]))
    with store.reader() as reader:
        [standing] = reader.find_standings(Address("1", "1"))
        assert reader.describe_record(standing).origins is None
    store.close()
