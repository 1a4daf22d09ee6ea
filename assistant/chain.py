"""The path of a question: made to stand alone, searched, answered, every citation checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from assistant import citing, question, tracing
from assistant.engines import Engine, Resolver, reader_model
from assistant.engines.reader import ReaderEngine
from assistant.engines.sentences import SentenceEngine
from assistant.errors import BadQuestion, BadSetting
from assistant.settings import Settings
from assistant.types import Answer, Draft, Question, Reason, Resolved, Timings, Turn
from index import DocumentIndex, Embedder, open_embedder
from index.errors import MissingPath
from index.types import Document, DocumentInfo, Match, ProgressCallback, SyncReport

if TYPE_CHECKING:
    from llama_index.core.query_engine import CustomQueryEngine
    from llama_index.core.retrievers import BaseRetriever

    from assistant.engines.llm import LlmEngine

_UNSUPPORTED = "The passages that were found do not bear an answer out."


class Assistant:
    """Answers questions from the documents of one data folder; safe to use from several threads."""

    def __init__(
        self,
        index: DocumentIndex,
        engine: Engine,
        k: int = 8,
        others: Sequence[Engine] = (),
        open_llm: Callable[[str], LlmEngine] | None = None,
    ) -> None:
        """Compose an assistant from its parts.

        `k` is how many passages the engine reads for a question; `others` may be asked in place of the engine;
        `open_llm` makes an engine of a language model's name (None: there are no others).
        """
        self._index = index
        self._engine = engine
        self._engines = {each.name: each for each in (engine, *others)}
        self._k = k
        self._open_llm = open_llm
        self._open = ExitStack()

    @classmethod
    def open(cls, data_dir: str | Path | None = None, *, settings: Settings | None = None) -> Assistant:
        """Open the documents in `data_dir`, whether or not anything is indexed there yet.

        Settings come from the environment unless given; `data_dir` goes before theirs. Raises BadSetting,
        IndexMismatch.
        """
        settings = settings or Settings.from_environment()
        embedder = open_embedder(settings.embedding_model, settings.embedding_precision, settings.device)
        index = DocumentIndex.open(Path(data_dir or settings.data_dir), embedder, server=settings.chroma)
        built_in = _built_in(settings.engine, embedder)

        def open_llm(name: str) -> LlmEngine:
            from assistant.engines.llm import open_engine

            return open_engine(replace(settings, llm=name), embedder, built_in[0])

        if settings.llm is None:
            assistant = cls(index, built_in[0], settings.k, built_in[1:], open_llm)
        else:
            engine = open_llm(settings.llm)
            assistant = cls(index, engine, settings.k, built_in, open_llm)
            assistant._open.callback(engine.close)
        assistant._open.enter_context(tracing.tracing(settings.tracing))
        return assistant

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index, and of a language model."""
        self._open.close()
        self._index.close()

    # -- asking

    @property
    def engines(self) -> tuple[str, ...]:
        """The names of what may answer: first the one that does unless another is asked for."""
        return tuple(self._engines)

    def language_model(self, name: str) -> LlmEngine:
        """An engine whose answers the language model of this name writes (as ASSISTANT_LLM has it), not yet asked.

        Close it when it is done with. Raises BadSetting.
        """
        if self._open_llm is None:
            raise BadSetting("No language model can be named here: this assistant was composed without any.")
        return self._open_llm(name)

    def ask(
        self,
        text: str,
        *,
        history: Sequence[Turn] = (),
        documents: Sequence[str] | None = None,
        engine: str | Engine | None = None,
    ) -> Answer:
        """Answer a question from the documents, or say that they don't.

        `history` is what was said before, oldest first; `documents` are the ids to keep to, None is all; `engine` is
        one of `engines` or one of your own, None the first.
        Raises BadQuestion, NoIndex, UnknownDocument, EngineError and what else may be wrong with the index.
        """
        *_, answer = self.stream(text, history=history, documents=documents, engine=engine)
        return answer

    def stream(
        self,
        text: str,
        *,
        history: Sequence[Turn] = (),
        documents: Sequence[str] | None = None,
        engine: str | Engine | None = None,
    ) -> Iterator[Answer]:
        """As `ask`, while it is being written: provisional answers, then one with `final` set."""
        asked = Question(text, tuple(history), None if documents is None else tuple(documents))
        chosen = self._chosen(engine)
        began = perf_counter()
        revision = self._index.revision
        document = lru_cache(self._index.document)  # a growing draft is checked many times
        with tracing.span("ask") as whole:
            with tracing.span("retrieve", whole, k=self._k) as span, span.current():
                standalone = _resolved(asked, chosen)
                matches = self._index.search(standalone.text, self._k, asked.documents)
                span.note(passages=len(matches))
            found = perf_counter()
            for draft in self._drafts(chosen, standalone.text, matches, whole):
                answer = self._shown(draft, matches, document, whole)
                if len(answer.citations) < len(draft.evidence) and draft.final and self._index.revision != revision:
                    yield from self.stream(text, history=history, documents=documents, engine=engine)
                    return  # what was to be cited was indexed anew meanwhile: the passages are read again
                now = perf_counter()
                yield replace(
                    answer,
                    question=text,
                    standalone_question=standalone.text,
                    matches=tuple(matches),
                    engine=draft.engine or chosen.name,
                    usage=answer.usage.after(standalone.usage) if answer.usage else standalone.usage,
                    seconds=Timings(found - began, now - found, now - began),
                )

    def _chosen(self, engine: str | Engine | None) -> Engine:
        if engine is None:
            return self._engine
        if not isinstance(engine, str):
            return engine
        if engine not in self._engines:
            raise BadQuestion(f"There is no engine {engine!r} here, only {' and '.join(self._engines)}.")
        return self._engines[engine]

    def _drafts(self, engine: Engine, question: str, matches: Sequence[Match], whole: tracing.Span) -> Iterator[Draft]:
        """The engine's drafts, made in a span of their own."""
        drafts = engine.answer(question, matches)
        with tracing.span("answer", whole) as span:
            while True:
                with span.current():
                    draft = next(drafts)
                if draft.final:
                    break
                yield draft
            span.note(engine=draft.engine or engine.name, reason=draft.reason or "answered")
        yield draft

    async def aask(
        self,
        text: str,
        *,
        history: Sequence[Turn] = (),
        documents: Sequence[str] | None = None,
        engine: str | Engine | None = None,
    ) -> Answer:
        """As `ask`, in a thread of its own."""
        return await asyncio.to_thread(partial(self.ask, text, history=history, documents=documents, engine=engine))

    async def astream(
        self,
        text: str,
        *,
        history: Sequence[Turn] = (),
        documents: Sequence[str] | None = None,
        engine: str | Engine | None = None,
    ) -> AsyncIterator[Answer]:
        """As `stream`, each step in a thread."""
        answers = self.stream(text, history=history, documents=documents, engine=engine)
        while (answer := await asyncio.to_thread(next, answers, None)) is not None:
            yield answer

    def _shown(
        self, draft: Draft, matches: Sequence[Match], document: Callable[[str], Document], whole: tracing.Span
    ) -> Answer:
        """A draft as it may be shown, with citations for what of it is checked: all of a final one."""
        return self._checked(draft, matches, whole) if draft.final else _provisional(draft, matches, document)

    def _checked(self, draft: Draft, matches: Sequence[Match], whole: tracing.Span) -> Answer:
        """The final draft with its citations checked; without a single one left it is no answer."""
        with tracing.span("verify", whole) as span:
            checked = citing.check(draft, matches, self._index.document)
            span.note(citations=len(checked.citations), unsupported=len(checked.unsupported))
        if draft.evidence and not checked.citations:
            return Answer("", "", _UNSUPPORTED, reason=Reason.UNSUPPORTED, notice=draft.notice, usage=draft.usage)
        return Answer(
            question="",
            standalone_question="",
            text=checked.text,
            short_answer=draft.short_answer,
            citations=checked.citations,
            reason=draft.reason,
            confidence=draft.confidence,
            notice=draft.notice,
            unsupported=checked.unsupported,
            usage=draft.usage,
        )

    # -- the documents

    def index(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        again: bool = False,
        progress: ProgressCallback | None = None,
    ) -> SyncReport:
        """Bring the index up to date with files and folders; only what changed is read.

        `again` brings back what `remove` took away. Raises MissingPath before anything is done, IndexLocked,
        IndexMismatch, EmbeddingError.
        """
        folders = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
        for path in folders:
            if not path.exists():
                raise MissingPath(f"There is no file or folder {path}.")
        return _summed([self._index.sync(path, again=again, progress=progress) for path in folders])

    def upload(self, name: str, data: bytes, *, progress: ProgressCallback | None = None) -> SyncReport:
        """Index one file by its bytes; no later `index` of a folder touches it. Raises UnreadableFile."""
        return self._index.upload(name, data, progress=progress)

    def search(self, query: str, k: int = 8, documents: Sequence[str] | None = None) -> list[Match]:
        """The k passages nearest to the query, best first. Raises NoIndex, UnknownDocument."""
        return self._index.search(query, k, documents)

    def documents(self) -> list[DocumentInfo]:
        """What is indexed. Raises NoIndex."""
        return self._index.documents()

    def document(self, id: str) -> Document:
        """One document with its text. Raises UnknownDocument."""
        return self._index.document(id)

    def text(self, id: str) -> str:
        """The text of a document, into which all offsets count. Raises UnknownDocument."""
        return self._index.text(id)

    def remove(self, id: str) -> None:
        """Forget a document until its file changes. Raises UnknownDocument."""
        self._index.remove(id)

    # -- in a llama-index application

    def as_retriever(self, k: int | None = None, documents: Sequence[str] | None = None) -> BaseRetriever:
        """The search as a llama-index retriever of the `k` best passages."""
        from assistant.llamaindex import AssistantRetriever

        return AssistantRetriever(self, k or self._k, documents)

    def as_query_engine(self, documents: Sequence[str] | None = None) -> CustomQueryEngine:
        """The assistant as a llama-index query engine whose source nodes are the citations."""
        from assistant.llamaindex import AssistantQueryEngine

        return AssistantQueryEngine(assistant=self, documents=documents)


def _built_in(name: str | None, embedder: Embedder) -> list[Engine]:
    """The engines that need no language model, first the one of the settings: else the reader where its weights are."""
    sentences = SentenceEngine(embedder)
    if name != "reader" and not reader_model.available():
        return [sentences]
    reader = ReaderEngine(embedder)
    return [sentences, reader] if name == "sentences" else [reader, sentences]


def _resolved(asked: Question, engine: Engine) -> Resolved:
    """The question made to stand alone, by the engine where it does so itself."""
    return engine.resolve(asked) if isinstance(engine, Resolver) else Resolved(question.resolve(asked))


def _provisional(draft: Draft, matches: Sequence[Match], document: Callable[[str], Document]) -> Answer:
    """A draft that is still growing, with citations for the part of it that is settled."""
    if not draft.settled:
        return Answer("", "", draft.text, final=False, notice=draft.notice)
    checked = citing.check(draft, matches, document)
    return Answer(
        question="",
        standalone_question="",
        text=checked.text,
        citations=checked.citations,
        final=False,
        notice=draft.notice,
        unsupported=checked.unsupported,
        settled=checked.settled,
    )


def _summed(reports: Sequence[SyncReport]) -> SyncReport:
    counts: dict[str, Any] = {
        name: sum(getattr(report, name) for report in reports)
        for name in ("added", "changed", "removed", "renamed", "unchanged", "passages", "seconds")
    }
    return SyncReport(**counts, failed=tuple(failure for report in reports for failure in report.failed))
