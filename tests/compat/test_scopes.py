"""What a token may do holds at the incumbent's paths too, some of which stand in the place of ours."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from api.access.tokens import make_token
from api.models import EXPORT, READ
from tests.api.conftest import post
from tests.compat.conftest import CONTRACTS, DATA

pytestmark = pytest.mark.django_db

FILES = [f"{DATA}tasks/export/", f"{CONTRACTS}chip-export/", f"{CONTRACTS}chip-export-aggregated/"]
QUESTIONS = [f"{DATA}tasks/search/", f"{DATA}tasks/analytics/", f"{CONTRACTS}chip-search/"]


@pytest.mark.parametrize(
    ("scope", "open_to_it", "closed"), [(READ, QUESTIONS, FILES), (EXPORT, FILES, QUESTIONS)]
)
def test_token_starts_what_its_scope_says(
    old: Client, scope: str, open_to_it: list[str], closed: list[str]
) -> None:
    token = make_token(User.objects.create_user("ana"), name="script", scopes=[scope], days=1)
    program = Client(headers={"Authorization": f"Bearer {token}"})
    for path in closed:
        refused = post(program, path)
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong-scope"), path
    for path in open_to_it:
        assert post(program, path).status_code != 403, path
