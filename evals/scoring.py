"""One answer against its gold: a row that everything else is computed from."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from assistant.types import Answer, passages_to_dicts
from evals import matching, ranking
from evals.evidence import Located, Place, locate, overlap, touches
from evals.questions import Gold
from index.types import Match

CONTEXT = 160  # characters shown on either side of a citation


class Outcome(StrEnum):
    """How a question went. A refusal that the gold agrees with is right; a failure is not an answer at all."""

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"
    FAILED = "failed"
    FOUND = "found"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Row:
    """One question, what came back and how it compares; `scores` leaves out what does not apply.

    `answer` is the answer's JSON (of a search: its passages), `error` the failure's type, message and trace.
    `cited` and `gold` show the citations and the evidence with the text around them; `why` says in words what
    went wrong; `judged` is an LLM's opinion, where one was asked.
    """

    id: str
    question: str
    answerable: bool
    accepted: tuple[str, ...]
    reason: str | None
    tags: tuple[str, ...]
    outcome: Outcome
    scores: dict[str, float] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    history: tuple[tuple[str, str], ...] = ()
    cited: tuple[dict[str, Any], ...] = ()
    gold: tuple[dict[str, Any], ...] = ()
    why: str = ""
    judged: dict[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether it crashed, so that nothing is known of the answer."""
        return self.outcome is Outcome.FAILED

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Row:
        """The row of a JSON."""
        lists = ("accepted", "tags", "cited", "gold")
        known: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in row.items()}
        known["history"] = tuple((role, content) for role, content in row.get("history", ()))
        known["outcome"] = Outcome(row["outcome"])
        return cls(**known)


def score_answer(gold: Gold, answer: Answer, text: Callable[[str], str]) -> Row:
    """Compare an answer with its gold; `text` gives a document's text.

    Raises GoldError for evidence that does not stand in its document.
    """
    evidence = locate(gold, text)
    cited = [(c.document, c.start, c.end) for c in answer.citations]
    said = None if not answer.answered else answer.short_answer or matching.without_markers(answer.text)
    exact, f1 = matching.squad_scores(said, gold.answers)
    verbatim = [text(c.document)[c.start : c.end] == c.quote for c in answer.citations]
    scores = {
        "em": exact,
        "f1": f1,
        "refused": float(not answer.answered),
        "confidence": answer.confidence,
        "quotes": float(len(verbatim)),
        "verbatim": float(sum(verbatim)),
        **_citation_scores(gold, answer, cited, evidence),
        **_search_scores(gold, answer.matches, evidence),
    }
    if gold.answerable and answer.answered:
        scores["told"] = float(matching.contains(matching.without_markers(answer.text), gold.answers, most_words=None))
    if not gold.answerable and not answer.answered:
        scores["reason"] = float(answer.reason == gold.reason)
    if gold.reason == "gap_in_source":
        told = answer.reason == "gap_in_source"
        scores["gap"] = float(told and any(touches(place, item) for place in cited for item in evidence))
    row = replace(
        _row(gold, _outcome(gold, said)),
        scores=scores,
        answer={**answer.to_dict(gold.id), "passages": _beginnings(answer.matches)},
        cited=tuple(
            {"number": c.number, "verbatim": ok, **_in_context((c.document, c.start, c.end), text)}
            for c, ok in zip(answer.citations, verbatim, strict=True)
        ),
        gold=_gold_in_context(cited, evidence, text),
    )
    return replace(row, why=_why(row))


def score_search(gold: Gold, matches: Sequence[Match], seconds: float, text: Callable[[str], str]) -> Row:
    """Compare what a search found with what it should find; `seconds` is how long it took."""
    evidence = locate(gold, text)
    scores = _search_scores(gold, matches, evidence)
    found = bool(scores.get(f"hit@{ranking.DEPTH}"))
    return replace(
        _row(gold, Outcome.FOUND if found else Outcome.MISSED),
        scores=scores,
        answer={
            "passages": _beginnings(matches[: ranking.DEPTH]),
            "seconds": {"retrieve": round(seconds, 6)},
        },
        gold=_gold_in_context([], evidence, text),
        why="" if found else f"nothing relevant among the first {ranking.DEPTH}",
    )


def failure(gold: Gold, error: BaseException) -> Row:
    """The row of a question whose answering crashed."""
    trace = "".join(traceback.format_exception(error))[-4000:]
    return replace(
        _row(gold, Outcome.FAILED),
        error={"type": type(error).__name__, "message": str(error), "trace": trace},
        why=f"it crashed: {type(error).__name__}: {error}",
    )


def _beginnings(matches: Sequence[Match]) -> list[dict[str, Any]]:
    """The passages with the beginnings of their texts: the offsets say where the rest is."""
    return [{**passage, "text": passage["text"][:CONTEXT]} for passage in passages_to_dicts(matches)]


def _row(gold: Gold, outcome: Outcome) -> Row:
    return Row(
        id=gold.id,
        question=gold.question,
        answerable=gold.answerable,
        accepted=gold.answers,
        reason=gold.reason,
        tags=gold.tags,
        history=gold.history,
        outcome=outcome,
    )


def _outcome(gold: Gold, said: str | None) -> Outcome:
    if said is None:
        return Outcome.REFUSED if gold.answerable else Outcome.RIGHT
    return Outcome.RIGHT if gold.answerable and matching.contains(said, gold.answers) else Outcome.WRONG


def _citation_scores(
    gold: Gold, answer: Answer, cited: Sequence[Place], evidence: Sequence[Located]
) -> dict[str, float]:
    """Citation precision and recall, where the gold has evidence for what was said.

    That is an answer to an answerable question, or a gap that was told as one. Without any citation there is no
    precision, and the recall is 0.
    """
    told_gap = answer.reason == "gap_in_source" and gold.reason == "gap_in_source"
    if not evidence or not ((gold.answerable and answer.answered) or told_gap):
        return {}
    right, total, covered, needed = overlap(cited, evidence)
    precision = {"citation_precision": right / total} if total else {}
    return {**precision, "citation_recall": covered / needed}


def _search_scores(gold: Gold, matches: Sequence[Match], evidence: Sequence[Located]) -> dict[str, float]:
    passages = [(m.passage.document, m.passage.start, m.passage.end) for m in matches]
    if gold.relevant:
        return ranking.measure(ranking.by_document(passages), dict(gold.relevant))
    if not evidence:
        return {}
    wanted = {f"evidence {number}": 1 for number in range(1, len(evidence) + 1)}
    return ranking.measure(ranking.by_evidence(passages, evidence), wanted)


def _gold_in_context(
    cited: Sequence[Place], evidence: Sequence[Located], text: Callable[[str], str]
) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "cited": any(touches(place, item) for place in cited),
            "places": len(item.places),
            **_in_context(item.places[0], text),
        }
        for item in evidence
    )


def _in_context(place: Place, text: Callable[[str], str]) -> dict[str, Any]:
    document, start, end = place
    content = text(document)
    return {
        "document": document,
        "start": start,
        "end": end,
        "before": content[max(0, start - CONTEXT) : start],
        "quote": content[start:end],
        "after": content[end : end + CONTEXT],
    }


def _why(row: Row) -> str:
    """What went wrong, in words: whether the search or the reading lost it, and what was cited instead."""
    answer = row.answer or {}
    parts = []
    if row.scores["verbatim"] < row.scores["quotes"]:
        parts.append("a citation does not stand in its document as quoted")
    if row.outcome is Outcome.WRONG and not row.answerable:
        where = "in a gap of the source" if row.reason == "gap_in_source" else "not in the documents"
        parts.append(f"answered, though the answer is {where}")
    elif row.outcome is Outcome.WRONG:
        parts.append(
            "the answer holds an accepted form, but the short answer does not"
            if row.scores["told"]
            else "no accepted form in the answer"
        )
    elif row.outcome is Outcome.REFUSED:
        parts.append(f"refused ({answer['reason']}), though the documents answer it")
    elif row.scores.get("reason") == 0:
        parts.append(f"rightly refused, but for another reason ({answer['reason']} instead of {row.reason})")
    if row.outcome in (Outcome.WRONG, Outcome.REFUSED) and row.answerable and "hit@10" in row.scores:
        parts.append(_search_in_words(row.scores))
    if row.scores.get("citation_recall") == 0 and answer.get("citations"):
        parts.append("cites something else than the evidence")
    return "; ".join(parts)


def _search_in_words(scores: Mapping[str, float]) -> str:
    if scores["hit@1"]:
        return "the first passage found held the evidence"
    if scores["hit@10"]:
        return f"the evidence was found at rank {round(1 / scores['MRR@10'])}"
    return "the evidence was not among the passages found"
