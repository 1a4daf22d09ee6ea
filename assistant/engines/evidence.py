"""A question held against the sentences of its matches: which of its words each of them bears out, and how nearly.

Two measures of a word, for every sentence: `exact` (the word itself stands there, in some form) and `near` (a word
of similar meaning does, by the embedding model). Names and numbers have no synonyms: Osaka is near Tokyo, and not it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assistant.asked import DESCRIBING, MEASURES, SAYING, Asked, Kind, asked
from assistant.engines.judgement import Linear
from assistant.engines.meanings import Meanings
from assistant.likeness import Vocabulary
from assistant.spans import MEASURED, quotations, spans_for
from assistant.stemming import stem
from assistant.words import Word, content_words, names, stems, word_set, words
from index import Embedder
from index.sentences import sentences
from index.types import Match

Vectors = NDArray[np.float32]
Table = NDArray[np.float64]  # a row for each term of the question, a column for each sentence

_ABOUT_THE_TEXT = word_set("article text document documents passage author story report mention mentioned page")
_LIGHT = frozenset(
    stem(word)
    for word in word_set(
        "happen occur take place kind type sort name call people thing get go put hold make come begin start use have"
        " one two three four five together"
    )
)
_OF_LITTLE_MATTER = 0.15  # what is left of the weight of such a word, and of a noun that only says what is asked
_MEANS_NOTHING, _MEANS_THE_SAME = 0.25, 0.7  # cosines of two words so embedded


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a matched passage, placed in its document; `rank` is its passage's."""

    document: str
    start: int
    end: int
    text: str
    rank: int


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the question that the evidence should bear out; `weight` is how much that matters."""

    word: str
    weight: float
    named: bool  # a name or number, which nothing else can stand for


class Reading:
    """One question and the sentences that could answer it; what it costs is computed when first asked for."""

    def __init__(
        self, question: str, matches: Sequence[Match], embedder: Embedder, meanings: Meanings | None = None
    ) -> None:
        """`meanings` are those of `embedder`, where they are remembered from one question to the next."""
        self.question = question
        self.asked: Asked = asked(question)
        self.matches = matches
        self.sentences = sentences_of(matches)
        self._embedder = embedder
        self._meanings = meanings or Meanings(embedder)
        self.terms, self.exact = self._terms([Vocabulary(sentence.text) for sentence in self.sentences])
        self.weights = np.array([term.weight for term in self.terms])

    @cached_property
    def cosine(self) -> Table:
        """How near each sentence's meaning is to the question's, (sentences,)."""
        vectors = self._meanings.of([sentence.text for sentence in self.sentences])
        return np.asarray(vectors @ self._embedder.embed_query(self.question), dtype=np.float64)

    @cached_property
    def near(self) -> Table:
        """How nearly each sentence bears each term out, in [0, 1]; 1 where it is exact."""
        table = self.exact.copy()
        open_terms = [i for i, term in enumerate(self.terms) if not term.named and not self.exact[i].all()]
        spoken = [_common_words(sentence.text) for sentence in self.sentences]
        vocabulary = sorted(set().union(*spoken))
        if not open_terms or not vocabulary:
            return table
        place = {word: i for i, word in enumerate(vocabulary)}
        known = self._meanings.of_words(vocabulary)
        asked_for = self._meanings.of_words([self.terms[i].word for i in open_terms])
        likeness = np.clip((asked_for @ known.T - _MEANS_NOTHING) / (_MEANS_THE_SAME - _MEANS_NOTHING), 0, 1)
        for column, spoken_here in enumerate(spoken):
            if spoken_here:
                here = likeness[:, [place[word] for word in spoken_here]].max(axis=1)
                table[open_terms, column] = np.maximum(table[open_terms, column], here)
        return table

    @property
    def names_unknown(self) -> int:
        """How many of the question's names and numbers stand in none of the sentences: Putin, where nobody has him."""
        return sum(term.named and not row.any() for term, row in zip(self.terms, self.exact, strict=True))

    @property
    def told(self) -> dict[str, float]:
        """The stems of the question's terms, and how much each matters."""
        return {stem(term.word): term.weight for term in self.terms}

    def around(self, table: Table, i: int) -> NDArray[np.float64]:
        """What sentence `i` and its neighbours in the document bear out together, (terms,)."""
        here = self.sentences[i]
        columns = [
            j
            for j in (i - 1, i, i + 1)
            if 0 <= j < len(self.sentences)
            and self.sentences[j].document == here.document
            and abs(self.sentences[j].start - here.start) < 1500
        ]
        return np.asarray(table[:, columns].max(axis=1), dtype=np.float64)

    def within_passage(self, table: Table, i: int) -> NDArray[np.float64]:
        """What the passage of sentence `i` bears out, (terms,)."""
        columns = [j for j, sentence in enumerate(self.sentences) if sentence.rank == self.sentences[i].rank]
        return np.asarray(table[:, columns].max(axis=1), dtype=np.float64)

    def share(self, borne_out: NDArray[np.float64]) -> float:
        """The weighted share of the question's terms that is borne out; 1 where it has none."""
        total = float(self.weights.sum())
        return float(self.weights @ borne_out) / total if total else 1.0

    def new_spans(self, i: int) -> list[str]:
        """The stretches of sentence `i` that have the kind asked for and are not in the question already."""
        text = self.sentences[i].text
        told = set(stems(self.question))
        found = [text[span.start : span.end] for span in spans_for(self.asked, text)]
        return [span for span in found if not told.issuperset(stems(span) or [span])]

    def _terms(self, vocabularies: Sequence[Vocabulary]) -> tuple[list[Term], Table]:
        """The question's terms, rarer ones heavier, and whether each sentence holds them."""
        named = {word.start for name in names(self.question) for word in _within(self.question, name.start, name.end)}
        found: dict[str, tuple[Word, bool]] = {}
        asked_with = _asking_words(self.question, self.asked)
        for position, word in enumerate(content_words(self.question)):
            if word.start in asked_with:
                continue
            opens = position == 0 and word.start == 0
            is_name = word.is_number or (word.start in named and not opens)
            found.setdefault(stem(word.text), (word, is_name))
        rows = []
        terms = []
        soft_nouns = set(stems(self.asked.noun)) if self.asked.kind is not Kind.COUNT else set()
        for root, (word, is_name) in found.items():
            row = [float(vocabulary.holds(word.text)) for vocabulary in vocabularies]
            if word.lower in _ABOUT_THE_TEXT and not any(row):
                continue
            weight = float(np.log(1 + len(row) / (1 + sum(row))))
            if root in _LIGHT or root in soft_nouns:
                weight *= _OF_LITTLE_MATTER
            terms.append(Term(word.text, weight, is_name))
            rows.append(row)
        return terms, np.array(rows, dtype=np.float64).reshape(len(rows), len(self.sentences))


def sentences_of(matches: Sequence[Match]) -> list[Sentence]:
    """The sentences of the passages, each place once, in the order of the text within a passage."""
    found: dict[tuple[str, int], Sentence] = {}
    for rank, match in enumerate(matches):
        passage = match.passage
        for span in sentences(passage.text):
            text = passage.text[span.start : span.end]
            start, end = passage.start + span.start, passage.start + span.end
            known = found.get((passage.document, end))
            if known is None:
                found[passage.document, end] = Sentence(passage.document, start, end, text, rank)
    spoken = [one for one in found.values() if not one.text.isupper()]
    return spoken or list(found.values())  # a heading in capitals answers nothing unless there is nothing else


def features(reading: Reading) -> list[dict[str, float]]:
    """What speaks for each sentence, by name."""
    best = float(reading.cosine.max())
    return [_features(reading, i, best) for i in range(len(reading.sentences))]


def chances(reading: Reading, weights: Linear) -> Table:
    """How probable it is of each sentence that it is the one that answers, if any does: (sentences,), summing to 1."""
    scores = np.array([weights.score(found) for found in features(reading)])
    shares = np.exp(scores - scores.max())
    return np.asarray(shares / shares.sum())


def _features(reading: Reading, i: int, best: float) -> dict[str, float]:
    sentence = reading.sentences[i]
    match = reading.matches[sentence.rank]
    named = np.array([term.named for term in reading.terms], dtype=bool)
    kind = reading.asked.kind
    length = len(words(sentence.text))
    return {
        "cosine": float(reading.cosine[i]),
        "below best cosine": best - float(reading.cosine[i]),
        "passage cosine": match.cosine,
        "passage score": match.score,
        "passage rank": 1 / (1 + sentence.rank),
        "words here": reading.share(reading.exact[:, i]),
        "words around": reading.share(reading.around(reading.exact, i)),
        "words in passage": reading.share(reading.within_passage(reading.exact, i)),
        "near here": reading.share(reading.near[:, i]),
        "near around": reading.share(reading.around(reading.near, i)),
        "names here": float(reading.exact[named, i].mean()) if named.any() else 1.0,
        "names in passage": float(reading.within_passage(reading.exact, i)[named].mean()) if named.any() else 1.0,
        "pairs": _pairs(reading.question, sentence.text),
        f"has {kind}": float(bool(reading.new_spans(i))),
        "lacks the form": float(kind in MEASURED and not reading.new_spans(i)),
        "has quotation": float(kind is Kind.SAID and bool(quotations(sentence.text))),
        "short": float(length < 5),
        "length": float(np.log(1 + length)) / 4,
        "is question": float(sentence.text.rstrip().endswith("?")),
    }


def _asking_words(question: str, asked_for: Asked) -> set[int]:
    """Where the words stand that only say what is asked: "how many", "how large", "what did … say", "stand for"."""
    found = words(question)
    asking = {two.start for one, two in pairwise(found) if one.lower == "how" and two.lower in MEASURES}
    if asked_for.kind is Kind.SAID:
        asking |= {word.start for word in found if word.lower in SAYING or stem(word.text) in DESCRIBING}
    if asked_for.kind is Kind.EXPANSION:
        asking |= {word.start for word in found if stem(word.text) in {"stand", "mean", "short"}}
    return asking


def _pairs(question: str, text: str) -> float:
    """The share of the question's neighbouring content words that are neighbours in the text too."""
    asked_for, said = stems(question), stems(text)
    wanted = set(pairwise(asked_for))
    return len(wanted & set(pairwise(said))) / len(wanted) if wanted else 0.0


def _within(text: str, start: int, end: int) -> list[Word]:
    return [word for word in words(text) if start <= word.start < end]


def _common_words(text: str) -> list[str]:
    """The content words of a sentence that are neither names nor numbers, in small letters."""
    named = {word.start for name in names(text) for word in _within(text, name.start, name.end) if word.start > 0}
    return sorted({w.lower for w in content_words(text) if w.start not in named and not w.is_number})
