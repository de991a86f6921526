"""Downloads: whole, in ranges, resumed, gone."""

from __future__ import annotations

import hashlib
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from pytest_django import Settings

from data_processing.models import ExportFile
from data_processing.outputs import files
from tests.api.conftest import TASKS, post, start, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def exported(visitor: Client) -> dict[str, Any]:
    task = start(visitor, "export", {"format": "csv"})
    work_off()
    return task


def content(response: Any) -> bytes:
    return b"".join(response)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
class TestDownload:
    def test_whole_file_has_its_checksum_and_a_telling_name(
        self, visitor: Client, exported: dict[str, Any]
    ) -> None:
        response = visitor.get(exported["links"]["download"])
        export = ExportFile.objects.get()
        body = content(response)
        assert response.status_code == 200
        assert hashlib.sha256(body).hexdigest() == export.sha256
        assert response["ETag"] == f'"{export.sha256}"'
        assert response["Content-Length"] == str(len(body))
        # As curl -OJ understands it.
        assert 'filename="philgeps-all-contracts.csv"' in response["Content-Disposition"]

    @pytest.mark.parametrize(
        ("header", "start", "stop"),
        [
            ("bytes=0-9", 0, 10),
            ("bytes=5-", 5, None),
            ("bytes=-7", -7, None),
            ("bytes=3-999999999", 3, None),
            ("Bytes=3-" + "9" * 4301, 3, None),
        ],
    )
    def test_range_gives_just_those_bytes(
        self, visitor: Client, exported: dict[str, Any], header: str, start: int, stop: int | None
    ) -> None:
        whole = files.absolute_path(ExportFile.objects.get().path).read_bytes()
        response = visitor.get(exported["links"]["download"], headers={"Range": header})
        assert response.status_code == 206
        assert content(response) == whole[start:stop]
        first = start % len(whole)
        last = (stop or len(whole)) - 1
        assert response["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"

    @pytest.mark.parametrize("header", ["bytes=999999999-", "bytes=-0", "bytes=" + "9" * 4301 + "-"])
    def test_range_beyond_the_file_cannot_be_satisfied(
        self, visitor: Client, exported: dict[str, Any], header: str
    ) -> None:
        response = visitor.get(exported["links"]["download"], headers={"Range": header})
        assert response.status_code == 416
        assert response["Content-Range"] == f"bytes */{ExportFile.objects.get().size_bytes}"
        assert response.json()["code"] == "range-not-satisfiable"

    @pytest.mark.parametrize(
        "header", ["items=0-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=-", "bytes=9-3", "bytes=²-"]
    )
    def test_what_is_no_single_byte_range_is_ignored(
        self, visitor: Client, exported: dict[str, Any], header: str
    ) -> None:
        response = visitor.get(exported["links"]["download"], headers={"Range": header})
        assert response.status_code == 200
        assert len(content(response)) == ExportFile.objects.get().size_bytes

    def test_resume_of_another_file_starts_from_the_beginning(
        self, visitor: Client, exported: dict[str, Any]
    ) -> None:
        headers = {"Range": "bytes=5-", "If-Range": '"another"'}
        response = visitor.get(exported["links"]["download"], headers=headers)
        assert response.status_code == 200

    def test_head_says_what_get_would(self, visitor: Client, exported: dict[str, Any]) -> None:
        head = visitor.head(exported["links"]["download"])
        get = visitor.get(exported["links"]["download"])
        for name in ("ETag", "Content-Length", "Content-Type", "Content-Disposition", "Accept-Ranges"):
            assert head[name] == get[name]
        assert (head.status_code, head.content) == (200, b"")
        part = visitor.head(exported["links"]["download"], headers={"Range": "bytes=0-9"})
        assert (part.status_code, part["Content-Length"]) == (206, "10")

    def test_resume_of_the_same_file_goes_on(self, visitor: Client, exported: dict[str, Any]) -> None:
        etag = f'"{ExportFile.objects.get().sha256}"'
        headers = {"Range": "bytes=5-", "If-Range": etag}
        response = visitor.get(exported["links"]["download"], headers=headers)
        assert response.status_code == 206

    def test_nginx_is_told_what_to_send(
        self, visitor: Client, exported: dict[str, Any], settings: Settings
    ) -> None:
        settings.EXPORT_ACCEL_PREFIX = "/protected/exports/"
        response = visitor.get(exported["links"]["download"], headers={"Range": "bytes=0-9"})
        assert (response.status_code, response.content) == (200, b"")
        assert response["X-Accel-Redirect"] == f"/protected/exports/{ExportFile.objects.get().path}"
        # As curl -OJ understands it.
        assert 'filename="philgeps-all-contracts.csv"' in response["Content-Disposition"]

    def test_known_file_is_not_sent_again(self, visitor: Client, exported: dict[str, Any]) -> None:
        etag = f'"{ExportFile.objects.get().sha256}"'
        for known in (etag, f'"other", W/{etag}', "*"):
            response = visitor.get(exported["links"]["download"], headers={"If-None-Match": known})
            assert response.status_code == 304


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
@pytest.mark.parametrize(
    ("format_", "content_type", "beginning"),
    [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbf"),
        ("csv.gz", "application/gzip", b"\x1f\x8b"),
        ("parquet", "application/vnd.apache.parquet", b"PAR1"),
    ],
)
def test_every_format_has_its_type_and_ending(
    visitor: Client, format_: str, content_type: str, beginning: bytes
) -> None:
    body = {"format": format_, "columns": ["id"]}
    assert post(visitor, f"{TASKS}export/estimate/", body).json()["bytes"] > 0
    task = start(visitor, "export", body)
    work_off()
    response = visitor.get(task["links"]["download"])
    assert response["Content-Type"] == content_type
    assert f"philgeps-all-contracts.{format_}" in response["Content-Disposition"]
    assert content(response).startswith(beginning)


@pytest.mark.django_db(transaction=True)
def test_download_streams_in_chunks_under_asgi(visitor: Client, exported: dict[str, Any]) -> None:
    async def download() -> bytes:
        client = AsyncClient()
        client.cookies = visitor.cookies
        response = await client.get(exported["links"]["download"])
        return b"".join([chunk async for chunk in cast(Any, response)])

    body = async_to_sync(download)()
    assert hashlib.sha256(body).hexdigest() == ExportFile.objects.get().sha256


def test_deleted_export_is_gone(visitor: Client, exported: dict[str, Any]) -> None:
    path = files.absolute_path(ExportFile.objects.get().path)
    assert visitor.delete(exported["links"]["export"]).status_code == 204
    assert not path.exists()
    assert visitor.get(exported["links"]["download"]).status_code == 410


def test_file_that_vanished_from_disk_is_reported_as_gone(visitor: Client, exported: dict[str, Any]) -> None:
    files.remove([ExportFile.objects.get().path])
    assert visitor.get(exported["links"]["download"]).status_code == 410
