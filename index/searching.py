"""Vectors and keywords fused into one ranking of passages, as of one committed state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.embedding import Embedder
from index.errors import IndexDamaged
from index.keywords import KeywordStore
from index.types import Match
from index.vectors import VectorStore

DEPTH = 50  # candidates that each side brings to the fusion
# Chosen by `python -m benchmarks.fusion` on SQuAD 1.1 dev's 29 articles that no test uses.
DENSE_WEIGHT = 30.0
_SPARE = 16  # hits that a side is asked for beyond what is wanted, since some may not be live
_ATTEMPTS = 8

T = TypeVar("T")
Hits = list[tuple[int, float]]  # passage keys and scores, best first
Side = Callable[[int], Hits]  # its best so many


class Searcher:
    """Finds passages; every search answers from one committed state, whoever writes meanwhile."""

    def __init__(self, catalogue: Catalogue, vectors: VectorStore, keywords: KeywordStore, embedder: Embedder) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._keywords = keywords
        self._embedder = embedder
        self._threads = ThreadPoolExecutor(thread_name_prefix="search")

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()

    def hybrid(self, query: str, k: int, documents: Sequence[str] | None = None) -> list[Match]:
        """The k best passages by both sides together, best first."""
        vector = self._embedder.embed_query(query)

        def search() -> list[Match]:
            among = self._among(documents)
            depth = max(DEPTH, 2 * k)
            dense = self._begun(self._dense(vector, among), depth)
            bm25s = dict(self._live(self._words(query, among), depth, among))
            cosines = self._cosines(vector, list(bm25s)) | dict(self._live(dense, depth, among))
            # Each side scores what the other alone has brought, so that every candidate has both scores.
            bm25s |= self._keywords.scores(query, [key for key in cosines if key not in bm25s])
            return self._fused(cosines, bm25s, k)

        return self._consistently(search)

    def dense(self, query: str, k: int, documents: Sequence[str] | None = None) -> list[Match]:
        """The k passages nearest by cosine; `score` is the cosine, cut off below 0."""
        vector = self._embedder.embed_query(query)

        def search() -> list[Match]:
            among = self._among(documents)
            hits = self._live(self._dense(vector, among), k, among)
            passages = self._catalogue.passages([key for key, _ in hits])
            return [Match(passages[key], max(cosine, 0.0), cosine, 0.0) for key, cosine in hits]

        return self._consistently(search)

    def keyword(self, query: str, k: int, documents: Sequence[str] | None = None) -> list[Match]:
        """The k passages with the highest BM25; `score` is relative to the best."""

        def search() -> list[Match]:
            among = self._among(documents)
            hits = self._live(self._words(query, among), k, among)
            passages = self._catalogue.passages([key for key, _ in hits])
            best = hits[0][1] if hits else 1.0
            return [Match(passages[key], bm25 / best, 0.0, bm25) for key, bm25 in hits]

        return self._consistently(search)

    def _cosines(self, vector: NDArray[np.float32], keys: list[int]) -> dict[int, float]:
        return {key: float(other @ vector) for key, other in self._catalogue.vectors(keys).items()}

    def _fused(self, cosines: dict[int, float], bm25s: dict[int, float], k: int) -> list[Match]:
        keys = list(cosines)
        cosine = np.array([cosines[key] for key in keys])
        bm25 = np.array([bm25s.get(key, 0.0) for key in keys])
        scores = fuse(cosine, bm25)
        order = sorted(range(len(keys)), key=lambda i: (-scores[i], keys[i]))[:k]
        passages = self._catalogue.passages([keys[i] for i in order])
        return [Match(passages[keys[i]], float(scores[i]), float(cosine[i]), float(bm25[i])) for i in order]

    def _dense(self, vector: NDArray[np.float32], among: list[int] | None) -> Side:
        generations = self._catalogue.generations()
        self._vectors.keep_open(generations)
        if among == []:
            return lambda limit: []
        return lambda limit: self._vectors.query(generations, vector, limit, among)

    def _words(self, query: str, among: list[int] | None) -> Side:
        return lambda limit: self._keywords.query(query, limit, among)

    def _begun(self, side: Side, limit: int) -> Side:
        """The side, its best `limit` already being looked for: what is done meanwhile costs no time."""
        first = self._threads.submit(side, limit + _SPARE)
        return lambda asked: first.result() if asked == limit + _SPARE else side(asked)

    def _live(self, side: Side, limit: int, among: list[int] | None) -> Hits:
        """A side's best `limit` hits that are live: it may hold passages not yet, or no longer, committed."""
        asked = limit + _SPARE
        while True:
            hits = side(asked)
            live = self._catalogue.live([key for key, _ in hits], among)
            kept = [hit for hit in hits if hit[0] in live]
            if len(kept) >= limit or len(hits) < asked:
                return kept[:limit]
            asked *= 2

    def _among(self, documents: Sequence[str] | None) -> list[int] | None:
        return None if documents is None else self._catalogue.keys_of(documents)

    def _consistently(self, search: Callable[[], T]) -> T:
        """Run a search inside one snapshot, again where a commit has taken its stores away meanwhile."""
        for attempt in range(_ATTEMPTS):
            try:
                with self._catalogue.snapshot():
                    before = self._catalogue.revision  # pins the snapshot before a store is looked at
                    result = search()
            except IndexDamaged:
                if self._catalogue.revision == before or attempt == _ATTEMPTS - 1:
                    raise
                continue
            if self._catalogue.revision == before:
                break
        return result


def fuse(
    cosine: NDArray[np.float64], bm25: NDArray[np.float64], dense_weight: float = DENSE_WEIGHT
) -> NDArray[np.float64]:
    """Scores (n,) in [0, 1) from both sides' scores of n passages.

    A convex combination of the raw scores, as in Bruch, Gai & Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval" (2023), brought into [0, 1) by x / (x + dense_weight). It needs no look at the other candidates, and
    it lets BM25 fade of itself where a collection is so small that words tell little.
    """
    relevance = dense_weight * np.maximum(cosine, 0.0) + bm25
    return relevance / (relevance + dense_weight)
