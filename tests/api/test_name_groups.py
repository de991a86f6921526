"""Groups of names: chosen by people, kept for themselves, or by staff for everybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from monitors.models import NameGroup
from monitors.names import groups
from monitors.names.groups import GroupToKeep
from tests.api.conftest import TASKS, post

pytestmark = pytest.mark.django_db

GROUPS = "/api/v1/name-groups/"
ULTICON = {"kind": "contractors", "names": ["ULTIKON BUILDERS", "ULTICON BUILDERS, INC."]}


def keep(client: Client, **changed: Any) -> dict[str, Any]:
    answer = post(client, GROUPS, {**ULTICON, **changed})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    assert client.get(answer["Location"]).json() == made
    return made


def rename(client: Client, made: dict[str, Any], name: str) -> Any:
    return client.patch(made["links"]["self"], json.dumps({"name": name}), content_type="application/json")


def list_ids(client: Client, query: str = "") -> list[str]:
    return [one["id"] for one in client.get(f"{GROUPS}{query}").json()["groups"]]


def test_group_is_its_owners(visitor: Client) -> None:
    stranger = Client()
    made = keep(visitor)
    assert [one["name"] for one in made["names"]] == ["ULTICON BUILDERS, INC.", "ULTIKON BUILDERS"]
    assert list_ids(visitor) == [made["id"]]
    assert list_ids(stranger) == []
    for act in (stranger.get, stranger.delete):
        assert act(made["links"]["self"]).status_code == 404
    assert visitor.delete(made["links"]["self"]).status_code == 204
    assert list_ids(visitor) == []


def test_staff_keep_groups_for_everybody(visitor: Client, staff: Client) -> None:
    refused = post(visitor, GROUPS, {**ULTICON, "everybody": True})
    assert refused.status_code == 403
    made = keep(staff, everybody=True)
    assert list_ids(visitor) == [made["id"]]
    assert visitor.delete(made["links"]["self"]).status_code == 403
    assert rename(visitor, made, "Mine").status_code == 403
    assert staff.delete(made["links"]["self"]).status_code == 204


def test_groups_are_found_by_a_name_they_hold(visitor: Client) -> None:
    made = keep(visitor)
    keep(visitor, kind="organizations")
    keep(visitor, names=["a", "b"])
    assert list_ids(visitor, "?kind=contractors&name=ULTIKON+BUILDERS") == [made["id"]]
    assert list_ids(visitor, "?name=ULTIKON") == []
    assert len(list_ids(visitor, "?kind=contractors")) == 2
    assert len(list_ids(visitor)) == 3


def test_names_of_a_group_fill_a_filter_and_mean_their_contracts(visitor: Client) -> None:
    made = keep(visitor, names=["Peña & Sons", "Nobody at all"])
    filters = {made["filter"]: [one["name"] for one in made["names"]]}
    assert post(visitor, f"{TASKS}export/estimate/", {"filters": filters}).json()["rows"] == 31


def test_group_is_called_as_its_owner_likes(visitor: Client) -> None:
    made = keep(visitor)
    assert made["name"] == "ULTICON BUILDERS, INC."
    assert rename(visitor, made, " Ulticon\n").json() == {**made, "name": "Ulticon"}
    assert rename(visitor, made, " ").status_code == 400
    assert keep(visitor, names=["a", "b"], name="Letters")["name"] == "Letters"


def test_the_same_names_are_one_group(visitor: Client) -> None:
    first = keep(visitor)
    assert keep(visitor, names=[*ULTICON["names"][::-1], ULTICON["names"][0]]) == first


@pytest.mark.parametrize(
    "names", [[], ["a"], ["a", "a"], ["a", 1], ["a", "b\x00"], ["a", ""], ["a"] * 51, "ab"]
)
def test_names_that_are_no_group_are_refused(visitor: Client, names: Any) -> None:
    answer = post(visitor, GROUPS, {**ULTICON, "names": names})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith("/names")


def test_there_is_an_end_to_them(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_GROUPS", 1)
    keep(visitor)
    full = post(visitor, GROUPS, {**ULTICON, "names": ["a", "b"]})
    assert (full.status_code, full.json()["code"]) == (409, "too-many-saved")


def test_who_signs_in_keeps_them(visitor: Client) -> None:
    keep(visitor)
    [brought] = NameGroup.objects.all()
    groups.keep("user:7", GroupToKeep.from_json({"kind": "areas", "names": ["a", "b"]}))
    same = groups.keep("user:8", GroupToKeep.from_json(ULTICON))
    groups.adopt(brought.owner, by="user:7")
    assert brought in groups.list_groups("user:7", kind="contractors")
    # Of the same names there is one group, also where both had one.
    groups.adopt("user:7", by="user:8")
    assert groups.list_groups("user:8", kind="contractors") == [same]
