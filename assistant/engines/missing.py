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
_REPORTING = frozenset(
    stem(word) for word in (*SAYING, "report", "reported", "publish", "write", "according", "source")
)
_HAPPENING = frozenset(stem(word) for word in ("happen", "become"))
_ROLE = re.compile(r"\b(?:is|was|are|were)\s+(?:the|this|that)\s+(?P<noun>[\w-]+(?:\s+[\w-]+){0,3})", re.IGNORECASE)


def lost(reading: Reading, ranked: Sequence[int], best: int, stretch: Stretch | None) -> int | None:
    """Which of the best sentences (`ranked`, by index) has lost what was asked for; None where none has.

    `best` and `stretch` are the sentence and its stretch that answer best.
    """
    if stretch is not None and _points_into_a_hole(reading.sentences[best].text, stretch):
        return best
    if reading.asked.kind not in _WANTS_NAME:
        return None
    for i in ranked:
        text = reading.sentences[i].text
        phrases = [phrase for phrase in nameless(text) if _is_new(reading, i, phrase)]
        answers_namelessly = i == best and stretch is not None and _answers_namelessly(text, phrases, stretch)
        is_source = i == best and any(_is_source(reading, text, phrase) for phrase in phrases)
        if answers_namelessly or is_source or any(_is_sought(reading, text, phrase) for phrase in phrases):
            return i
    return None


def left_open(reading: Reading) -> int | None:
    """The sentence that breaks off at what became of whom the question asks about: "his friend Abe, who was ."."""
    wants_to_know = reading.asked.kind is Kind.MANNER or "happen" in stems(reading.question)
    named = {stem(term.word) for term in reading.terms if term.named}
    others = {stem(term.word) for term in reading.terms} - named - _HAPPENING
    if not wants_to_know or not named or len(others) > 1:
        return None
    return next((i for i, sentence in enumerate(reading.sentences) if _breaks_off(sentence.text, named)), None)


def _breaks_off(text: str, named: set[str]) -> bool:
    """Whether the text has a hole behind the "was" of one of these names."""
    for hole in holes(text):
        before = words(text[: hole.start])
        if before and before[-1].lower in AUXILIARIES:
            subject = [name for name in names(text) if name.end <= before[-1].start][-1:]
            if subject and not named.isdisjoint(stems(subject[0].text)):
                return True
    return False


def _points_into_a_hole(text: str, stretch: Stretch) -> bool:
    """Whether the answer is a hole, or stands behind an "its" or "this" that points at what stood in the hole before.

    That is where a hole between two signs opens a clause that names no one before its pronoun: "presidency. , although
    some minimise its role".
    """
    if stretch.last < stretch.first:
        return True
    for hole in holes(text):
        between = text[hole.end : stretch.end]
        pronoun = re.search(r"\b(?:its|their|his|her|it|this|these|such)\b", between)
        opens = text[: hole.start].rstrip().endswith((".", ",", ";", ":")) and re.match(r"[,;:]", between)
        if opens and pronoun and hole.end <= stretch.start and not re.search(r"[,;:.]", between[1:]):
            return not names(between[: pronoun.start()])
    return False


def _is_new(reading: Reading, i: int, phrase: Nameless) -> bool:
    """Whether no sentence before has introduced it: "the star" of a star known by name presupposes nothing."""
    head = re.escape(phrase.noun.split()[-1])
    introduced = re.compile(
        rf"\b(?:[Aa]n?\s+(?:[\w-]+\s+){{0,2}}{head}\b|{head}(?:,| of)?\s+(?-i:[A-Z]))", re.IGNORECASE
    )
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
        stem(words(name.text)[at].text) == head
        and at + 1 < len(words(name.text))
        and told.issuperset(stems(name.text)[:at])
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
        if not any(
            stretch.start <= name.start and name.end <= stretch.end for name in names(text) if name.end > phrase.end
        )
    )


def _is_qualified(text: str, phrase: Nameless) -> bool:
    return any(word.is_capitalised for word in words(phrase.noun)) or text[phrase.end :].lstrip()[:1] == "("


def _is_source(reading: Reading, text: str, phrase: Nameless) -> bool:
    """Whether the question asks who says so, and the sentence has it "according to the newspaper"."""
    attributed = re.search(r"\baccording to\s*$", text[: phrase.start], re.IGNORECASE)
    asked = words(reading.question)
    at = next((i for i, word in enumerate(asked) if word.lower in {"who", "whom", "which", "what"}), None)
    if attributed is None or at is None:
        return False
    before, after = asked[max(0, at - 2) : at], asked[at + 1 : at + 4]
    subject = next((word for word in after if word.lower in AUXILIARIES or stem(word.text) in _REPORTING), None)
    reports = subject is not None and stem(subject.text) in _REPORTING
    return reports or [word.lower for word in before] == ["according", "to"]
