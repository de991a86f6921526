"""The page of anomalies as it comes from the server."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from contracts.anomalies.model import write_model
from contracts.anomalies.training import train
from contracts.questions.entities.addresses import make_slug
from data_processing import datasets
from data_processing.lifecycle import runner
from data_processing.lifecycle.publisher import publisher
from data_processing.models import TaskRun
from tests.contracts.unusual_awards import RISEN, STEADY, make_unusual
from tests.datasets import publish_awards
from tests.web.markup import Markup
from tools.bench.anomalies import finish
from web.pages.anomalies import make_address

pytestmark = pytest.mark.usefixtures("dataset", "db")


@pytest.fixture
def trained(dataset: object, settings: Settings) -> None:
    snapshot = publish_awards(Path(settings.DATASET_ROOT), make_unusual())
    with datasets.open_store(snapshot.version).reader() as reader:
        write_model(snapshot, finish(train(reader, snapshot.version)))


def read(client: Client, query: str = "", status: int = 200) -> str:
    response = client.get(f"/anomalies/{query}")
    assert response.status_code == status
    return unescape(response.content.decode())


@pytest.mark.usefixtures("trained")
def test_page_shows_each_anomaly_with_its_contracts_and_the_caution(client: Client) -> None:
    html = read(client)
    assert "3 anomalies, the strongest first" in html
    assert "not an accusation" in html
    for words in (STEADY, RISEN, "Barangay 7 · Chairs", "2020-09: ₱4M", "From 2021-07 on"):
        assert words in html
    assert "times the median of 40 like contracts" in html
    assert html.count("<svg") == 2
    assert re.search(r'class="unusual"><title>2020-09: ₱4,000,000.00, expected ₱1\d\dK', html)
    assert html.count('href="/contracts/') == 1 + 5 + 1


@pytest.mark.usefixtures("trained")
def test_link_of_an_anomaly_says_its_filters(client: Client) -> None:
    html = read(client, "?kind=amount")
    [link] = re.findall(r'<a href="(/\?[^"]+)">The contract in the explorer', html)
    assert parse_qsl(urlsplit(link).query) == [
        ("organization", "Barangay 7"),
        ("category", "Chairs"),
        ("from", "2020-01-01"),
        ("to", "2020-12-31"),
        ("min", "20000000.00"),
        ("max", "20000000.00"),
    ]
    [compared] = re.findall(r'Expected: <a rel="nofollow" href="([^"]+)"', html)
    assert parse_qsl(urlsplit(compared).query) == [
        ("category", "Chairs"),
        ("from", "2020-01-01"),
        ("to", "2020-12-31"),
    ]
    assert f"organization={quote_plus(STEADY)}&show=table&by=month" in read(client, "?kind=month")
    month = client.get("/api/v1/anomalies/?kind=month").json()["anomalies"][0]
    assert dict(parse_qsl(urlsplit(make_address(month["filters"])).query)) == {
        "organization": STEADY,
        "from": "2020-09-01",
        "to": "2020-09-30",
    }


@pytest.mark.usefixtures("trained")
def test_page_needs_no_script_and_leads_through_its_pages(client: Client) -> None:
    html = read(client, "?kind=&score=&organization=&category=&page_size=1&page=2")
    assert 'href="?page_size=1"' in html
    assert 'href="?page=3&page_size=1"' in html
    markup = Markup(html)
    assert markup.inline == []
    assert not [name for _, attributes in markup.tags for name in attributes if re.match(r"on|style$", name)]
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    assert set(markup.values("for", "aria-labelledby")) <= set(ids)
    files = [urlsplit(address).path for address in markup.values("href", "src") if "/static/" in address]
    assert all(finders.find(name.removeprefix("/static/")) for name in files)
    assert "No anomaly meets this" in read(client, "?organization=NOBODY")


def test_page_without_a_model_says_how_to_get_one(client: Client) -> None:
    html = read(client, status=404)
    assert "each Sunday at 04:00" in html
    assert "<button" not in html.split("<main")[1]
    assert client.post("/anomalies/").status_code == 302
    assert not TaskRun.objects.exists()


def test_staff_has_anomalies_looked_for_by_a_button(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "_rests_until", float("inf"))
    assert "Look for anomalies now" in read(staff, status=404)
    assert staff.post("/anomalies/")["Location"] == "/anomalies/"
    assert "are being looked for now" in read(staff, status=404)
    [run] = TaskRun.objects.all()
    runner.run_attempt(run.id, worker="test")
    html = read(staff)
    assert "No anomaly meets this" in html
    assert "Look for anomalies now" in html


@pytest.mark.usefixtures("trained")
def test_pages_of_organizations_lead_to_their_anomalies(client: Client) -> None:
    page = client.get(f"/organizations/{make_slug(RISEN)}/").content.decode()
    [link] = re.findall(r'href="(/anomalies/[^"]+)"', page)
    html = unescape(client.get(unescape(link)).content.decode())
    assert "1 anomaly, the strongest first" in html
    assert RISEN in html


def test_address_that_cannot_be_read_is_explained(client: Client) -> None:
    assert "must be one of" in read(client, "?kind=guilt", status=400)
