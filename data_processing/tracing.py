"""Spans of OpenTelemetry: what was done for a request, in whichever process, and how long it took.

Off, and without cost, unless OTEL_EXPORTER_OTLP_ENDPOINT names who collects them; the package is an extra.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

EXTRA = "pip install 'philgeps-data-explorer[tracing]'"
TRACEPARENT = "traceparent"
Kind = Literal["SERVER", "PRODUCER", "CONSUMER", "CLIENT", "INTERNAL"]


class _Process:
    """The provider of this process: its thread is not there after a fork."""

    provider: Any = None


class Span:
    """What is being done. Without a collector it notes nothing."""

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        if self._span is not None:
            self._span.update_name(name)

    def note(self, **facts: str | int | float | bool) -> None:
        if self._span is not None:
            self._span.set_attributes({name.replace("_", "."): fact for name, fact in facts.items()})

    def fail(self, text: str) -> None:
        if self._span is not None:
            self._span.set_status(_trace().Status(_trace().StatusCode.ERROR, text))


NOTHING = Span()


@contextmanager
def span(name: str, *, kind: Kind = "INTERNAL", parent: Mapping[str, str] | None = None) -> Iterator[Span]:
    """What is done inside, as a part of what is being done around it, or of what ``parent``, the headers of a
    request or a message, say. Only a request begins a trace: what the clock starts is not noted."""
    begins = kind == "SERVER" or parent is None or TRACEPARENT in parent
    if not (settings.OTEL_EXPORTER_OTLP_ENDPOINT and begins):
        yield NOTHING
        return
    context = None if parent is None else _propagator().extract(dict(parent))
    # Not the words of an error, which may hold what somebody searched for.
    options = {"record_exception": False, "set_status_on_exception": False}
    started_as = _tracer().start_as_current_span
    with started_as(name, context=context, kind=_trace().SpanKind[kind], **options) as started:
        noting = Span(started)
        try:
            yield noting
        except BaseException as error:
            noting.fail(type(error).__name__)
            raise


def note_done(name: str, *, seconds: float) -> None:
    """A span of what has just been done."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or not _trace().get_current_span().is_recording():
        return
    ended = time.time_ns()
    started = _tracer().start_span(name, start_time=ended - int(seconds * 1e9), kind=_trace().SpanKind.CLIENT)
    started.end(ended)


def carry() -> Mapping[str, str]:
    """The headers that let another process go on with what is being done here."""
    headers: dict[str, str] = {}
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        _propagator().inject(headers)
    return {name: value for name, value in headers.items() if name == TRACEPARENT}


def flush() -> None:
    """Send what has been noted, before a process ends that does not do so itself."""
    if _Process.provider is not None:
        _Process.provider.force_flush(2000)


def _tracer() -> Any:
    if _Process.provider is None:
        _Process.provider = _make_provider()
    return _Process.provider.get_tracer("philgeps")


def _make_provider() -> Any:
    # By their names: the packages are an extra, and cost each start a third of a second.
    try:
        sdk = import_module("opentelemetry.sdk.trace")
        export = import_module("opentelemetry.sdk.trace.export")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        resources = import_module("opentelemetry.sdk.resources")
    except ImportError:
        raise ImproperlyConfigured(
            f"OTEL_EXPORTER_OTLP_ENDPOINT needs the packages of the extra: {EXTRA}"
        ) from None
    resource = resources.Resource.create({"service.name": settings.OTEL_SERVICE_NAME})
    provider = sdk.TracerProvider(resource=resource)
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip("/") + "/v1/traces"
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=endpoint)))
    return provider


def _trace() -> Any:
    return import_module("opentelemetry.trace")


def _propagator() -> Any:
    return import_module("opentelemetry.trace.propagation.tracecontext").TraceContextTextMapPropagator()


def _start_anew() -> None:
    _Process.provider = None


os.register_at_fork(after_in_child=_start_anew)
