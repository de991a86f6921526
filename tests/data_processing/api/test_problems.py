"""What errors look like when they leave."""

from __future__ import annotations

import json

import pytest
from django.db import InterfaceError, OperationalError

from data_processing.api.problems import handle_exception


@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("closed")])
def test_request_during_an_outage_of_the_database_is_told_to_come_again(error: Exception) -> None:
    answer = handle_exception(error, {})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert json.loads(answer.content)["code"] == "database-unavailable"
    assert "refused" not in answer.content.decode()


def test_unknown_error_leaves_without_details() -> None:
    answer = handle_exception(ZeroDivisionError("in /srv/secret.py"), {})
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
