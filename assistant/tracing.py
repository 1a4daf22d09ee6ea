"""Spans of what happens to a question (retrieve, answer, check, verify) for OpenTelemetry, where that is wanted.

Without a setting nothing is recorded and nothing is imported. With `ASSISTANT_TRACING=URL` (and the extra `tracing`)
spans go to the OTLP endpoint at that URL. They hold names and numbers: no question, no text of a document, no key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from assistant.errors import BadSetting, EngineError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

_tracers: list[Tracer] = []  # the last one is in use; none while tracing is off


class Span:
    """Something that takes time; does nothing while tracing is off.

    It is not the current span by itself: what runs between two answers of a stream may run in any thread.
    """

    def __init__(self, recorded: Any = None) -> None:
        """`recorded` is OpenTelemetry's span, None while tracing is off."""
        self._recorded = recorded

    def note(self, **attributes: str | int | float) -> None:
        """Add attributes to the span."""
        if self._recorded is not None:
            for key, value in attributes.items():
                self._recorded.set_attribute(f"assistant.{key}", value)

    def current(self) -> AbstractContextManager[object]:
        """Within it, new spans become part of this one, also those of llama-index's instrumentation."""
        if self._recorded is None:
            return nullcontext()
        from opentelemetry.trace import use_span

        return use_span(self._recorded, end_on_exit=False, record_exception=False, set_status_on_exception=False)

    def context(self) -> Any:
        """OpenTelemetry's context in which this is the current span; None while tracing is off."""
        if self._recorded is None:
            return None
        from opentelemetry.trace import set_span_in_context

        return set_span_in_context(self._recorded)


@contextmanager
def span(name: str, within: Span | None = None, **attributes: str | int | float) -> Iterator[Span]:
    """A span around a block, as a part of `within` or else of the current one."""
    if not _tracers:
        yield Span()
        return
    recorded = _tracers[-1].start_span(f"assistant.{name}", context=within.context() if within else None)
    made = Span(recorded)
    made.note(**attributes)
    try:
        yield made
    finally:
        recorded.end()


@contextmanager
def tracing(url: str | None) -> Iterator[None]:
    """Export the spans made meanwhile to the OTLP endpoint at `url` (HTTP); None exports nothing.

    Raises BadSetting for a URL that is none, EngineError where the extra is missing.
    """
    if url is None:
        yield
        return
    provider = _provider(url)
    tracer = provider.get_tracer("assistant")
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
        provider.shutdown()


def _provider(url: str) -> TracerProvider:
    if not url.startswith(("http://", "https://")):
        raise BadSetting(f"ASSISTANT_TRACING must be the URL of an OTLP endpoint, not {url!r}.")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise EngineError("ASSISTANT_TRACING needs an extra: pip install '.[tracing]'") from error
    endpoint = url if url.rstrip("/").endswith("/v1/traces") else f"{url.rstrip('/')}/v1/traces"
    provider = TracerProvider(resource=Resource.create({"service.name": "assistant"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider
