"""Staged documents made visible, all stores agreeing, in an order that survives being stopped anywhere.

1. The keyword index takes the new passages in one commit.
2. A new vector generation is written that holds them and every generation it absorbs.
3. One transaction of the catalogue makes the documents live, drops their former versions and lists the generations.
4. What is no longer listed is deleted.

Stopped before 3, readers see the former state and the next writer does 1 and 2 again; stopped after it, they see
the new one and the next writer does 4.
"""

from __future__ import annotations

import uuid

from index.keywords import KeywordStore
from index.vectors import VectorStore
from index.writing import CatalogueWriter


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
        absorbed, live = self._absorbed(size, replaced)
        if not (documents or absorbed or lost_words):
            self.sweep()
            return 0
        if lost_words:
            self._keywords.clear()
        self._keywords.update(self._catalogue.texts_of([*indexed, *documents]))
        generation = None
        if size + live:
            generation = uuid.uuid4().hex, size + live
            rows = self._catalogue.rows_for(documents, absorbed, without=replaced)
            self._vectors.write(generation[0], rows, size + live)
        self._catalogue.publish(documents, generation, absorbed, self._fingerprint)
        self.sweep()
        return len(documents)

    def sweep(self) -> None:
        """Delete what the catalogue no longer lists from the other stores."""
        if strays := self._catalogue.strays():
            if self._keywords.usable:
                self._keywords.update([], delete=strays)
            self._catalogue.forget_strays(strays)
        self._vectors.sweep(self._catalogue.generations())

    def _absorbed(self, new: int, replaced: set[int]) -> tuple[list[str], int]:
        """The generations that the new one takes in, and how many live rows they bring.

        As in a log-structured merge tree (O'Neil et al. 1996): whatever is not more than twice the size of what is
        being written is written anew with it, so that sizes at least double from one generation to the next, there
        are at most log2(n) of them and a row is rewritten at most log2(n) times. One that is mostly dead or has
        lost its folder is taken in whatever its size.
        """
        names, total = [], new
        sizes = self._catalogue.generation_sizes(without=replaced)
        for name, size, live in sorted(sizes, key=lambda row: (row[2], row[0])):
            if (new and live <= 2 * total) or 2 * live < size or not self._vectors.has(name):
                names.append(name)
                total += live
        return names, total - new
