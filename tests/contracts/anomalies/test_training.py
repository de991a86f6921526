"""The model: its anomalies lead to exactly their contracts, and its file is there whole or not at all."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts.anomalies.answers import Wanted, list_anomalies, make_filters
from contracts.anomalies.declared import KINDS, PARAMETERS, Parameters
from contracts.anomalies.model import FORMAT, FOUND, Model, read_facts, read_found, write_model
from contracts.anomalies.training import train
from contracts.engine.store import Reader, Store
from contracts.errors import NotTrained, SnapshotMissing
from contracts.questions.filters import Filters
from contracts.snapshot.versions import Snapshot
from tests.contracts.small_stores import make_award, open_awards, write_snapshot
from tests.contracts.unusual_awards import RISEN, SPIKE, STEADY, STEP, make_unusual
from tools.bench.anomalies import finish

ANYTHING = Parameters(
    least_months=12,
    least_share=0.3,
    least_alike=3,
    month_score=0.5,
    level_score=0.5,
    amount_score=0.5,
    month_times=1.01,
    level_times=1.01,
    amount_times=1.01,
)
"""By which much is an anomaly."""


def train_on(reader: Reader, parameters: Parameters = PARAMETERS) -> Model:
    return finish(train(reader, "v1", parameters=parameters))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store over unusual awards, with its model beside it."""
    snapshot = write_snapshot(tmp_path_factory.mktemp("unusual"), make_unusual())
    store = Store(snapshot, memory_limit_mb=256)
    with store.reader() as reader:
        write_model(snapshot, train_on(reader))
    yield store
    store.close()


def test_one_of_each_kind_is_found_with_its_contracts(store: Store) -> None:
    with store.reader() as reader:
        answer = list_anomalies(Wanted(), store.snapshot, reader)
    found = {one["kind"]: one for one in answer["anomalies"]}
    assert answer["count"] == len(found) == 3
    month, level, amount = (found[kind] for kind in KINDS)
    assert (month["organization"], month["first_day"]) == (STEADY, "2020-09-01")
    assert (month["direction"], month["contracts"], month["actual"]) == ("above", 1, "4000000.00")
    assert month["last_day"] == "2020-09-30"
    assert (level["organization"], level["first_day"], level["contracts"]) == (RISEN, "2021-07-01", 12)
    amounts = [Decimal(one["contract_amount"]) for one in level["evidence"]]
    assert amounts == sorted(amounts, reverse=True)
    assert len(amounts) == 5
    assert (amount["organization"], amount["category"]) == ("Barangay 7", "Chairs")
    assert (amount["actual"], amount["like_contracts"]) == ("20000000.00", 40)
    assert (SPIKE, STEP) == (20, 30)


def test_series_tells_what_was_expected_around_an_anomaly(store: Store) -> None:
    with store.reader() as reader:
        [month] = list_anomalies(Wanted(kind="month"), store.snapshot, reader)["anomalies"]
    at = {one["month"]: one for one in month["series"]}
    assert min(at) == "2019-01"
    assert max(at) == "2021-09"
    spike = at["2020-09"]
    assert spike["actual"] == month["actual"]
    assert spike["expected"] == month["expected"]
    assert Decimal(spike["low"] or 0) < Decimal(spike["expected"] or 0) < Decimal(spike["high"] or 0)
    assert abs(Decimal(spike["high"] or 0) - Decimal(month["high"])) < 10


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(kind="level"), 1),
        (Wanted(organization=STEADY), 1),
        (Wanted(category="Chairs"), 1),
        (Wanted(category="Chairs", kind="month"), 0),
        (Wanted(score=1000), 0),
    ],
)
def test_filters_choose_among_the_anomalies(store: Store, wanted: Wanted, count: int) -> None:
    with store.reader() as reader:
        answer = list_anomalies(wanted, store.snapshot, reader)
    assert answer["count"] == len(answer["anomalies"]) == count


def test_pages_follow_each_other_the_strongest_first(store: Store) -> None:
    with store.reader() as reader:
        pages = [
            list_anomalies(Wanted(page=page, page_size=1), store.snapshot, reader)["anomalies"]
            for page in (1, 2, 3, 4)
        ]
    assert [len(page) for page in pages] == [1, 1, 1, 0]
    scores = [page[0]["score"] for page in pages[:3]]
    assert scores == sorted(scores, reverse=True)


# Not made smaller where it fails: each example writes a dataset.
@settings(max_examples=3, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1_000_000))
def test_filters_of_any_anomaly_find_exactly_its_contracts(seed: int) -> None:
    rng = random.Random(seed)
    awards = [
        make_award(
            number,
            organization_name=rng.choice(["City of A", "City of B", "Ñ \"&'% || x", None]),
            business_category=rng.choice(["Chairs", "Tables; $1", None]),
            contract_amount=Decimal(rng.choice([1, 500, 500, 70_000, 9_000_000])),
            award_date=rng.choice([date(2020, 1, 1) + timedelta(days=rng.randrange(1400)), None]),
            source=rng.choice(["philgeps", "philgeps", "philgeps", "flood_control"]),
        )
        for number in range(1, 300)
    ]
    with open_awards(awards) as store, store.reader() as reader:
        model = train_on(reader, ANYTHING)
        rows = model.found.to_pylist()
        assert {row["kind"] for row in rows} == set(KINDS)
        for row in rows:
            totals = reader.count(Filters.from_json(make_filters(row).to_json()))
            assert (totals.rows, totals.total_value) == (row["contracts"], row["total_value"]), row


def test_model_says_how_much_could_be_judged_and_how_much_of_what_is_planted_it_finds(store: Store) -> None:
    facts = read_facts(store.snapshot)
    coverage = facts["coverage"]
    assert (coverage["organizations"], coverage["organizations_judged"]) == (42, 2)
    assert (coverage["contracts"], coverage["contracts_judged"]) == (161, 40)
    assert facts["found"] == {"month": 1, "level": 1, "amount": 1}
    assert {one["kind"] for one in facts["trials"]} == set(KINDS)
    assert all(0 <= one["found"] <= one["tried"] for one in facts["trials"])
    assert facts["parameters"]["month_score"] == 3.5


def test_dataset_with_nothing_to_judge_has_a_model_without_anomalies() -> None:
    with open_awards([make_award(1, award_date=None)]) as store, store.reader() as reader:
        model = train_on(reader)
    assert (model.found.num_rows, model.series.num_rows, model.groups.num_rows) == (0, 0, 0)


def test_version_without_a_model_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(NotTrained, match=r"each Sunday.*POST /api/v1/ops/anomaly-model/"):
        read_facts(Snapshot(tmp_path))
    with pytest.raises(SnapshotMissing):
        read_facts(Snapshot(tmp_path / "gone"))


def test_model_of_another_program_is_none(store: Store, tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    with zipfile.ZipFile(snapshot.anomalies, "w") as archive:
        archive.writestr("model.json", json.dumps({"format": FORMAT + 1}))
    with pytest.raises(NotTrained, match="another program"):
        read_facts(snapshot)


def test_file_is_written_whole_and_replaces_an_older_one(store: Store, tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    shutil.copy(store.snapshot.anomalies, snapshot.anomalies)
    with store.reader() as reader:
        write_model(snapshot, train_on(reader, ANYTHING))
    assert read_found(snapshot).num_rows > 3
    assert [path.name for path in tmp_path.iterdir()] == ["anomalies.zip"]
    with zipfile.ZipFile(snapshot.anomalies) as archive, archive.open(FOUND) as member:
        assert pq.read_table(member).num_rows == read_found(snapshot).num_rows
    with pytest.raises(SnapshotMissing), store.reader() as reader:
        write_model(Snapshot(tmp_path / "gone"), train_on(reader))
