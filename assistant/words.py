"""The words of a text: where they stand, their stems, which of them carry meaning, which runs of them are names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.stemming import plain, stem

_WORD = re.compile(r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?(?![^\W\d_])|[^\W_]+(?:['’‑-](?=[^\W_])[^\W_]+)*")


def word_set(listed: str) -> frozenset[str]:
    """The words of a blank-separated list."""
    return frozenset(listed.split())


DETERMINERS = word_set("a an the this that these those each every another some any no")
POSSESSIVES = word_set("my your his her its our their whose")
PREPOSITIONS = word_set(
    "about above across after against along among amid around as at before behind below beneath beside"
    " besides between beyond by despite during except for from in inside into like near of off on onto out"
    " outside over per since than through throughout till to toward towards under until up upon via with"
    " within without according because due regarding"
)
CONJUNCTIONS = word_set("and or but nor so yet if although though while whereas when where whether that")
AUXILIARIES = word_set(
    "am is are was were be been being do does did done has have had having can could will would shall"
    " should may might must ain't isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't"
    " can't couldn't won't wouldn't shouldn't cannot"
)
PRONOUNS = word_set(
    "i you he she it we they me him us them myself himself herself itself themselves one ones someone"
    " somebody anyone anybody everyone everybody something anything everything nothing nobody there here"
)
QUESTION_WORDS = word_set("who whom whose what which when where why how")
VERBS = word_set(
    "happened happens won lost made gave took got went came said says led ran held met wrote built began"
    " became left kept found told paid sent sold bought broke chose drew fell fought grew knew rose saw"
    " spoke stood taught thought wore means mean"
)
_FILLERS = word_set(
    "please tell me give list name describe explain summarise summarize mention say says said also else"
    " then just ever only very too not now s t exactly"
)
FUNCTION_WORDS = DETERMINERS | POSSESSIVES | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | PRONOUNS | QUESTION_WORDS
_NOT_CONTENT = FUNCTION_WORDS | _FILLERS


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it stands."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word in small letters, without a possessive ending."""
        return plain(self.text)

    @property
    def is_function(self) -> bool:
        """Whether it belongs to the grammar rather than to the matter."""
        return self.text.casefold() in FUNCTION_WORDS

    @property
    def is_content(self) -> bool:
        """Whether it says what a text is about."""
        return self.lower not in _NOT_CONTENT

    @property
    def is_number(self) -> bool:
        """Whether it begins with a digit."""
        return self.text[0].isdigit()

    @property
    def is_capitalised(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[Word, ...]:
    """The words of `text` in order; a number keeps its separators, a compound its hyphens."""
    return tuple(Word(match[0], *match.span()) for match in _WORD.finditer(text))


def content_words(text: str) -> list[Word]:
    """The words of `text` that say what it is about."""
    return [word for word in words(text) if word.is_content]


def stems(text: str) -> list[str]:
    """The stems of the content words of `text`, in order."""
    return [stem(word.text) for word in content_words(text)]


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words: most likely a proper name."""

    text: str
    start: int
    end: int


_INSIDE_NAMES = word_set("of the de la le van von der del di da al bin ibn and for")


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[Name, ...]:
    """The capitalised runs of `text` that look like names, in order.

    A run may hold small linking words ("Bank of England") but not begin or end with one. A capitalised word
    that opens a sentence counts unless it is a function word. A text all in capitals has no names.
    """
    tokens = words(text)
    if sum(t.text.isupper() for t in tokens) > len(tokens) / 2:
        return ()
    found = []
    for run in _runs(text, tokens):
        while run and run[0].is_function:
            run.pop(0)
        if run:
            found.append(Name(text[run[0].start : run[-1].end], run[0].start, run[-1].end))
    return tuple(found)


def _runs(text: str, tokens: Sequence[Word]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for index, token in enumerate(tokens):
        follows = not run or re.fullmatch(r"[\s.]{1,2}|\s?&\s?", text[run[-1].end : token.start]) is not None
        if run and ". " in text[run[-1].end : token.start] and len(run[-1].text) > 2:
            follows = False
        if not follows:
            yield run
            run = []
        if (token.is_capitalised and token.text != "I") or (
            run and token.lower in _INSIDE_NAMES - {"and", "for"} and _capitalised_next(tokens, index)
        ):
            run.append(token)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _capitalised_next(tokens: Sequence[Word], index: int) -> bool:
    following = tokens[index + 1 : index + 3]
    return bool(following) and (
        following[0].is_capitalised
        or (len(following) > 1 and following[0].lower in _INSIDE_NAMES and following[1].is_capitalised)
    )
