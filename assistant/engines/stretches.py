"""The stretches of a sentence that could answer: every one that could be a phrase, told without a parser.

A phrase begins and ends where function words, punctuation, capitals or verb endings say so. A hole in the text is a
candidate like any other: where it wins, what was asked for has been lost from the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.asked import Asked, Kind
from assistant.gaps import holes
from assistant.spans import MEASURED, quotations, spans_for, spans_of
from assistant.stemming import stem
from assistant.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    POSSESSIVES,
    PRONOUNS,
    QUESTION_WORDS,
    Word,
    words,
)
from index.types import Span

LONGEST = 22  # words in a short answer
SHAPES = (Kind.AGE, Kind.DURATION, Kind.TIME, Kind.AMOUNT, Kind.COUNT)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A candidate answer: characters `[start, end)` of its sentence, words `[first, last]`.

    A hole has no words: there `last` is `first - 1`, and `first` the word after it.
    """

    start: int
    end: int
    first: int
    last: int


def stretches(text: str, asked: Asked, told: frozenset[str]) -> list[Stretch]:
    """Every stretch of `text` that could be what is `asked`; `told` are the stems of the question.

    Where the kind asked for has a form and the text holds one, only those remain: quotations and descriptions as they
    are, dates and numbers with what belongs to them. Holes are always among them.
    """
    tokens = words(text)
    found: dict[tuple[int, int], Stretch] = {}
    starts, ends = _boundaries(text, tokens, told)
    clause = clauses(text, tokens)
    for first in sorted(starts):
        for last in range(first, min(len(tokens), first + LONGEST)):
            if last in ends and (clause[first] == clause[last] or last - first < 14):
                found[first, last] = _stretch(text, tokens, first, last)
    wanted = spans_for(asked, text)
    for span in (*wanted, *_of_any_form(text)):
        inside = [i for i, token in enumerate(tokens) if span.start <= token.start and token.end <= span.end]
        if inside:
            found[inside[0], inside[-1]] = Stretch(span.start, span.end, inside[0], inside[-1])
    if asked.kind in {Kind.SAID, Kind.IDENTITY} and wanted:
        found = {place: one for place, one in found.items() if Span(one.start, one.end) in wanted}
    if asked.kind in MEASURED and wanted:
        found = {
            place: one
            for place, one in found.items()
            if any(one.start <= span.start and span.end <= one.end for span in wanted)
        }
    for hole in holes(text):
        after = sum(token.end <= hole.start for token in tokens)
        found[after, after - 1] = Stretch(hole.start, hole.end, after, after - 1)
    return list(found.values())


def _of_any_form(text: str) -> Iterator[Span]:
    for kind in (*SHAPES, Kind.PERSON, Kind.EXPANSION):
        yield from spans_of(kind, text)
    yield from quotations(text)


def _stretch(text: str, tokens: Sequence[Word], first: int, last: int) -> Stretch:
    """The stretch with the sign of money or percentage that belongs to its outer words."""
    start, end = tokens[first].start, tokens[last].end
    if start and text[start - 1] in "$€£¥":
        start -= 1
    if end < len(text) and text[end] in "%°":
        end += 1
    return Stretch(start, end, first, last)


def _boundaries(text: str, tokens: Sequence[Word], told: frozenset[str]) -> tuple[set[int], set[int]]:
    """The indices of words that may open and close a phrase."""
    starts: set[int] = set()
    ends: set[int] = set()
    for i, token in enumerate(tokens):
        lower = token.lower
        before = tokens[i - 1] if i else None
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        broken_before = before is None or text[before.end : token.start].strip(" ") != ""
        broken_after = after is None or text[token.end : after.start].strip(" ") != ""
        opens = broken_before or before is None or before.is_function or before.is_capitalised != token.is_capitalised
        opens = opens or (before is not None and (is_verbal(before) or stem(before.text) in told)) or token.is_number
        closes = broken_after or after is None or after.is_function or after.is_capitalised != token.is_capitalised
        closes = closes or (after is not None and (is_verbal(after) or stem(after.text) in told)) or token.is_number
        if opens and lower not in AUXILIARIES | CONJUNCTIONS | PRONOUNS | QUESTION_WORDS:
            starts.add(i)
        if lower in {"to", "because", "not"} or (lower in DETERMINERS | POSSESSIVES):
            starts.add(i)
        if closes and not token.is_function:
            ends.add(i)
    return starts, ends


def is_verbal(word: Word) -> bool:
    """Whether a word has the ending of a verb form."""
    return not word.is_capitalised and len(word.text) > 4 and word.lower.endswith(("ed", "ing"))


def clauses(text: str, tokens: Sequence[Word]) -> list[int]:
    """For each word the number of its clause: clauses end at punctuation, and go on behind what is in brackets."""
    numbers: list[int] = []
    outside: list[int] = []
    number = latest = 0
    for i, token in enumerate(tokens):
        for sign in text[tokens[i - 1].end : token.start] if i else "":
            if sign == ")" and outside:
                number = outside.pop()
            elif sign in ',;:()“”"–—':
                if sign == "(":
                    outside.append(number)
                latest += 1
                number = latest
        numbers.append(number)
    return numbers
