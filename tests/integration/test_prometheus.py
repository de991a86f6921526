"""A real Prometheus with the configuration of the profile `watch`, over a real web server."""

from __future__ import annotations

import json
import os
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import wait_for
from tests.integration.website import StartWeb
from tools.stack.children import spawn, stop_child, wait_until
from tools.stack.ports import LOOPBACK, pick_port

pytestmark = pytest.mark.django_db(transaction=True)

CHECKOUT = Path(__file__).resolve().parents[2]
WATCH = CHECKOUT / "deploy" / "watch"
TOKEN = "t0ken-of-the-test"


@pytest.fixture
def ask(tmp_path: Path, start_web: StartWeb, broker_up: None) -> Iterator[Callable[..., Any]]:
    """Asks a Prometheus that watches a web server, by paths of its interface."""
    web, port, log = start_web(METRICS_TOKEN=TOKEN), pick_port(), tmp_path / "log"
    for rules in ("slo.yml", "alerts.yml"):
        (tmp_path / rules).write_text((WATCH / rules).read_text())
    (tmp_path / "token").write_text(TOKEN)
    text = (WATCH / "prometheus.yml").read_text().replace("/tmp/metrics_token", str(tmp_path / "token"))
    text = text.replace("web:3200", f"{LOOPBACK}:{web.port}").replace("15s", "6s")
    (tmp_path / "prometheus.yml").write_text(text)
    command = [
        "prometheus",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
    ]
    with log.open("ab") as output:
        child = spawn(
            [*command, f"--web.listen-address={LOOPBACK}:{port}"],
            environment=dict(os.environ),
            folder=tmp_path,
            output=output,
        )
    try:
        ready = "Server is ready to receive web requests"
        wait_until(lambda: ready in log.read_text(), child=child, name="prometheus", within_s=60, log=log)

        def get(path: str, **query: str) -> Any:
            address = f"http://{LOOPBACK}:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(address, timeout=20) as answer:
                return json.load(answer)["data"]

        yield get
    finally:
        stop_child(child, within_s=20)


def test_prometheus_reads_the_figures_and_knows_what_is_wrong(ask: Callable[..., Any]) -> None:
    def list_alerts() -> set[tuple[str, str]]:
        alerts = [alert["labels"] for alert in ask("alerts")["alerts"]]
        return {(labels["alertname"], labels.get("lane", "")) for labels in alerts}

    wait_for(lambda: ("NoWorker", "bulk") in list_alerts())
    (target,) = (one for one in ask("targets")["activeTargets"] if one["labels"]["job"] == "explorer")
    assert (target["health"], target["lastError"]) == ("up", "")
    found = {
        one["metric"]["lane"]: one["value"][1] for one in ask("query", query="philgeps_workers")["result"]
    }
    assert found == {"housekeeping": "0", "interactive": "0", "bulk": "0"}
    assert "WebSilent" not in {name for name, _ in list_alerts()}
