"""Which words of a passage bear a claim out: the sentence, or the few in a row, that say most of it.

Words that both share weigh by what they tell (names and numbers twice); the embeddings decide between sentences
that share as much, and tell which other words mean the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant import gaps
from assistant.checking.dates import Date, date_is_borne_out, dates
from assistant.checking.naming import Names, missing_from
from assistant.checking.numbers import Number, number_is_borne_out, numbers
from assistant.checking.verbs import root
from assistant.words import Word, content_words, word_set
from index import Embedder
from index.sentences import sentences
from index.types import Match, Span

SYNONYMS = 0.45
"""Two words mean nearly the same from this cosine up: with all-MiniLM-L6-v2 "praised" and "congratulated" are at
0.47, "gift" and "gave" at 0.49, "assassinated" and "leaders" at 0.37."""

SAME = 0.6
"""Two words mean the same from this cosine up: "bought" and "acquired" are at 0.66, "pact" and "agreement" at 0.52."""

_LONGEST = 3  # sentences in a row that one citation may quote
_PLAIN = word_set(
    "say says said saying state states stated stating add adds added adding note notes noted tell tells told"
    " describe describes described call calls called report reports reported mention mentions mentioned announce"
    " announced according make makes made making take takes took taken taking give gives gave given giving get"
    " gets got go goes went gone going come comes came place held hold happen happened occur occurred put puts"
    " bring brings brought use uses used using include includes included including also during while however"
    " article text passage document source statement thing things way ways part several various well forward back"
    " together both other others new regarding involving related following would will could should may might plan"
    " plans planned bringing time times such same many express expressed expressing kind kinds type types sort sorts"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that was handed to the model under `number`; its sentences and holes are offsets into its text."""

    number: int
    document: str
    start: int
    text: str
    sentences: tuple[Span, ...]
    holes: tuple[Span, ...]

    @classmethod
    def of(cls, number: int, match: Match) -> Source:
        """The passage of `match`."""
        passage = match.passage
        found = tuple(sentences(passage.text))
        missing = tuple(
            Span(sentence.start + hole.start, sentence.start + hole.end)
            for sentence in found
            for hole in gaps.holes(passage.text[sentence.start : sentence.end])
        )
        return cls(number, passage.document, passage.start, passage.text, found, missing)


@dataclass(frozen=True, slots=True)
class Alignment:
    """How well a stretch of a source bears a claim out.

    `start` and `end` are offsets into `source.text`; `covered` in [0, 1] is the weighted share of the claim's words
    that stand there or mean the same as a word there; `cosine` compares the claim with the stretch; `own` are the
    claim's words without a counterpart.
    """

    source: Source
    start: int
    end: int
    covered: float
    cosine: float
    own: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words of the source, as they stand."""
        return self.source.text[self.start : self.end]

    @property
    def score(self) -> float:
        """Support in [0, 1]: the mean of covered words and similarity."""
        return (self.covered + max(self.cosine, 0.0)) / 2


class Aligner:
    """Finds the stretch of a source that bears a claim out. One for each answer: it remembers what it embedded."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def align(self, claim: str, source: Source) -> Alignment:
        """The stretch of at most three sentences of `source` that bears `claim` out best.

        A sentence with a hole stands alone: what its neighbours say must not fill it.
        """
        wanted = Wanted(claim)
        nearest = sorted(_shares(wanted, source), reverse=True)[:4]
        alike = self._cosines(claim, [_at(source, index, index) for _, index in nearest])
        best = max(zip(nearest, alike, strict=True), key=lambda found: found[0][0] + 0.5 * found[1])[0][1]
        first, last = _widened(wanted, source, best)
        stretch = _at(source, first, last)
        own = wanted.missing(stretch)
        same = self._synonyms(own, stretch)
        return Alignment(
            source,
            source.sentences[first].start,
            source.sentences[last].end,
            wanted.weight([word for word in wanted.words if word not in own or word.text in same]) / wanted.total,
            max(self._cosines(claim, [_at(source, index, index) for index in range(first, last + 1)])),
            tuple(word.text for word in own if word.text not in same),
        )

    def own_words(self, claim: str, text: str) -> list[Word]:
        """The content words of `claim` that neither stand in `text` nor mean just what a word there means."""
        own = Wanted(claim).missing(text)
        same = self._synonyms(own, text, SAME)
        return [word for word in own if word.text not in same]

    def replacing(self, own: Sequence[Word], claim: str, text: str) -> set[str]:
        """Those of `own`, words of `claim`, that stand for a word of `text` which the claim leaves out.

        A paraphrase puts a word in the place of one that means nearly the same, beside the same other words. What fills
        a hole takes nothing's place.
        """
        claimed, stated = _neighbours(claim), _neighbours(text)
        said = {root(word.text) for word, _ in claimed}
        found: set[str] = set()
        for word, beside in claimed:
            places = [at.text for at, near in stated if root(at.text) not in said and beside & near]
            found |= self._synonyms([word], " ".join(places)) if word in own else set()
        return found

    def _synonyms(self, own: Sequence[Word], text: str, alike_from: float = SYNONYMS) -> set[str]:
        """Those of `own` that mean nearly what some content word of `text` means; names and numbers never do."""
        plain = [word for word in own if not word.is_capitalised and not word.is_number]
        there = list({word.lower for word in content_words(text) if not word.is_number and not word.is_capitalised})
        if not plain or not there:
            return set()
        nearness = self._embedded([word.lower for word in plain]) @ self._embedded(there).T
        return {word.text for word, near in zip(plain, nearness.max(axis=1), strict=True) if near >= alike_from}

    def likeness(self, one: str, other: str) -> float:
        """The cosine of two texts."""
        return self._cosines(one, [other])[0]

    def _cosines(self, text: str, others: Sequence[str]) -> list[float]:
        vectors = self._embedded([text, *others])
        return [float(cosine) for cosine in vectors[1:] @ vectors[0]]

    def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The texts' vectors, (texts, dimension)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            vectors = self._embedder.embed_passages([self._readable(text) for text in new])
            self._vectors.update(zip(new, vectors, strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def _readable(self, text: str) -> str:
        """The text, or the beginning that stands for one longer than the model reads."""
        while self._embedder.count_tokens(text) > self._embedder.limit:
            text = text[: len(text) * 3 // 4]
        return text


def _shares(wanted: Wanted, source: Source) -> list[tuple[float, int]]:
    """For each sentence of `source` the share of the words that stand in it, and its index.

    A word tells less about where a claim comes from, the more sentences have it.
    """
    standing = []
    for index in range(len(source.sentences)):
        missing = wanted.missing(_at(source, index, index))
        standing.append([word for word in wanted.words if word not in missing])
    everywhere = Counter(word for words in standing for word in words)
    telling = {word: 1 / max(1, everywhere[word]) for word in wanted.words}
    total = sum(telling.values()) or 1.0
    return [(sum(telling[word] for word in words) / total, index) for index, words in enumerate(standing)]


def _neighbours(text: str) -> list[tuple[Word, frozenset[str]]]:
    """The content words of `text`, each with the roots of the two before and the two after it."""
    said = [word for word in content_words(text) if not is_plain(word)]
    roots = [root(word.text) for word in said]
    return [(word, frozenset(roots[max(0, at - 2) : at] + roots[at + 1 : at + 3])) for at, word in enumerate(said)]


def _widened(wanted: Wanted, source: Source, best: int) -> tuple[int, int]:
    """The sentence `best` and its neighbours, as far as they bear out more."""
    first = last = best
    whole = [not touches(sentence.start, sentence.end, source.holes) for sentence in source.sentences]
    while whole[best] and last - first + 1 < _LONGEST:
        covered = wanted.share(_at(source, first, last))
        options = [
            (a, b)
            for a, b in ((first, last + 1), (first - 1, last))
            if a >= 0 and b < len(source.sentences) and whole[a] and whole[b]
        ]
        gains = [(wanted.share(_at(source, a, b)) - covered, a, b) for a, b in options]
        if not gains or max(gains)[0] < 0.15:
            break
        _, first, last = max(gains)
    return first, last


class Wanted:
    """The content words of a claim, each with its weight; those of a date and a number stand or fall together."""

    def __init__(self, claim: str) -> None:
        said = content_words(claim)
        self.words = [word for word in said if not is_plain(word)] or said
        self._numbers = {number.span.start: number for number in numbers(claim)}
        self._dates = dates(claim)
        self.total = self.weight(self.words) or 1.0

    def weight(self, words: Sequence[Word]) -> float:
        """What these words of the claim weigh together."""
        return float(sum(2 if word.is_capitalised or word.start in self._numbers else 1 for word in words))

    def missing(self, text: str) -> list[Word]:
        """The words of the claim that do not stand in `text` in any form."""
        stated = Stated.of(text)
        return [word for word in self.words if not self._stands_in(word, stated)]

    def share(self, text: str) -> float:
        """The weighted share of the words that stand in `text`."""
        return 1.0 - self.weight(self.missing(text)) / self.total

    def _stands_in(self, word: Word, stated: Stated) -> bool:
        readings = [date for date in self._dates if date.span.start <= word.start < date.span.end]
        if readings:
            return any(date_is_borne_out(date, stated.dates) for date in readings)
        number = self._numbers.get(word.start)
        if number is not None and number_is_borne_out(number, stated.numbers):
            return True
        return root(word.text) in stated.roots or not missing_from(word.text, stated.names)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a text states, ready to be compared with a claim."""

    names: Names
    roots: frozenset[str]
    numbers: tuple[Number, ...]
    dates: tuple[Date, ...]

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(text: str) -> Stated:
        """The words, names, numbers and dates of `text`."""
        known = Names.of(text)
        return Stated(known, frozenset(root(word) for word in known.folded), tuple(numbers(text)), tuple(dates(text)))


def touches(start: int, end: int, holes: Sequence[Span]) -> bool:
    """Whether the stretch from `start` to `end` has one of the holes in it or at its edge."""
    return any(start <= hole.end and hole.start <= end for hole in holes)


def is_plain(word: Word) -> bool:
    """Whether a word only frames what is said ("stated", "according"), so that no source has to have it."""
    return word.lower in _PLAIN and not word.is_capitalised


def _at(source: Source, first: int, last: int) -> str:
    return source.text[source.sentences[first].start : source.sentences[last].end]
