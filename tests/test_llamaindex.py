"""The assistant as llama-index's own kinds of objects."""

from __future__ import annotations

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import MetadataMode

from assistant import Assistant
from assistant.engines.sentences import SentenceEngine
from index import DocumentIndex, Embedder
from tests.conftest import ARTICLE


def test_the_retriever_gives_nodes_that_know_their_place(seed_index: DocumentIndex, embedder: Embedder) -> None:
    assistant = Assistant(seed_index, SentenceEngine(embedder))
    retriever = assistant.as_retriever(k=2)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.retrieve("rare earths")
    assert len(found) == 2
    text = assistant.text(ARTICLE)
    for node in found:
        assert text[node.metadata["start"] : node.metadata["end"]] == node.text
        assert node.metadata["document"] == ARTICLE
    assert found[0].score >= found[1].score
    assert [node.node_id for node in found] == [node.node_id for node in retriever.retrieve("rare earths")]


async def test_the_query_engine_answers_with_the_cited_sentences_as_sources(
    seed_index: DocumentIndex, embedder: Embedder
) -> None:
    assistant = Assistant(seed_index, SentenceEngine(embedder))
    engine = assistant.as_query_engine()
    assert isinstance(engine, BaseQueryEngine)
    question = "Who signed the golf bag?"
    response = engine.query(question)
    answer = assistant.ask(question)
    assert str(response) == answer.text
    assert [node.text for node in response.source_nodes] == [citation.quote for citation in answer.citations]
    assert response.metadata["short_answer"] == answer.short_answer
    assert "golf bag" in response.source_nodes[0].node.get_content(MetadataMode.LLM)
    assert str(await engine.aquery(question)) == answer.text
    assert engine.query("What is the capital of Australia?").source_nodes == []
