"""The compose files say what they promise; each command of them is run in test_commands.py."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from django.conf import settings

from data_processing.models import Pulse
from data_processing.operations import pulses
from tests.deploy.compose import ROOT, SECRETS, read_config, run_config
from tools.stack.servers import RabbitMQ

WORKERS = ("worker-housekeeping", "worker-interactive", "worker-bulk")
PRODUCT = {*WORKERS, "web", "beat", "flower", "migrate"}
SERVERS = {"nginx", "rabbitmq", "redis", "postgres"}
ONCE = {"migrate", "certificate", "backup", "broker-users"}
EDGE = {"edge", "certificate"}
WATCH = {"prometheus", "grafana"}
PROFILES = ("edge", "backup", "watch")
GIGA = {"g": 1.0, "m": 1 / 1024}


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """What a start without profiles starts."""
    return read_config("docker-compose.yml")


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return read_config("docker-compose.yml", profiles=PROFILES)


@pytest.fixture(scope="module")
def in_memory() -> dict[str, Any]:
    return read_config("docker-compose.yml", "docker-compose.ram.yml", profiles=PROFILES)


def test_all_parts_of_the_system_are_there(plain: dict[str, Any], config: dict[str, Any]) -> None:
    assert set(plain["services"]) == PRODUCT | SERVERS | {"broker-users"}
    assert set(config["services"]) == PRODUCT | SERVERS | EDGE | WATCH | ONCE


def test_pages_are_published_where_people_look_for_them(config: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in config["services"].items() if "ports" in service}
    assert published == {
        "nginx": ["0.0.0.0:3200:3200", "127.0.0.1:5555:5555"],
        "edge": ["80:80", "443:443"],
        "rabbitmq": ["127.0.0.1:15672:15672"],
        "redis": ["127.0.0.1:6379:6379"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "grafana": ["127.0.0.1:3000:3000"],
    }
    behind = read_config("docker-compose.yml", HTTP_ADDRESS="127.0.0.1")
    assert "127.0.0.1:3200:3200" in behind["services"]["nginx"]["ports"]


def test_every_container_is_bounded(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        # More than a small machine has, and the engine refuses to start it.
        assert 0 < service["cpus"] <= 2, name
        assert 0 < service["pids_limit"] <= 1000, name
        assert in_gb(service["mem_limit"]) <= 4, name
        assert service["logging"]["options"]["max-size"], name
    for name in PRODUCT | ONCE:
        assert config["services"][name]["cap_drop"] == ["ALL"]


def test_memory_of_a_container_fits_what_runs_in_it(config: dict[str, Any]) -> None:
    for name in ("worker-interactive", "worker-bulk"):
        worker = config["services"][name]
        children = int(worker["command"][worker["command"].index("--concurrency") + 1])
        child_mb = settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD / 1024
        assert in_gb(worker["mem_limit"]) * 1024 > (children + 1) * child_mb
    redis = config["services"]["redis"]
    most = redis["command"][redis["command"].index("--maxmemory") + 1]
    assert in_gb(redis["mem_limit"]) >= 2 * in_gb(most.removesuffix("b"))


def in_gb(text: str) -> float:
    """Of a size such as 512m."""
    return float(text[:-1]) * GIGA[text[-1]]


def test_every_lasting_service_is_restarted_and_checked(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        if name in ONCE:
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name
            assert "stop_grace_period" in service, name


def test_nothing_of_the_product_starts_before_the_tables_are_there(config: dict[str, Any]) -> None:
    for name in PRODUCT - {"migrate"}:
        waits_for = config["services"][name]["depends_on"]
        assert waits_for["migrate"]["condition"] == "service_completed_successfully"
        assert waits_for["rabbitmq"]["condition"] == "service_healthy"


def test_every_queue_is_consumed_by_exactly_one_lane(config: dict[str, Any]) -> None:
    commands = [config["services"][name]["command"] for name in WORKERS]
    lanes = [command[command.index("-Q") + 1].split(",") for command in commands]
    assert sorted(queue for lane in lanes for queue in lane) == ["critical", "high", "low", "normal"]


def test_all_data_that_must_last_is_in_named_volumes(config: dict[str, Any]) -> None:
    used = {
        volume.split(":")[0]
        for service in config["services"].values()
        for volume in service.get("volumes", [])
    }
    # Without a name: what a container needs while it runs.
    assert set(config["volumes"]) == {name for name in used if not name.startswith((".", "/"))}


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_a_secret_that_is_not_set_is_asked_for(missing: str) -> None:
    rest = {name: secret for name, secret in SECRETS.items() if name != missing}
    run = run_config(["docker-compose.yml"], rest)
    assert run.returncode != 0
    assert missing in run.stderr


def test_example_of_the_environment_names_every_secret() -> None:
    example = (ROOT / "deploy" / "env.example").read_text()
    assert all(re.search(rf"^{name}=$", example, re.MULTILINE) for name in SECRETS)


def test_images_of_servers_are_pinned_to_a_version(config: dict[str, Any]) -> None:
    for name in SERVERS:
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)?-.+", config["services"][name]["image"])


def test_in_memory_override_keeps_broker_cache_and_snapshots_off_the_disk(in_memory: dict[str, Any]) -> None:
    def is_in_memory(volume: str) -> bool:
        return ((in_memory["volumes"][volume] or {}).get("driver_opts") or {}).get("type") == "tmpfs"

    assert {volume for volume in in_memory["volumes"] if is_in_memory(volume)} == {
        "rabbitmq-data",
        "redis-data",
        "snapshots",
    }


def test_in_memory_override_leaves_the_volumes_on_disk_alone(in_memory: dict[str, Any]) -> None:
    for volume in ("rabbitmq-data", "redis-data", "snapshots"):
        assert in_memory["volumes"][volume]["name"].endswith("-ram")


def test_in_memory_override_changes_no_service_but_redis(
    config: dict[str, Any], in_memory: dict[str, Any]
) -> None:
    changed = {name for name in config["services"] if config["services"][name] != in_memory["services"][name]}
    assert changed == {"redis"}
    assert in_memory["services"]["redis"]["command"][1:3] == ["--appendonly", "no"]


def test_edge_waits_for_its_certificate_and_takes_that_of_the_operator(config: dict[str, Any]) -> None:
    waits_for = config["services"]["edge"]["depends_on"]
    assert waits_for["certificate"]["condition"] == "service_completed_successfully"
    services = read_config("docker-compose.yml", profiles=("edge",), TLS_DIR="./mine")["services"]
    assert "./mine:/tls:ro" in services["edge"]["volumes"]
    assert services["certificate"]["volumes"] == ["./mine:/tls"]


def test_redis_asks_for_the_password_that_its_clients_have(
    config: dict[str, Any], in_memory: dict[str, Any]
) -> None:
    for found in (config, in_memory):
        redis = found["services"]["redis"]
        assert redis["command"][redis["command"].index("--requirepass") + 1] == SECRETS["REDIS_PASSWORD"]
        assert redis["environment"] == {"REDISCLI_AUTH": SECRETS["REDIS_PASSWORD"]}
        for name in PRODUCT:
            url = found["services"][name]["environment"]["CELERY_RESULT_BACKEND"]
            assert url == f"redis://:{SECRETS['REDIS_PASSWORD']}@redis:6379/1"


def test_only_what_nginx_needs_of_the_product_goes_into_it(config: dict[str, Any]) -> None:
    for name in ("nginx", "edge"):
        nginx = config["services"][name]
        assert not nginx["environment"]
        named = [volume for volume in nginx["volumes"] if ":" in volume]
        assert all(volume.endswith(":ro") for volume in named)
    assert not config["services"]["certificate"]["environment"]


def test_redis_never_evicts_a_result(config: dict[str, Any], in_memory: dict[str, Any]) -> None:
    for found in (config, in_memory):
        command = found["services"]["redis"]["command"]
        assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_broker_of_the_tests_runs_with_the_configuration_file(rabbitmq: RabbitMQ) -> None:
    # The default is 30 minutes; a long export holds its message for hours.
    timeout_ms = rabbitmq.run_ctl("eval", "application:get_env(rabbit, consumer_timeout).").strip()
    assert timeout_ms == "{ok,14400000}"


def test_image_runs_as_a_user_without_rights_on_a_supported_python() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = set(re.findall(r"^FROM python:(\S+)", dockerfile, re.MULTILINE))
    assert versions == {"3.13-slim-trixie"}
    assert project["requires-python"] == ">=3.11,<3.14"
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["explorer"]


def test_image_holds_every_room_that_the_product_runs_from() -> None:
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tools", "tests"}
    assert rooms | {"manage.py", "requirements.txt", "deploy/pulse.py"} <= kept


def test_health_checks_and_the_product_agree_on_when_a_pulse_is_late() -> None:
    script = (ROOT / "deploy" / "pulse.py").read_text()
    assert f"interval '{pulses.LATE_AFTER_S:.0f} seconds'" in script
    assert Pulse._meta.db_table in script
