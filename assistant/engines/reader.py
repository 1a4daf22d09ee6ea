"""The default engine: a small trained reader points at the answer, which is shown in its sentence, cited.

It needs no language model. What it finds in the passages is ranked together with all else that speaks for it (see
`candidates` and `judging`); below the calibrated threshold the question is refused; where the answer would stand in a
hole of the source, that is said instead (see `probing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.asked import Kind
from assistant.engines.candidates import Candidates, Found
from assistant.engines.evidence import Reading, Sentence
from assistant.engines.judging import Calibration, Ranked, agree
from assistant.engines.meanings import Meanings
from assistant.engines.probing import lost
from assistant.engines.reader_model import CALIBRATION, FOLDER, ReaderModel
from assistant.engines.wording import with_its_company
from assistant.question import parts
from assistant.types import Draft, Evidence, Reason
from assistant.words import stems
from index import Embedder
from index.types import Match

NOT_FOUND = "I did not find an answer to this in the documents."
INCOMPLETE = "The source is incomplete here: what you ask for is missing from this sentence."

READ = 5
"""Passages that are read for one question: as many as in `training.calibrate`."""

_NEAR = 2.5  # log-odds below the best up to which a finding that says the same is cited too
_LISTED = 1.5  # and up to which another item of a list is one
_AS_GOOD = 0.5  # and up to which one that says otherwise is shown as disagreeing
_CITED = 3
_EXACT = {Kind.TIME, Kind.COUNT, Kind.AMOUNT, Kind.DURATION, Kind.AGE}


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of an answer and the sentences that it rests on."""

    text: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part of a question came to; `short` are its bare answers, none of a refusal."""

    question: str
    reason: Reason | None
    confidence: float = 0.0
    said: tuple[Said, ...] = ()
    short: tuple[str, ...] = ()


class ReaderEngine:
    """Answers with the sentence in which the reader points at the answer; safe to share between threads."""

    name = "reader"

    def __init__(self, embedder: Embedder, folder: Path = FOLDER) -> None:
        """`folder` holds the weights and their calibration (see `reader_model.available`). Raises EngineError."""
        self._embedder = embedder
        self._meanings = Meanings(embedder)
        self._model = ReaderModel(folder)
        self._calibration = Calibration.read(folder / CALIBRATION)

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """The sentence that answers, cited; or that the source is incomplete there; or a refusal.

        A question of several parts gets a finding for each; what is answered of them is an answer.
        """
        findings: list[Finding] = []
        for part in parts(question):
            findings.append(self._find(part, matches[:READ]))
            answered = [finding for finding in findings if finding.reason is None]
            if answered:
                yield replace(_draft(answered), final=False)
        yield _draft(findings)

    def _find(self, question: str, matches: Sequence[Match]) -> Finding:
        candidates = Candidates(Reading(question, matches, self._embedder, self._meanings), self._model)
        ranked = self._calibration.ranked(candidates.found)
        if not ranked:
            return Finding(question, Reason.NOT_IN_DOCUMENTS)
        confidence = self._calibration.confidence(ranked)
        pointed = [(one.found.sentence.document, one.found.start, one.found.end) for one in ranked[:3]]
        missing = lost(candidates.reading, candidates.nearest, pointed, self._model)
        best = ranked[0].found
        if missing is not None and (missing.asked_for_in(best.sentence) or missing.score > _surety(best)):
            gap = Said(INCOMPLETE, (missing.sentence,))
            return Finding(question, Reason.GAP_IN_SOURCE, confidence, (gap,))
        if candidates.no_longer(best):
            return Finding(question, Reason.NOT_IN_DOCUMENTS)
        if confidence < self._calibration.threshold:
            return Finding(question, Reason.NOT_IN_DOCUMENTS, confidence)
        return _found(question, ranked, candidates, confidence)


def _found(question: str, ranked: Sequence[Ranked], candidates: Candidates, confidence: float) -> Finding:
    """The best finding in its sentence, with what else supports, completes or contradicts it."""
    items = _list(ranked, frozenset(stems(question))) if candidates.asked.plural else [ranked[0].found]
    cited = list(dict.fromkeys([item.sentence for item in items]))
    said = [Said(as_shown(sentence.text), (sentence,)) for sentence in cited]
    supporting = _supporting(ranked, cited)
    said[-1] = Said(said[-1].text, (*said[-1].sentences, *supporting))
    other = _otherwise(ranked, candidates, [*cited, *supporting])
    if other is not None:
        said.append(Said(f"Another place says otherwise: {as_shown(other.sentence.text)}", (other.sentence,)))
    return Finding(question, None, confidence, tuple(said), tuple(as_shown(item.text) for item in items))


def _draft(findings: Sequence[Finding]) -> Draft:
    """The findings of a question's parts as one answer, or as one refusal where none of them is answered."""
    answered = [finding for finding in findings if finding.reason is None]
    gaps = [finding for finding in findings if finding.reason is Reason.GAP_IN_SOURCE]
    if not answered and not gaps:
        best = max(finding.confidence for finding in findings)
        return Draft(NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS, confidence=best)
    if not answered:
        text, cited = _with_marks(gaps[0].said)
        return Draft(text, cited, reason=Reason.GAP_IN_SOURCE, confidence=gaps[0].confidence)
    said = list(dict.fromkeys(said for finding in [*answered, *gaps] for said in finding.said))
    text, cited = _with_marks(said)
    for finding in findings:
        if finding.reason is Reason.NOT_IN_DOCUMENTS:
            text += f" I did not find in the documents: {finding.question}"
    short = dict.fromkeys(item for finding in answered for item in finding.short)
    return Draft(text, cited, "; ".join(short), confidence=min(finding.confidence for finding in answered))


def _with_marks(said: Sequence[Said]) -> tuple[str, tuple[Evidence, ...]]:
    """What is said, each with the marks of its sentences, and these sentences in the order of their marks."""
    marks: dict[Sentence, int] = {}
    texts = []
    for one in said:
        numbers = [marks.setdefault(sentence, len(marks) + 1) for sentence in one.sentences]
        texts.append(" ".join([one.text, *(f"[{number}]" for number in numbers)]))
    return " ".join(texts), tuple(Evidence(one.document, one.start, one.end, one.text) for one in marks)


def _list(ranked: Sequence[Ranked], told: frozenset[str]) -> list[Found]:
    """The items of a list, in the order of the text; one finding that is a list itself stays alone."""
    best = _in_company(ranked[0].found, told)
    items = [best]
    if re.search(r",|;|\band\b", best.text):
        return items
    for one in ranked[1:]:
        apart = not any(one.found.overlaps(item) or agree(one.found.text, item.text) for item in items)
        if apart and ranked[0].score - one.score < _LISTED and one.found.sentence == best.sentence:
            items.append(one.found)
    return sorted(items, key=lambda item: item.start)


def _in_company(found: Found, told: frozenset[str]) -> Found:
    """A name with those it stands beside, "Thailand and Cambodia"; `told` are the stems of the question."""
    sentence = found.sentence
    start, end = with_its_company(sentence.text, found.start - sentence.start, found.end - sentence.start, told)
    return replace(found, start=sentence.start + start, end=sentence.start + end, text=sentence.text[start:end])


def _supporting(ranked: Sequence[Ranked], cited: Sequence[Sentence]) -> list[Sentence]:
    """Other sentences in which the reader found the same, best first."""
    best = ranked[0]
    same = [
        one.found.sentence
        for one in ranked[1:]
        if best.score - one.score < _NEAR
        and one.found.sentence not in cited
        and agree(best.found.text, one.found.text)
        and one.found.features["words here"] >= best.found.features["words here"] - 0.25
    ]
    return list(dict.fromkeys(same))[: _CITED - len(cited)]


def _otherwise(ranked: Sequence[Ranked], candidates: Candidates, cited: Sequence[Sentence]) -> Found | None:
    """A finding as good as the best that gives another date, number or age, from another document."""
    best = ranked[0]
    if candidates.asked.kind not in _EXACT or candidates.asked.plural:
        return None
    for one in ranked[1:]:
        as_good = best.score - one.score < _AS_GOOD and one.found.features["fits"] > 0.5
        elsewhere = one.found.sentence.document not in {sentence.document for sentence in cited}
        if as_good and elsewhere and not agree(best.found.text, one.found.text):
            return one.found
    return None


def _surety(found: Found) -> float:
    """How surely the reader points at a finding, in its passage or in its sentence alone."""
    return max(found.features["read"], found.features["read alone"])


def as_shown(text: str) -> str:
    """A source's words on one line; footnote marks like [3] go, for they would pass for citations."""
    return " ".join(re.sub(r"\s?\[\d+\]", "", text).split())
