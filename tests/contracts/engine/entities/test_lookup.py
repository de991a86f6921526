"""What is said of an entity is what plain Python says of its rows; a directory lists each name once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.engine.entities.answers import Directory, Entity
from contracts.engine.store import Store
from contracts.errors import UnknownEntity
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.directories import LETTERS, PAGE_SIZE, Wanted
from contracts.questions.entities.kinds import KINDS, EntityKind
from tests.contracts import oracle
from tests.contracts.engine.test_store import read_rows
from tests.contracts.example_questions import awards
from tests.contracts.small_stores import make_award, open_awards

CONTRACTORS = KINDS["contractors"]
kinds = st.sampled_from(sorted(KINDS.values(), key=lambda kind: kind.name))


def describe(store: Store, kind: EntityKind, name: str) -> Entity:
    with store.reader() as reader:
        return reader.entities.describe(kind, make_slug(name))


def list_names(store: Store, **wanted: Any) -> Directory:
    with store.reader() as reader:
        return reader.entities.list(CONTRACTORS, Wanted(**wanted))


def as_groups(parts: Sequence[Any]) -> dict[str | None, tuple[int, str]]:
    assert not any(part.get("others") for part in parts)
    return {part["label"]: (part["count"], part["total_value"]) for part in parts}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(awards, min_size=1, max_size=12), kinds)
def test_entity_says_what_its_rows_say(given_awards: list[dict[str, Any]], kind: EntityKind) -> None:
    with open_awards(given_awards) as store:
        rows = read_rows(store.snapshot)
        for name in {row[kind.column] for row in rows} - {None}:
            of_name = [row for row in rows if row[kind.column] == name]
            expect_facts(describe(store, kind, name), of_name)


def expect_facts(entity: Entity, rows: list[dict[str, Any]]) -> None:
    main = [row for row in rows if row["source"] == "philgeps"]
    days = sorted(row["award_date"] for row in main if row["award_date"])
    assert entity["summary"] == oracle.summary(main)
    assert entity["first_award"] == (days[0].isoformat() if days else None)
    assert entity["last_award"] == (days[-1].isoformat() if days else None)
    assert entity["years_active"] == len({day.year for day in days})
    assert as_groups(entity["by_year"]) == oracle.groups(main, "by_year")
    assert as_groups(entity["by_month"]) == oracle.groups(main, "by_month")
    for partners in entity["partners"]:
        dimension = f"by_{KINDS[partners['kind']].exact.word}"
        assert as_groups(partners["parts"]) == oracle.groups(main, dimension)
    largest = sorted((row["contract_amount"] for row in main), reverse=True)[:10]
    assert [one["contract_amount"] for one in entity["largest_contracts"]] == [f"{n:.2f}" for n in largest]
    assert entity["flood_control"]["count"] == len(rows) - len(main)


def test_entity_names_whom_it_has_most_pesos_with() -> None:
    given_awards = [
        make_award(1, organization_name=None, contract_amount=700),
        make_award(2, organization_name="Small", contract_amount=100),
        make_award(3, organization_name="Large", contract_amount=200),
    ]
    with open_awards(given_awards) as store:
        largest = describe(store, CONTRACTORS, "Peña & Sons")["largest_partner"]
        assert largest == {
            "kind": "organizations",
            "name": "Large",
            "slug": make_slug("Large"),
            "share": 0.2,
        }
        organization = describe(store, KINDS["organizations"], "Small")["largest_partner"]
        assert organization is not None
        assert (organization["kind"], organization["name"]) == ("contractors", "Peña & Sons")


def test_partners_beyond_the_first_ten_are_added_up() -> None:
    given_awards = [make_award(n, organization_name=f"Office {n}", contract_amount=n) for n in range(1, 14)]
    with open_awards(given_awards) as store:
        parts = describe(store, CONTRACTORS, "Peña & Sons")["partners"][0]["parts"]
    assert [part["label"] for part in parts[:2]] == ["Office 13", "Office 12"]
    assert {**parts[-1], "share": None, "avg_value": None} == {
        **{"label": None, "count": 3, "total_value": "6.00", "avg_value": None, "share": None},
        **{"others": True, "labels": 3, "slug": None},
    }


def test_entity_lists_its_other_spellings_by_their_contracts() -> None:
    names = ["ABC Corp.", "A.B.C., Inc.", "A.B.C., Inc.", "abc", "ABCD Corp.", None]
    with open_awards([make_award(n, awardee_name=name) for n, name in enumerate(names)]) as store:
        found = describe(store, CONTRACTORS, "abc")["spellings"]
    assert [(one["name"], one["count"]) for one in found] == [("A.B.C., Inc.", 2), ("ABC Corp.", 1)]
    assert found[0]["slug"] == make_slug("A.B.C., Inc.")


def test_entity_is_found_by_the_key_whatever_words_stand_before_it(small_store: Store) -> None:
    slug = make_slug("Peña & Sons")
    with small_store.reader() as reader:
        found = reader.entities.describe(CONTRACTORS, f"another-name-{slug[-12:]}")
    assert (found["name"], found["slug"]) == ("Peña & Sons", slug)


@pytest.mark.parametrize("slug", ["pena-sons", "pena-sons-000000000000", make_slug("City of Digos")])
def test_address_of_no_name_of_the_kind_is_refused(small_store: Store, slug: str) -> None:
    with small_store.reader() as reader, pytest.raises(UnknownEntity):
        reader.entities.describe(CONTRACTORS, slug)


def test_name_of_the_second_source_alone_has_a_page_and_no_place_in_the_directory() -> None:
    with open_awards([make_award(1), make_award(2, awardee_name="Dike", source="flood_control")]) as store:
        entity = describe(store, CONTRACTORS, "Dike")
        assert entity["summary"]["count"] == 0
        assert entity["flood_control"] == {"count": 1, "total_value": "987654.32"}
        assert [one["name"] for one in list_names(store)["entities"]] == ["Peña & Sons"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(awards, max_size=12), kinds)
def test_directory_lists_each_name_of_the_main_source_once(
    given_awards: list[dict[str, Any]], kind: EntityKind
) -> None:
    with open_awards(given_awards) as store, store.reader() as reader:
        rows = [row for row in read_rows(store.snapshot) if row["source"] == "philgeps"]
        wanted = Counter(row[kind.column] for row in rows if row[kind.column] is not None)
        listed = reader.entities.list(kind, Wanted())
        assert {one["name"]: one["count"] for one in listed["entities"]} == wanted
        by_letter = [
            one["name"]
            for letter in LETTERS
            for one in reader.entities.list(kind, Wanted(letter=letter))["entities"]
        ]
    assert by_letter == [one["name"] for one in listed["entities"]]
    assert sum(of["names"] for of in listed["letters"]) == listed["names"] == len(wanted)


def test_directory_is_in_order_of_the_letters_whatever_stands_before_them() -> None:
    names = ["Zeta", '"Beta" Co.', "ábc", "7 Up", "beta", "文字"]
    with open_awards([make_award(n, awardee_name=name) for n, name in enumerate(names)]) as store:
        in_order = [one["name"] for one in list_names(store)["entities"]]
        assert in_order == ["7 Up", "文字", "ábc", "beta", '"Beta" Co.', "Zeta"]
        assert [one["name"] for one in list_names(store, letter="b")["entities"]] == ["beta", '"Beta" Co.']
        assert [one["name"] for one in list_names(store, letter="0-9")["entities"]] == ["7 Up", "文字"]


def test_directory_finds_names_as_suggestions_do() -> None:
    names = ["Department of Health", "DOH Cebu", "Health Plus", "Peña"]
    with open_awards([make_award(n, awardee_name=name) for n, name in enumerate(names)]) as store:
        assert [one["name"] for one in list_names(store, q="doh")["entities"]] == [
            "Department of Health",
            "DOH Cebu",
        ]
        found = list_names(store, q="health", letter="h")
        assert [one["name"] for one in found["entities"]] == ["Health Plus"]
        assert {of["letter"]: of["names"] for of in found["letters"] if of["names"]} == {"d": 1, "h": 1}
        assert list_names(store, q="pena")["names"] == 1
        assert list_names(store, q="nothing")["entities"] == []


def test_directory_has_pages() -> None:
    names = [f"Name {n:04}" for n in range(PAGE_SIZE + 5)]
    with open_awards([make_award(n, awardee_name=name) for n, name in enumerate(names)]) as store:
        second = list_names(store, page=2)
        assert [one["name"] for one in second["entities"]] == names[PAGE_SIZE:]
        assert (second["page"], second["pages"], second["names"]) == (2, 2, len(names))
        assert list_names(store, page=3)["entities"] == []


def test_name_may_be_longer_than_one_that_a_filter_takes() -> None:
    name = "Very " * 300 + "long"
    with open_awards([make_award(1, awardee_name=name)]) as store:
        assert describe(store, CONTRACTORS, name)["summary"]["count"] == 1
