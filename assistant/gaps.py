"""Holes in a source: places where words are plainly missing, told by form alone.

Two kinds. A *hole* is where the grammar breaks: a determiner, preposition or "was" that runs into punctuation
("who became the , thanked"), doubled punctuation ("presidency. , although"), empty quotation marks or brackets, a
paragraph that stops in mid-sentence, a mark of omission. A *nameless phrase* is whole in itself but presupposes a name
that never comes ("According to the British newspaper, …"); it is a gap only for who asks for that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.words import VERBS, Word, names, words

_NEEDS_MORE = r"(?:[Tt]he|[Aa]n|a|[Ii]ts|[Tt]heir|[Oo]ur|[Mm]y|[Yy]our)"
_LINKS = (
    r"(?:is|are|was|were|be|been|being|become|becomes|became|named|called|titled|of|in|at|by|with|from|for|to|into|onto"
    r"|between|among|against|during|under|over|about|near|as|than|and|or|since|until|according to|because|that)"
)
_STOP = r"[,.;:!?)]"
_HOLES = (
    # "became the , congratulated", "signed by the."
    re.compile(rf"(?<![\w'’.-]){_NEEDS_MORE}(?P<hole>\s*)(?=[,.;:!?](?!\w))"),
    # "which was .", "born in ,": the blank before the stop is where the words were
    re.compile(rf"\b{_LINKS}(?P<hole>\s+)(?={_STOP}(?:\s|$))", re.IGNORECASE),
    # "with Abe, which was."
    re.compile(r"\b(?:which|who|that|and) (?:is|are|was|were)(?P<hole>)(?=[.;!?](?:\s|$))", re.IGNORECASE),
    # "presidency. , although", "Paris, , and", "in May,. He"
    re.compile(r"(?:(?<=[,;:])|(?<=\w\.)(?=\s))(?P<hole>\s*)(?=[,;:](?:\s|$))|(?<=[,;:])(?P<hole_>\s*)(?=\.(?:\s|$))"),
    re.compile(r"“(?P<hole>\s*)”|\"(?P<hole_>\s*)\"(?!\w)|\((?P<hole__>\s*)\)"),
    re.compile(r"(?P<hole>\[\s*(?:…|\.\.\.|redacted|illegible|missing|unreadable|blank)\s*\]|_{3,}|█+)", re.IGNORECASE),
)
_CUT_OFF = re.compile(rf"\b(?:{_NEEDS_MORE}|{_LINKS}|who|which|will|would|has|have|had|did|not|but)\s*$", re.IGNORECASE)
_STRANDED = re.compile(r"\b(?:who|whom|which|that|what|where|to \w+)\b[^,.;:]*$", re.IGNORECASE)
_NAMELESS = re.compile(
    r"\b[Tt]he\s+(?P<phrase>(?:[A-Z][\w-]+\s+){0,2}(?:[a-z][\w-]+\s+){0,2}[a-z][\w-]+)(?P<after>\s*(?:[,.;:(]|$))"
)


@dataclass(frozen=True, slots=True)
class Hole:
    """Words are missing at `[start, end)`, which holds at most blanks or a mark of omission."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Nameless:
    """A definite phrase at `[start, end)` without the name that it presupposes; `noun` is the phrase without "the"."""

    start: int
    end: int
    noun: str


def holes(text: str) -> list[Hole]:
    """The places in a sentence where words are missing, in order.

    None in a text that sets a blank before most of its commas: there a blank before punctuation means nothing.
    """
    found: dict[int, Hole] = {}
    if not _is_tokenised(text):
        for pattern in _HOLES:
            for match in pattern.finditer(text):
                group = next(name for name, value in match.groupdict().items() if value is not None)
                found.setdefault(match.end(group), Hole(*match.span(group)))
    if len(words(text)) > 7 and (cut := _CUT_OFF.search(text)) and not _STRANDED.search(text[: cut.start()]):
        found.setdefault(len(text), Hole(len(text), len(text)))
    return [found[at] for at in sorted(found)]


def nameless(text: str) -> list[Nameless]:
    """The definite phrases of a sentence that end at punctuation without having named what they mean, in order.

    "the Japanese star." is one; "the White House," is a name itself, and "the star Shohei Ohtani" has one.
    """
    return list(_nameless(text))


def _nameless(text: str) -> Iterator[Nameless]:
    named = names(text)
    for match in _NAMELESS.finditer(text):
        inside = words(match["phrase"])
        if any(word.is_function or word.lower in VERBS for word in inside):
            continue
        if len(inside) > 1 and _is_past(inside[-1]):
            continue  # "the statement added"
        follows = match.end("after") + len(text[match.end("after") :]) - len(text[match.end("after") :].lstrip())
        if match["after"].strip() == "," and any(name.start == follows for name in named):
            continue  # "the capital, Tokyo"
        yield Nameless(match.start(), match.end("phrase"), match["phrase"])


def _is_past(word: Word) -> bool:
    return len(word.text) > 4 and word.lower.endswith("ed")


def _is_tokenised(text: str) -> bool:
    spaced = len(re.findall(r"\w ,", text))
    return spaced > 2 and spaced >= len(re.findall(r"\w,", text))
