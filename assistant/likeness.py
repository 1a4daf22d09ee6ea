"""When two words say the same: by their stem, as a people and its country, as an acronym, or by a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from assistant.stemming import stem
from assistant.words import Word, word_set, words

_KIN = tuple(
    word_set(group)
    for group in (
        "american americans america usa us u.s states",
        "british briton britons britain uk kingdom",
        "english england",
        "dutch netherlands holland",
        "french france",
        "spanish spain spaniard spaniards",
        "swiss switzerland",
        "danish denmark dane danes",
        "greek greece greeks",
        "polish poland pole poles",
        "welsh wales",
        "irish ireland",
        "scottish scotland scots",
        "swedish sweden swede swedes",
        "finnish finland finns",
        "turkish turkey turks",
        "portuguese portugal",
        "filipino philippines philippine",
        "norwegian norway",
        "icelandic iceland",
    )
)


class Vocabulary:
    """The words of a text, ready to be asked whether they hold a word of a question."""

    def __init__(self, text: str) -> None:
        found = words(text)
        self._lowers = frozenset(word.lower for word in found)
        self._stems = frozenset(stem(word.text) for word in found)
        self._names = tuple({word.lower for word in found if word.is_capitalised and len(word.text) > 3})
        self._acronyms = frozenset(_acronyms(found))

    def holds(self, word: str) -> bool:
        """Whether the text has this word, in whatever form."""
        lower = Word(word, 0, len(word)).lower
        return (
            stem(word) in self._stems
            or lower.replace(".", "") in self._acronyms
            or (word.isupper() and 2 <= len(word) <= 5 and word.lower() in self._acronyms)
            or any(not kin.isdisjoint(self._lowers) for kin in _kin(lower))
            or any(_same_people(lower, name) for name in self._names)
            or any(_slip(lower, other) for other in self._lowers)
        )


def _acronyms(found: Sequence[Word]) -> Iterable[str]:
    """What the runs of capitalised words would be called for short ("Prime Minister" → "pm")."""
    for length in (2, 3, 4):
        for first in range(len(found) - length + 1):
            run = found[first : first + length]
            if all(word.is_capitalised and len(word.text) > 1 for word in run):
                yield "".join(word.text[0] for word in run).lower()


def _kin(lower: str) -> list[frozenset[str]]:
    return [group for group in _KIN if lower in group]


@lru_cache(maxsize=100_000)
def _same_people(one: str, other: str) -> bool:
    """Whether one name is made from the other ("Japan" and "Japanese", "China" and "Chinese")."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 4 or len(longer) > len(shorter) + 4 or shorter == longer:
        return False
    needed = max(4, len(shorter) - 1)
    return longer[:needed] == shorter[:needed] and longer.endswith(
        ("ese", "an", "ans", "ish", "i", "is", "land", "ic", "er", "ers")
    )


@lru_cache(maxsize=100_000)
def _slip(one: str, other: str) -> bool:
    """Whether two longer words differ by one letter left out, added, exchanged or swapped with its neighbour."""
    if min(len(one), len(other)) < 6 or abs(len(one) - len(other)) > 1 or one[0] != other[0] or one == other:
        return False
    if not (one.isalpha() and other.isalpha()):
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return (
        one[at + 1 :] == other[at + 1 :]
        or one[at + 1 :] == other[at:]
        or one[at:] == other[at + 1 :]
        or (one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :])
    )
