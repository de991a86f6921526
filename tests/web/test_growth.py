"""The page on which one's own monitor is seen to grow."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from monitors.models import Monitor
from tests.api.test_monitors import watch
from tests.web.markup import Markup

pytestmark = pytest.mark.django_db


def test_page_of_ones_own_monitor_asks_for_its_figures_and_others_find_none(staff: Client) -> None:
    made = watch(staff)
    monitor = Monitor.objects.get()
    page = staff.get(f"/saved/{monitor.pk}/growth/")
    assert page.status_code == 200
    assert made["links"]["figures"] in Markup(page.content.decode()).values("data-figures")
    assert Client().get(f"/saved/{monitor.pk}/growth/").status_code == 404
    assert staff.get(f"/saved/{uuid.uuid4()}/growth/").status_code == 404


def test_page_of_datasets_asks_for_figures_of_the_whole(staff: Client) -> None:
    markup = Markup(staff.get("/datasets/").content.decode())
    assert markup.values("data-figures") == ["/api/v1/datasets/figures/"]
