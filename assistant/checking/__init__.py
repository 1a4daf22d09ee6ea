"""Every sentence of a language model's answer held against the passages that it names.

A sentence is borne out if all of this is so:

- it names at least one passage that was given;
- every name, number, date and quotation in it stands in the passage that bears it out, or in what others add to it
  (what the question says proves nothing);
- some stretch of such a passage says most of what it says, in the same polarity and with the same one doing it to the
  same other, and is no instruction to the model;
- where that stretch touches a hole in the source, the sentence adds no content word of its own; nor does it say
  something new about what stands before another hole of these passages.

The last rule catches what fills a hole from the model's memory, whatever the hole and the filling may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.checking.alignment import Aligner, Alignment, Source, is_plain
from assistant.checking.claims import Claim, Written, bare, is_verbatim, quotations, take_apart
from assistant.checking.facts import missing_facts
from assistant.checking.filling import filling
from assistant.checking.instructions import obeys
from assistant.checking.numbers import numbers
from assistant.checking.polarity import disagreement
from assistant.checking.roles import misplaced
from assistant.checking.verbs import root
from assistant.words import content_words
from index import Embedder
from index.types import Match, Span

NO_SOURCE = "a passage that says so"
"""What is missing where a sentence names no passage, or one that says something else."""

ENOUGH = 0.55
"""The support (`Alignment.score`) from which a stretch says what the sentence says."""

_RELATED = 0.2  # the cosine from which a stretch has to do with a question; unrelated ones are at 0.1 and below
_RELEVANT = 0.35  # the support from which a stretch is kept that has words of the sentence which the best one lacks


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of one sentence found: the stretches that bear it out, or what is missing from its passages."""

    claim: Claim
    supports: tuple[Alignment, ...]
    missing: tuple[str, ...]
    quotations: tuple[Span, ...]

    @property
    def says_something(self) -> bool:
        """Whether there is anything to bear out: "Yes." alone has nothing."""
        return bool(self.supports or self.missing)


class Checker:
    """Holds sentences against the passages given to the model, numbered from 1. One for each answer."""

    def __init__(self, matches: Sequence[Match], embedder: Embedder) -> None:
        self._sources = {number: Source.of(number, match) for number, match in enumerate(matches, 1)}
        self._aligner = Aligner(embedder)
        self._known: dict[Claim, Verdict] = {}

    def check(self, text: str) -> tuple[Written, tuple[Verdict, ...]]:
        """Take `text` apart and check its sentences; one that was checked before is not checked again."""
        written = take_apart(text)
        return written, tuple(self.verdict(claim) for claim in written.claims)

    def verdict(self, claim: Claim) -> Verdict:
        """Check one sentence."""
        if claim not in self._known:
            self._known[claim] = self._checked(claim)
        return self._known[claim]

    def is_about(self, question: str, found: Alignment) -> bool:
        """Whether a stretch has to do with the question: they share a word or are alike in meaning."""
        asked = {root(word.text) for word in content_words(question)}
        shared = asked & {root(word.text) for word in content_words(found.text)}
        return bool(shared) or not asked or self._aligner.likeness(question, found.text) >= _RELATED

    def _checked(self, claim: Claim) -> Verdict:
        said = bare(claim.text)
        cited = [self._sources[number] for number in claim.numbers if number in self._sources]
        quoted = quotations(claim.text)
        kept = tuple(span for span in quoted if is_verbatim(claim.text[span.start : span.end], [s.text for s in cited]))
        telling = [word for word in content_words(said) if not (claim.leads_in and is_plain(word))]
        if not telling and not numbers(said):
            return Verdict(claim, (), (), kept)
        if not cited:
            unknown = [f"[{number}]" for number in claim.numbers]
            return Verdict(claim, (), tuple(unknown or [NO_SOURCE]), kept)
        missing = [f"“{claim.text[span.start : span.end].strip()}”" for span in quoted if span not in kept]
        supports = sorted((self._aligner.align(said, source) for source in cited), key=lambda found: -found.score)
        missing += missing_facts(said, _backing(supports), list(self._sources.values()))
        missing += disagreement(said, " ".join(found.text for found in supports if found.score >= _RELEVANT))
        missing += misplaced(said, supports[0].text)
        missing += filling(said, supports, cited, self._aligner)
        supports = [found for found in supports if not obeys(said, found.text)]
        if not missing and (not supports or supports[0].score < ENOUGH):
            missing = [*supports[0].own] if supports and supports[0].own else [NO_SOURCE]
        if missing:
            return Verdict(claim, (), tuple(dict.fromkeys(missing)), kept)
        relevant = supports[:1]
        for found in supports[1:]:
            says_it_too = found.score >= ENOUGH and not [*missing_facts(said, [found.source], [])]
            if says_it_too or (found.score >= _RELEVANT and _adds(found, relevant)):
                relevant.append(found)
        return Verdict(
            claim, tuple(sorted(relevant, key=lambda found: claim.numbers.index(found.source.number))), (), kept
        )


def _backing(supports: Sequence[Alignment]) -> list[Source]:
    """Where the facts of a sentence must stand: the passage that bears it out best, and stretches of the others."""
    return [found.source if found is supports[0] else replace(found.source, text=found.text) for found in supports]


def _adds(found: Alignment, others: Sequence[Alignment]) -> bool:
    """Whether a stretch has words of the sentence that the others lack."""
    return any(set(other.own) - set(found.own) for other in others)
