"""Published files in an object store, kept by a server on this machine that speaks S3."""

from __future__ import annotations

import gzip
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing import broker
from data_processing.lifecycle import runner
from data_processing.lifecycle.runs import cancellation, claims
from data_processing.models import ExportFile, State, TaskRun
from data_processing.operations import maintenance
from data_processing.outputs import files
from tests.api.conftest import EXPORTS, start, visitor, work_off
from tests.machine import MakeRun
from tools.stack.ports import LOOPBACK, pick_port

pytestmark = pytest.mark.django_db
__all__ = ["visitor"]
NO_PATIENCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of the store."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, dataset: Snapshot, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bucket of the test's own that exports go to."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=s3).Bucket(f"exports-{uuid.uuid4()}")
    bucket.create()
    options = {**settings.EXPORT_S3_OPTIONS, "bucket_name": bucket.name, "endpoint_url": s3}
    settings.STORAGES = {
        **settings.STORAGES,
        "exports": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    return bucket


def lose_store(settings: Settings) -> None:
    """From here on, nobody listens at the store's address."""
    options = settings.STORAGES["exports"]["OPTIONS"]
    away = {**options, "endpoint_url": f"http://{LOOPBACK}:{pick_port()}", "client_config": NO_PATIENCE}
    settings.STORAGES = {
        **settings.STORAGES,
        "exports": {**settings.STORAGES["exports"], "OPTIONS": away},
    }


def names(bucket: Any) -> list[str]:
    return [item.key for item in bucket.objects.all()]


def export(visitor: Client, format_: str = "csv.gz") -> tuple[dict[str, Any], ExportFile]:
    task = start(visitor, "export", {"format": format_})
    work_off()
    return task, ExportFile.objects.get(pk=task["task_id"])


def test_finished_file_is_in_the_store_and_nothing_stays_in_the_folder(
    visitor: Client, bucket: Any, settings: Settings
) -> None:
    _, row = export(visitor)
    assert names(bucket) == [row.path]
    assert os.listdir(settings.EXPORT_ROOT) == []
    body = bucket.Object(row.path).get()["Body"].read()
    assert hashlib.sha256(body).hexdigest() == row.sha256


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
@pytest.mark.parametrize("format_", ["xlsx", "csv"])
def test_hosts_without_a_folder_in_common_share_files_by_the_store_and_no_parts(
    visitor: Client, bucket: Any, settings: Settings, tmp_path: Path, broker_up: None, format_: str
) -> None:
    settings.EXPORT_FOLDER_SHARED = False
    settings.EXPORT_SPLIT_ROWS = 7
    settings.EXPORT_S3_REDIRECT = False
    task, row = export(visitor, format_)
    assert row.rows > settings.EXPORT_SPLIT_ROWS
    assert [queue.ready for queue in broker.inspect_queues() if queue.name == "normal"] == [1], "its own"
    settings.EXPORT_ROOT = tmp_path / "another host"
    body = b"".join(visitor.get(task["links"]["download"]))
    assert hashlib.sha256(body).hexdigest() == row.sha256


@pytest.mark.parametrize("with_store", [False, True])
def test_folders_of_their_own_without_a_store_are_a_configuration_error(
    settings: Settings, with_store: bool
) -> None:
    settings.EXPORT_FOLDER_SHARED = False
    if with_store:
        settings.STORAGES = {**settings.STORAGES, "exports": {"BACKEND": "storages.backends.s3.S3Storage"}}
    assert ("backend.E007" in {message.id for message in run_checks()}) != with_store


def test_download_leads_to_an_address_that_gives_the_file_as_it_is(visitor: Client, bucket: Any) -> None:
    task, row = export(visitor)
    answer = visitor.get(task["links"]["download"])
    assert answer.status_code == 302
    with urlopen(answer["Location"]) as response:
        body = response.read()
        assert response.headers["Content-Encoding"] in (None, "identity")
    assert hashlib.sha256(body).hexdigest() == row.sha256
    assert gzip.decompress(body).startswith(b"\xef\xbb\xbfreference_id")
    assert "philgeps-all-contracts.csv.gz" in answer["Location"]


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_download_can_pass_through_us_with_ranges(visitor: Client, bucket: Any, settings: Settings) -> None:
    settings.EXPORT_S3_REDIRECT = False
    task, row = export(visitor)
    whole = b"".join(visitor.get(task["links"]["download"]))
    assert hashlib.sha256(whole).hexdigest() == row.sha256
    answer = visitor.get(task["links"]["download"], headers={"Range": "bytes=3-9"})
    assert (answer.status_code, b"".join(answer)) == (206, whole[3:10])


def test_deleted_export_is_gone_from_the_store(visitor: Client, bucket: Any) -> None:
    task, _ = export(visitor)
    assert visitor.delete(task["links"]["export"]).status_code == 204
    assert names(bucket) == []
    assert visitor.get(task["links"]["download"]).status_code == 410


def test_expired_files_and_orphans_leave_the_store(visitor: Client, bucket: Any) -> None:
    _, expired = export(visitor, "csv")
    _, living = export(visitor, "parquet")
    ExportFile.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    bucket.put_object(Key=f"{uuid.uuid4()}.1.xlsx", Body=b"left by a worker that was killed")
    assert len(files.list_orphans(older_than=time.time() - 60)) == 0
    maintenance.clean_up(orphan_age_s=-60)
    assert names(bucket) == [living.path]


def test_attempt_that_was_fenced_out_takes_its_object_along(bucket: Any, settings: Settings) -> None:
    run = uuid.uuid4()
    for attempt in (1, 2):
        partial = files.partial_path(run, attempt=attempt, suffix="csv")
        partial.write_bytes(b"whole")
        files.publish(partial)
    files.discard_attempt([files.partial_name(run, attempt=1, suffix="csv")], published=True)
    assert names(bucket) == [f"{run}.2.csv"]


def test_export_is_tried_again_when_the_store_is_away(
    make_run: MakeRun, bucket: Any, settings: Settings
) -> None:
    run = make_run("export", {"format": "csv"})
    lose_store(settings)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert (run.state, run.attempts[-1]["outcome"]) == (State.RETRY, "failed")
    assert os.listdir(settings.EXPORT_ROOT) == []


def test_failed_or_cancelled_search_opens_no_storage(
    make_run: MakeRun, s3: str, settings: Settings, tmp_path: Path
) -> None:
    settings.EXPORT_ROOT = tmp_path / "no-folder" / "exports"
    settings.STORAGES = {**settings.STORAGES, "exports": {"BACKEND": "no.such.Storage"}}
    settings.RETRY_DELAYS_S = ()
    failing, stubborn = make_run("search", {"page": 2}), make_run("search", {"page": 3})
    TaskRun.objects.filter(id=failing.id).update(request={"filters": "none"})
    runner.run_attempt(failing.id, worker="test")
    assert claims.claim(stubborn.id, worker="w", lease_s=60)
    cancellation.request_cancel(stubborn.id)
    settings.CANCEL_GRACE_S = -1
    maintenance.sweep()
    states = TaskRun.objects.filter(id__in=[failing.id, stubborn.id]).order_by("created_at")
    assert list(states.values_list("state", flat=True)) == [State.FAILURE, State.REVOKED]
    assert not settings.EXPORT_ROOT.parent.exists()


def test_deleted_export_is_gone_for_its_owner_while_the_store_is_away(
    visitor: Client, bucket: Any, settings: Settings
) -> None:
    (one, _), (other, _) = export(visitor, "csv"), export(visitor, "parquet")
    lose_store(settings)
    assert visitor.delete(one["links"]["export"]).status_code == 204
    assert visitor.delete(other["links"]["self"]).status_code == 204
    assert visitor.get(EXPORTS).json()["results"] == []


def test_cleanup_of_rows_does_not_need_the_store(visitor: Client, bucket: Any, settings: Settings) -> None:
    task = start(visitor, "search")
    work_off()
    TaskRun.objects.filter(id=task["task_id"]).update(finished_at=timezone.now() - timedelta(days=1000))
    lose_store(settings)
    maintenance.clean_up()
    assert not TaskRun.objects.exists()


def test_store_and_nginx_at_once_are_a_configuration_error(bucket: Any, settings: Settings) -> None:
    settings.EXPORT_ACCEL_PREFIX = "protected"
    assert {"backend.E004", "backend.E005"} <= {message.id for message in run_checks()}
    settings.EXPORT_ACCEL_PREFIX = ""
    assert not {"backend.E004", "backend.E005"} & {message.id for message in run_checks()}
