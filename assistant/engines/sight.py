"""What speaks for a stretch of a sentence being the answer.

After the logistic regression over constituents in Rajpurkar et al., "SQuAD" (2016): its form and length against the
kind of answer asked for, the words around it, and how near the question's words stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from assistant.asked import Asked, Kind
from assistant.engines.stretches import SHAPES, Stretch, clauses, is_verbal
from assistant.spans import MEASURED, quotations, spans_of
from assistant.stemming import stem
from assistant.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    Word,
    word_set,
    words,
)
from index.types import Span

_GRAMMAR_BEFORE = word_set(
    "by in on at to of for from with as and or the a an called named is was are were that than into"
)


@dataclass(frozen=True, slots=True)
class Focus:
    """What of a question the candidates are held against."""

    asked: Asked
    weights: dict[str, float]  # stem -> how much it matters
    of_subject: bool  # "who signed …" against "what did they sign"
    verb: str  # the stem of what seems to be its main verb, or ""
    ends_with: str  # a preposition that the question leaves hanging, or that brings its question word in
    noun: frozenset[str]


def focus(question: str, asked: Asked, weights: dict[str, float]) -> Focus:
    """Read from the question what helps to find its answer's place in a sentence."""
    tokens = words(question)
    lowers = [token.lower for token in tokens]
    at = next((i for i, lower in enumerate(lowers) if lower in QUESTION_WORDS), 0)
    auxiliary = next((i for i, lower in enumerate(lowers) if lower in AUXILIARIES and i > at), None)
    does = auxiliary is not None and lowers[auxiliary] in {"do", "does", "did"}
    content = [token for token in tokens[at + 1 :] if token.is_content]
    hanging = lowers[-1] if lowers and lowers[-1] in PREPOSITIONS else ""
    brought_in = lowers[at - 1] if at > 0 and lowers[at - 1] in PREPOSITIONS else ""
    of_subject = auxiliary is None or (
        not does
        and auxiliary + 1 < len(tokens)
        and not tokens[auxiliary + 1].is_capitalised
        and lowers[auxiliary + 1] not in DETERMINERS | POSSESSIVES | PRONOUNS
    )
    return Focus(
        asked,
        weights,
        of_subject,
        _verb(content, asked, of_subject=of_subject),
        hanging or brought_in,
        frozenset(stem(word) for word in asked.noun.split()),
    )


def _verb(content: Sequence[Word], asked: Asked, *, of_subject: bool) -> str:
    noun = set(asked.noun.split())
    plain = [word for word in content if word.text not in noun and not word.is_capitalised and not word.is_number]
    if not plain:
        return ""
    return stem((plain[0] if of_subject else plain[-1]).text)


class Sight:
    """A sentence as the candidates' features see it: computed once, asked for each candidate."""

    def __init__(self, text: str, focus: Focus) -> None:
        self.text = text
        self.focus = focus
        self.tokens = words(text)
        self.stems = [stem(token.text) for token in self.tokens]
        self.told = [
            focus.weights.get(root, 0.0) if t.is_content else 0.0
            for root, t in zip(self.stems, self.tokens, strict=True)
        ]
        self.clause = clauses(text, self.tokens)
        self.shaped = [(kind, span) for kind in SHAPES for span in spans_of(kind, text)]
        self.named = spans_of(Kind.PERSON, text)
        self.quoted = quotations(text)
        self.total = sum(focus.weights.values()) or 1.0

    def features(self, stretch: Stretch) -> dict[str, float]:
        """What speaks for this stretch being the answer, by name."""
        kind = self.focus.asked.kind
        shape = self._shape(stretch)
        size = stretch.last - stretch.first + 1
        found = {f"{kind}: {shape}": 1.0}
        if size:
            found[f"{kind}: {_size(size)}"] = 1.0
            found[f"begins: {self._class(stretch.first)}"] = 1.0
            found[f"ends: {self._class(stretch.last)}"] = 1.0
            found["words"] = log(size)
            found.update(self._told_inside(stretch))
        found.update(self._neighbourhood(stretch, kind))
        found.update(self._bearings(stretch))
        return found

    def may_be_lost(self, hole: Stretch) -> bool:
        """Whether a hole could be what is asked: the question's words, names aside, are in its clause not elsewhere.

        Where a date or number is asked for and the sentence has one, that one is meant.
        """
        if self.focus.asked.kind in MEASURED and spans_of(self.focus.asked.kind, self.text):
            return False
        clauses_of = self._clauses_of(hole)
        here = elsewhere = 0.0
        for i, weight in enumerate(self.told):
            if weight and not (self.tokens[i].is_capitalised or self.tokens[i].is_number):
                here += weight * (self.clause[i] in clauses_of)
                elsewhere += weight * (self.clause[i] not in clauses_of)
        return here >= elsewhere

    def _shape(self, stretch: Stretch) -> str:
        """What the stretch looks like, in one word or two: the first of these that holds."""
        if stretch.last < stretch.first:
            return "hole"
        tokens = self.tokens[stretch.first : stretch.last + 1]
        first, last = tokens[0], tokens[-1]
        whole = Span(stretch.start, stretch.end)
        names_inside = sum(span.start >= stretch.start and span.end <= stretch.end for span in self.named)
        holds = (
            (self._form(stretch), self._form(stretch) != ""),
            ("quotation", whole in self.quoted),
            ("name", whole in self.named),
            ("the with name", first.lower in DETERMINERS | POSSESSIVES and names_inside > 0),
            ("the phrase", first.lower in DETERMINERS | POSSESSIVES),
            ("to", first.lower == "to"),
            ("preposition", first.lower in PREPOSITIONS),
            ("names", names_inside > 1),
            ("part of name", first.is_capitalised and last.is_capitalised),
            ("has name", names_inside > 0),
            ("number phrase", first.is_number),
            ("has number", any(stretch.start <= span.start and span.end <= stretch.end for _, span in self.shaped)),
            ("verb phrase", is_verbal(first)),
        )
        return next((name for name, true in holds if true), "phrase")

    def _form(self, stretch: Stretch) -> str:
        """The kind that the stretch as a whole has the form of, or "": a sign more or less makes no difference."""
        for kind, span in self.shaped:
            if abs(span.start - stretch.start) <= 1 and abs(span.end - stretch.end) <= 1:
                return kind.value
        return ""

    def _told_inside(self, stretch: Stretch) -> dict[str, float]:
        inside = self.told[stretch.first : stretch.last + 1]
        matter = sum(self.tokens[i].is_content for i in range(stretch.first, stretch.last + 1)) or 1
        share = sum(weight > 0 for weight in inside) / matter
        return {"told already": share, "all told already": float(share >= 1), "told weight": sum(inside) / self.total}

    def _neighbourhood(self, stretch: Stretch, kind: Kind) -> dict[str, float]:
        before = self.tokens[stretch.first - 1].lower if stretch.first else "^"
        after = self.tokens[stretch.last + 1].lower if stretch.last + 1 < len(self.tokens) else "$"
        gap_before = (
            self.text[self.tokens[stretch.first - 1].end : max(stretch.start, self.tokens[stretch.first - 1].end)]
            if stretch.first
            else ""
        )
        gap_after = (
            self.text[stretch.end : self.tokens[stretch.last + 1].start]
            if stretch.last + 1 < len(self.tokens)
            else self.text[stretch.end :]
        )
        found = {
            f"after {_kind_of_gap(gap_before)}": 1.0,
            f"before {_kind_of_gap(gap_after)}": 1.0,
            f"before a {self._class_of(after)}": 1.0,
        }
        if before in _GRAMMAR_BEFORE:
            found[f"{kind} after {before}"] = 1.0
        else:
            found[f"after a {self._class_of(before)}"] = 1.0
        if self.focus.ends_with and before == self.focus.ends_with:
            found["same preposition"] = 1.0
        following = self.stems[stretch.last + 1 : stretch.last + 3]
        preceding = self.stems[max(0, stretch.first - 2) : stretch.first]
        noun = self.focus.noun
        if noun:
            found[f"{kind} noun inside"] = float(stretch.last >= stretch.first and self.stems[stretch.last] in noun)
            found[f"{kind} noun follows"] = float(not noun.isdisjoint(following))
            found[f"{kind} noun precedes"] = float(not noun.isdisjoint(preceding))
        verb = self.focus.verb
        role = "subject" if self.focus.of_subject else "object"
        found[f"{role} verb follows"] = float(verb in following)
        behind = [stretch.first - 1 - i for i in range(stretch.first) if verb and self.stems[i] == verb]
        found[f"{role} verb precedes"] = exp(-min(behind) / 3) if behind else 0.0
        return found

    def _bearings(self, stretch: Stretch) -> dict[str, float]:
        """How near the question's words stand, on either side and in the same clause."""
        left = max(
            (w * exp(-(stretch.first - i) / 4) for i, w in enumerate(self.told[: stretch.first]) if w), default=0.0
        )
        right = max(
            (w * exp(-(i - stretch.last) / 4) for i, w in enumerate(self.told) if w and i > stretch.last), default=0.0
        )
        around = sum(
            w * exp(-max(stretch.first - i, i - stretch.last) / 5)
            for i, w in enumerate(self.told)
            if w and not stretch.first <= i <= stretch.last
        )
        clauses = self._clauses_of(stretch)
        in_clause = sum(w for i, w in enumerate(self.told) if w and self.clause[i] in clauses)
        role = "subject" if self.focus.of_subject else "object"
        heaviest = max(self.focus.weights.values(), default=1.0)
        return {
            f"{role} near on the left": left / heaviest,
            f"{role} near on the right": right / heaviest,
            "near": around / self.total,
            "in clause": in_clause / self.total,
            f"{role} place": stretch.first / max(1, len(self.tokens)),
        }

    def _clauses_of(self, stretch: Stretch) -> set[int]:
        """The clauses it stands in: a hole after a word that needs more is in that word's, any other in both around."""
        if stretch.last >= stretch.first:
            return {self.clause[stretch.first], self.clause[stretch.last]}
        before = {self.clause[stretch.last]} if stretch.first else set()
        if stretch.first == len(self.tokens) or (before and self.tokens[stretch.last].is_function):
            return before
        return before | {self.clause[stretch.first]}

    def _class(self, i: int) -> str:
        return self._class_of(self.tokens[i].text)

    @staticmethod
    def _class_of(word: str) -> str:
        if not word[0].isalnum():
            return word
        token = Word(word, 0, len(word))
        lower = token.lower
        for name, listed in (
            ("article", DETERMINERS | POSSESSIVES),
            ("auxiliary", AUXILIARIES),
            ("preposition", PREPOSITIONS),
            ("conjunction", CONJUNCTIONS),
            ("pronoun", PRONOUNS | QUESTION_WORDS),
        ):
            if lower in listed:
                return name
        if token.is_number:
            return "number"
        if token.is_capitalised:
            return "capital"
        return "verbal" if is_verbal(token) else "word"


def _size(words_in: int) -> str:
    for limit in (1, 2, 3, 5, 8, 13):
        if words_in <= limit:
            return f"up to {limit} words"
    return "more words"


def _kind_of_gap(gap: str) -> str:
    sign = gap.strip()
    return "nothing" if not sign else sign[0] if sign[0] in ",.;:()-–—“”\"'’$%" else "sign"
