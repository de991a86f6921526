"""Log lines: one form for all records, with what the context knows, without passwords."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from backend.telemetry import logs
from data_processing import origins

SECRET = "hunter2"


def write(
    message: str,
    *arguments: object,
    as_json: bool = True,
    extra: dict[str, object] | None = None,
    broken: bool = False,
) -> str:
    """The line of a record as some library makes it; ``broken``: with the error that is being handled."""
    logger = logging.getLogger("some.library")
    error = sys.exc_info() if broken else None
    record = logger.makeRecord(
        logger.name,
        logging.WARNING,
        __file__,
        1,
        message,
        arguments,
        error,
        extra=extra,
    )
    return logs.make_formatter(as_json=as_json).format(record)


@pytest.fixture(autouse=True)
def no_origin() -> None:
    origins.begin({})


def test_line_of_json_has_time_level_logger_and_the_ids_of_its_context() -> None:
    origins.begin({"request_id": "r-1"}, task_id="t-1")
    line = json.loads(write("%s left", 3))
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("pid") > 0
    assert line == {
        "message": "3 left",
        "level": "warning",
        "logger": "some.library",
        "request_id": "r-1",
        "task_id": "t-1",
    }


def test_facts_of_a_record_are_members_and_those_of_libraries_are_left_out() -> None:
    line = json.loads(write("ended", extra={"kind": "search", "request": "what somebody wrote"}))
    assert line["kind"] == "search"
    assert "somebody" not in str(line)


@pytest.mark.parametrize("as_json", [True, False])
def test_passwords_of_addresses_are_hidden_in_messages_and_tracebacks(as_json: bool) -> None:
    try:
        raise OSError(f"redis://:{SECRET}@host:6379/1 refused")
    except OSError:
        text = write("cannot reach %s", f"amqp://explorer:{SECRET}@host:5672//", as_json=as_json, broken=True)
    assert SECRET not in text
    assert "amqp://explorer:***@host:5672//" in text
    assert "redis://:***@host:6379/1 refused" in text
    assert "Traceback" in text


def test_traceback_shows_no_values_of_variables() -> None:
    hidden = SECRET
    try:
        raise ValueError("it broke" if hidden else "")
    except ValueError:
        for as_json in (True, False):
            text = write("broken", as_json=as_json, broken=True)
            assert "it broke" in text
            assert SECRET not in text


def test_line_for_people_begins_with_time_and_level() -> None:
    origins.begin({"request_id": "r-1"})
    line = write("it is late", as_json=False)
    assert "[warning" in line
    assert "it is late" in line
    assert "request_id=r-1" in line
    assert "\x1b" not in line


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, 'a"}\n{', "é"])
def test_ids_that_could_break_a_line_or_a_header_are_not_taken(sent: str) -> None:
    assert not origins.is_sane(sent)
    assert origins.read({"request_id": sent}) == {}


@pytest.mark.parametrize("found", [None, "r-1", [], {"request_id": 7}, {"other": "x"}])
def test_origin_of_an_older_row_or_a_foreign_message_is_none(found: object) -> None:
    assert origins.read(found) == {}
