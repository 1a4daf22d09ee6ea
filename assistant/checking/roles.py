"""Whether a sentence gives a deed of the source to somebody else: another one who does it, or to whom it is done.

No parser: a name directly before a verb in the active voice does it, a name directly after it, or after its
preposition, is whom it is done to. Where the forms are others nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.checking.verbs import is_irregular, root
from assistant.words import AUXILIARIES, DETERMINERS, PREPOSITIONS, Name, Word, names, word_set, words

_BE = word_set("am is are was were be been being get gets got")
_EITHER_WAY = frozenset(
    root(word)
    for word in word_set(
        "meet marry fight join border equal resemble match face talk discuss debate negotiate share sign agree say add"
        " tell ask reply answer explain note state claim report write declare announce remark warn insist"
    )
)


@dataclass(frozen=True, slots=True)
class _Deed:
    """A verb with the names directly before and after it, as sets of the roots of their words.

    `through` is the preposition that brings in whom it is done to, "" where there is none; `later` are the other names
    behind the verb that follow the same preposition, or none.
    """

    verb: str
    doer: frozenset[str]
    through: str
    done_to: frozenset[str]
    later: frozenset[str]
    written: str


def misplaced(claim: str, source: str) -> tuple[str, ...]:
    """The beginnings of `claim` ("Trump gave", "gave Takaichi") that name another one than `source` does."""
    stated = list(_deeds(source))
    found = []
    for deed in _deeds(claim):
        same = [other for other in stated if other.verb == deed.verb]
        if deed.doer and any(deed.doer & other.done_to for other in same if not other.through):
            found += [deed.written] if not any(deed.doer & other.doer for other in same) else []
        like = [other for other in same if other.through == deed.through and other.done_to]
        if deed.done_to and like and not any(deed.done_to & (other.done_to | other.later) for other in like):
            found.append(deed.written)
    return tuple(found)


def _deeds(text: str) -> Iterator[_Deed]:
    tokens = words(text)
    named = names(text)
    for index, token in enumerate(tokens):
        verb = root(token.text)
        if not _is_verb(tokens, index) or verb in _EITHER_WAY:
            continue
        passive = _is_passive(tokens, index)
        start = token.start
        for before in reversed(tokens[max(0, index - 3) : index]):
            if before.lower not in AUXILIARIES and not before.lower.endswith("ly") and before.lower != "also":
                break
            start = before.start
        doer = next((name for name in named if not passive and 0 <= start - name.end <= 1), None)
        through, done_to = _done_to(tokens[index + 1 : index + 4], named, passive)
        if doer is None and not done_to:
            continue
        later = [name for name in named if name.start > token.end and _brought_in(text, name) == through]
        written = f"{doer.text.rsplit(maxsplit=1)[-1]} {token.text}" if doer else f"{token.text} {done_to[0].text}"
        yield _Deed(verb, _roots([doer] if doer else []), through, _roots(done_to), _roots(later), written)


def _is_verb(tokens: Sequence[Word], index: int) -> bool:
    """Whether a word has the form of a verb, or follows what only a verb follows."""
    word, before = tokens[index], [token.lower for token in tokens[max(0, index - 1) : index]]
    formed = word.lower.endswith(("ed", "ing", "es", "s")) or is_irregular(word.text)
    return word.text.islower() and word.is_content and (formed or bool({"to", *AUXILIARIES} & set(before)))


def _done_to(after: Sequence[Word], named: Sequence[Name], passive: bool) -> tuple[str, list[Name]]:
    """The preposition and the name that follow a verb, over an article."""
    through = after[0].lower if after and after[0].lower in PREPOSITIONS else ""
    rest = after[1:] if through else after
    rest = rest[1:] if rest and rest[0].lower in DETERMINERS else rest
    if passive and not through:
        return "", []
    return through, [name for name in named if rest and name.start == rest[0].start]


def _brought_in(text: str, name: Name) -> str:
    """The preposition before a name, "" for none."""
    before = [word.lower for word in words(text[: name.start])[-2:]]
    before = before[:-1] if before and before[-1] in DETERMINERS else before
    return before[-1] if before and before[-1] in PREPOSITIONS else ""


def _roots(named: Sequence[Name]) -> frozenset[str]:
    return frozenset(root(word.text) for name in named for word in words(name.text))


def _is_passive(tokens: Sequence[Word], index: int) -> bool:
    before = [word.lower for word in tokens[max(0, index - 2) : index]]
    following = [word.lower for word in tokens[index + 1 : index + 2]]
    return bool(_BE & set(before)) or following == ["by"]
