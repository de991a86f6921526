"""Questions with known answers, asked by the SDK's own client; SQL over the snapshot knows the answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.assistants.asking import Assistant
from tests.assistants.conftest import Site
from tests.assistants.questions import QUESTIONS, Asked


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.words)
def test_the_answer_is_that_of_plain_sql(asked: Asked, site: Site, assistant: Assistant) -> None:
    answer = assistant.ask(asked.tool, **asked.arguments)
    assert asked.read(answer) == [tuple(map(to_json, row)) for row in site.sql.execute(asked.sql).fetchall()]
    assert answer["permalink"].startswith(site.url)
    assert answer["dataset_version"]
    assert answer["as_of"]


def to_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value


def test_there_are_fifty_questions_each_asked_once() -> None:
    assert len({asked.words for asked in QUESTIONS}) == len(QUESTIONS) >= 50
