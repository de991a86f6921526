"""Answers of status 500 and above are counted unless PostgreSQL was away."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

import pytest

from tests.tools.chaos.scripted import problem, refuse_to_answer, serve
from tools.chaos.audit import Findings
from tools.chaos.chronicle import POOL_PATIENCE_S, Chronicle, Spell
from tools.chaos.judgement import find_pace_in_alarm, judge_errors
from tools.chaos.report import summarize
from tools.stack.connection import Call, Connection, NoAnswer, name_route

RUN = "11111111-2222-3333-4444-555555555555"
BEGAN, ENDED = 1000.0, 1010.0


def call(began: float, *, status: int | None = 503, took: float = 1, wait_s: float = 0) -> Call:
    return Call(
        method="POST",
        route="/tasks/search/",
        status=status,
        began=began,
        ended=began + took,
        wait_s=wait_s,
    )


def outage(target: str) -> Chronicle:
    return Chronicle(faults=[Spell(what=f"{target} crashed", target=target, began=BEGAN, ended=ENDED)])


@pytest.mark.parametrize("status", [500, 502, 503, 507])
def test_server_error_without_an_outage_of_the_database_is_counted(status: int) -> None:
    errors = judge_errors([call(BEGAN, status=status)], Chronicle())
    assert (len(errors.counted), errors.excused) == (1, 0)


def test_server_error_while_broker_or_redis_is_away_is_counted() -> None:
    for target in ("broker", "redis"):
        assert len(judge_errors([call(BEGAN + 1)], outage(target)).counted) == 1


@pytest.mark.parametrize("began", [BEGAN - 0.5, BEGAN + 1, ENDED, ENDED + POOL_PATIENCE_S])
def test_server_error_while_the_database_is_away_and_shortly_after_is_excused(began: float) -> None:
    errors = judge_errors([call(began)], outage("database"))
    assert (errors.counted, errors.excused) == ([], 1)


@pytest.mark.parametrize("began", [BEGAN - 2, ENDED + POOL_PATIENCE_S + 0.1])
def test_server_error_before_or_long_after_an_outage_is_counted(began: float) -> None:
    assert len(judge_errors([call(began)], outage("database")).counted) == 1


def test_other_answers_and_none_are_no_server_errors() -> None:
    calls = [call(BEGAN, status=status) for status in (200, 202, 404, 429, None)]
    assert judge_errors(calls, Chronicle()).counted == []


def test_server_error_is_told_with_route_wait_and_faults() -> None:
    (line,) = judge_errors([call(BEGAN + 2, wait_s=10)], outage("broker")).counted
    assert "POST /tasks/search/ (wait=10): 503" in line
    assert "broker crashed (+2.0 s)" in line


def test_run_with_a_server_error_is_not_clean_and_its_last_line_says_so() -> None:
    findings = Findings(server_errors=["one"])
    assert not findings.is_clean
    told = summarize(findings, Counter(), [], pace=find_pace_in_alarm([], Chronicle()))
    assert told["server_errors"] == 1


def ask(url: str, path: str) -> list[Call]:
    """What is noted of a GET."""
    calls: list[Call] = []
    with contextlib.suppress(NoAnswer):
        asyncio.run(Connection(url, note=calls.append).call("GET", path))
    return calls


def test_what_a_server_refuses_is_noted() -> None:
    with serve(problem(503, "database-unavailable")) as url:
        (noted,) = ask(url, f"/tasks/{RUN}/?page=1")
    assert (noted.route, noted.status, noted.code) == ("/tasks/{id}/", 503, "database-unavailable")
    assert len(judge_errors([noted], Chronicle()).counted) == 1


def test_server_that_goes_without_an_answer_is_noted() -> None:
    with serve(refuse_to_answer) as url:
        (noted,) = ask(url, "/tasks/")
    assert noted.status is None
    assert judge_errors([noted], Chronicle()).counted == []


def test_route_is_the_path_without_identities_and_query() -> None:
    assert name_route(f"/exports/{RUN}/download/?x={RUN}") == "/exports/{id}/download/"


def test_pace_in_alarm_is_that_of_calls_made_meanwhile() -> None:
    chronicle = Chronicle(alarms=[Spell(what="memory", target="broker", began=BEGAN, ended=ENDED)])
    calls = [
        call(BEGAN - 10, status=202),
        call(BEGAN + 1, status=202, took=3),
        call(BEGAN + 1, status=202, took=12, wait_s=10),
        Call(method="GET", route="/tasks/status/", status=200, began=BEGAN + 2, ended=BEGAN + 2.5),
        Call(method="GET", route="/x", status=None, began=BEGAN + 2, ended=BEGAN + 9, hung_up=True),
    ]
    pace = find_pace_in_alarm(calls, chronicle)
    assert (pace.calls, pace.starts, pace.overdue) == ([3, 0.5], [3], [2])
