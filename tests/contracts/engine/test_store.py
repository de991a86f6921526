from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.engine import matching
from contracts.engine.aggregates import PERIODS
from contracts.engine.store import Reader, Store, Totals
from contracts.errors import OutOfSpace, QueryInterrupted, SnapshotMissing
from contracts.fields import FIELDS
from contracts.ingest.layout import build, build_arrays
from contracts.questions.filters import Filters
from contracts.questions.numbers import ValueRange
from contracts.questions.periods import TimeRange
from contracts.questions.query import DIMENSIONS, Aggregation, Page, Query, Sort
from contracts.snapshot.versions import Snapshot
from tests.contracts import oracle
from tests.contracts.example_questions import awards, one_filter, sorts
from tests.contracts.small_stores import make_award, open_awards, write_snapshot


def read_rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The rows as they are stored, read without the store."""
    columns = [field.name for field in FIELDS]
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        rows = con.execute(f"SELECT {', '.join(columns)} FROM contracts ORDER BY id").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_a_version_of_an_older_program_lacks_columns_and_still_answers(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path, [make_award(1), make_award(2, awardee_name="Other")])
    with duckdb.connect(str(snapshot.database)) as con:
        con.execute("DROP INDEX contracts_by_id")
        con.execute("ALTER TABLE contracts DROP COLUMN repaired_fields")
    store = Store(snapshot)
    with store.reader() as reader:
        query = Query(columns=("id", "repaired_fields"), sort=Sort(field="closing_date"))
        assert [row["repaired_fields"] for row in reader.search(query, Page())] == [None, None]
        assert reader.stream(query).read_all().num_rows == 2
        assert reader.count(Filters(contractors=("Other",))).rows == 1
        assert reader.count(Filters(repaired_fields=("award_date",))).rows == 0
        assert (
            reader.aggregate(Aggregation(filters=Filters(areas=("Davao Del Sur",))))["summary"]["count"] == 2
        )
    store.close()


def test_older_versions_mark_amounts_by_their_budgets_and_leave_them_out_alike(tmp_path: Path) -> None:
    over = make_award(1, approved_budget=Decimal("98765.43"), implausible="over_budget")
    snapshot = write_snapshot(tmp_path, [over, make_award(2), make_award(3, approved_budget=None)])
    with duckdb.connect(str(snapshot.database)) as con:
        con.execute("DROP INDEX contracts_by_id")
        con.execute("ALTER TABLE contracts DROP COLUMN implausible")
    (snapshot.rows / "implausible.npy").unlink()
    with contextlib.closing(Store(snapshot)) as store, store.reader() as reader:
        counted = {
            choice: reader.count(Filters(implausible=choice)).rows
            for choice in ("include", "exclude", "only")
        }
        [row] = reader.search(Query(filters=Filters(implausible="only")), Page())
        answer = reader.aggregate(Aggregation(filters=Filters(implausible="exclude")))
        marked = reader.remark(Filters())["implausible"]
    assert counted == {"include": 3, "exclude": 2, "only": 1}
    assert (row["reference_id"], row["implausible"]) == ("00000001", "over_budget")
    assert answer["summary"]["count"] == 2
    assert marked == {"count": 1, "total_value": "987654.32", "share": 0.333333}


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:.2f}"
        if isinstance(value, Decimal)
        else str(value)
        if isinstance(value, date)
        else value
        for name, value in row.items()
    }


# --- the same filters mean the same rows everywhere ------------------------------------------------------


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(awards, min_size=1, max_size=16), st.lists(one_filter, min_size=3, max_size=4))
def test_without_and_only_implausible_amounts_make_all_in_counts_sums_and_rows(
    given_awards: list[dict[str, Any]], questions: list[Filters]
) -> None:
    columns = tuple(field.name for field in FIELDS)
    with open_awards(given_awards) as store, store.reader() as reader:
        for filters in questions:
            asked = {
                choice: filters.model_copy(update={"implausible": choice})
                for choice in ("include", "exclude", "only")
            }
            counts = {choice: reader.count(one) for choice, one in asked.items()}
            whole, without, only = (counts[choice] for choice in asked)
            assert whole.rows == without.rows + only.rows
            assert whole.total_value == without.total_value + only.total_value
            rows = {
                choice: reader.stream(Query(filters=one, columns=columns)).read_all().to_pylist()
                for choice, one in asked.items()
            }
            assert rows["include"] == sorted(rows["exclude"] + rows["only"], key=lambda row: row["id"])
            totals = {
                choice: reader.aggregate(Aggregation(filters=one))["summary"] for choice, one in asked.items()
            }
            assert [total["count"] for total in totals.values()] == [one.rows for one in counts.values()]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(awards, max_size=16),
    st.lists(st.tuples(one_filter, sorts), min_size=3, max_size=4),
    st.sampled_from([1, 10]),
)
def test_search_count_stream_and_aggregates_mean_the_rows_the_oracle_means(
    given_awards: list[dict[str, Any]], questions: list[tuple[Filters, Sort]], few_of: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(matching, "FEW_OF", few_of)
        snapshot = write_snapshot(Path(folder), given_awards)
        rows = read_rows(snapshot)
        store = Store(snapshot)
        stack.callback(store.close)
        reader = stack.enter_context(store.reader())
        assert len(rows) == len(given_awards)
        for filters, sort in questions:
            query = Query(filters=filters, columns=tuple(f.name for f in FIELDS), sort=sort)
            wanted = oracle.search(rows, query)
            value = sum((row["contract_amount"] for row in wanted), Decimal(0))
            assert reader.search(query, Page(size=1000)) == [as_json(row) for row in wanted]
            assert reader.count(filters) == Totals(rows=len(wanted), total_value=value)
            assert reader.search(query, Page(number=2, size=2)) == [as_json(row) for row in wanted[2:4]]
            assert reader.stream(query, batch_rows=5).read_all().to_pylist() == wanted
            check_aggregates(reader.aggregate(Aggregation(filters=filters, top_n=2)), wanted)
            check_marks(reader.remark(filters)["implausible"], wanted)


def check_marks(marked: Mapping[str, Any] | None, wanted: list[dict[str, Any]]) -> None:
    amounts = [row["contract_amount"] for row in wanted if row["implausible"]]
    assert (marked is None) == (not amounts)
    if marked:
        assert (marked["count"], marked["total_value"]) == (len(amounts), f"{sum(amounts):.2f}")
        assert 0 < marked["share"] <= 1 or marked["share"] == pytest.approx(0, abs=1e-6)


def check_aggregates(answer: Mapping[str, Any], wanted: list[dict[str, Any]]) -> None:
    assert answer["summary"] == oracle.summary(wanted)
    assert json.loads(json.dumps(answer)) == answer
    for dimension in DIMENSIONS:
        parts = answer[dimension]
        assert sum(part["count"] for part in parts) == len(wanted)
        doubtful = [row["contract_amount"] for row in wanted if row["implausible"]]
        if dimension == "value_distribution":
            assert sum(part.get("implausible_count", 0) for part in parts) == len(doubtful)
        else:
            marked = sum((Decimal(part.get("implausible_value", 0)) for part in parts), Decimal(0))
            assert marked == sum(doubtful)
        total = sum((Decimal(part["total_value"]) for part in parts), Decimal(0))
        assert f"{total:.2f}" == answer["summary"]["total_value"]
        if dimension == "value_distribution":
            check_bins(parts, wanted)
        else:
            check_groups(parts, oracle.groups(wanted, dimension), dimension)


def check_bins(bins: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    for part in bins:
        inside = [
            row["contract_amount"]
            for row in wanted
            if Decimal(part["min"]) <= row["contract_amount"] < Decimal(part["max"])
        ]
        marked = [row for row in wanted if row["implausible"] and row["contract_amount"] in inside]
        assert part.get("implausible_count", 0) == len(marked)
        assert (part["count"], part["total_value"]) == (len(inside), f"{sum(inside, Decimal(0)):.2f}")


def check_groups(
    parts: list[dict[str, Any]], groups: dict[str | None, tuple[int, str]], dimension: str
) -> None:
    shown = [part for part in parts if not part.get("others")]
    if dimension in PERIODS:
        expected = sorted(groups, key=lambda label: (label is None, label or ""))
    else:
        expected = sorted(
            groups, key=lambda n: (-Decimal(groups[n][1]), (True, "") if n is None else (False, n))
        )
        expected = expected[:2]
        assert len(parts) == min(3, len(groups))
    assert [part["label"] for part in shown] == expected
    for part in shown:
        count, total = groups[part["label"]]
        assert (part["count"], part["total_value"]) == (count, total)
        assert part["avg_value"] == oracle.average([Decimal(total) / count])


# --- keywords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyword", "title", "found"),
    [
        ("flood", "Flood control", True),
        ("FLÓOD", "flood control", True),
        ("pena", "Peña Street", True),
        ("peña", "PENA STREET", True),
        ("lood", "Flood control", False),
        ("flood con", "Flood control", True),
        ("flood control", "Flood (control)", False),
        ("control", "Flood (control)", True),
        ("control", "flood-control", True),
        ("49", "2049", False),
        ("49", "Lot 49-B", True),
        ("100%", "100% cotton", True),
        ("1%", "100 cotton", False),
        ("a_b", "a_b", True),
        ("a_b", "axb", False),
        ("(phase", "road (Phase 2)", True),
        ("(phase", "road phase 2", False),
        ("( phase", "road (Phase 2)", False),
        (", b", "a, b", True),
        ("'s", "O'Brien's", True),
        ("b && a", "a, b", True),
        ("b && zz", "a, b", False),
        ("flood", "“flood” – wall", True),
        ("wall", "“flood”–wall", True),
    ],
)
def test_keyword_is_found_at_a_word_start_only(keyword: str, title: str, found: bool) -> None:
    with open_awards([make_award(award_title=title, notice_title=None)]) as store, store.reader() as reader:
        assert reader.count(Filters.from_json({"keywords": [keyword]})).rows == int(found)


def test_keyword_never_spans_two_fields() -> None:
    award = make_award(
        award_title="Repair", notice_title="of road", awardee_name="Acme", organization_name="Co"
    )
    with open_awards([award]) as store, store.reader() as reader:
        for phrase in ("Repair of", "road Acme", "Acme Co"):
            assert reader.count(Filters(keywords=(phrase,))).rows == 0
        assert reader.count(Filters(keywords=("Repair && of road && Acme && Co",))).rows == 1


def test_keyword_is_found_in_the_names_of_contractor_and_organization_but_not_of_the_area() -> None:
    award = make_award(awardee_name="Ulticon", organization_name="DPWH", area_of_delivery="Bulacan")
    with open_awards([award, make_award(2)]) as store, store.reader() as reader:
        found = {word: reader.count(Filters(keywords=(word,))).rows for word in ("ulti", "dpwh", "bulacan")}
    assert found == {"ulti": 1, "dpwh": 1, "bulacan": 0}


# --- what people type into one box ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def typed_store() -> Iterator[Store]:
    given = [
        make_award(
            1,
            award_title="Construction of flood control structure",
            notice_title=None,
            awardee_name="Ulticon",
            organization_name="Department of Public Works and Highways - Bulacan 1st DEO",
            area_of_delivery="Bulacan",
        ),
        make_award(2, award_title="Flood lights", organization_name="DPWH", area_of_delivery="Albay"),
        make_award(3, award_title="Control of pests", business_category="Pest Control"),
        make_award(4, award_title="Rehabilitation of roads", organization_name="DepEd Cebu"),
        make_award(4712, award_title="Supply of 4711 chairs", contract_number="24 EG 0058"),
    ]
    with open_awards([*given, make_award(6, award_title="Flood wall", source="flood_control")]) as store:
        yield store


def find_references(store: Store, **filters: Any) -> set[int]:
    query = Query(filters=Filters.from_json(filters), columns=("reference_id",))
    with store.reader() as reader:
        return {int(str(row["reference_id"])) for row in reader.search(query, Page())}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("flood control Bulacan", {1}),
        ("bulacan CONTROL flood", {1}),
        ("flood ulticon", {1}),
        ("flo bul", {1}),
        ("flood", {1, 2}),
        ("flood -bulacan", {2}),
        ('"flood control"', {1}),
        ('"control flood"', set()),
        ('flood -"flood control"', {2}),
        ("flood control or pest", {1, 3}),
        ("pest repair", {3}),
        ("repair -road", set()),
        # Acronyms and what they stand for.
        ("dpwh", {1, 2}),
        ("department of public works and highways", {1, 2}),
        ("dpwh bulacan", {1}),
        ('"dpwh"', {2}),
        ("department of education cebu", {4}),
        ("flood -dpwh", set()),
        # Numbers, whole.
        ("4711", {4712}),
        ("0004712", {4712}),
        ("471", {4712}),
        ('"24EG 0058"', {4712}),
        ("24eg0058", {4712}),
        ("24eg", set()),
    ],
)
def test_typed_words_must_all_be_there_in_any_order_and_column(
    typed_store: Store, typed: str, found: set[int]
) -> None:
    assert find_references(typed_store, text=typed) == found


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        (["4712"], {4712}),
        (["0 4712", "1"], {1, 4712}),
        (["c-1"], {1}),
        (["24EG0058"], {4712}),
        (["24EG"], set()),
        (["00000006"], set()),
    ],
)
def test_numbers_are_found_whole_without_blanks_and_leading_zeros(
    typed_store: Store, numbers: list[str], found: set[int]
) -> None:
    assert find_references(typed_store, numbers=numbers) == found


def test_names_by_pattern_mean_all_spellings_of_one_column(typed_store: Store) -> None:
    works = {"contains": "public works && bulacan"}
    assert find_references(typed_store, organizations=[works]) == {1}
    assert find_references(typed_store, organizations=[works, "DPWH"]) == {1, 2}
    assert find_references(typed_store, organizations=[{"contains": "dep"}]) == {1, 4}
    assert find_references(typed_store, contractors=[works]) == set()
    assert find_references(typed_store, except_organizations=[{"contains": "dep"}]) == {2, 3, 4712}


# --- why nothing is found --------------------------------------------------------------------------------


def test_name_that_nobody_bears_is_told_with_close_ones(typed_store: Store) -> None:
    filters = Filters.from_json(
        {
            "contractors": ["Ultikon", "Ulticon", None, {"contains": "x"}],
            "except_areas": ["Nowhere at all"],
        }
    )
    with typed_store.reader() as reader:
        contractor, area = reader.remark(filters)["unknown_names"]
        assert reader.remark(Filters()) == {
            "unknown_names": [],
            "implausible": None,
            "nothing_found": None,
        }
    assert (contractor["filter"], contractor["name"]) == ("contractors", "Ultikon")
    assert [close["label"] for close in contractor["close"]] == ["Ulticon"]
    assert contractor["close"][0]["count"] == 1
    assert (area["filter"], area["name"], area["close"]) == ("except_areas", "Nowhere at all", [])


def test_a_missing_name_is_close_to_none() -> None:
    with open_awards([make_award(area_of_delivery=None)]) as store, store.reader() as reader:
        (unknown,) = reader.remark(Filters.from_json({"except_areas": [""]}))["unknown_names"]
        assert unknown["close"] == []


def explain(store: Store, **filters: Any) -> Any:
    with store.reader() as reader:
        return reader.remark(Filters.from_json(filters))["nothing_found"]


def test_nothing_found_says_what_each_filter_keeps_away(typed_store: Store) -> None:
    absence = explain(typed_store, text="flood albay control", areas=["Bulacan"], value_range={"min": 1})
    kept_away = {(one["filter"], one["part"]): one["count"] for one in absence["without"]}
    assert kept_away == {("text", None): 1, ("text", "albay"): 1}
    assert {one["part"]: one["instead"] for one in absence["without"]} == {
        None: None,
        "albay": "flood control",
    }
    assert absence["near"] == []
    absence = explain(typed_store, text='"flood wall"')
    assert [(one["filter"], one["count"]) for one in absence["without"]] == [("include_flood_control", 1)]


def test_mistyped_words_are_answered_with_near_ones_and_their_counts(typed_store: Store) -> None:
    [near] = explain(typed_store, text="flod contrl")["near"][:1]
    assert (near["typed"], near["word"], near["filter"]) == ("flod", "flood", "text")
    assert (near["instead"], near["count"]) == ("flood control", 1)
    [near] = explain(typed_store, keywords=["rehabilitaton && roads"])["near"]
    assert (near["word"], near["instead"]) == ("rehabilitation", ["rehabilitation && roads"])
    assert [near["word"] for near in explain(typed_store, text="albya")["near"]] == ["albay"], "an area"


# --- order and pages -------------------------------------------------------------------------------------


def test_default_order_is_kept_by_a_stream_of_many_row_groups(tmp_path: Path) -> None:
    snapshot = write_many(tmp_path, rows=400_000)
    store = Store(snapshot, threads=2)
    wanted = Filters(
        keywords=("road", "firm 3"),
        contractors=tuple(f"Firm {n}" for n in range(400)),
        value_range=ValueRange(min=Decimal(2)),
    )
    with store.reader() as reader:
        for filters in (Filters(), wanted):
            ids = reader.stream(Query(filters=filters, columns=("id",))).read_all()["id"].to_pylist()
            assert len(ids) == reader.count(filters).rows > 200_000
            assert ids == sorted(ids)
    store.close()


def test_row_numbers_of_a_select_list_follow_the_order_asked_for() -> None:
    query = Query(columns=("contract_amount",), sort=Sort(field="contract_amount", descending=False))
    rows = [make_award(n, contract_amount=Decimal(n * 7 % 10 + 1)) for n in range(10)]
    with open_awards(rows) as store, store.reader() as reader:
        select = ["row_number() OVER () AS n, *", "n || ':' || contract_amount AS contract_amount"]
        got = reader.stream(query, select=select).read_all()["contract_amount"].to_pylist()
    assert got == [f"{n}:{n}.00" for n in range(1, 11)]


def test_pages_together_are_the_whole_and_the_one_after_the_last_is_empty() -> None:
    with open_awards([make_award(n) for n in range(1, 11)]) as store, store.reader() as reader:
        query = Query(columns=("id",), sort=Sort(field="contract_amount"))
        pages = [reader.search(query, Page(number=n, size=4)) for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [4, 4, 2, 0]
    assert [row["id"] for page in pages for row in page] == list(range(1, 11))


# --- aggregates ------------------------------------------------------------------------------------------


def test_aggregate_answers_only_the_dimensions_asked_for(small_store: Store) -> None:
    with small_store.reader() as reader:
        assert set(reader.aggregate(Aggregation(dimensions=()))) == {"summary"}
        assert set(reader.aggregate(Aggregation(dimensions=("by_area",)))) == {"summary", "by_area"}


def test_average_and_median_are_rounded_half_up_where_floats_would_not_be() -> None:
    cents = [Decimal("0.01"), Decimal("0.02")]
    given = [make_award(n, contract_amount=amount) for n, amount in enumerate(cents)]
    with open_awards(given) as store, store.reader() as reader:
        summary = reader.aggregate(Aggregation(dimensions=()))["summary"]
    assert (summary["avg_value"], summary["median_value"]) == ("0.02", "0.02")


def list_contractors(reader: Reader, top_n: int = 20) -> Any:
    answer: dict[str, Any] = {**reader.aggregate(Aggregation(dimensions=("by_contractor",), top_n=top_n))}
    return answer["by_contractor"]


def test_labels_beyond_the_top_are_one_row_that_cannot_be_mistaken_for_a_label() -> None:
    given = [make_award(n, awardee_name=name) for n, name in enumerate(["others", None, "c", "d"])]
    with open_awards(given) as store, store.reader() as reader:
        parts = list_contractors(reader, top_n=3)
        whole = list_contractors(reader, top_n=4)
    assert [(p["label"], p.get("others", False)) for p in parts][-1] == (None, True)
    assert parts[-1]["labels"] == 1
    assert [(p["label"], "others" in p) for p in whole] == [
        ("c", False),
        ("d", False),
        ("others", False),
        (None, False),
    ]


def test_shares_of_a_dimension_are_of_the_whole_value() -> None:
    given = [make_award(n, awardee_name=str(n), contract_amount=Decimal(n)) for n in (1, 2)]
    with open_awards(given) as store, store.reader() as reader:
        parts = list_contractors(reader)
    assert [part["share"] for part in parts] == [0.666667, 0.333333]


# --- suggestions -----------------------------------------------------------------------------------------


def suggest(store: Store, typed: str, **options: Any) -> list[str]:
    with store.reader() as reader:
        return [s.label for s in reader.suggest("contractors", typed, **options).best]


@pytest.fixture(scope="module")
def named_store() -> Iterator[Store]:
    names = ["Ñuque Builders", "Builders Nuque", "Builders Nuque", "Anuque", "100% Nuque", None]
    given = [make_award(n, awardee_name=name) for n, name in enumerate(names)]
    with open_awards([*given, make_award(9, awardee_name="Nuque Flood", source="flood_control")]) as store:
        yield store


def test_suggestions_that_begin_with_what_was_typed_come_before_greater_ones(named_store: Store) -> None:
    assert suggest(named_store, "nuq") == ["Ñuque Builders", "Builders Nuque", "100% Nuque"]


def test_suggestions_end_at_the_limit(named_store: Store) -> None:
    assert suggest(named_store, "nuq", limit=1) == ["Ñuque Builders"]


def test_suggestions_for_nothing_typed_are_all_names_with_most_contracts_first(named_store: Store) -> None:
    assert suggest(named_store, "") == ["Builders Nuque", "100% Nuque", "Anuque", "Ñuque Builders"]


def test_suggestions_offer_names_of_the_second_source_only_with_it(named_store: Store) -> None:
    assert "Nuque Flood" not in suggest(named_store, "nuque")
    assert "Nuque Flood" in suggest(named_store, "nuque", include_flood_control=True)


def test_suggestion_says_how_many_contracts_it_stands_for(named_store: Store) -> None:
    with named_store.reader() as reader:
        [best] = reader.suggest("contractors", "builders n", 1).best
    assert (best.count, best.total_value) == (2, Decimal("987654.32") * 2)


def test_suggestions_hold_all_words_and_come_with_what_all_names_are_together(named_store: Store) -> None:
    with named_store.reader() as reader:
        found = reader.suggest("contractors", "nuque - build", 1)
        assert [pattern.contains for pattern in found.patterns] == ["build && nuque"]
        assert (found.names, found.count, found.total_value) == (2, 3, Decimal("987654.32") * 3)
        assert len(found.best) == 1
        meant = Filters(contractors=tuple(found.patterns))
        assert reader.count(meant) == Totals(rows=found.count, total_value=found.total_value)
        assert reader.suggest("contractors", "").patterns == []


def test_suggestions_for_an_acronym_are_names_that_spell_it_out_too(typed_store: Store) -> None:
    with typed_store.reader() as reader:
        found = reader.suggest("organizations", "dpwh")
        assert found.best[0].label == "DPWH"
        assert found.names == 2
        assert reader.count(Filters(organizations=tuple(found.patterns))).rows == 2


# --- stores ----------------------------------------------------------------------------------------------


def test_two_stores_of_one_process_share_a_snapshot_and_leave_nothing_in_it(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path, [make_award()])
    files = sorted(tmp_path.rglob("*"))
    one, other = Store(snapshot, memory_limit_mb=200), Store(snapshot, memory_limit_mb=300, threads=1)
    with one.reader() as reader, other.reader() as second, one.reader() as third:
        assert reader.aggregate(Aggregation()) == second.aggregate(Aggregation())
        assert reader.count(Filters()) == third.count(Filters())
    one.close()
    other.close()
    assert sorted(tmp_path.rglob("*")) == files


def test_store_of_a_version_that_was_pruned_says_so(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing):
        Store(Snapshot(tmp_path / "gone"))


def test_store_of_a_version_without_index_asks_for_another_import(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path, [make_award()])
    for folder in (snapshot.words, snapshot.rows):
        shutil.rmtree(folder)
    store = Store(snapshot)
    with store.reader() as reader:
        for ask in (lambda: reader.count(Filters()), lambda: reader.aggregate(Aggregation())):
            with pytest.raises(SnapshotMissing, match="import its files again"):
                ask()
    store.close()


def test_version_without_younger_indexes_refuses_numbers_and_answers_the_rest(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path, [make_award(1, area_of_delivery="Cebu"), make_award(2)])
    shutil.rmtree(snapshot.numbers)
    for file in snapshot.rows.glob("area_of_delivery-*"):
        file.unlink()
    store = Store(snapshot)
    with store.reader() as reader:
        for filters in ({"numbers": ["1"]}, {"text": "00001"}):
            with pytest.raises(SnapshotMissing, match="look up numbers: import its files again"):
                reader.count(Filters.from_json(filters))
        assert reader.count(Filters.from_json({"text": "cebu road 1"})).rows == 1
        assert reader.count(Filters.from_json({"areas": [{"contains": "ce"}]})).rows == 1
    store.close()


def test_version_without_arrays_of_groups_says_the_same_totals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "FEW_OF", 1)
    given_awards = [make_award(1, award_date=None, funding_year=None), make_award(2), make_award(3)]
    snapshot = write_snapshot(tmp_path, given_awards)
    asked = Aggregation(filters=Filters.from_json({"keywords": ["road"]}), dimensions=DIMENSIONS)
    answers = []
    for name in ("value_bin.npy", "none"):
        store = Store(snapshot)
        with store.reader() as reader:
            answers.append(reader.aggregate(asked))
        store.close()
        (snapshot.rows / name).unlink(missing_ok=True)
    assert answers[0] == answers[1]
    assert answers[0]["summary"]["count"] == 3


def test_version_that_has_no_codes_of_a_column_refuses_questions_by_it_and_answers_others(
    tmp_path: Path,
) -> None:
    snapshot = write_snapshot(tmp_path, [make_award(procurement_mode="Shopping")])
    with duckdb.connect(str(snapshot.database)) as con:
        con.execute("DROP INDEX contracts_by_id")
        con.execute("ALTER TABLE contracts DROP COLUMN procurement_mode_code")
    store = Store(snapshot)
    shopping = Filters(procurement_modes=("Shopping",))
    with store.reader() as reader:
        for ask in (
            lambda: reader.count(shopping),
            lambda: reader.search(Query(filters=shopping), Page()),
            lambda: reader.stream(Query(filters=shopping)),
            lambda: reader.suggest("procurement_modes", "s"),
            lambda: reader.aggregate(Aggregation(dimensions=("by_procurement_mode",))),
        ):
            with pytest.raises(SnapshotMissing, match="import its files again"):
                ask()
        assert reader.count(Filters(areas=("Davao Del Sur",))).rows == 1
        assert reader.aggregate(Aggregation(dimensions=("by_area",)))["summary"]["count"] == 1
    store.close()


def test_answer_given_again_is_the_same_and_found_anew_after_it_was_forgotten(small_store: Store) -> None:
    with small_store.reader() as reader:
        first = reader.aggregate(Aggregation(top_n=3))
        assert reader.aggregate(Aggregation(top_n=3)) is first
        small_store.forget()
        assert reader.aggregate(Aggregation(top_n=3)) == first


# --- interruption ----------------------------------------------------------------------------------------


def write_many(folder: Path, *, rows: int) -> Snapshot:
    """A snapshot of ``rows`` awards of 500 contractors, made of one."""
    with tempfile.TemporaryDirectory() as small:
        seed = write_snapshot(Path(small), [make_award()])
        with duckdb.connect(str(folder / seed.database.name)) as con:
            con.execute(f"ATTACH '{seed.database}' AS seed (READ_ONLY)")
            con.execute(
                f"""CREATE TEMP TABLE awards AS SELECT c.* EXCLUDE (id) REPLACE (
                    'Firm ' || i % 500 AS awardee_name,
                    (1 + i % 977)::DECIMAL(18,2) AS contract_amount,
                    DATE '2020-01-01' + (i * 7919 % 1500)::INTEGER AS award_date)
                FROM seed.contracts c, range({rows}) r(i)"""
            )
            con.execute("DETACH seed")
            con.execute(
                f"CREATE TEMP VIEW given AS SELECT {', '.join(f.name for f in FIELDS[1:])} FROM awards"
            )
            build(con, "given")
            build_arrays(con, folder)
    return Snapshot(folder)


def test_interrupt_from_another_thread_stops_a_stream(tmp_path: Path) -> None:
    store = Store(write_many(tmp_path, rows=300_000))
    with store.reader() as reader:
        batches = reader.stream(Query(sort=Sort(field="contract_amount")), batch_rows=1000)
        batches.read_next_batch()
        stopper = threading.Thread(target=reader.interrupt)
        stopper.start()
        stopper.join()
        with pytest.raises(QueryInterrupted):
            batches.read_all()
        assert reader.count(Filters()).rows == 300_000
    store.close()


def test_sort_that_needs_more_memory_than_there_is_says_so(tmp_path: Path) -> None:
    store = Store(write_many(tmp_path, rows=300_000), memory_limit_mb=20)
    with store.reader() as reader:
        with pytest.raises(OutOfSpace, match="Memory"):
            reader.stream(Query(sort=Sort(field="reference_id"))).read_all()
        assert reader.count(Filters()).rows == 300_000
    store.close()


def test_a_place_is_found_in_the_spelling_of_either_source_and_among_other_places() -> None:
    areas: list[str | None] = [
        "Bulacan",
        "Bulacan,Nueva Vizcaya",
        "PIÑAN (BULACAN), BULACAN, Region I",
        "Leyte",
    ]
    areas += ["Southern Leyte", "LAS PIÑAS CITY, National Capital Region", None]
    awards = [
        make_award(
            number, area_of_delivery=area, source="flood_control" if "R" in (area or "") else "philgeps"
        )
        for number, area in enumerate(areas, start=1)
    ]
    with open_awards(awards) as store, store.reader() as reader:

        def count(*places: str, **others: Any) -> int:
            return reader.count(Filters(places=places, include_flood_control=True, **others)).rows

        assert (count("bulacan"), count("Nueva Vizcaya"), count("Leyte"), count("NCR")) == (3, 1, 1, 1)
        # The file's own region, where it says one.
        assert (count("Central Luzon"), count("Region I"), count("Region II", "Leyte")) == (2, 1, 2)
        assert count("Bulacan", flood_control_only=True) == 1
        found = reader.suggest("places", "leyte", include_flood_control=True)
        assert [(one.label, one.count) for one in found.best] == [("Leyte", 1), ("Southern Leyte", 1)]
        assert found.patterns == []
        [unknown] = reader.remark(Filters(places=("Bulcan",)))["unknown_names"]
        assert (unknown["filter"], [one["label"] for one in unknown["close"]]) == ("places", ["Bulacan"])


def test_lists_of_time_ranges_narrow_each_other(small_store: Store) -> None:
    year, other = TimeRange.year(2024), TimeRange.year(2023)
    march = TimeRange(start=date(2024, 3, 1), end=date(2024, 3, 31))
    with small_store.reader() as reader:
        alone = reader.count(Filters(time_ranges=(march,)))
        both = Filters(time_ranges=(year, other), also_within=((march,),))
        assert reader.count(both) == alone
        assert both.describe() == "awarded 2023 or 2024, and within 2024-03-01 to 2024-03-31"
        none = Filters(time_ranges=(other,), also_within=((march,),))
        assert (reader.count(none).rows, reader.search(Query(filters=none), Page())) == (0, [])
