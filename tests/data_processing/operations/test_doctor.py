"""Each illness of a deployment is found and named, with what to do; a sound one has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from backend import topology
from contracts.snapshot.versions import Snapshot
from data_processing.models import Pulse
from data_processing.operations.doctor import configuration, database, queues, redis_server, storage, workers
from data_processing.operations.doctor.findings import Check, Finding
from data_processing.outputs import results
from tests.brokers import lose_broker
from tools.stack.servers import RabbitMQ, Redis

STRONG = "SixteenCharactersAtLeast"


def find(check: Check, level: str) -> list[Finding]:
    return [finding for finding in check() if finding.level == level]


def find_one(check: Check, level: str) -> Finding:
    """The one finding of this level, which says what to do."""
    (found,) = find(check, level)
    assert found.advice
    return found


def assert_well(check: Check) -> None:
    assert [finding for finding in check() if finding.level != "ok"] == []


@pytest.fixture
def production(settings: Settings) -> Settings:
    """Settings without a complaint."""
    settings.DEBUG = False
    settings.SECRET_KEY = "a1B2c" * 12
    settings.ALLOWED_HOSTS = ["explorer.example"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_PROXY_SSL_HEADER, settings.PROXIES = ("HTTP_X_FORWARDED_PROTO", "https"), 1
    settings.DATABASES = {"default": {**settings.DATABASES["default"], "PASSWORD": STRONG}}
    settings.CELERY_BROKER_URL = f"amqp://explorer:{STRONG}@one//;amqp://explorer:{STRONG}@two//"
    settings.CELERY_RESULT_BACKEND = f"redis://:{STRONG}@redis/1"
    return settings


def test_sound_settings_are_well(production: Settings) -> None:
    assert_well(configuration.check_django)
    assert_well(configuration.check_secrets)
    assert_well(configuration.check_fit)


def test_complaints_of_djangos_checks_are_told(production: Settings) -> None:
    production.SECRET_KEY = "insecure-development-key-never-used-in-production"
    assert "SECRET_KEY must be set" in find_one(configuration.check_django, "error").text
    production.SESSION_COOKIE_SECURE = False
    assert any("SESSION_COOKIE_SECURE" in found.text for found in find(configuration.check_django, "warning"))


@pytest.mark.parametrize("url", ["amqp://guest:guest@one//", "amqp://one//", "amqp://ab:ab@one//"])
def test_password_that_is_tried_first_is_an_error(production: Settings, url: str) -> None:
    production.CELERY_BROKER_URL = f"amqp://explorer:{STRONG}@two//;{url}"
    assert "CELERY_BROKER_URL" in find_one(configuration.check_secrets, "error").text


def test_short_password_is_a_warning_that_does_not_show_it(production: Settings) -> None:
    production.CELERY_RESULT_BACKEND = "redis://:kurz%2Bbuendig@redis/1"
    found = find_one(configuration.check_secrets, "warning")
    assert "CELERY_RESULT_BACKEND" in found.text
    assert "kurz" not in found.text


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("PROXIES", 0, "one address"),
        ("SECURE_PROXY_SSL_HEADER", None, "sign-in is refused"),
        ("ALLOWED_HOSTS", ["*"], "host name"),
        ("SWEEP_EVERY_S", 60.0, "SWEEP_EVERY_S"),
        ("ENGINE_MEMORY_MB", 4000, "WORKER_MAX_MEMORY_MB"),
        ("EXPORT_KEEP_HOURS", 9999, "RUN_KEEP_DAYS"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_told(
    production: Settings, name: str, value: object, word: str
) -> None:
    setattr(production, name, value)
    assert word in find_one(configuration.check_fit, "warning").text


@pytest.mark.django_db
def test_tables_of_another_program_are_told() -> None:
    assert_well(database.check_tables)
    recorder = MigrationRecorder(connection)
    recorder.record_applied("data_processing", "9999_later")
    assert "data_processing.9999_later" in find_one(database.check_tables, "error").text
    recorder.record_unapplied("data_processing", "9999_later")
    recorder.record_unapplied("sessions", "0001_initial")
    assert find_one(database.check_tables, "error").advice == "python manage.py migrate"


@pytest.mark.django_db
def test_database_that_may_forget_is_told() -> None:
    """The tests' own does not write to the disk before it confirms."""
    assert (
        "fsync, full_page_writes, synchronous_commit is off" in find_one(database.check_server, "error").text
    )


@pytest.mark.django_db
def test_clock_that_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(database.check_clock()) == []
    (found,) = database.judge_clock(-61.0, whose="redis")
    assert found.text == "its clock is 61 s behind this machine's"


def test_queues_of_another_program_are_told(broker_up: None, rabbitmq: RabbitMQ) -> None:
    assert_well(queues.check_broker)
    with current_app.connection_for_write() as kombu:
        channel: Any = kombu.channel()
        channel.queue_delete("low")
        channel.queue_declare("low", durable=True, auto_delete=False, arguments={"x-queue-type": "classic"})
        try:
            found = find_one(queues.check_broker, "error")
            assert "the queue low is another one" in found.text
            assert "inequivalent arg" in found.text
            channel.queue_delete("low")
            assert "there is no queue low" in find_one(queues.check_broker, "error").text
        finally:
            channel.queue_delete("low")
            topology.declare(kombu)


@pytest.fixture
def redis_config(redis_server: Redis, redis_up: None) -> Iterator[Callable[[str, str], object]]:
    """Sets a value of Redis' configuration, until the test has ended."""
    before: dict[str, Any] = {}

    def change(name: str, value: str) -> object:
        before.setdefault(name, results.ask(lambda client: client.config_get(name))[name])  # type: ignore[index]
        return results.ask(lambda client: client.config_set(name, value))

    yield change
    for name, value in before.items():
        change(name, value)


def test_redis_that_forgets_is_told(redis_config: Callable[[str, str], object]) -> None:
    assert_well(redis_server.check_redis)
    redis_config("maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy is allkeys-lru" in find_one(redis_server.check_redis, "error").text
    redis_config("maxmemory-policy", "noeviction")
    redis_config("maxmemory", "100kb")  # less than any Redis takes empty
    assert "are used" in find_one(redis_server.check_redis, "warning").text
    redis_config("maxmemory", "0")
    redis_config("appendonly", "no")
    assert find_one(redis_server.check_redis, "warning").advice.startswith("set appendonly to yes")


def test_redis_that_is_away_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results._Outage, "until", float("inf"))
    assert "does not answer" in find_one(redis_server.check_redis, "error").text


def test_folder_that_cannot_be_written_to_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.DATASET_ROOT, settings.EXPORT_ROOT = tmp_path / "datasets", tmp_path / "exports"
    assert find(storage.check_folders, "error") == []
    # Of a file system that nobody may write to, as root may to every folder.
    settings.DATASET_ROOT = Path("/proc/self/datasets")
    assert "/proc/self cannot be written to" in find_one(storage.check_folders, "error").text


def test_exports_that_have_no_room_are_told(dataset: Snapshot, settings: Settings) -> None:
    settings.EXPORT_ROOT.mkdir()
    settings.EXPORT_STORE_MAX_GB = 10**9
    assert "EXPORT_STORE_MAX_GB" in find_one(storage.check_folders, "warning").text


def test_dataset_that_cannot_be_read_is_told(dataset: Snapshot, settings: Settings, tmp_path: Path) -> None:
    kept = dataset.database.read_bytes()
    dataset.database.write_bytes(b"")
    assert "cannot be read" in find_one(storage.check_dataset, "error").text
    dataset.database.write_bytes(kept)
    assert_well(storage.check_dataset)
    settings.DATASET_ROOT = tmp_path / "none"
    assert find_one(storage.check_dataset, "error").text == "nothing has been imported"


@pytest.mark.django_db
def test_lane_without_a_worker_is_told(broker_up: None) -> None:
    lanes = {found.text: found.advice for found in find(workers.check_workers, "error")}
    assert set(lanes) == {f"there is none of the lane {x}" for x in ("housekeeping", "interactive", "bulk")}
    assert "-Q normal,low" in lanes["there is none of the lane bulk"]


@pytest.mark.django_db
def test_silent_sweeper_is_told(broker_up: None, redis_up: None, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert any("sweep" in found.text for found in find(workers.check_conditions, "error"))
    Pulse.objects.bulk_create([Pulse(name=name, beaten_at=timezone.now()) for name in ("sweep", "beat")])
    assert_well(workers.check_conditions)


@pytest.mark.django_db
def test_command_tells_programs_too_and_fails_with_an_error(
    dataset: Snapshot, redis_up: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lose_broker(monkeypatch)
    with pytest.raises(CommandError, match=r"\d errors, \d warnings"):
        call_command("doctor", "--json")
    found = json.loads(capsys.readouterr().out)
    assert {"dataset", "database", "broker", "redis", "storage"} <= {one["about"] for one in found}
    assert any("the broker does not answer" in one["text"] for one in found)
    with pytest.raises(CommandError):
        call_command("doctor")
    told = capsys.readouterr().out
    assert "error    broker: the broker does not answer" in told
    assert "-> compare CELERY_BROKER_URL" in told
