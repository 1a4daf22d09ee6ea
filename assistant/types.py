"""The nouns of asking: a question in, a cited answer out.

All offsets are in Unicode code points, half-open. A `Citation` only ever exists after its quote was compared
with the document's text; see `assistant.citing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from index.types import Match


class Reason(StrEnum):
    """Why there is no answer. An outage is never one of these: it is an exception."""

    NOT_IN_DOCUMENTS = "not_in_documents"
    GAP_IN_SOURCE = "gap_in_source"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far; `role` is "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the words, what was said before, and the documents to keep to (None: all of them)."""

    text: str
    history: tuple[Turn, ...] = ()
    documents: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question made to stand alone, and what a language model that did so used (None: none was asked)."""

    text: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that an engine wants to cite, not yet checked; `quote` is what it believes stands there."""

    document: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A checked fact: `text(document)[start:end] == quote`. `page` is 1-based, or None without pages."""

    number: int
    document: str
    title: str
    page: int | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A stretch `[start, end)` of the answer's text that no cited passage bears out, and what was not found."""

    start: int
    end: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens an LLM read and wrote, their cost where prices are set, and seconds to the answer's first token.

    Follow-ups that it rewrote count, and replies of which nothing came; a provider that tells no numbers is estimated.
    """

    tokens_in: int
    tokens_out: int
    cost: float | None = None
    first_token: float | None = None

    def after(self, before: Usage | None) -> Usage:
        """This and what was used `before` it, together."""
        if before is None:
            return self
        costs = [cost for cost in (before.cost, self.cost) if cost is not None]
        return Usage(
            before.tokens_in + self.tokens_in,
            before.tokens_out + self.tokens_out,
            sum(costs) if costs else None,
            self.first_token,
        )


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent in each stage; `total` is more than their sum by what lies between."""

    retrieve: float = 0.0
    answer: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """What an engine says before it is checked.

    `text` carries markers `[n]`, each naming `evidence[n - 1]`. `confidence` is as `Answer` has it. A stream is a run
    of drafts whose text grows; only the last has `final` set and becomes the answer. What stands before `settled` in
    the text of one that is not final is checked already: only there are markers, and parts that are unsupported.
    """

    text: str
    evidence: tuple[Evidence, ...] = ()
    short_answer: str | None = None
    reason: Reason | None = None
    confidence: float = 0.0
    final: bool = True
    notice: str | None = None
    unsupported: tuple[Unsupported, ...] = ()
    usage: Usage | None = None
    engine: str | None = None
    settled: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every citation was checked, or an honest refusal.

    `text` carries markers `[n]` that name `citations` by their number. `short_answer` is the bare answer, without
    markers or sentence dressing (several joined by "; "), None in a refusal. `matches` are the nearest passages, best
    first. `confidence` in [0, 1] is a built-in engine's estimate of the probability that the documents answer the
    question as said (of a refusal: that they answer it after all). Of a language model's answer it is no probability
    but how much of it is borne out: the mean support of the sentences that are, times their share of the text.

    While it streams, `final` is False and the text provisional: `text[:settled]` is checked, with its citations and
    what is unsupported; what follows is as the model wrote it, without markers.
    """

    question: str
    standalone_question: str
    text: str
    short_answer: str | None = None
    citations: tuple[Citation, ...] = ()
    reason: Reason | None = None
    confidence: float = 0.0
    matches: tuple[Match, ...] = ()
    engine: str = ""
    seconds: Timings = field(default_factory=Timings)
    final: bool = True
    notice: str | None = None
    unsupported: tuple[Unsupported, ...] = ()
    usage: Usage | None = None
    settled: int = 0

    @property
    def answered(self) -> bool:
        """Whether the documents answer the question."""
        return self.reason is None

    def to_dict(self, id: str | None = None) -> dict[str, Any]:
        """The answer as the command line, the REST API and the evals write it."""
        return {
            "id": id,
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answered": self.answered,
            "reason": self.reason.value if self.reason else None,
            "answer": self.text,
            "short_answer": self.short_answer,
            "confidence": round(self.confidence, 6),
            "citations": [asdict(citation) for citation in self.citations],
            "passages": passages_to_dicts(self.matches),
            "engine": self.engine,
            "seconds": {name: round(value, 6) for name, value in asdict(self.seconds).items()},
            "notice": self.notice,
            "unsupported": [{"start": u.start, "end": u.end, "missing": list(u.missing)} for u in self.unsupported],
            "usage": asdict(self.usage) if self.usage else None,
        }


def passages_to_dicts(matches: Sequence[Match]) -> list[dict[str, Any]]:
    """Matches as the JSON of `ask` and `search` has them."""
    return [
        {
            "document": match.passage.document,
            "start": match.passage.start,
            "end": match.passage.end,
            "text": match.passage.text,
            "score": round(match.score, 6),
        }
        for match in matches
    ]
