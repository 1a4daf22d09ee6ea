"""The engine that lets a language model write: fluent text, each sentence checked before it may be trusted.

Where the model fails in any way, the embedded engine answers the same question in its place, labelled as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from statistics import fmean
from threading import Lock
from typing import TYPE_CHECKING

from assistant import question as rules
from assistant.asked import asked
from assistant.checking import NO_SOURCE, Checker, Verdict
from assistant.checking.claims import Written, bare, settled, take_apart, without_marks
from assistant.engines import Engine
from assistant.llms import prompting, replies, rewriting
from assistant.llms.outages import Outage, Place
from assistant.llms.replies import Kind
from assistant.llms.talking import Said, Talker
from assistant.spans import spans_of
from assistant.tracing import span
from assistant.types import Draft, Evidence, Question, Reason, Resolved, Unsupported, Usage
from assistant.words import stems
from index import Embedder
from index.types import Match

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from assistant.settings import Settings

NOT_FOUND = "I did not find an answer to this in the documents."
NOT_BORNE_OUT = "The language model gave an answer, but the documents do not bear it out."
NOTHING_NAMED = "It names no passage that says so."
INSTEAD = "The built-in engine answers instead."
_FAILED = {Kind.DECLINED: "declined to answer", Kind.GARBAGE: "wrote nothing that makes sense"}


def open_engine(settings: Settings, embedder: Embedder, instead: Engine) -> LlmEngine:
    """The engine of the model that the settings name; nothing is loaded or asked yet. Raises BadSetting."""
    from assistant import llms

    name = settings.llm or ""
    return LlmEngine(
        lambda: llms.open_llm(name, timeout=settings.llm_timeout, context=settings.llm_context),
        llms.place(name),
        embedder,
        instead,
        timeout=settings.llm_timeout,
        context=settings.llm_context,
        prices=settings.llm_prices,
    )


class LlmEngine:
    """Answers with any llama-index LLM; every sentence that its passages don't bear out is marked."""

    def __init__(
        self,
        open_llm: Callable[[], LLM],
        place: Place,
        embedder: Embedder,
        instead: Engine,
        *,
        timeout: float,
        context: int | None = None,
        prices: tuple[float, float] | None = None,
    ) -> None:
        """`open_llm` is called when the first question comes; `instead` answers where the model fails.

        `timeout` in seconds bounds a reply, `context` is the model's window in tokens if its class does not know it,
        `prices` are what a million tokens read and written cost.
        """
        self._open = open_llm
        self._place = place
        self._embedder = embedder
        self._instead = instead
        self._timeout = timeout
        self._context = context
        self._prices = prices
        self._lock = Lock()
        self._model: tuple[Talker, int, Callable[[str], int]] | None = None

    @property
    def name(self) -> str:
        """The model's name in the setting, without a server's address."""
        return self._place.name

    def close(self) -> None:
        """End the model's thread."""
        with self._lock:
            if self._model is not None:
                self._model[0].close()
                self._model = None

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """Provisional drafts while the model writes, then its checked answer or the embedded engine's.

        Raises EngineError where the model cannot be opened: an extra, a key or a file is missing.
        """
        if not matches:
            yield from self._instead.answer(question, matches)
            return
        talker, window, count = self._opened()
        prompt = prompting.compose(question, matches, window, count)
        checker = Checker(prompt.matches, self._embedder)
        said = Said()
        try:
            if not prompt.matches:
                raise Outage(f"{self.name} reads {window} tokens, too few for one passage (ASSISTANT_LLM_CONTEXT)")
            for said in talker.say(prompt.messages):
                yield _provisional(said, question, checker)
            reply = replies.read(said.text, question, prompt.matches)
            if reply.kind in _FAILED:
                raise Outage(f"{self.name} {_FAILED[reply.kind]}")
        except Outage as failure:
            usage = self._usage(said, prompt.messages) if said.text else None
            for draft in self._instead.answer(question, matches):
                yield replace(draft, notice=f"{failure}. {INSTEAD}", engine=self._instead.name, usage=usage)
            return
        with span("check"):
            if reply.kind is Kind.NOT_IN_DOCUMENTS:
                draft = self._refused(question, matches)
            else:
                draft = _checked(reply.text, reply.short, question, checker)
        if said.cut and draft.reason is None:
            draft = replace(
                draft, notice=f"The answer was cut off: a reply may have {prompting.reply_room(window)} tokens."
            )
        yield replace(draft, usage=self._usage(said, prompt.messages))

    def resolve(self, asked: Question) -> Resolved:
        """The question made to stand alone by the model, or by the rules where it fails. Raises BadQuestion."""
        if not asked.history:
            return Resolved(rules.resolve(asked))
        messages = prompting.rewriting(asked.text, asked.history)
        text, said = rewriting.resolve(asked, messages, self._opened()[0])
        return Resolved(text, self._usage(said, messages) if said.text else None)

    def check(self) -> None:
        """Have the model say a word, to see that it answers. Raises EngineError, in one line that says what to do."""
        talker, *_ = self._opened()
        with closing(talker.say([prompting.Message("user", "Reply with one word: ready")])) as reply:
            next((said for said in reply if said.text), None)

    def _opened(self) -> tuple[Talker, int, Callable[[str], int]]:
        """What talks to the model, its context window in tokens, and what counts them. Raises EngineError."""
        from assistant.llms import counter, window_of

        with self._lock:
            if self._model is None:
                llm = self._open()
                self._model = Talker(llm, self._place, self._timeout), window_of(llm, self._context), counter(llm)
            return self._model

    def _refused(self, question: str, matches: Sequence[Match]) -> Draft:
        """The model says that the passages don't answer; where a hole in them is why, that is said."""
        *_, other = self._instead.answer(question, matches)
        if other.reason is Reason.GAP_IN_SOURCE:
            return other
        return Draft(NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS, confidence=other.confidence if other.reason else 0.0)

    def _usage(self, said: Said, messages: Sequence[prompting.Message]) -> Usage:
        """The provider's count of tokens, or our own where it tells none."""
        *_, count = self._opened()
        read = said.tokens_in
        if read is None:
            read = sum(count(message.content) for message in messages)
        wrote = said.tokens_out if said.tokens_out is not None else count(said.text)
        cost = None
        if self._prices is not None:
            cost = (read * self._prices[0] + wrote * self._prices[1]) / 1_000_000
        return Usage(read, wrote, cost, said.first)


def _provisional(said: Said, question: str, checker: Checker) -> Draft:
    """What may be shown of a reply that is being written: its first sentences, checked, and then words alone.

    Markers and quotation marks are a check's to give: what is not settled shows none.
    """
    written = take_apart(replies.visible(said.text))
    verdicts = [checker.verdict(claim) for claim in settled(written)]
    supports = [found for verdict in verdicts for found in verdict.supports]
    if not any(checker.is_about(question, found) for found in supports):
        return Draft(without_marks(written.text, []), final=False)
    shown, evidence, unsupported = _shown(written, verdicts)
    rest = without_marks(written.text[verdicts[-1].claim.end :], [])
    return Draft(shown + rest, evidence, unsupported=unsupported, settled=len(shown), final=False)


def _checked(text: str, short: str | None, question: str, checker: Checker) -> Draft:
    """The model's answer with markers on what is borne out, and all else marked as not."""
    written, verdicts = checker.check(text)
    supported = [verdict for verdict in verdicts if verdict.supports]
    if not any(checker.is_about(question, found) for verdict in supported for found in verdict.supports):
        missing = list(dict.fromkeys(what for verdict in verdicts for what in verdict.missing if what != NO_SOURCE))
        notice = f"Not found in the passages it names: {', '.join(missing)}." if missing else NOTHING_NAMED
        return Draft(NOT_BORNE_OUT, reason=Reason.UNSUPPORTED, notice=notice)
    shown, evidence, unsupported = _shown(written, verdicts)
    weights = [len(verdict.claim.text) if verdict.supports else 0 for verdict in verdicts if verdict.says_something]
    total = sum(len(verdict.claim.text) for verdict in verdicts if verdict.says_something)
    support = fmean(max(found.score for found in verdict.supports) for verdict in supported)
    return Draft(
        shown,
        evidence,
        _short_answer(short, question, supported),
        confidence=round(support * sum(weights) / total, 4),
        unsupported=unsupported,
    )


def _shown(written: Written, verdicts: Sequence[Verdict]) -> tuple[str, tuple[Evidence, ...], tuple[Unsupported, ...]]:
    """The text with a marker for each piece of evidence, and the stretches that none bears out."""
    parts: list[str] = []
    evidence: dict[Evidence, int] = {}
    unsupported = []
    at = length = 0
    for verdict in verdicts:
        claim = verdict.claim
        between = written.text[at : claim.start]
        markers = ""
        for found in verdict.supports:
            start = found.source.start + found.start
            piece = Evidence(found.source.document, start, start + len(found.text), found.text)
            markers += f"[{evidence.setdefault(piece, len(evidence) + 1)}]"
        sentence = _marked(without_marks(claim.text, list(verdict.quotations)), markers)
        parts += [between, sentence]
        if verdict.missing:
            unsupported.append(
                Unsupported(length + len(between), length + len(between) + len(sentence), verdict.missing)
            )
        length += len(between) + len(sentence)
        at = claim.end
    return "".join(parts), tuple(evidence), tuple(unsupported)


def _marked(sentence: str, markers: str) -> str:
    """The sentence with its markers before the full stop, or what else ends it: a table's row, a part of a sentence."""
    if not markers:
        return sentence
    body = sentence.rstrip(" .!?…;|")
    return f"{body} {markers}{sentence[len(body) :]}"


def _short_answer(short: str | None, question: str, supported: Sequence[Verdict]) -> str:
    """The model's bare answer if a quoted stretch has all its words, else the part that has the form asked for."""
    quotes = [found.text for verdict in supported for found in verdict.supports]
    if short and any(set(stems(short)) <= set(stems(quote)) for quote in quotes):
        return short
    known = set(stems(question))
    wanted = asked(question).kind
    for verdict in supported:
        said = bare(verdict.claim.text)
        for found in spans_of(wanted, said):
            if not set(stems(said[found.start : found.end])) & known:
                return said[found.start : found.end]
    return _bare(supported[0])


def _bare(verdict: Verdict) -> str:
    said = bare(verdict.claim.text)
    return without_marks(said, []).rstrip(".")
