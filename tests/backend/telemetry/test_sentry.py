"""What Sentry is told of an error: where it happened and for whom, but nothing secret or searched for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.stand_ins import receive_posts

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = """
import logging
import django
django.setup()
from data_processing import origins
origins.begin({"request_id": "r-1"}, task_id="t-1")
searched_for = "zanzi" + "barite"
logging.getLogger("x").warning("only a warning")
try:
    raise OSError("cannot reach amqp://explorer:hunter2@host:5672//")
except OSError:
    logging.getLogger("x").exception("it broke")
"""


def read_events(posted: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """Of envelopes: a line of headers, then a line of headers and one of content for each item."""
    events = []
    for _, body in posted:
        lines = [json.loads(line) for line in body.splitlines() if line]
        events += [
            content
            for kind, content in zip(lines[1::2], lines[2::2], strict=False)
            if kind["type"] == "event"
        ]
    return events


def test_error_is_reported_with_its_ids_and_without_passwords_and_values(tmp_path: Path) -> None:
    with receive_posts() as inbox:
        address = inbox.address.replace("http://", "http://public@")
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "SENTRY_DSN": f"{address}/1",
            "SENTRY_ENVIRONMENT": "drill",
            "DATA_DIR": str(tmp_path),
        }
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=CHECKOUT, env=environment, capture_output=True, check=False
        )
    assert run.returncode == 0, run.stderr
    (event,) = read_events(inbox.posted)
    assert event["logentry"]["message"] == "it broke"
    assert event["environment"] == "drill"
    assert (event["tags"]["request_id"], event["tags"]["task_id"]) == ("r-1", "t-1")
    (error,) = event["exception"]["values"]
    assert error["value"] == "cannot reach amqp://explorer:***@host:5672//"
    assert "hunter2" not in json.dumps(event)
    assert "zanzibarite" not in json.dumps(event)
