"""The OpenAPI document is good enough for a public generator: its client searches and exports."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.renderers import JSONRenderer

from api.views.exports import CONTENT_TYPES
from tests.integration.website import StartWeb, wait_for
from tests.integration.workers import StartWorker
from tools.stack.ports import LOOPBACK

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = "generated_client"
XLSX, BINARY = CONTENT_TYPES["xlsx"], "application/octet-stream"
OVERRIDES = {XLSX: BINARY, "application/atom+xml": BINARY, "application/rss+xml": BINARY}
GENERATE = "from openapi_python_client.cli import app; app()"


@pytest.fixture
def generated(tmp_path: Path) -> Iterator[ModuleType]:
    """The package that the generator makes of the document, without a complaint."""
    document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    (tmp_path / "api.json").write_bytes(JSONRenderer().render(document))
    # The generator knows few types of content, and takes files of others for text.
    (tmp_path / "generator.json").write_text(json.dumps({"content_type_overrides": OVERRIDES}))
    # The generator formats what it has made by the ruff that it finds on PATH.
    ruff = Path(sys.executable).parent
    done = subprocess.run(
        [
            *(sys.executable, "-c", GENERATE, "generate", "--meta", "none", "--fail-on-warning"),
            *("--config", str(tmp_path / "generator.json")),
            *("--path", str(tmp_path / "api.json"), "--output-path", str(tmp_path / PACKAGE)),
        ],
        env={"PATH": f"{ruff}:{Path(shutil.which('env') or '/usr/bin/env').parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(tmp_path))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def call(operation: str, **arguments: Any) -> Any:
    """The answer of an operation, as the generated type."""
    return importlib.import_module(f"{PACKAGE}.api.api.{operation}").sync(**arguments)


def test_generated_client_searches_and_exports(
    generated: ModuleType, worker: StartWorker, start_web: StartWeb, data_dir: Path
) -> None:
    worker()
    web = start_web(DATA_DIR=str(data_dir))
    models = importlib.import_module(f"{PACKAGE}.models")
    client = generated.Client(base_url=f"http://{LOOPBACK}:{web.port}")

    filters = models.Filters.from_dict({"value_range": {"min": "1.00"}})
    asked = models.SearchRequest(filters=filters, page_size=2)
    found = call("start_search", client=client, body=asked, prefer="wait=30")
    assert isinstance(found, models.SearchResultFinished)
    assert found.data.total_rows > 2 == len(found.data.rows)

    started = call("start_export", client=client, body=models.ExportRequest(filters=filters))
    assert isinstance(started, models.Started)
    wait_for(lambda: call("task_status", client=client, task_id=started.task_id).ready)
    status = call("task_status", client=client, task_id=started.task_id)
    assert status.successful
    assert status.result.rows == found.data.total_rows
    assert status.request.to_dict()["filters"]["value_range"] == {"min": "1.00", "max": None}

    file = call("export_download", client=client, export_id=UUID(str(started.export_id)))
    workbook = openpyxl.load_workbook(io.BytesIO(file.payload.read()), read_only=True)
    assert sum(1 for _ in workbook.worksheets[0].iter_rows()) == found.data.total_rows + 1

    refused = call("start_search", client=client, body=models.SearchRequest(page_size=0))
    assert isinstance(refused, models.Problem)
    assert json.loads(json.dumps(refused.to_dict()))["errors"][0]["pointer"] == "/page_size"
