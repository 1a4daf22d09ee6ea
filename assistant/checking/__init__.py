"""Every sentence of a language model's answer held against the passages that it names.

A sentence is borne out if all of this is so:

- it names at least one passage that was given;
- every name, number, date and quotation in it stands in a passage it names (what the question says proves nothing);
- some stretch of such a passage says most of what it says, in the same polarity, and is no instruction to the model;
- where that stretch touches a hole in the source, the sentence adds no content word of its own; nor does it say
  something new about what stands before another hole of these passages.

The last rule catches what fills a hole from the model's memory, whatever the hole and the filling may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant import gaps
from assistant.checking.alignment import Aligner, Alignment, Source, Stated, Wanted, touches
from assistant.checking.claims import Claim, Written, bare, is_verbatim, quotations, take_apart
from assistant.checking.dates import date_is_borne_out, dates, weekdays
from assistant.checking.instructions import obeys
from assistant.checking.naming import Names, claimed_names, missing_from
from assistant.checking.normalising import fold
from assistant.checking.numbers import codes, number_is_borne_out, numbers
from assistant.checking.polarity import disagreement
from assistant.checking.verbs import root
from assistant.words import content_words, names, words
from index import Embedder
from index.types import Match, Span

NO_SOURCE = "a passage that says so"
"""What is missing where a sentence names no passage, or one that says something else."""

ENOUGH = 0.5
"""The support (`Alignment.score`) from which a stretch says what the sentence says."""

_RELATED = 0.2  # the cosine from which a stretch has to do with a question; unrelated ones are at 0.1 and below
_RELEVANT = 0.35  # the support from which a further marker of the same sentence is kept


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

    def __init__(
        self, matches: Sequence[Match], embedder: Embedder, holes: Callable[[str], Sequence[Span]] = gaps.holes
    ) -> None:
        self._sources = {number: Source.of(number, match) for number, match in enumerate(matches, 1)}
        self._aligner = Aligner(embedder)
        self._holes = holes
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
        if not content_words(said) and not numbers(said):
            return Verdict(claim, (), (), kept)
        if not cited:
            unknown = [f"[{number}]" for number in claim.numbers]
            return Verdict(claim, (), tuple(unknown or [NO_SOURCE]), kept)
        missing = [f"“{claim.text[span.start : span.end].strip()}”" for span in quoted if span not in kept]
        missing += self._missing_facts(said, cited)
        supports = sorted(
            (self._aligner.align(said, s, self._holes(s.text)) for s in cited), key=lambda found: -found.score
        )
        missing += disagreement(said, " ".join(found.text for found in supports if found.score >= _RELEVANT))
        missing += self._filled(said, supports, cited)
        supports = [found for found in supports if not obeys(said, found.text)]
        if not missing and (not supports or supports[0].score < ENOUGH):
            missing = [*supports[0].own] if supports and supports[0].own else [NO_SOURCE]
        if missing:
            return Verdict(claim, (), tuple(dict.fromkeys(missing)), kept)
        relevant = [found for found in supports if found.score >= _RELEVANT] or supports[:1]
        return Verdict(
            claim, tuple(sorted(relevant, key=lambda found: claim.numbers.index(found.source.number))), (), kept
        )

    def _missing_facts(self, said: str, cited: Sequence[Source]) -> Iterator[str]:
        """Names, numbers, dates and codes of the sentence that stand in none of the passages it names."""
        text = "\n\n".join(source.text for source in cited)
        given = " ".join(fold(source.text) for source in self._sources.values())
        known = Names.of(text)
        siblings = [s.text for s in self._sources.values() if s.document in {source.document for source in cited}]
        stated_dates, stated_numbers = dates(text), numbers(text)
        years = [date.year for date in stated_dates]
        plain_years = {int(n.value) for n in stated_numbers if 1000 <= n.value <= 2999 and n.value == int(n.value)}
        for span in claimed_names(said, given):
            if missing_from(said[span.start : span.end], known, siblings):
                yield said[span.start : span.end]
        for day, span in weekdays(said):
            if day not in {stated for stated, _ in weekdays(text)}:
                yield said[span.start : span.end]
        readings: dict[Span, bool] = {}
        for date in dates(said):
            whole = date.month is None and date.day is None and date.year in plain_years
            readings[date.span] = readings.get(date.span, False) or whole or date_is_borne_out(date, stated_dates)
        yield from (said[span.start : span.end] for span, stands in readings.items() if not stands)
        for number in numbers(said):
            is_pronoun = said[number.span.start : number.span.end].lower() in {"one", "both", "pair", "couple"}
            if not is_pronoun and not number_is_borne_out(number, stated_numbers, years):
                yield said[number.span.start : number.span.end]
        for span in codes(said):
            if re.search(rf"(?<!\w){re.escape(fold(said[span.start : span.end]))}(?!\w)", fold(text)) is None:
                yield said[span.start : span.end]

    def _filled(self, said: str, supports: Sequence[Alignment], cited: Sequence[Source]) -> Iterator[str]:
        """The words of the sentence that may stand in a hole of the source.

        Where the supporting stretch is touched by a hole: those that don't stand in it, but for names that stand
        elsewhere in the passage and not beside what the hole is about ("Trump" where the source has "he").
        """
        best = supports[0]
        holes = self._holes(best.source.text)
        anchors = [anchor for source in cited for anchor in self._anchors(source)]
        if touches(best.start, best.end, holes):
            known = Stated.of(best.source.text).names
            beside = _beside(said, frozenset().union(*anchors))
            for word in Wanted(said).missing(" ".join(found.text for found in supports)):
                if word.start in beside or not word.is_capitalised or missing_from(word.text, known):
                    yield word.text
        about = {root(word.text) for word in words(said)}
        if any(about & anchor for anchor in anchors):
            yield from self._aligner.own_words(said, "\n\n".join(source.text for source in cited))

    def _anchors(self, source: Source) -> Iterator[frozenset[str]]:
        """For each hole, the stems of what the missing words were said about: the last content word before it,

        and the last name before it where only grammar stands between ("Abe, which was ").
        """
        for hole in self._holes(source.text):
            sentence = next((s for s in source.sentences if s.start <= hole.start <= s.end), None)
            if sentence is None:
                continue
            before = source.text[sentence.start : hole.start]
            nearest: Iterable[str] = [word.text for word in content_words(before)[-1:]]
            last = words(before)[-1:]
            if last and last[0].is_function:
                named = [name.text for name in names(before) if not dates(name.text)]
                nearest = [*nearest, *(word.text for name in named[-1:] for word in words(name))]
            yield frozenset(root(word) for word in nearest)


def _beside(said: str, anchors: frozenset[str]) -> frozenset[int]:
    """Where the words begin that stand within three words of an anchor."""
    tokens = words(said)
    at = [index for index, word in enumerate(tokens) if root(word.text) in anchors]
    return frozenset(word.start for index, word in enumerate(tokens) if any(abs(index - near) <= 3 for near in at))
