"""One trace from the request to the file, through all processes, as a collector of OpenTelemetry gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from data_processing.models import TaskRun
from tests.integration.conftest import wait_until_ended
from tests.integration.website import TASKS, StartWeb
from tests.integration.workers import StartWorker
from tests.stand_ins import Inbox, receive_posts

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def read_spans(inbox: Inbox) -> list[Any]:
    spans = []
    for path, body in inbox.posted:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            spans += [span for scope in resource.scope_spans for span in scope.spans]
    return spans


def test_one_trace_leads_from_the_request_to_the_file(
    worker: StartWorker, start_web: StartWeb, data_dir: Path
) -> None:
    with receive_posts() as inbox:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": inbox.address, "DATA_DIR": str(data_dir)}
        web, bulk = start_web(**variables), worker(queues="normal", **variables)
        sent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        with web.post(f"{TASKS}export/", {"format": "csv"}, owner="a", **sent) as answer:
            run = TaskRun.objects.get(id=answer.read_body()["task_id"])
        wait_until_ended(run, worker=bulk)
        with web.get("/health/live") as answer:
            answer.read_body()
        web.stop()
        bulk.stop()
    spans = read_spans(inbox)
    ours = {span.name: span for span in spans if span.trace_id.hex() == TRACE}
    by_id = {span.span_id: span for span in ours.values()}

    def ancestors(name: str) -> list[str]:
        found, span = [], ours[name]
        while span.parent_span_id in by_id:
            span = by_id[span.parent_span_id]
            found.append(span.name)
        return found

    request, task = f"POST {TASKS}export/", "data_processing.tasks.export_contracts_to_excel"
    assert ours[request].parent_span_id.hex() == CALLER
    assert ancestors(f"publish {task}") == [request]
    assert ancestors("publish file") == [f"run {task}", request]
    assert ancestors("work export") == [f"run {task}", request]
    assert ancestors("DuckDB statement") == ["work export", f"run {task}", request]
    assert {span.status.code for span in ours.values()} == {0}
    # Another request is another trace, and what the clock starts is none.
    others = {span.name for span in spans if span.trace_id.hex() != TRACE}
    assert others == {"GET /health/live"}
