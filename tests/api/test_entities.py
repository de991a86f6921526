"""Names one by one, and lists of them, as the API answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from contracts.questions.entities.addresses import make_slug

ENTITIES = "/api/v1/entities/"
PENA = f"{ENTITIES}contractors/{make_slug('Peña & Sons')}/"


def test_entity_tells_all_at_a_glance(visitor: Client) -> None:
    entity = visitor.get(PENA).json()
    assert (entity["kind"], entity["name"], entity["filter"]) == ("contractors", "Peña & Sons", "contractors")
    assert entity["summary"]["count"] == 31
    assert entity["summary"]["total_value"] == "1452654.32"
    assert (entity["first_award"], entity["last_award"]) == ("2023-01-13", "2024-12-24")
    assert entity["largest_partner"]["name"] == "City of Digos"
    assert [one["kind"] for one in entity["partners"]] == ["organizations", "areas", "categories"]
    assert entity["largest_contracts"][0]["title"] == "Office chairs"
    # Of the second source, which overlaps the first one.
    assert entity["flood_control"] == {"count": 1, "total_value": "987654.32"}


def test_names_lead_on_to_the_entities_of_other_kinds(visitor: Client) -> None:
    for partners in visitor.get(PENA).json()["partners"]:
        for part in partners["parts"]:
            if part["slug"] is not None:
                found = visitor.get(f"{ENTITIES}{partners['kind']}/{part['slug']}/").json()
                assert found["name"] == part["label"]
                assert found["summary"]["count"] >= part["count"]


def test_names_that_may_be_the_same_are_told_with_why(visitor: Client) -> None:
    answer = visitor.get(f"{PENA}alike/").json()
    assert (answer["name"], answer["spellings"], answer["alike"]) == ("Peña & Sons", [], [])


def test_directory_lists_names_by_letter_and_by_what_they_hold(visitor: Client) -> None:
    def list_names(query: str = "") -> list[str]:
        return [one["name"] for one in visitor.get(f"{ENTITIES}contractors/{query}").json()["entities"]]

    assert list_names() == ["Peña & Sons", "Señor O'Brien"]
    assert list_names("?letter=s") == list_names("?q=brien+senor") == ["Señor O'Brien"]
    assert list_names("?q=pena") == ["Peña & Sons"]
    assert list_names("?q=pena&letter=s") == list_names("?page=2") == []


@pytest.mark.parametrize("path", [PENA, f"{PENA}alike/", f"{ENTITIES}areas/?letter=d"])
def test_answer_that_has_not_changed_is_not_sent_again(visitor: Client, path: str) -> None:
    first = visitor.get(path)
    assert first["Cache-Control"] == "private, no-cache"
    again = visitor.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


@pytest.mark.parametrize(
    "path",
    [
        "planets/",
        "planets/x/",
        "contractors/pena-sons/",
        "contractors/pena-sons-000000000000/",
        # Of another kind, and of a filter that is none.
        f"contractors/{make_slug('City of Digos')}/",
        "business_categories/",
        "procurement_modes/",
    ],
)
def test_what_is_not_there_is_a_problem_that_says_so(visitor: Client, path: str) -> None:
    response = visitor.get(f"{ENTITIES}{path}")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "unknown-entity"


@pytest.mark.parametrize("query", ["letter=A", "letter=ab", "page=0", "page=x", "size=10", f"q={'x' * 201}"])
def test_wrong_parameter_is_named(visitor: Client, query: str) -> None:
    response = visitor.get(f"{ENTITIES}contractors/?{query}")
    assert response.status_code == 400
    errors: list[dict[str, Any]] = response.json()["errors"]
    assert errors[0]["pointer"] == f"/{query.partition('=')[0]}"


def test_entities_are_for_those_who_may_see_contracts(visitor: Client, settings: Settings) -> None:
    settings.ANONYMOUS_ACCESS = False
    assert visitor.get(PENA).status_code in (401, 403)
    assert visitor.get(f"{ENTITIES}contractors/").status_code in (401, 403)


@pytest.mark.django_db
def test_without_a_dataset_there_is_none_to_answer(client: Client, settings: Settings, tmp_path: Any) -> None:
    settings.DATASET_ROOT = tmp_path
    response = client.get(f"{ENTITIES}contractors/")
    assert (response.status_code, response.json()["code"]) == (503, "no-dataset")
