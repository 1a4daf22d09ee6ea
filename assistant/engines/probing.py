"""Whether what is asked for has been lost from the source: the reader is shown the sentence with its hole filled in.

Where a sentence has a hole ("became the , congratulated") or a phrase that lacks its name ("the British newspaper,
before"), a name that means nothing is put there. A reader that then points at it, and more surely than at anything
the documents do say, has shown that the answer would stand in the hole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from assistant.asked import Asked, Kind, same_noun
from assistant.engines.evidence import Reading, Sentence
from assistant.engines.reader_model import Candidate, ReaderModel
from assistant.gaps import holes, nameless
from assistant.likeness import Vocabulary
from assistant.stemming import stem
from assistant.words import VERBS, names, stems, words

FILLING = "Alvarado"
"""A name that no question asks about by itself."""

# Nearly as sure of the filling as of "no answer": of names taken out of held-out QAMR sentences 72% are found so, and
# 4% of other questions about the same sentences point there; from 0 on it would be 66% and 3%.
_SURE = -3.0
_SURE_OF_A_NAME = 3.0  # more is asked where the sentence is whole in itself and the question does not ask for the name
_UNNAMED_KINDS = {Kind.PERSON, Kind.NAMED}
_NOT_NAMES = {Kind.TIME, Kind.COUNT, Kind.AMOUNT, Kind.DURATION, Kind.AGE, Kind.YES_NO}


Place = tuple[str, int, int]  # a document, and where in it a stretch begins and ends


@dataclass(frozen=True, slots=True)
class Lost:
    """The sentence whose hole would hold the answer, and how surely the reader points there.

    `asked_for` where it lacks a name and the question says whose.
    """

    sentence: Sentence
    score: float
    asked_for: bool

    def asked_for_in(self, sentence: Sentence) -> bool:
        """Whether the question asks for the name that a phrase of this sentence lacks."""
        return self.asked_for and self.sentence == sentence


@dataclass(frozen=True, slots=True)
class _Probe:
    sentence: Sentence
    text: str
    start: int
    enough: float
    asked_for: bool


def lost(reading: Reading, sentences: Sequence[Sentence], pointed: Sequence[Place], model: ReaderModel) -> Lost | None:
    """The likeliest place among `sentences` at which the answer has been lost; None where it is at none of them.

    `pointed` are the places at which the reader found something to say. Where the question names someone of whom
    nothing is said at all, nothing was lost.
    """
    question, asked = reading.question, reading.asked
    if asked.kind in _NOT_NAMES or reading.names_unknown:
        return None
    probes = [probe for sentence in sentences for probe in _probes(question, asked, sentence, pointed)]
    best: Lost | None = None
    for probe, candidates in zip(probes, model.read(question, [probe.text for probe in probes]), strict=True):
        sure = candidates and _points_at(candidates[0], probe) and candidates[0].score > probe.enough
        if sure and (best is None or candidates[0].score > best.score):
            best = Lost(probe.sentence, candidates[0].score, probe.asked_for)
    return best


def _probes(question: str, asked: Asked, sentence: Sentence, pointed: Sequence[Place]) -> Iterator[_Probe]:
    """The sentence with each of its holes filled, and each nameless phrase that the question asks a name for named."""
    for hole in holes(sentence.text):
        yield _filled(sentence, hole.start, hole.end, _SURE)
    if asked.kind in _UNNAMED_KINDS:
        for phrase in nameless(sentence.text):
            here = sentence.document, sentence.start + phrase.start, sentence.start + phrase.end
            in_it = any(_overlap(place, here) for place in pointed)
            wanted = _asked_for(question, asked, phrase.noun) or (
                _overlap(pointed[0], here) and _tells_no_name(asked, phrase.noun)
            )
            if (in_it or wanted) and _may_be(question, phrase.noun, sentence.text):
                enough = _SURE if wanted else _SURE_OF_A_NAME
                yield _filled(sentence, phrase.end, phrase.end, enough, asked_for=wanted)


def _asked_for(question: str, asked: Asked, noun: str) -> bool:
    """Whether the question may ask for the name of what a phrase like "the Japanese star" speaks of."""
    said = stems(noun)
    if asked.noun:
        return same_noun(asked.noun, noun) or bool(set(stems(asked.noun)) & set(said))
    return set(stems(question)).issuperset(said[-1:])


def _tells_no_name(asked: Asked, noun: str) -> bool:
    """Whether "the Japanese star" is no answer to "which player": qualified as names are, and unnamed."""
    return bool(asked.noun) and any(word.is_capitalised for word in words(noun))


def _overlap(one: Place, other: Place) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def _may_be(question: str, noun: str, sentence: str) -> bool:
    """Whether nothing in the question tells another: "the president," may be "the president of Korea" if the sentence
    speaks of Korea, but neither the vice president nor the president's wife."""
    said = stems(noun)[-1:]
    here = Vocabulary(sentence)
    tokens = words(question)
    for at, token in enumerate(tokens):
        if [stem(token.text)] != said:
            continue
        before = list(takewhile(lambda word: word.is_content and word.lower not in VERBS, reversed(tokens[:at])))
        of = tokens[at + 1 : at + 2] and tokens[at + 1].lower == "of"
        named = next((name for name in names(question[tokens[at + 1].end :])), None) if of else None
        owns = token.text.casefold() != token.lower and [word.lower for word in tokens[at + 1 : at + 2]] != ["name"]
        if owns or not all(here.holds(word.text) for word in before):
            return False  # a possessive, or a kind of them that the sentence knows nothing of
        if named is not None and not all(here.holds(word.text) for word in words(named.text) if word.is_content):
            return False
    return True


def _filled(sentence: Sentence, start: int, end: int, enough: float, *, asked_for: bool = False) -> _Probe:
    before = sentence.text[:start].rstrip()
    return _Probe(sentence, f"{before} {FILLING}{sentence.text[end:]}", len(before) + 1, enough, asked_for)


def _points_at(candidate: Candidate, probe: _Probe) -> bool:
    """Whether a candidate is the filling, with few words before it, or after it where it opens with it."""
    end = probe.start + len(FILLING)
    short = candidate.end - candidate.start < 4 * len(FILLING)
    return candidate.start <= probe.start and end <= candidate.end and (short or candidate.start == probe.start)
