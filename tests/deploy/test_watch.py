"""Prometheus' rules, the dashboard and the profile `watch`: they ask for what there is, and find it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.compose import ROOT, read_config

WATCH = ROOT / "deploy" / "watch"
RULES = ("slo.yml", "alerts.yml")
METRIC = re.compile(r"\b(?:philgeps|celery|slo|rabbitmq)[a-z0-9_:]+")
SUFFIXES = ("_bucket", "_count", "_sum")


def promtool(*arguments: str) -> str:
    run = subprocess.run(["promtool", *arguments], cwd=WATCH, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def read_rules() -> list[dict[str, Any]]:
    return [
        rule
        for name in RULES
        for group in yaml.safe_load((WATCH / name).read_text())["groups"]
        for rule in group["rules"]
    ]


def read_panels() -> list[dict[str, Any]]:
    dashboard = json.loads((WATCH / "grafana" / "dashboards" / "explorer.json").read_text())
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def panel_expressions() -> list[str]:
    return [
        target["expr"].replace("$__rate_interval", "1m")
        for panel in read_panels()
        for target in panel["targets"]
    ]


def test_rules_do_what_their_tests_say() -> None:
    promtool("check", "rules", *RULES)
    promtool("check", "config", "--syntax-only", "prometheus.yml")
    promtool("test", "rules", "alerts_test.yml")


def test_every_alert_is_tested_and_says_what_to_do() -> None:
    tested = (WATCH / "alerts_test.yml").read_text()
    alerts = [rule for rule in read_rules() if "alert" in rule]
    assert len(alerts) >= 15
    for alert in alerts:
        assert f'alertname="{alert["alert"]}"' in tested, alert["alert"]
        assert set(alert["annotations"]) == {"summary", "action"}
        assert alert["labels"]["severity"] in ("page", "ticket")


def test_rules_and_panels_ask_for_metrics_that_there_are() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    known = set(re.findall(r"^\| `(\w+)", page, re.MULTILINE))
    known |= {rule["record"] for rule in read_rules() if "record" in rule}
    asked = {name for rule in read_rules() for name in METRIC.findall(rule["expr"])}
    asked |= {name for expression in panel_expressions() for name in METRIC.findall(expression)}
    assert len(asked) > 25
    ours = {name for name in asked if not name.startswith("rabbitmq_")}
    assert {name for name in ours if name not in known and not _is_part(name, known)} == set()


def _is_part(name: str, known: set[str]) -> bool:
    return any(name.removesuffix(suffix) in known for suffix in SUFFIXES if name.endswith(suffix))


def test_expressions_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": expression} for n, expression in enumerate(panel_expressions())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", str(file))


def test_dashboard_asks_the_source_that_is_provisioned() -> None:
    provisioning = WATCH / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert {panel["datasource"]["uid"] for panel in read_panels()} == {source["uid"]}
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "explorer.yml").read_text())["providers"]
    services = read_config("docker-compose.yml", profiles=("watch",))["services"]
    (mount, *_) = (volume.split(":") for volume in services["grafana"]["volumes"])
    assert (ROOT / mount[0] / provider["options"]["path"].removeprefix(f"{mount[1]}/")).is_dir()
    assert source["url"] == "http://prometheus:9090"
    assert services["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"]
