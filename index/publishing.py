"""Staged documents made visible, all stores agreeing, in an order that survives being stopped anywhere.

1. The keyword index takes the new passages in one commit.
2. A new vector generation is written that holds them and every generation it absorbs.
3. One transaction of the catalogue makes the documents live, drops their former versions and lists the generations.
4. What is no longer listed is deleted.

Stopped before 3, readers see the former state and the next writer does 1 and 2 again; stopped after it, they see
the new one and the next writer does 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.keywords import KeywordStore
from index.vectors import VectorStore
from index.writing import CatalogueWriter

_GROWTH = 16
"""Every generation that a search asks costs it a millisecond or two; a row that is copied, a thousandth of one."""


@dataclass(frozen=True, slots=True)
class _Merge:
    """What a new generation takes in: every row of `base`, which has `base_rows`, and `rows` others one by one."""

    absorbed: list[str]  # base among them
    rows: int
    base: str | None = None
    base_rows: int = 0


class Publisher:
    """Commits what the catalogue has staged; for the holder of the writer's lock."""

    def __init__(
        self, catalogue: CatalogueWriter, vectors: VectorStore, keywords: KeywordStore, fingerprint: str
    ) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._keywords = keywords
        self._fingerprint = fingerprint

    def publish(self) -> int:
        """Make every staged document live whose passages all have vectors; returns how many there were."""
        ready = self._catalogue.ready()
        documents = [document for document, _ in ready]
        replaced = self._catalogue.replaced_by(documents)
        size = sum(count for _, count in ready)
        lost_words = not self._keywords.usable
        indexed = self._catalogue.live_documents() if lost_words else []
        merge = self._merge(size, replaced)
        if not (documents or merge.absorbed or lost_words):
            self.sweep()
            return 0
        if lost_words:
            self._keywords.clear()
        self._keywords.update(self._catalogue.texts_of([*indexed, *documents]))
        generation = None
        if merge.rows:
            others = [name for name in merge.absorbed if name != merge.base]
            rows = self._catalogue.rows_for(documents, others, without=replaced)
            generation = self._vectors.write(rows, merge.rows, merge.base), merge.base_rows + merge.rows
        self._catalogue.publish(documents, generation, merge.absorbed, self._fingerprint)
        self.sweep()
        return len(documents)

    def sweep(self) -> None:
        """Delete what the catalogue no longer lists from the other stores."""
        if strays := self._catalogue.strays():
            if self._keywords.usable:
                self._keywords.update([], delete=strays)
            self._vectors.forget(strays, self._catalogue.generations())
            self._catalogue.forget_strays(strays)
        self._vectors.sweep(self._catalogue.generations())

    def _merge(self, new: int, replaced: set[int]) -> _Merge:
        """Which generations the next one takes in, with `new` rows of its own.

        As in a log-structured merge tree (O'Neil et al. 1996): whatever is not more than `_GROWTH` times the size of
        what is being written goes into it, so that sizes grow by that much from one generation to the next and there
        are few to be asked. The largest is taken whole, which costs next to nothing beside the rows that are inserted
        one by one. Such a row comes from one no larger and lands in one at least twice as large, so that happens to
        it at most log2(n) times. A generation that is mostly dead or lost is taken in whatever its size, row by row.
        Where generations grow in place there is one.
        """
        absorbed, total = [], new
        base, base_rows, base_live = None, 0, 0
        sizes = self._catalogue.generation_sizes(without=replaced)
        for name, size, live in sorted(sizes, key=lambda row: (row[2], row[0])):
            sound = 2 * live >= size and self._vectors.has(name, live)
            if (new and (live <= _GROWTH * total or self._vectors.grows)) or not sound:
                absorbed.append(name)
                total += live
                if sound and live >= base_live:
                    base, base_rows, base_live = name, size, live
        return _Merge(absorbed, total - base_live, base, base_rows)
