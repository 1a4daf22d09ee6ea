"""Whether a sentence makes the one who does something the one to whom the source says it is done.

No parser: a name directly before a verb in the active voice does it, a name directly after it is whom it is done to.
Where the forms are others nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.checking.verbs import root
from assistant.words import AUXILIARIES, DETERMINERS, Word, names, word_set, words

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
    """A verb with the names directly before and after it, as sets of the roots of their words."""

    verb: str
    doer: frozenset[str]
    done_to: frozenset[str]
    written: str


def swapped(claim: str, source: str) -> tuple[str, ...]:
    """The beginnings of `claim` ("Trump gave") whose doer is, in `source`, whom the same is done to."""
    stated = list(_deeds(source))
    return tuple(
        deed.written
        for deed in _deeds(claim)
        if deed.doer
        and any(other.verb == deed.verb and deed.doer & other.done_to for other in stated)
        and not any(other.verb == deed.verb and deed.doer & other.doer for other in stated)
    )


def _deeds(text: str) -> Iterator[_Deed]:
    tokens = words(text)
    named = [(name.start, name.end, frozenset(root(word.text) for word in words(name.text))) for name in names(text)]
    for index, token in enumerate(tokens):
        verb = root(token.text)
        if not token.text.islower() or not token.is_content or verb in _EITHER_WAY or _is_passive(tokens, index):
            continue
        start = token.start
        for before in reversed(tokens[max(0, index - 3) : index]):
            if before.lower not in AUXILIARIES and not before.lower.endswith("ly") and before.lower != "also":
                break
            start = before.start
        doer = next((roots for _, end, roots in named if 0 <= start - end <= 1), frozenset[str]())
        after = tokens[index + 1 : index + 3]
        skipped = [word for word in after[:1] if word.lower in DETERMINERS]
        at = after[len(skipped)].start if len(after) > len(skipped) else -1
        done_to = next((roots for first, _, roots in named if first == at), frozenset[str]())
        if doer or done_to:
            yield _Deed(
                verb, doer, done_to, f"{text[:start].rsplit(maxsplit=1)[-1]} {token.text}" if doer else token.text
            )


def _is_passive(tokens: Sequence[Word], index: int) -> bool:
    before = [word.lower for word in tokens[max(0, index - 2) : index]]
    following = [word.lower for word in tokens[index + 1 : index + 2]]
    return bool(_BE & set(before)) or following == ["by"]
