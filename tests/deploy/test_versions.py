"""What compose pins is what the suite has run with; docs/reference/versions.md says what that is."""

from __future__ import annotations

import platform
import re
import subprocess

import pytest

from tests.deploy.compose import ROOT, read_config

ROW = re.compile(r"^\| (\w+) \| `(\S+)` \| (\S+) \| (\S+) \|$", re.MULTILINE)
TABLE = {
    server: (image, {"13": of_13, "12": of_12})
    for server, image, of_13, of_12 in ROW.findall((ROOT / "docs/reference/versions.md").read_text())
}
PACKAGES = {
    "Python": "python3",
    "RabbitMQ": "rabbitmq-server",
    "Redis": "redis-server",
    "PostgreSQL": "postgresql",
    "nginx": "nginx",
    "Prometheus": "prometheus",
}
NOT_RUN = {"Grafana"}


def debian() -> str:
    """The release of this machine's Debian, or nothing."""
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        return ""
    return facts.get("VERSION_ID", "") if facts["ID"] == "debian" else ""


def test_compose_pins_only_what_was_run() -> None:
    services = read_config("docker-compose.yml", profiles=("edge", "backup", "watch"))["services"].values()
    pinned = {service["image"] for service in services if "build" not in service}
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    pinned |= set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert pinned == {image for image, _ in TABLE.values()}
    assert set(TABLE) == set(PACKAGES) | NOT_RUN
    for server in PACKAGES:
        image, ran = TABLE[server]
        assert re.split("[:-]", image)[1].removeprefix("v") == ran["13"], f"{server}: make test-next"


@pytest.mark.skipif(debian() not in ("12", "13"), reason="the suite is run on Debian 12 and 13")
@pytest.mark.parametrize("server", PACKAGES)
def test_table_says_what_this_suite_runs_with(server: str) -> None:
    asked = ["dpkg-query", "--show", "--showformat", "${Version}", PACKAGES[server]]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    said = TABLE[server][1][debian()]
    # Without the epoch, and to the next point: 4.0 is not 4.01.
    assert re.match(rf"(\d+:)?{re.escape(said)}(?!\d)", version), version
