"""Whether what was asked for has been lost from the source: it stood in a hole, or behind a phrase left nameless.

Holes and nameless phrases are told by form (`assistant.gaps`); here it is decided whether the question aims at one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.asked import SAYING, Kind
from assistant.engines.evidence import Reading
from assistant.engines.stretches import Stretch
from assistant.gaps import Nameless, holes, nameless
from assistant.stemming import stem
from assistant.words import AUXILIARIES, names, stems, words

_WANTS_NAME = frozenset({Kind.PERSON, Kind.NAMED})
_REPORTING = frozenset(stem(word) for word in (*SAYING, "report", "reported", "publish", "write", "according", "source"))
_HAPPENING = frozenset(stem(word) for word in ("happen", "become"))
_ROLE = re.compile(r"\b(?:is|was|are|were)\s+(?:the|this|that)\s+(?P<noun>[\w-]+(?:\s+[\w-]+){0,3})", re.IGNORECASE)


def lost(reading: Reading, ranked: Sequence[int], best: int, stretch: Stretch | None) -> int | None:
    """Which of the best sentences (`ranked`, by index) has lost what was asked for; None where none has.

    `best` and `stretch` are the sentence and its stretch that answer best.
    """
    if stretch is not None and _points_into_a_hole(reading.sentences[best].text, stretch):
        return best
    for i in ranked:
        text = reading.sentences[i].text
        phrases = [phrase for phrase in nameless(text) if _is_new(reading, i, phrase)]
        if reading.asked.kind in _WANTS_NAME and (
            any(_is_sought(reading, text, phrase) for phrase in phrases)
            or (i == best and stretch is not None and _answers_namelessly(text, phrases, stretch))
            or any(_is_source(reading, text, phrase) for phrase in phrases)
        ):
            return i
        if _asks_what_became(reading, text):
            return i
    return None


def _points_into_a_hole(text: str, stretch: Stretch) -> bool:
    """Whether the answer is a hole, or a phrase whose "its" or "this" points at what stood in the hole before it."""
    if stretch.last < stretch.first:
        return True
    for hole in holes(text):
        between = text[hole.end : stretch.end]
        if hole.end <= stretch.start and between.startswith((",", ";", ":")) and not re.search(r"[,;:.]", between[1:]):
            return re.search(r"\b(?:its|their|his|her|it|this|these|such)\b", between) is not None
    return False


def _is_new(reading: Reading, i: int, phrase: Nameless) -> bool:
    """Whether no sentence before has introduced it: "the star" of a star known by name presupposes nothing."""
    head = re.escape(phrase.noun.split()[-1])
    introduced = re.compile(rf"\b(?:[Aa]n?\s+(?:[\w-]+\s+){{0,2}}{head}\b|{head}(?:,| of)?\s+(?-i:[A-Z]))", re.IGNORECASE)
    here = reading.sentences[i]
    return not any(
        introduced.search(other.text)
        for other in reading.sentences
        if other.document == here.document and other.start < here.start
    )


def _is_sought(reading: Reading, text: str, phrase: Nameless) -> bool:
    """Whether the question asks which or who this phrase means, and the sentence names no other of the kind for it."""
    sought = stems(_sought(reading))
    found = stems(phrase.noun)
    if not sought or not found or found[-1] not in sought:
        return False
    told = {stem(word.text) for word in words(reading.question)}
    head = found[-1]
    named_otherwise = any(
        stem(words(name.text)[at].text) == head and at + 1 < len(words(name.text)) and told.issuperset(stems(name.text)[:at])
        for name in names(text)
        for at in range(len(words(name.text)))
    )
    return told.issuperset(found) and not named_otherwise


def _sought(reading: Reading) -> str:
    """The noun phrase whose name is asked for: "which British newspaper", "who is the president of …"."""
    if reading.asked.noun:
        return reading.asked.noun
    role = _ROLE.search(reading.question)
    return re.split(r"\b(?:of|in|at|from|that|who|which)\b", role["noun"])[0] if role else ""


def _answers_namelessly(text: str, phrases: Sequence[Nameless], stretch: Stretch) -> bool:
    """Whether the best answer is a phrase that only points ("the Japanese star"): qualified as names are, unnamed."""
    return any(
        phrase.start < stretch.end and stretch.start < phrase.end and _is_qualified(text, phrase)
        for phrase in phrases
        if not any(stretch.start <= name.start and name.end <= stretch.end for name in names(text) if name.end > phrase.end)
    )


def _is_qualified(text: str, phrase: Nameless) -> bool:
    return any(word.is_capitalised for word in words(phrase.noun)) or text[phrase.end :].lstrip()[:1] == "("


def _is_source(reading: Reading, text: str, phrase: Nameless) -> bool:
    """Whether the question asks who says so, and the sentence has it "according to the newspaper"."""
    attributed = re.search(r"\baccording to\s*$", text[: phrase.start], re.IGNORECASE)
    return attributed is not None and not _REPORTING.isdisjoint(stem(word.text) for word in words(reading.question))


def _asks_what_became(reading: Reading, text: str) -> bool:
    """Whether the question asks what happened to someone of whom the sentence only says that he "was" … ."""
    roots = {stem(term.word) for term in reading.terms}
    named = {stem(term.word) for term in reading.terms if term.named}
    open_ended = reading.asked.kind is Kind.MANNER or (reading.asked.kind is Kind.THING and "happen" in stems(reading.question))
    if not named or len(roots - named - _HAPPENING) > 1:
        return False
    for hole in holes(text):
        before = words(text[: hole.start])
        if not before or before[-1].lower not in AUXILIARIES:
            continue
        subject = [name for name in names(text) if name.end <= before[-1].start][-1:]
        if subject and not named.isdisjoint(stems(subject[0].text)) and open_ended:
            return True
    return False
