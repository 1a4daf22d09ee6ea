"""What a pronoun of a follow-up points at, as far as the question before and its answer tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.words import AUXILIARIES, FUNCTION_WORDS, VERBS, Name, Word, names, word_set, words

_PERSON = word_set("he she him his her hers himself herself")
_SEVERAL = word_set("they them their theirs themselves")
_THING = word_set("it its itself")
_POINTING = word_set("this that these those")
_OWNING = word_set("his her its their")
_OBJECTS = word_set("him her them it")
_PLACE_PREPOSITIONS = word_set("in at to from near on")
_CALENDAR = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan\w*|feb\w*|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug\w*|sep\w*"
    r"|oct\w*|nov\w*|dec\w*",
    re.IGNORECASE,
)
_WORD_OF_MATTER = rf"(?!(?:{'|'.join(sorted(FUNCTION_WORDS))})\b)[\w-]+"
_NOUN = rf"{_WORD_OF_MATTER}(?:\s{_WORD_OF_MATTER})?"


@dataclass(frozen=True, slots=True)
class Before:
    """What was said before: a question that stands alone, and what it was answered with, without markers."""

    question: str
    answer: str


def without_pronouns(text: str, before: Before) -> str:
    """`text` with each pronoun that points out of it replaced by what it points at, where that is known."""
    tokens = words(text)
    parts: list[str] = []
    at = 0
    for index, token in enumerate(tokens):
        named_here = {name.text for name in names(text) if name.end <= token.start}
        if named_here and (_owns(tokens, index) or token.lower not in _OBJECTS):
            continue  # "Did Trump say he …"
        named = _pointed_at(tokens, index, before, named_here.union(parts[1::2]))
        if named is not None:
            parts += [text[at : token.start], f"{named}'s" if _owns(tokens, index) else named]
            at = token.end
    return "".join([*parts, text[at:]])


def _pointed_at(tokens: Sequence[Word], index: int, before: Before, taken: set[str]) -> str | None:
    """What the word at `index` stands for, or None; `taken` are those whom it cannot stand for."""
    lower = tokens[index].lower
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    points = lower in _POINTING and index > 0 and (following is None or following.lower in AUXILIARIES)
    if lower in _PERSON:
        asks_who = tokens[0].lower == "who" and tokens[1].lower in AUXILIARIES
        return _person(before.question, before.answer, taken, asks_who=asks_who)
    if lower in _SEVERAL:
        return _several(before.question, before.answer)
    if points or (lower in _THING and not _is_expletive(tokens, index)):
        return _thing(before.question, before.answer)
    if lower == "there" and following is None and (place := place_of(before.answer) or place_of(before.question)):
        return f"in {place}"
    return None


def _owns(tokens: Sequence[Word], index: int) -> bool:
    """Whether the word is a possessive: "her bag" against "saw her"."""
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    return tokens[index].lower in _OWNING and following is not None and not following.is_function


def _is_expletive(tokens: Sequence[Word], index: int) -> bool:
    """Whether an "it" points at nothing: "Is it true that …", "How long does it take to …", "What time is it"."""
    following = [token.lower for token in tokens[index + 1 : index + 5]]
    asks_time = tokens[0].lower == "what" and len(tokens) > 1 and tokens[1].lower in {"time", "day", "year"}
    return following[:1] in (["take"], ["rain"], ["snow"]) or "that" in following[1:3] or (not following and asks_time)


def _known_names(text: str) -> list[str]:
    """The names of a text that are no months or days, each once."""
    return list(dict.fromkeys(name.text for name in names(text) if not _CALENDAR.fullmatch(name.text)))


def _person(before: str, answer: str, other_than: set[str], *, asks_who: bool) -> str | None:
    """The person spoken of: whom a "who" was answered with, else the first whom the question before names.

    Who asks "Who was he?" means the last of them: the first was known.
    """
    in_question = [name for name in _known_names(before) if name not in other_than]
    in_answer = [name for name in _known_names(answer) if name not in other_than]
    if re.match(r"[Ww]ho\b(?!\s+(?:is|was|are|were|did|does|do|will|has|have|had|can)\s+[A-Z])", before):
        new = [name for name in in_answer if name not in in_question]
        if not (new and answer.startswith(new[0])) and (opening := _opening_phrase(answer)):
            return opening
        in_question = new or in_question
    known = in_question or in_answer
    if known:
        return known[-1] if asks_who else known[0]
    noun = re.search(rf"\bthe {_NOUN}", before, re.IGNORECASE)
    return noun[0] if noun else None


def _opening_phrase(answer: str) -> str | None:
    """The noun phrase with "the" that the answer begins with: "The prime minister also gave …" has one."""
    tokens = words(answer)
    if not tokens or tokens[0].text != "The":
        return None
    last = 0
    for index, token in enumerate(tokens[1:5], start=1):
        if not token.is_content or token.is_function or token.lower in VERBS or token.lower.endswith("ed"):
            break
        last = index
    return f"the {answer[tokens[1].start : tokens[last].end]}" if last else None


def _several(before: str, answer: str) -> str | None:
    """Those spoken of: two names side by side, else what a plural of the question before counts or chooses from."""
    for text in (before, answer):
        for one, other in pairwise(names(text)):
            if text[one.end : other.start] in {" and ", " and the ", " or "}:
                return f"{one.text} and {other.text}"
    noun = rf"(?:{_WORD_OF_MATTER} )?{_WORD_OF_MATTER}s"
    plural = re.search(rf"\b(?:the|which|what|how many) ({noun})\b", before, re.IGNORECASE)
    if plural:
        return f"the {plural[1]}"
    known = list(dict.fromkeys([*_known_names(before), *_known_names(answer)]))
    return " and ".join(known[:2]) if known else None


def _thing(before: str, answer: str) -> str | None:
    """The thing spoken of: a phrase of the question before, else what its answer brings in as new ("an agreement")."""
    clause = before.rstrip(" ?.!")
    sought = re.match(r"(?:what|which)\s+(?:did|does|do|will|has|have|is|was)\b", clause, re.IGNORECASE)
    if sought and (found := re.search(rf"\b[Aa]n?\s+({_NOUN})", answer)):
        return f"the {found[1]}"
    for pattern in (
        rf"\bof (?:the|this|that)\s+({_NOUN})",
        rf"\b(?:the|this|that)\s+({_NOUN})",
        rf"\b(?:which|what)\s+({_NOUN})(?=\s(?:did|does|do|was|is|were|are|has|have)\b)",
    ):
        if found := re.search(pattern, clause, re.IGNORECASE):
            return f"the {found[1]}"
    if found := re.search(rf"\b[Aa]n?\s+({_NOUN})", answer):
        return f"the {found[1]}"
    known = _known_names(before) or _known_names(answer)
    return known[-1] if known else None


def place_of(text: str) -> str | None:
    """The first name, of no day or month, that a preposition of place brings in."""
    places = (name.text for name in names(text) if _brought_in(text, name) and not _CALENDAR.fullmatch(name.text))
    return next(places, None)


def _brought_in(text: str, name: Name) -> bool:
    before = words(text[: name.start])[-1:]
    return bool(before) and before[0].lower in _PLACE_PREPOSITIONS
