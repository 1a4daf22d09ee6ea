"""The assistant as llama-index objects. Only `Assistant.as_retriever` and `as_query_engine` import this: it is slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

if TYPE_CHECKING:
    from assistant.chain import Assistant


class AssistantRetriever(BaseRetriever):
    """Hybrid search: nodes carry their offsets into the document's text, score the fused relevance."""

    def __init__(self, assistant: Assistant, k: int, documents: Sequence[str] | None = None) -> None:
        super().__init__()
        self._assistant = assistant
        self._k = k
        self._documents = documents

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            _node(
                match.passage.text,
                match.passage.start,
                match.passage.end,
                match.score,
                document=match.passage.document,
                title=match.passage.title,
                page=match.passage.page,
            )
            for match in self._assistant.search(query_bundle.query_str, self._k, self._documents)
        ]


class AssistantQueryEngine(CustomQueryEngine):
    """Answers with checked citations: `response` is the answer's text, `source_nodes` the cited sentences."""

    assistant: Any
    documents: Sequence[str] | None = None

    def custom_query(self, query_str: str) -> Response:
        """Ask, and hand the answer over; `metadata` holds it whole, as `Answer.to_dict` writes it."""
        answer = self.assistant.ask(query_str, documents=self.documents)
        return Response(
            answer.text,
            source_nodes=[
                _node(
                    citation.quote,
                    citation.start,
                    citation.end,
                    answer.confidence,
                    document=citation.document,
                    title=citation.title,
                    page=citation.page,
                    number=citation.number,
                )
                for citation in answer.citations
            ],
            metadata=answer.to_dict(),
        )


def _node(text: str, start: int, end: int, score: float, **metadata: str | int | None) -> NodeWithScore:
    """A node whose id is the place it stands at, so that the same place is the same node in every answer."""
    place = f"{metadata['document']}:{start}-{end}"
    known = {**metadata, "start": start, "end": end}
    node = TextNode(
        id_=place,
        text=text,
        start_char_idx=start,
        end_char_idx=end,
        metadata=known,
        excluded_embed_metadata_keys=list(known),
        excluded_llm_metadata_keys=["start", "end"],
    )
    return NodeWithScore(node=node, score=score)
