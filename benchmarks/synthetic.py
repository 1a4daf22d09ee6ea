"""A made-up collection of any size whose words and vectors lie as real ones do.

Words follow Zipf's law (a word of rank r is drawn with a probability proportional to 1 / r), the commonest are
English stop words, and sentences, documents and passages are as long as those of ordinary prose. Vectors lie in
clusters within clusters, and within a cluster a few directions hold most of the spread, as they do for embeddings of
text. Words and vectors are drawn apart, so the two sides of a search agree on nothing: its fusion then has the most
candidates to weigh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DIMENSION = 384
VOCABULARY = 200_000
STOP_WORDS = (
    "the",
    "of",
    "and",
    "to",
    "a",
    "in",
    "is",
    "it",
    "that",
    "for",
    "was",
    "on",
    "are",
    "as",
    "with",
    "be",
    "by",
)
_SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
_LIMIT = 256  # tokens a passage may have, as with all-MiniLM-L6-v2
_TOPICS, _SUBTOPICS = 64, 4096


class Prose:
    """Sentences of words drawn by Zipf's law; the same `seed` writes the same."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        weights = 1.0 / np.arange(1, VOCABULARY + 1)
        self._drawn_below = np.cumsum(weights / weights.sum())
        self._words = [*STOP_WORDS, *(_word(n) for n in range(VOCABULARY - len(STOP_WORDS)))]

    def words(self, count: int) -> list[str]:
        """So many words."""
        ranks = np.searchsorted(self._drawn_below, self._random.random(count))
        return [self._words[rank] for rank in np.minimum(ranks, VOCABULARY - 1)]

    def document(self, words: int) -> str:
        """A text of about so many words, in sentences of 8 to 24."""
        drawn = self.words(words)
        sentences = []
        while drawn:
            length = int(self._random.integers(8, 25))
            sentences.append(" ".join(drawn[:length]).capitalize() + ".")
            del drawn[:length]
        return " ".join(sentences)

    def questions(self, count: int) -> list[str]:
        """Questions of 6 to 12 words, stop words among them."""
        return [" ".join(self.words(int(self._random.integers(6, 13)))) for _ in range(count)]


def write_documents(folder: Path, passages: int, seed: int = 0) -> Iterator[int]:
    """Text files below `folder`, of about 50 passages each and `passages` in all; yields how many files are done."""
    prose = Prose(seed)
    files = max(passages // 50, 1)
    for n in range(files):
        path = folder / f"{n // 500:04}" / f"{n:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(prose.document(_WORDS_A_PASSAGE * 50))
        yield n + 1


_WORDS_A_PASSAGE = 154  # what the splitter makes of these sentences


class PreparedEmbedder:
    """An `index.Embedder` that costs next to nothing: a text's vector is drawn from the hash of the text."""

    name = "prepared"
    dimension = DIMENSION
    precision = "fp32"
    weights_hash = "clusters-1"
    limit = _LIMIT

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        topics = _unit(random.standard_normal((_TOPICS, DIMENSION)))
        apart = _unit(random.standard_normal((_SUBTOPICS, DIMENSION)))
        self._centres = _unit(topics[np.arange(_SUBTOPICS) % _TOPICS] + 0.8 * apart)
        spread = np.arange(1, DIMENSION + 1) ** -0.5
        self._spread = (0.7 * spread / np.linalg.norm(spread)).astype(np.float32)

    def count_tokens(self, text: str) -> int:
        """Four word pieces for three words, as English has, and two special tokens."""
        return text.count(" ") * 4 // 3 + 3 if text else 2

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, (texts, 384)."""
        return np.stack([self._vector(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, (384,): it lies among the passages of some cluster."""
        return self._vector(text)

    def _vector(self, text: str) -> NDArray[np.float32]:
        random = np.random.Generator(np.random.SFC64(list(hashlib.sha256(text.encode()).digest()[:16])))
        centre = self._centres[random.integers(_SUBTOPICS)]
        return _unit(centre + self._spread * random.standard_normal(DIMENSION, dtype=np.float32))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def _word(number: int) -> str:
    """A pronounceable word of two syllables or more, another for each number."""
    syllables = [number % 90, number // 90 % 90]
    rest = number // 8100
    while rest:
        syllables.append(rest % 90)
        rest //= 90
    return "".join(_SYLLABLES[s] for s in syllables)
