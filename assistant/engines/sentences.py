"""The engine that needs no language model: it answers with the sentences that answer, as they stand in the source.

Choose the sentence, point at the stretch of it that answers, judge whether it answers at all, and look whether what
was asked for has been lost from the source: each a small model or a rule of its own, in a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.asked import Kind
from assistant.engines import assurance
from assistant.engines.evidence import Reading, Sentence, chances
from assistant.engines.judgement import Judgement, shipped
from assistant.engines.meanings import Meanings
from assistant.engines.missing import left_open, lost
from assistant.engines.pointing import certainty, point
from assistant.engines.wording import short_answer
from assistant.question import parts
from assistant.types import Draft, Evidence, Reason
from index import Embedder
from index.types import Match

READ = 6  # passages that are read sentence by sentence
CONSIDERED = 3  # sentences in which an answer is pointed at
HALF = 0.5  # of the threshold is enough to say that the source is incomplete: that claims less than an answer does
_NOT_FOUND = "The documents do not answer this."
_INCOMPLETE = "The source is incomplete here: what is asked for is missing from this sentence."


@dataclass(frozen=True, slots=True)
class Finding:
    """What one question came to: the sentences for it, the short answer, how sure it is, and why there is none."""

    sentences: tuple[Sentence, ...]
    short: str | None
    confidence: float
    reason: Reason | None = None


class SentenceEngine:
    """Answers with whole sentences, by meaning, words and the kind of answer that is asked for."""

    name = "sentences"

    def __init__(self, embedder: Embedder, judgement: Judgement | None = None) -> None:
        """`judgement` is what to weigh by; None is what comes with the package."""
        self._embedder = embedder
        self._meanings = Meanings(embedder)
        self._judgement = judgement or shipped()

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """Draft the answer sentence by sentence; refuse where none is sure enough or the source has a hole there."""
        readings = [Reading(part, matches[:READ], self._embedder, self._meanings) for part in parts(question)]
        yield from _drafts([self._find(reading) for reading in readings if reading.sentences])

    def _find(self, reading: Reading) -> Finding:
        probable = chances(reading, self._judgement.choose)
        ranked = [int(i) for i in np.argsort(-probable, kind="stable")[:CONSIDERED]]
        pointed = point(reading, [(i, float(probable[i])) for i in ranked], self._judgement.point)
        best, stretch = (pointed[0].sentence, pointed[0].stretch) if pointed else (ranked[0], None)
        said = "" if stretch is None else reading.sentences[best].text[stretch.start : stretch.end]
        seen = assurance.features(reading, best, probable, certainty(pointed), said)
        confidence = self._judgement.answers.probability(seen)
        holed = left_open(reading)
        if holed is None and confidence >= self._judgement.threshold * HALF:
            holed = lost(reading, ranked, best, stretch)
        if holed is not None:
            return Finding((reading.sentences[holed],), None, confidence, Reason.GAP_IN_SOURCE)
        if confidence < self._judgement.threshold or assurance.impossible(reading, best):
            return Finding((), None, confidence, Reason.NOT_IN_DOCUMENTS)
        short = short_answer(reading, best, stretch)
        if reading.asked.kind is Kind.OPEN:
            about = [i for i in ranked if probable[i] >= probable[best] / 2]
            places = sorted((reading.sentences[i] for i in about), key=lambda one: (one.document, one.start))
            return Finding(tuple(places), short, confidence)
        return Finding((reading.sentences[best],), short, confidence)


def _drafts(findings: Sequence[Finding]) -> Iterator[Draft]:
    """The findings of a question's parts put into words, growing by sentence; parts without an answer are left out."""
    answered = [finding for finding in findings if finding.reason is None]
    if not answered:
        yield _refusal(findings)
        return
    places = list(dict.fromkeys(sentence for finding in answered for sentence in finding.sentences))
    evidence = tuple(_evidence(place) for place in places)
    text = ""
    for number, place in enumerate(places, start=1):
        text = f"{text} {_on_one_line(place.text)}".lstrip()
        yield Draft(text, evidence, final=False)
        text = f"{text} [{number}]"
    short = "; ".join(dict.fromkeys(finding.short for finding in answered if finding.short))
    yield Draft(text, evidence, short or None, confidence=min(finding.confidence for finding in answered))


def _refusal(findings: Sequence[Finding]) -> Draft:
    confidence = max((finding.confidence for finding in findings), default=0.0)
    for finding in findings:
        if finding.reason is Reason.GAP_IN_SOURCE:
            evidence = (_evidence(finding.sentences[0]),)
            return Draft(f"{_INCOMPLETE} [1]", evidence, reason=finding.reason, confidence=confidence)
    return Draft(_NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS, confidence=confidence)


def _evidence(sentence: Sentence) -> Evidence:
    return Evidence(sentence.document, sentence.start, sentence.end, sentence.text)


def _on_one_line(text: str) -> str:
    """A source's sentence without line breaks; footnote marks like [3] go, for they would pass for citations."""
    return " ".join(re.sub(r"\s?\[\d+\]", "", text).split())
