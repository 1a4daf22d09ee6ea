"""What programs may call: /ask, /search and /documents over REST, ask and search as MCP tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr
from gradio import events

from assistant import Assistant, KnownError
from assistant.types import Turn, passages_to_dicts

if TYPE_CHECKING:
    from gradio.mcp import GradioMCPServer

T = TypeVar("T")


def publish(assistant: Assistant) -> None:
    """Add the endpoints to the Blocks that is being built.

    They are not queued: Gradio's MCP server calls such endpoints directly, and would otherwise come back over
    HTTP without the caller's password.
    """

    def ask(
        question: str, documents: list[str] | None = None, history: list[dict[str, str]] | None = None
    ) -> dict[str, Any]:
        """Answer a question from the indexed documents and cite the exact sentences that say so.

        Returns JSON. "answered" tells whether the documents answer the question; if not, "reason" says why
        ("not_in_documents", "gap_in_source" or "unsupported") and "answer" is a refusal, not a fact. Markers like [1]
        in "answer" name the entries of "citations", each with its document, page and verbatim quote.

        Args:
            question: The question, in plain words. It may refer back to the history.
            documents: Ids of the documents to keep to; leave out to ask all of them.
            history: The conversation so far, oldest first: [{"role": "user" or "assistant", "content": "..."}].
        """
        turns = [Turn(str(turn["role"]), str(turn["content"])) for turn in history or ()]
        return _known(lambda: assistant.ask(question, history=turns, documents=documents or None).to_dict())

    def search(query: str, k: int = 8, documents: list[str] | None = None) -> dict[str, Any]:
        """Find the passages of the indexed documents nearest to a query, best first, by meaning and by words.

        Returns JSON: {"query", "passages": [{"document", "start", "end", "text", "score"}]}, where start and end are
        character offsets into the document's text.

        Args:
            query: What to look for: a question, a phrase or a few words.
            k: How many passages to return at most.
            documents: Ids of the documents to search; leave out to search all of them.
        """
        found = _known(lambda: assistant.search(query, k, documents or None))
        return {"query": query, "passages": passages_to_dicts(found)}

    # Marked as a resource so that MCP lists it as data to read: the tools are ask and search.
    @gr.mcp.resource("assistant://documents", mime_type="application/json")  # type: ignore[untyped-decorator]
    def documents() -> list[dict[str, Any]]:
        """List the indexed documents: id, title, passages, characters, and when each was indexed."""
        return [
            {
                "document": info.document,
                "title": info.title,
                "passages": info.passages,
                "characters": info.characters,
                "indexed_at": info.indexed_at,
            }
            for info in _known(assistant.documents)
        ]

    for endpoint in (ask, search, documents):
        events.api(endpoint, api_name=endpoint.__name__, api_visibility="public", queue=False, concurrency_limit=None)


def answer_mcp_in_json(server: GradioMCPServer) -> None:
    """Have a tool's result written as JSON, where Gradio would write Python's own notation."""
    write = server.postprocess_output_data

    def as_json(data: list[Any], root_url: str) -> Any:
        return write([json.dumps(value, ensure_ascii=False) for value in data], root_url)

    server.postprocess_output_data = as_json  # type: ignore[method-assign]


def _known(call: Callable[[], T]) -> T:
    """The call's result; what is known to go wrong reaches the caller as its one line."""
    try:
        return call()
    except KnownError as error:
        raise gr.Error(str(error), print_exception=False) from error
