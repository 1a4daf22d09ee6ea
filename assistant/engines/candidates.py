"""What the reader found in the passages, each place once, and all that speaks for and against it.

A span is read twice: in its passage, and in its sentence alone, where other sentences cannot tempt the reader.
Beside its own scores stand the retriever's, the likeness of question and sentence, the question's words that stand
there, as they are or by others of like meaning, and the kind of answer that is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import log

import numpy as np

from assistant.asked import Kind
from assistant.engines.evidence import Reading, Sentence
from assistant.engines.reader_model import Candidate, ReaderModel
from assistant.engines.tidying import tidied
from assistant.spans import has_form, spans_of
from assistant.stemming import stem
from assistant.words import names, stems, word_set, words

ALONE = 12
"""Sentences that are read by themselves: the likeliest by meaning, and those in which the reader pointed."""

KEPT = 24
"""Findings that are weighed."""

_NUMBERS = {Kind.AGE, Kind.COUNT, Kind.AMOUNT, Kind.DURATION}
_PAST = word_set("did was were had")
_TO_COME = re.compile(
    r"\b(?:will|shall|going to|plans? to|(?:is|are|was|were) (?:(?:expected|due|set|scheduled|supposed) )?to)"
    r" (?:be )?(?P<verb>\w+)",
    re.IGNORECASE,
)
_FORMER = r"\b(?:former|outgoing|one-?time|erstwhile|ex|(?<=the )(?:previous|then))[\s-]+"  # not "he then met …"
_FORMER_BEFORE = re.compile(  # one title: "former members thanked the president" calls nobody a former president
    _FORMER + r"(?P<title>(?:(?!(?<!of )(?:the|an?)\b)[\w’'-]+,?\s+){1,6})$", re.IGNORECASE
)
_FORMER_ASKED = re.compile(_FORMER, re.IGNORECASE)
_FORMER_AFTER = re.compile(
    r"^,?\s+(?:(?:the|a|an|his|her|its|their|\w+[’']s)\s+)?" + _FORMER + r"(?P<title>[\w\s’'-]+)", re.IGNORECASE
)
_CONTINENTS = {"africa", "america", "north america", "south america", "antarctica", "asia", "europe", "oceania"}
_WITHIN_CONTINENTS = word_set("country nation state city town village capital")
_NAMES = {Kind.NAMED, Kind.PERSON}
_WHO = {Kind.NAMED, Kind.PERSON, Kind.IDENTITY}
_NOW = word_set("is are now today current currently")
_DATE_IN_BRACKETS = re.compile(r"\s*\([^()]*\d[^()]*\)")
_DAYS = {"", "date", "day"}
_UNREAD = -12.0  # the score of what the reader did not point at


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch `[start, end)` of a document that may answer, in its sentence; `features` by name."""

    sentence: Sentence
    start: int
    end: int
    text: str
    features: dict[str, float] = field(compare=False)

    def overlaps(self, other: Found) -> bool:
        """Whether the two share a place in a document."""
        same = self.sentence.document == other.sentence.document
        return same and self.start < other.end and other.start < self.end


class Candidates:
    """All that may answer one question, found in its matches."""

    def __init__(self, reading: Reading, model: ReaderModel) -> None:
        self.question = reading.question
        self.asked = reading.asked
        self.reading = reading
        self._matches = reading.matches
        self._sentences = reading.sentences
        self._told = set(stems(self.question))
        self._told_beside = self._told - set(stems(self.asked.noun))
        self._behind: dict[_Place, float] = {}  # how far below the first choice of its passage; 0 for that itself
        self.found = self._pooled(*self._read(model)) if self._sentences else []

    @property
    def nearest(self) -> list[Sentence]:
        """The sentences nearest to the question's meaning, and those in which the best findings stand."""
        pointed = [one.sentence for one in self.found[:3]]
        order = np.argsort(-self.reading.cosine, kind="stable")[:ALONE]
        return list(dict.fromkeys([*pointed, *(self._sentences[int(i)] for i in order)]))

    def no_longer(self, found: Found) -> bool:
        """Whether it names who was once what the question asks for as of now: "the former president, Lie"."""
        asked = {word.lower for word in words(self.question)}
        if self.asked.kind not in _WHO or asked & _PAST or not asked & _NOW or _FORMER_ASKED.search(self.question):
            return False
        text, start, end = found.sentence.text, found.start - found.sentence.start, found.end - found.sentence.start
        called = _FORMER_BEFORE.search(text[:start]) or _FORMER_AFTER.search(text[end:])
        return called is not None and not self._told.isdisjoint(stems(called["title"]))

    def _read(self, model: ReaderModel) -> tuple[dict[_Place, float], dict[_Place, float]]:
        """The best score of every place, read in its passages and in its sentence alone."""
        inside = model.read(self.question, [match.passage.text for match in self._matches])
        together: dict[_Place, float] = {}
        pointed: dict[int, float] = {}
        for match, candidates in zip(self._matches, inside, strict=True):
            for rank, candidate in enumerate(candidates):
                place = self._placed(match.passage.document, match.passage.start, candidate)
                if place is not None:
                    together[place] = max(together.get(place, _UNREAD), candidate.score)
                    behind = candidate.score - candidates[0].score
                    self._behind[place] = max(self._behind.get(place, _UNREAD), behind)
                    if rank == 0:
                        pointed[place[0]] = max(pointed.get(place[0], _UNREAD), candidate.score)
        nearest = np.argsort(-self.reading.cosine, kind="stable")
        chosen = [*sorted(pointed, key=lambda number: -pointed[number])[: ALONE - 3], *(int(i) for i in nearest)]
        chosen = list(dict.fromkeys(chosen))[:ALONE]
        alone: dict[_Place, float] = {}
        for number, candidates in zip(
            chosen, model.read(self.question, [self._sentences[i].text for i in chosen]), strict=True
        ):
            sentence = self._sentences[number]
            for candidate in candidates:
                place = self._placed(sentence.document, sentence.start, candidate)
                if place is not None:
                    alone[place] = max(alone.get(place, _UNREAD), candidate.score)
        return together, alone

    def _placed(self, document: str, offset: int, candidate: Candidate) -> _Place | None:
        """The sentence that holds a candidate, and the candidate tidied, in the document; None across sentences."""
        start, end = offset + candidate.start, offset + candidate.end
        for number, sentence in enumerate(self._sentences):
            if sentence.document == document and sentence.start <= start and end <= sentence.end:
                place = tidied(sentence.text, start - sentence.start, end - sentence.start)
                if place is None:
                    return None
                start, end = self._whole(sentence.text, *place)
                if _cuts_a_word(sentence.text, start, end):
                    return None
                return number, sentence.start + start, sentence.start + end
        return None

    def _whole(self, text: str, start: int, end: int) -> tuple[int, int]:
        """A day with its date, "Tuesday (Oct 21)", where no less is asked for; a name, and what letters stand for."""
        if self.asked.kind is Kind.EXPANSION:
            for span in spans_of(Kind.EXPANSION, text):
                if span.start < end and start < span.end:
                    return span.start, span.end
        if self.asked.kind in _NAMES:  # "Democratic Party" ends where its name does: "Democratic Party of Korea"
            end = max([end, *(name.end for name in names(text) if name.start <= start < name.end and end > name.start)])
        if self.asked.kind is Kind.TIME and self.asked.noun.lower() in _DAYS:
            for span in spans_of(Kind.TIME, text):
                if span.start <= start and end <= span.end:
                    start, end = span.start, span.end
            start += len("on ") if text[start:end].lower().startswith("on ") else 0
            in_brackets = _DATE_IN_BRACKETS.match(text, end)
            end = in_brackets.end() if in_brackets else end
        return start, end

    def _pooled(self, together: dict[_Place, float], alone: dict[_Place, float]) -> list[Found]:
        """The best places by both readings, with their features."""
        total = {place: together.get(place, _UNREAD) + alone.get(place, _UNREAD) for place in together | alone}
        kept = [
            place for place in sorted(total, key=lambda place: (-total[place], place)) if self._says_something(place)
        ]
        return [self._found(place, together, alone) for place in kept[:KEPT]]

    def _says_something(self, place: _Place) -> bool:
        """Whether a stretch says what the question does not say already, in its tense, and a number for a number."""
        number, start, end = place
        sentence = self._sentences[number]
        text = sentence.text[start - sentence.start : end - sentence.start]
        if self.asked.kind in _NUMBERS and not spans_of(Kind.COUNT, text) and not any(c.isdigit() for c in text):
            return False
        if self._still_to_come(sentence.text):
            return False
        if self.asked.kind is Kind.PLACE:  # "South Korea, where …" is no city in South Korea
            places = spans_of(Kind.PLACE, text)
            first = min(places, key=lambda span: span.start, default=None)
            if first is not None and self._told.issuperset(stems(text[first.start : first.end])):
                return False
            said = text if first is None else text[first.start : first.end]
            if self.asked.noun.lower() in _WITHIN_CONTINENTS and said.lower() in _CONTINENTS:
                return False
        return self.asked.kind is Kind.YES_NO or not set(stems(text)) <= self._told

    def _still_to_come(self, text: str) -> bool:
        """Whether a sentence only expects what is asked about as past: "will meet" for "Where did they meet?"."""
        if not any(word.lower in _PAST for word in words(self.question)) or _TO_COME.search(self.question):
            return False
        return any(stem(match["verb"]) in self._told for match in _TO_COME.finditer(text))

    def _found(self, place: _Place, together: dict[_Place, float], alone: dict[_Place, float]) -> Found:
        number, start, end = place
        sentence = self._sentences[number]
        text = sentence.text[start - sentence.start : end - sentence.start]
        said = stems(text)
        reading = self.reading
        kind = self.asked.kind
        spans = spans_of(kind, sentence.text) if has_form(kind) else []
        shared = [min(span.end, end - sentence.start) - max(span.start, start - sentence.start) for span in spans]
        fits = max(0, *shared, 0) / (end - start)
        read, read_alone = together.get(place, _UNREAD), alone.get(place, _UNREAD)
        features = {
            "read": max(read, _UNREAD),
            "read alone": max(read_alone, _UNREAD),
            "behind": self._behind.get(place, _UNREAD),
            "cosine": float(reading.cosine[number]),
            "passage score": self._matches[sentence.rank].score,
            "passage behind": max(other.score for other in self._matches) - self._matches[sentence.rank].score,
            "words here": reading.share(reading.exact[:, number]),
            "words around": reading.share(reading.around(reading.exact, number)),
            "near here": reading.share(reading.near[:, number]),
            "near around": reading.share(reading.around(reading.near, number)),
            "names unknown": float(reading.names_unknown),
            "fits": fits,
            "misfits": float(has_form(kind) and not fits),
            "echo": sum(root in self._told_beside for root in said) / max(1, len(said)),
            "length": log(1 + len(words(text))),
            "no sentence": float(sentence.text.rstrip("”\"')] ")[-1:] not in ".!?…"),
        }
        return Found(sentence, start, end, text, features)


_Place = tuple[int, int, int]  # the number of a sentence, and where in the document the stretch begins and ends


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends inside a word, as word pieces may."""
    return bool(re.search(r"\w$", text[:start]) and re.match(r"\w", text[start:])) or bool(
        re.search(r"\w$", text[:end]) and re.match(r"\w", text[end:])
    )
