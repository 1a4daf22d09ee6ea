"""The path of a question, through the real index of the seed article and the real embedding model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import assistant as package
from assistant import (
    Answer,
    Assistant,
    BadQuestion,
    BadSetting,
    Document,
    MissingPath,
    NoIndex,
    Reason,
    Settings,
    Turn,
    UnknownDocument,
)
from assistant.engines.sentences import SentenceEngine
from assistant.types import Draft, Evidence
from index import DocumentIndex, Embedder
from index.types import Match
from tests.conftest import ARTICLE, SEEDS

GOLF = "Who signed the golf bag?"


@pytest.fixture(scope="module")
def seeds(seed_index: DocumentIndex, embedder: Embedder) -> Assistant:
    return Assistant(seed_index, SentenceEngine(embedder))


def without_seconds(answer: Answer) -> dict[str, object]:
    return {name: value for name, value in answer.to_dict("1").items() if name != "seconds"}


def test_an_answer_cites_characters_that_stand_in_the_text(seeds: Assistant) -> None:
    answer = seeds.ask(GOLF)
    (citation,) = answer.citations
    assert answer.answered
    assert answer.short_answer == "Hideki Matsuyama"
    assert answer.text == f"{citation.quote} [1]"
    assert seeds.text(ARTICLE)[citation.start : citation.end] == citation.quote
    assert citation.document == ARTICLE
    assert answer.matches
    assert answer.engine == "sentences"
    assert 0 < answer.seconds.retrieve + answer.seconds.answer <= answer.seconds.total


def test_ask_is_the_last_of_stream_and_what_came_before_is_provisional(seeds: Assistant) -> None:
    *partial, last = seeds.stream(GOLF)
    assert without_seconds(last) == without_seconds(seeds.ask(GOLF))
    assert last.final
    assert partial
    assert all(not one.final and not one.citations and one.text for one in partial)


def test_a_follow_up_is_answered_as_the_question_it_stands_for(seeds: Assistant) -> None:
    history = [Turn("user", "Where did the meeting take place?"), Turn("assistant", "Tokyo [1]")]
    answer = seeds.ask("And on what date?", history=history)
    assert answer.question == "And on what date?"
    assert answer.standalone_question == "On what date did the meeting take place?"


async def test_async_callers_get_the_same(seeds: Assistant) -> None:
    expected = without_seconds(seeds.ask(GOLF))
    assert without_seconds(await seeds.aask(GOLF)) == expected
    streamed = [answer async for answer in seeds.astream(GOLF)]
    assert without_seconds(streamed[-1]) == expected
    assert [answer.final for answer in streamed] == [False] * (len(streamed) - 1) + [True]


@pytest.mark.parametrize("text", ["", " \n ", "x" * 100_000])
def test_a_bad_question_is_an_error_and_no_refusal(seeds: Assistant, text: str) -> None:
    with pytest.raises(BadQuestion):
        seeds.ask(text)


def test_nothing_indexed_is_an_error_and_no_documents_is_a_refusal(
    seeds: Assistant, embedder: Embedder, tmp_path: Path
) -> None:
    with Assistant(DocumentIndex.open(tmp_path, embedder), SentenceEngine(embedder)) as fresh, pytest.raises(NoIndex):
        fresh.ask(GOLF)
    with pytest.raises(UnknownDocument):
        seeds.ask(GOLF, documents=["nowhere.txt"])
    answer = seeds.ask(GOLF, documents=[])
    assert (answer.reason, answer.citations, answer.short_answer) == (Reason.NOT_IN_DOCUMENTS, (), None)


def test_a_refusal_says_so_plainly_and_offers_the_nearest_passages(seeds: Assistant) -> None:
    answer = seeds.ask("What is the capital of Australia?")
    assert not answer.answered
    assert (answer.reason, answer.citations, answer.short_answer) == (Reason.NOT_IN_DOCUMENTS, (), None)
    assert answer.text
    assert answer.matches


class Lying:
    """An engine that cites what is not there."""

    name = "lying"

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """Claim a quote that the document does not have."""
        yield Draft("They met in Kyoto. [1]", (Evidence(ARTICLE, 0, 18, "They met in Kyoto."),), "Kyoto")


def test_an_engine_whose_citations_do_not_hold_has_no_answer(seed_index: DocumentIndex) -> None:
    answer = Assistant(seed_index, Lying()).ask("Where did they meet?")
    assert (answer.reason, answer.citations, answer.short_answer) == (Reason.UNSUPPORTED, (), None)
    assert "Kyoto" not in answer.text


def test_documents_are_indexed_read_restricted_and_removed(embedder: Embedder, tmp_path: Path) -> None:
    for name, text in (("cats.txt", "The cat Minka sleeps in Oslo."), ("dogs.txt", "The dog Rex sleeps in Bergen.")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Assistant(DocumentIndex.open(tmp_path / "data", embedder), SentenceEngine(embedder)) as assistant:
        report = assistant.index([tmp_path / "cats.txt", str(tmp_path / "dogs.txt")])
        assert (report.added, report.failed) == (2, ())
        assert assistant.upload("birds.txt", b"The heron Ivo sleeps in Tromso.").added == 1
        assert {info.document for info in assistant.documents()} == {"cats.txt", "dogs.txt", "birds.txt"}
        assert isinstance(assistant.document("cats.txt"), Document)
        assert [m.passage.document for m in assistant.search("where does Rex sleep", k=1)] == ["dogs.txt"]
        answer = assistant.ask("Where does the dog Rex sleep?")
        assert answer.short_answer == "Bergen"
        assert not assistant.ask("Where does the dog Rex sleep?", documents=["cats.txt"]).answered
        assistant.remove("dogs.txt")
        with pytest.raises(UnknownDocument):
            assistant.text("dogs.txt")


def test_a_missing_path_among_several_leaves_nothing_half_done(embedder: Embedder, tmp_path: Path) -> None:
    with Assistant(DocumentIndex.open(tmp_path / "data", embedder), SentenceEngine(embedder)) as assistant:
        with pytest.raises(MissingPath, match="nowhere"):
            assistant.index([SEEDS, tmp_path / "nowhere"])
        with pytest.raises(NoIndex):
            assistant.documents()


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    assert Settings.from_environment({}) == Settings(data_dir=Path(".assistant"), embedding_model=None, k=8)
    named = {"ASSISTANT_DATA_DIR": str(tmp_path), "ASSISTANT_EMBEDDING_MODEL": "some/model", "ASSISTANT_K": "3"}
    assert Settings.from_environment(named) == Settings(tmp_path, "some/model", 3)
    assert Settings.from_environment({"ASSISTANT_EMBEDDING_PRECISION": "int8"}).embedding_precision == "int8"
    assert Settings.from_environment({"ASSISTANT_K": " ", "ASSISTANT_DATA_DIR": ""}) == Settings()


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_setting_that_cannot_be_used_is_named(value: str) -> None:
    with pytest.raises(BadSetting, match=r"ASSISTANT_K .* not"):
        Settings.from_environment({"ASSISTANT_K": value})
    with pytest.raises(BadSetting, match="must be fp32 or int8"):
        Settings.from_environment({"ASSISTANT_EMBEDDING_PRECISION": value})


def test_the_public_surface_is_what_it_says() -> None:
    assert sorted(package.__all__) == [
        "Answer", "Assistant", "AssistantError", "BadQuestion", "BadSetting", "Citation", "Document",
        "DocumentIndexError", "DocumentInfo", "EmbeddingError", "EngineError", "Failure", "IndexDamaged",
        "IndexLocked", "IndexMismatch", "KnownError", "Match", "MissingPath", "NoIndex", "Passage", "Progress",
        "Question", "Reason", "Settings", "SyncReport", "Timings", "Turn", "UnknownDocument", "UnreadableFile",
    ]  # fmt: skip
    assert all(hasattr(package, name) for name in package.__all__)


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("torch", "sentence_transformers", "transformers", "chromadb", "llama_index", "onnxruntime", "gradio")
    code = f"import sys, assistant; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


class _Meddling:
    """An engine whose first answer comes just after its passage was indexed anew, in other words."""

    name = "meddling"

    def __init__(self, index: DocumentIndex) -> None:
        self._index = index
        self._meddled = False

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        if not self._meddled:
            self._meddled = True
            self._index.upload("gate.txt", b"Since Monday the gate opens at nine.")
        passage = matches[0].passage
        yield Draft(
            f"{passage.text} [1]",
            (Evidence(passage.document, passage.start, passage.end, passage.text),),
            confidence=1.0,
        )


def test_a_document_indexed_anew_while_it_is_answered_from_is_read_again(tmp_path: Path, embedder: Embedder) -> None:
    with DocumentIndex.open(tmp_path / "data", embedder) as index:
        index.upload("gate.txt", b"The gate opens at eight.")
        answer = Assistant(index, _Meddling(index)).ask("When does the gate open?")
    assert [citation.quote for citation in answer.citations] == ["Since Monday the gate opens at nine."]
