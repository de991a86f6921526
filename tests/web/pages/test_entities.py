"""The pages of names and their directories, whole without JavaScript."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.directories import PAGE_SIZE
from contracts.questions.entities.kinds import KINDS
from monitors.names import groups
from monitors.names.groups import GroupToKeep
from tests.contracts.small_stores import make_award
from tests.datasets import publish_awards
from tests.web.markup import Markup

pytestmark = pytest.mark.usefixtures("dataset", "db")
PENA = f"/contractors/{make_slug('Peña & Sons')}/"
DIGOS = f"/organizations/{make_slug('City of Digos')}/"
PATHS = [PENA, DIGOS, f"{PENA}alike/", "/contractors/", "/areas/?letter=d", "/categories/?q=furniture"]


def publish(settings: Settings, awards: Sequence[Mapping[str, Any]]) -> None:
    publish_awards(Path(settings.DATASET_ROOT), awards)


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.mark.parametrize("path", PATHS)
def test_page_needs_no_script_and_meets_the_policy(client: Client, path: str) -> None:
    html = client.get(path).content.decode()
    markup = Markup(html)
    scripts = [attributes.get("type") for tag, attributes in markup.tags if tag == "script"]
    assert set(scripts) <= {None, "application/ld+json"}
    assert not [name for _, attributes in markup.tags for name in attributes if re.match(r"on|style$", name)]
    assert "need JavaScript" not in html
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    assert set(markup.values("for", "aria-labelledby")) <= set(ids)
    files = [urlsplit(address).path for address in markup.values("href", "src") if "/static/" in address]
    assert all(finders.find(name.removeprefix("/static/")) for name in files)


def test_page_says_what_somebody_comes_for(client: Client) -> None:
    html = read(client, PENA)
    for words in ("<h1>Peña & Sons</h1>", "₱1.45M", "City of Digos", "Office chairs", "2023-01-13"):
        assert words in html
    assert "<title>Peña & Sons · Contractor · PhilGEPS Data Explorer</title>" in html
    assert re.search(r'<meta name="description" content="Peña & Sons: 31 public contracts', html)
    assert f'<link rel="canonical" href="http://testserver{PENA}">' in html
    assert html.count("<rect") == 13
    assert "flood-control source has 1 more" in html


def test_page_leads_to_the_explorer_with_the_same_filter(client: Client) -> None:
    links = [urlsplit(text) for text in Markup(client.get(PENA).content.decode()).values("href")]
    queries = [parse_qs(link.query, keep_blank_values=True) for link in links if link.path == "/"]
    assert {"contractor": ["Peña & Sons"]} in queries
    assert {"contractor": ["Peña & Sons"], "year": ["2024"]} in queries
    assert {"contractor": ["Peña & Sons"], "organization": ["City of Digos"]} in queries
    assert {"contractor": ["Peña & Sons"], "month": ["2023-01"]} in queries
    assert {"contractor": ["Peña & Sons"], "show": ["table"], "by": ["organization"]} in queries
    # The missing name is an empty value there.
    assert {"contractor": ["Peña & Sons"], "area": [""]} in queries


def test_every_link_to_a_name_is_answered(client: Client) -> None:
    for path in (PENA, DIGOS, *(f"/{kind}/" for kind in KINDS)):
        for link in Markup(client.get(path).content.decode()).values("href"):
            if re.match(rf"/({'|'.join(KINDS)})", link):
                assert client.get(link).status_code == 200, link


def test_largest_contracts_lead_to_their_pages_and_those_back(client: Client) -> None:
    links = Markup(client.get(PENA).content.decode()).values("href")
    contracts = [link for link in links if link.startswith("/contracts/")]
    assert len(contracts) == 10
    assert PENA in Markup(client.get(contracts[0]).content.decode()).values("href")


def test_hostile_name_stays_text(client: Client, settings: Settings) -> None:
    name = '</script><script>alert("x")</script> & <b>Co.'
    publish(settings, [make_award(1, awardee_name=name, organization_name='=cmd|"x"!A1', award_title=None)])
    path = f"/contractors/{make_slug(name)}"
    html = client.get(f"{path}/").content.decode()
    assert "<b>" not in html
    assert html.count("</script>") == 2
    assert name in unescape(html)
    assert "'=cmd" in client.get(f"{path}.csv").content.decode()


def test_other_spellings_are_named_with_their_contracts(client: Client, settings: Settings) -> None:
    names = ["ABC Corp.", "A.B.C. CORPORATION", "ABCD Corp."]
    publish(settings, [make_award(n, awardee_name=name) for n, name in enumerate(names)])
    html = read(client, f"/contractors/{make_slug('ABC Corp.')}/")
    assert f'href="/contractors/{make_slug("A.B.C. CORPORATION")}/"' in html
    assert "contractor=ABC+Corp.&contractor=A.B.C.+CORPORATION" in html
    assert "ABCD" not in html


def test_words_of_an_address_may_be_others_and_lead_to_the_right_ones(client: Client) -> None:
    key = PENA.strip("/")[-12:]
    for ending in ("/", ".csv"):
        response = client.get(f"/contractors/old-name-{key}{ending}")
        assert (response.status_code, response["Location"]) == (301, PENA.rstrip("/") + ending)


@pytest.mark.parametrize("path", ["/contractors/nobody-000000000000/", "/contractors/x/", "/areas/?page=2"])
def test_address_of_nothing_is_a_page_that_says_so(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "There is no" in response.content.decode()


def test_wrong_query_is_a_page_that_names_it_and_unknown_parts_are_ignored(client: Client) -> None:
    refused = client.get("/contractors/?page=none")
    assert refused.status_code == 400
    assert "page" in refused.content.decode()
    assert client.get("/contractors/?utm_source=mail").status_code == 200
    assert client.get("/contractors/?q=&letter=&page=").status_code == 200


def test_name_leads_to_its_page(client: Client) -> None:
    response = client.get("/entity/", {"organization": "City of Digos"})
    assert (response.status_code, response["Location"]) == (302, DIGOS)
    assert client.get("/entity/").status_code == 400


def test_json_is_the_answer_of_the_api(client: Client) -> None:
    answers = [client.get(path) for path in (f"{PENA[:-1]}.json", f"/api/v1/entities{PENA}")]
    assert answers[0].json() == answers[1].json()
    lists = [client.get(path) for path in ("/areas.json?q=davao", "/api/v1/entities/areas/?q=davao")]
    assert lists[0].json() == lists[1].json()
    missing = client.get("/contractors/nobody-000000000000.json")
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")


def read_csv(client: Client, path: str) -> list[dict[str, str]]:
    response = client.get(path)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_csv_has_the_figures_of_the_page(client: Client) -> None:
    rows = read_csv(client, f"{PENA[:-1]}.csv")
    assert rows[0]["part"] == "all contracts"
    assert (rows[0]["count"], rows[0]["total_value"]) == ("31", "1452654.32")
    years = {row["label"]: row["count"] for row in rows if row["part"] == "year"}
    assert years == {"2023": "15", "2024": "16"}
    assert "attachment" in client.get(f"{PENA[:-1]}.csv")["Content-Disposition"]


def test_directory_has_letters_and_pages_and_its_csv_all_names(client: Client, settings: Settings) -> None:
    names = [f"Name {n:03}" for n in range(PAGE_SIZE + 3)]
    publish(settings, [make_award(n, awardee_name=name) for n, name in enumerate([*names, "Ábel"])])
    first = read(client, "/contractors/")
    assert "104 names" in first
    assert 'rel="next" href="?page=2"' in first
    assert 'href="?letter=a"' in first
    assert 'href="?letter=b"' not in first
    second = read(client, "/contractors/?letter=n&page=2")
    assert "Name 102" in second
    assert 'rel="prev" href="?letter=n"' in second
    assert '<link rel="canonical" href="http://testserver/contractors/?letter=n&page=2">' in second
    assert len(read_csv(client, "/contractors.csv")) == 104
    assert [row["name"] for row in read_csv(client, "/contractors.csv?letter=n&q=102")] == ["Name 102"]


@pytest.mark.parametrize("path", [*PATHS, f"{PENA[:-1]}.csv", f"{PENA[:-1]}.json", "/areas.csv"])
def test_page_is_asked_for_again_by_its_etag_and_sets_no_cookie(client: Client, path: str) -> None:
    first = client.get(path)
    assert not first.cookies
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", [PENA, "/contractors/", "/contractors.csv", "/entity/?contractor=x"])
def test_anonymous_visitor_is_asked_to_sign_in_where_the_setting_says_so(
    client: Client, settings: Settings, path: str
) -> None:
    settings.ANONYMOUS_ACCESS = False
    assert client.get(path)["Location"].startswith("/login/?next=/")
    assert client.get(f"{PENA[:-1]}.json").status_code in (401, 403)


def test_without_a_dataset_the_page_says_so(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.DATASET_ROOT = tmp_path
    assert client.get("/contractors/").status_code == 503


def test_names_that_may_be_the_same_have_a_page_that_says_why(client: Client, settings: Settings) -> None:
    names = ["ULTICON BUILDERS", "ULTIKON BUILDERS", "Ulticon Builders, Inc.", "SOMEBODY ELSE"]
    publish(settings, [make_award(n, awardee_name=name) for n, name in enumerate(names)])
    path = f"/contractors/{make_slug(names[0])}/"
    assert f'href="{path}alike/"' in read(client, path)
    html = read(client, f"{path}alike/")
    assert f'href="/contractors/{make_slug("ULTIKON BUILDERS")}/"' in html
    assert "“ultikon” may be a slip for “ulticon”" in html
    assert (
        "contractor=ULTICON+BUILDERS&contractor=Ulticon+Builders%2C+Inc.&contractor=ULTIKON+BUILDERS" in html
    )
    assert "SOMEBODY" not in html
    assert Markup(html).values("action") == ["/groups/"]
    assert 'name="contractor" value="ULTIKON BUILDERS"' in html
    assert "No other name is near enough" in read(client, f"/contractors/{make_slug(names[3])}/alike/")
    assert client.get(f"/contractors/{make_slug('Nobody')}/alike/").status_code == 404
    moved = client.get(f"/contractors/x-{path.strip('/')[-12:]}/alike/")
    assert (moved.status_code, moved["Location"]) == (301, f"{path}alike/")


def keep_group(owner: str, *, everybody: bool = False) -> None:
    wanted = {"kind": "contractors", "names": ["Peña & Sons", "Pena and Sons"], "name": "<b>Peñas</b>"}
    groups.keep(owner, GroupToKeep.from_json({**wanted, "everybody": everybody}))


def test_group_of_a_name_leads_to_the_contracts_of_all_its_names(client: Client) -> None:
    keep_group("user:7")
    assert "Kept as one group" not in read(client, PENA)
    keep_group("user:7", everybody=True)
    for path in (PENA, f"{PENA}alike/"):
        html = client.get(path).content.decode()
        assert 'href="/?contractor=Pena+and+Sons&amp;contractor=Pe%C3%B1a+%26+Sons"' in html
        assert "&lt;b&gt;Peñas&lt;/b&gt;: explore all 2 names together" in html
    assert "Kept as one group" not in read(client, DIGOS)


def test_own_group_is_shown_to_its_owner(client: Client) -> None:
    user = User.objects.create_user("ana")
    keep_group(f"user:{user.pk}")
    client.force_login(user)
    assert "chosen by you" in read(client, PENA)
