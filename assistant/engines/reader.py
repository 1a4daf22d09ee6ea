"""The default engine: a small trained reader points at the answer, which is shown in its sentence, cited.

It needs no language model. What it finds in the passages is ranked together with all else that speaks for it (see
`candidates` and `judging`); below the calibrated threshold the question is refused; where the answer would stand in a
hole of the source, that is said instead (see `probing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.asked import Kind
from assistant.engines.candidates import Candidates, Found
from assistant.engines.evidence import Sentence
from assistant.engines.judging import Calibration, Ranked, agree
from assistant.engines.probing import lost
from assistant.engines.reader_model import CALIBRATION, FOLDER, ReaderModel
from assistant.types import Draft, Evidence, Reason
from index import Embedder
from index.types import Match

NOT_FOUND = "I did not find an answer to this in the documents."
INCOMPLETE = "The source is incomplete here: what you ask for is missing from this sentence. [1]"

READ = 6
"""Passages that are read for one question."""

_NEAR = 2.5  # log-odds below the best up to which a finding that says the same is cited too
_LISTED = 1.5  # and up to which another item of a list is one
_AS_GOOD = 0.5  # and up to which one that says otherwise is shown as disagreeing
_CITED = 3
_EXACT = {Kind.TIME, Kind.COUNT, Kind.AMOUNT, Kind.DURATION, Kind.AGE}


class ReaderEngine:
    """Answers with the sentence in which the reader points at the answer; safe to share between threads."""

    name = "reader"

    def __init__(self, embedder: Embedder, folder: Path = FOLDER) -> None:
        """`folder` holds the weights and their calibration (see `reader_model.available`). Raises EngineError."""
        self._embedder = embedder
        self._model = ReaderModel(folder)
        self._calibration = Calibration.read(folder / CALIBRATION)

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """The sentence that answers, cited; or that the source is incomplete there; or a refusal."""
        candidates = Candidates(question, matches[:READ], self._model, self._embedder)
        ranked = self._calibration.ranked(candidates.found)
        if not ranked:
            yield Draft(NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS)
            return
        confidence = self._calibration.confidence(ranked)
        pointed = [(one.found.sentence.document, one.found.start, one.found.end) for one in ranked[:3]]
        missing = lost(question, candidates.asked, candidates.nearest, pointed, self._model)
        if missing is not None and missing.score > _surety(ranked[0].found):
            yield Draft(INCOMPLETE, _evidence([missing.sentence]), reason=Reason.GAP_IN_SOURCE, confidence=confidence)
        elif confidence < self._calibration.threshold:
            yield Draft(NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS, confidence=confidence)
        else:
            yield from _said(ranked, candidates, confidence)


def _said(ranked: Sequence[Ranked], candidates: Candidates, confidence: float) -> Iterator[Draft]:
    """The best finding in its sentence, with what else supports, completes or contradicts it."""
    best = ranked[0]
    shown = as_shown(best.found.sentence.text)
    yield Draft(shown, _evidence([best.found.sentence]), confidence=confidence, final=False)
    items = _list(ranked) if candidates.asked.plural else [best.found]
    cited = list(dict.fromkeys([item.sentence for item in items]))
    text = " ".join(f"{as_shown(sentence.text)} [{number}]" for number, sentence in enumerate(cited, 1))
    for sentence in _supporting(ranked, cited):
        cited.append(sentence)
        text += f" [{len(cited)}]"
    other = _otherwise(ranked, candidates, cited)
    if other is not None:
        cited.append(other.sentence)
        text += f" Another place says otherwise: {as_shown(other.sentence.text)} [{len(cited)}]"
    yield Draft(text, _evidence(cited), "; ".join(as_shown(item.text) for item in items), confidence=confidence)


def _list(ranked: Sequence[Ranked]) -> list[Found]:
    """The items of a list, in the order of the text; one finding that is a list itself stays alone."""
    best = ranked[0]
    items = [best.found]
    if re.search(r",|;|\band\b", best.found.text):
        return items
    for one in ranked[1:]:
        apart = not any(one.found.overlaps(item) or agree(one.found.text, item.text) for item in items)
        if apart and best.score - one.score < _LISTED and one.found.sentence == best.found.sentence:
            items.append(one.found)
    return sorted(items, key=lambda item: item.start)


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
        as_good = best.score - one.score < _AS_GOOD and one.found.features["fits"] == 1
        elsewhere = one.found.sentence.document not in {sentence.document for sentence in cited}
        if as_good and elsewhere and not agree(best.found.text, one.found.text):
            return one.found
    return None


def _surety(found: Found) -> float:
    """How surely the reader points at a finding, in its passage or in its sentence alone."""
    return max(found.features["read"], found.features["read alone"])


def _evidence(sentences: Sequence[Sentence]) -> tuple[Evidence, ...]:
    return tuple(Evidence(one.document, one.start, one.end, one.text) for one in sentences)


def as_shown(text: str) -> str:
    """A source's words on one line; footnote marks like [3] go, for they would pass for citations."""
    return " ".join(re.sub(r"\s?\[\d+\]", "", text).split())
