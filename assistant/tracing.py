"""Spans of what happens to a question (retrieve, answer, verify) for OpenTelemetry, where that is wanted.

Without a setting nothing is recorded and nothing is imported. With `ASSISTANT_TRACING=URL` (and the extra `tracing`)
spans go to the OTLP endpoint at that URL. They hold names and numbers: no question, no text of a document, no key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.errors import BadSetting, EngineError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

Note = Callable[..., None]
"""Adds attributes to a span: `note(passages=8)`."""

_state: list[Tracer] = []  # the tracer while tracing is on


@contextmanager
def span(name: str, **attributes: str | int | float) -> Iterator[Note]:
    """A span around a block; hands over what adds attributes to it. Does nothing while tracing is off."""
    if not _state:
        yield lambda **more: None
        return
    with _state[-1].start_as_current_span(f"assistant.{name}") as current:

        def note(**more: str | int | float) -> None:
            for key, value in more.items():
                current.set_attribute(f"assistant.{key}", value)

        note(**attributes)
        yield note


@contextmanager
def tracing(url: str | None) -> Iterator[None]:
    """Export the spans made meanwhile to the OTLP endpoint at `url` (HTTP); None exports nothing.

    Raises BadSetting for a URL that is none, EngineError where the extra is missing.
    """
    if url is None:
        yield
        return
    provider = _provider(url)
    _state.append(provider.get_tracer("assistant"))
    try:
        yield
    finally:
        _state.pop()
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
