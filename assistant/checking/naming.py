"""Names as a claim uses them, and whether a source uses them too.

The same name may be written in several ways: possessive or plural, in full or by its initials ("US", "United States"),
as a country or the adjective that belongs to it ("Japan", "Japanese"). The rules look at forms only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.checking.dates import dates, weekdays
from assistant.checking.normalising import fold
from assistant.checking.numbers import numbers
from assistant.stemming import stem
from assistant.words import FUNCTION_WORDS, Name, names, word_set, words
from index.types import Span

_TITLES = word_set("mr mrs ms miss mx dr sir dame lord lady prof professor")
_MINOR = word_set("of the de la le van von der del di da al bin ibn and for")
_OPENERS = word_set("other others another similarly overall finally additionally together later earlier yes")
_PEOPLES = word_set("ese an ian ean n i ic ish ch a ai y o e land ain ia os us") | {""}
_DERIVED = re.compile(r"[a-z]{3,}(?:ing|ed|ly|tion|ions|ment|ments|ness|ers|ists|ials|als)$")


@dataclass(frozen=True, slots=True)
class Names:
    """What a source offers to compare names with, folded.

    `folded` are its words, `stems` their stems, `proper` those with a capital, `initials` those of its longer names.
    """

    folded: frozenset[str]
    stems: frozenset[str]
    proper: frozenset[str]
    initials: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Names:
        """The names and words of `text`."""
        found = words(text)
        folded = frozenset(
            part for word in found for token in [_bare(word.text)] for part in (token, *token.split("-"))
        )
        return cls(
            folded,
            frozenset(stem(token) for token in folded),
            frozenset(_bare(word.text) for word in found if word.is_capitalised),
            frozenset(_initials(name.text) for name in names(text) if " " in name.text),
        )


def claimed_names(sentence: str, elsewhere: str = "") -> list[Span]:
    """The names in `sentence`, dates left out. A single word that opens it counts unless it looks like a plain one:

    it stands in small letters in `elsewhere`, or has the ending of a common word.
    """
    known = [date.span for date in dates(sentence)] + [span for _, span in weekdays(sentence)]
    known += [number.span for number in numbers(sentence)]
    found = []
    first = words(sentence)[:1]
    for name in names(sentence) or _shouted(sentence):
        start, end = name.start, name.end
        if any(span.start < end and start < span.end for span in known):
            found += [
                Span(start + word.start, start + word.end)
                for word in words(name.text)
                if word.is_capitalised
                and not word.is_function
                and not any(s.start < start + word.end and start + word.start < s.end for s in known)
            ]
            continue
        opens = bool(first) and start == first[0].start
        if opens and len(words(name.text)) == 1 and _is_plain(name.text, elsewhere):
            continue
        found.append(Span(start, end))
    return found


def _shouted(sentence: str) -> list[Name]:
    """Every word that is no word of grammar, in a sentence written in capitals throughout."""
    tokens = words(sentence)
    if sum(token.text.isupper() for token in tokens) <= len(tokens) / 2:
        return []
    return [Name(token.text, token.start, token.end) for token in tokens if token.text.casefold() not in FUNCTION_WORDS]


def _is_plain(word: str, elsewhere: str) -> bool:
    lower = word.casefold()
    if lower in _OPENERS or re.search(rf"(?<!\w){re.escape(lower)}(?!\w)", elsewhere):
        return True
    return not word.isupper() and _DERIVED.fullmatch(lower) is not None


def missing_from(name: str, sources: Names, document: Iterable[str] = ()) -> bool:
    """Whether some part of `name` stands nowhere in the sources.

    A full name ("Sanae Takaichi") may be known from another passage of the same `document`s, as long as the last
    part of it stands in the sources.
    """
    tokens = [_bare(word.text) for word in words(name)]
    parts = [token for token in tokens if token not in _TITLES and token not in _MINOR]
    if not parts or all(_stands_in(part, sources) for part in parts):
        return False
    if len(parts) > 1 and _initials(name) in {token.upper() for token in sources.folded}:
        return False
    whole = fold(name)
    return not (len(parts) > 1 and _stands_in(parts[-1], sources) and any(whole in fold(text) for text in document))


def _stands_in(part: str, sources: Names) -> bool:
    if part in sources.folded or stem(part) in sources.stems or part.upper() in sources.initials:
        return True
    if "-" in part and all(_stands_in(piece, sources) for piece in part.split("-") if piece):
        return True
    return any(_same_people(part.removesuffix("s"), other) for other in sources.proper)


def _bare(word: str) -> str:
    """The folded word without accents and possessive ending; "U.S." and "US" are one."""
    letters = "".join(sign for sign in unicodedata.normalize("NFD", fold(word)) if not unicodedata.combining(sign))
    return re.sub(r"'s?$", "", letters).replace(".", "")


def _same_people(one: str, other: str) -> bool:
    """Whether the words are a country and its people: they differ only in such an ending ("China", "Chinese")."""
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared >= 4 and shared >= len(min(one, other, key=len)) - 3 and {one[shared:], other[shared:]} <= _PEOPLES


def _initials(name: str) -> str:
    return "".join(word.text[0] for word in words(name) if word.text[0].isupper())
