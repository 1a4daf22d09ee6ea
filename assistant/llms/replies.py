"""What a model's reply is: an answer, a refusal because the passages don't say, or no answer at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from assistant.llms.prompting import SENTINEL, SHORT
from assistant.stemming import stem
from assistant.words import FUNCTION_WORDS, words
from index.types import Match

_THOUGHT = re.compile(
    r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)|\A.*?</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE
)
_POLITE = re.compile(
    r"\A(?:(?:sure|certainly|of course|okay|absolutely)\b[!,.]*\s+)?"
    r"(?:(?:here(?:['’]s| is| are)|based on|from)\b[^.:\n\[]{0,80}"
    r"\b(?:answer|passages?|documents?|context|sources?)\b[^.:\n\[]{0,40}:\s+)?"
    r"|(?<=[.!?\])])\s+(?:i hope (?:this|that) helps|(?:please )?let me know if|feel free to)\b[^\n\[]*\Z",
    re.IGNORECASE,
)
_SHORT = re.compile(rf"(?:^|\n)[ \t>*_#-]*{SHORT[:-1]}[*_ \t]*:[*_ \t]*(?P<short>[^\n]*)", re.IGNORECASE)
_SENTINEL = re.compile(rf"[\"'`*\[(]{{0,4}}{SENTINEL.replace('_', '[_ ]')}[\"'`*\])]{{0,4}}[.!]?", re.IGNORECASE)
_DECLINES = re.compile(
    r"^\W*(?:(?:i(?:['’]m| am) )?(?:very |really |truly )?(?:sorry|afraid)\b|unfortunately,? i\b"
    r"|as an? (?:ai|language model)\b|i(?:['’]m| am) (?:not able|unable)\b"
    r"|i (?:can(?:['’]t|not)|won['’]t|will not|must decline|refuse)\b)",
    re.IGNORECASE,
)
_SAYS_NOTHING_OF_IT = re.compile(
    r"^\W*i (?:do not|don['’]t) know\b|"
    r"\b(?:passages?|documents?|texts?|sources?|articles?|context|information)\b[^.]{0,80}?"
    r"\b(?:(?:do|does|did|is|are)(?: not|n['’]t)|no|not|never|lacks?|without)\b|"
    r"\b(?:no|not|n['’]t|cannot)\b[^.]{0,60}?\b(?:mention|stat|specif|provid|contain|includ|found|find|answer|say)\w*\b[^.]{0,60}?"
    r"\b(?:passages?|documents?|texts?|sources?|articles?|context)\b",
    re.IGNORECASE,
)
_LOOPS = 0.2  # different words among all, below which a longer text only repeats itself
_KNOWN = 0.25  # share of words of grammar, the question and the passages, below which a text says nothing about them


class Kind(Enum):
    """What a reply is."""

    ANSWER = auto()
    NOT_IN_DOCUMENTS = auto()
    DECLINED = auto()
    GARBAGE = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply taken apart: the answer's text with the model's markers, and the bare answer where it gave one."""

    kind: Kind
    text: str
    short: str | None = None


def visible(text: str) -> str:
    """What of a reply that is still growing may be shown: no thoughts, no sentinel, no line with the bare answer."""
    shown = _POLITE.sub("", _SENTINEL.sub("", _THOUGHT.sub("", text)).lstrip())
    shown = shown[: found.start()] if (found := _SHORT.search(shown)) else shown
    last = shown.rstrip().rpartition("\n")[2].lstrip(" *_#>-")
    begins = last and (SENTINEL.startswith(last.upper()) or SHORT.lower().startswith(last.lower()))
    return (shown.rstrip()[: -len(last)] if begins else shown).strip()


def read(text: str, question: str, matches: Sequence[Match]) -> Reply:
    """What the whole reply to `question` with the passages of `matches` is."""
    said = _THOUGHT.sub("", text).strip()
    found = _SHORT.search(said)
    short = found["short"].strip(' *_`"“”') if found else ""
    body = (said[: found.start()] + said[found.end() :]).strip() if found else said
    refused = _SENTINEL.search(said) is not None
    alone = re.match(rf"{_SENTINEL.pattern}\s*(?:\n|\Z)", said, re.IGNORECASE) is not None
    rest = _POLITE.sub("", _SENTINEL.sub("", body or short).lstrip(" \n,;:.")).strip()
    cites = re.search(r"\[\^?\d+|【\d+", rest) is not None
    if alone or (refused and not cites):
        return Reply(Kind.NOT_IN_DOCUMENTS, "")
    if not cites and _SAYS_NOTHING_OF_IT.search(rest) and len(rest) < 400:
        return Reply(Kind.NOT_IN_DOCUMENTS, rest)
    if not cites and _DECLINES.match(rest):
        return Reply(Kind.DECLINED, rest)
    if _is_garbage(rest, question, matches, cites):
        return Reply(Kind.GARBAGE, rest)
    return Reply(Kind.ANSWER, rest, short.removesuffix(".") or None if body else None)


def _is_garbage(text: str, question: str, matches: Sequence[Match], cites: bool) -> bool:
    said = [word.lower for word in words(text)]
    letters = sum(sign.isalnum() or sign.isspace() for sign in text)
    if not said or letters < len(text) / 2 or "\ufffd" * 2 in text:
        return True
    if len(said) >= 20 and len(set(said)) < _LOOPS * len(said):
        return True
    known = {stem(word.text) for given in (question, *(m.passage.text for m in matches)) for word in words(given)}
    familiar = sum(word in FUNCTION_WORDS or stem(word) in known for word in said)
    return not cites and len(said) >= 4 and familiar < _KNOWN * len(said)
