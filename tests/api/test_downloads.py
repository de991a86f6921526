"""The bytes of downloads: read in threads of their own, closed when their client is gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import psutil
import pytest

from api.waiting.downloads import READING_THREADS, Download
from data_processing.models import ExportFile
from data_processing.outputs import files
from tests.api.conftest import EXPORTS
from tests.api.exchange import PATIENCE_S, Exchange, wait_for
from tests.machine import MakeRun


@pytest.fixture
def large_export(make_run: MakeRun) -> ExportFile:
    """A file of several chunks of the visitor "a"."""
    run = make_run("export")
    size_bytes = 8 * files.CHUNK_BYTES
    path = files.absolute_path(f"{run.id}.1.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size_bytes)
    return ExportFile.objects.create(
        run=run,
        owner="visitor:a",
        name="large.csv",
        path=path.name,
        format="csv",
        rows=1,
        size_bytes=size_bytes,
        sha256="0" * 64,
        filters_in_words="all",
        dataset_version=run.dataset_version,
        expires_at=run.created_at.replace(year=2100),
    )


@pytest.mark.django_db(transaction=True)
def test_a_client_that_hangs_up_leaves_no_file_open(large_export: ExportFile) -> None:
    def is_open() -> bool:
        opened = psutil.Process().open_files()
        return any(file.path.endswith(large_export.path) for file in opened)

    async def scene() -> None:
        exchange = Exchange(f"{EXPORTS}{large_export.pk}/download/")
        await exchange.start()
        assert await exchange.receive()
        assert is_open()
        await exchange.disconnect()
        await wait_for(lambda: not is_open())

    asyncio.run(scene())


def test_a_store_that_does_not_answer_holds_up_downloads_only() -> None:
    answer, closed = threading.Event(), []

    def chunks(number: int) -> Generator[bytes]:
        try:
            answer.wait(PATIENCE_S)
            yield b"x"
        finally:
            closed.append(number)

    async def scene() -> None:
        downloads = [Download(chunks(number)) for number in range(READING_THREADS + 4)]
        reads = [asyncio.ensure_future(anext(aiter(download))) for download in downloads]
        await asyncio.sleep(0)
        # The threads of asyncio, which look up names, and those of asgiref are free.
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), PATIENCE_S / 2) == "free"
        for read, download in zip(reads, downloads, strict=True):
            read.cancel()
            download.close()
        answer.set()
        # Those that were not read from yet have nothing open, and need not appear.
        await wait_for(lambda: set(closed) >= set(range(READING_THREADS)))

    asyncio.run(scene())
