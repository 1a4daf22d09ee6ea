"""Which engine answers in one browser: one that the operator configured, or a language model that is named on the page.

The choice is the browser's own and comes along with each question. Naming a model makes this server connect to an
address, or load a file, that the page says: only whoever sits at this machine may do so.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from assistant import Assistant, BadSetting, EngineError
from assistant.engines import Engine

if TYPE_CHECKING:
    from assistant.engines.llm import LlmEngine

NOT_HERE = (
    "A language model can be named only on a page that serves this machine alone, without --auth;"
    " elsewhere whoever starts the page names it with --llm."
)


class Choices:
    """The engines that a browser may choose; those named on the page stay open until `close`."""

    def __init__(self, assistant: Assistant, *, naming: bool = False) -> None:
        """`naming` allows language models that are named on the page."""
        self._assistant = assistant
        self._naming = naming
        self._named: dict[str, LlmEngine] = {}
        self._lock = Lock()

    def offered(self) -> dict[str, Any]:
        """The names of the engines, the one that answers by itself first, and whether others may be named."""
        return {"engines": list(self._assistant.engines), "naming": self._naming}

    def engine(self, chosen: str) -> str | Engine | None:
        """What answers where `chosen` was chosen, "" being nothing. Raises BadSetting."""
        if not chosen or chosen in self._assistant.engines:
            return chosen or None
        return self._language_model(chosen)

    def check(self, name: str) -> None:
        """See that a language model answers. Raises BadSetting, EngineError, saying in one line what to do."""
        engine = self._language_model(name)
        try:
            engine.check()
        except EngineError:
            with self._lock:
                self._named.pop(name, None)
            engine.close()
            raise

    def close(self) -> None:
        """Let go of the models that were named."""
        with self._lock:
            for engine in self._named.values():
                engine.close()
            self._named.clear()

    def _language_model(self, name: str) -> LlmEngine:
        if not self._naming:
            raise BadSetting(NOT_HERE)
        with self._lock:
            if name not in self._named:
                self._named[name] = self._assistant.language_model(name)
            return self._named[name]
