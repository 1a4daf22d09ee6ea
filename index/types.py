"""The nouns of the index: what is read, what is found.

All offsets are in Unicode code points into `Document.text`, half-open: `text[start:end]`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A text that can be cited.

    `id` is what a person types to name it (its path relative to the indexed folder, made unique);
    `page_starts` holds the offset at which each page begins and is empty where the format has no pages.
    """

    id: str
    title: str
    text: str
    page_starts: tuple[int, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The 1-based page that holds the character at `offset`, or None where there are no pages."""
        return bisect_right(self.page_starts, offset) or 1 if self.page_starts else None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, without its document."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document that is embedded and found as one: `document.text[start:end] == text`."""

    document: str
    title: str
    start: int
    end: int
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that a search found, best first.

    `score` is the fused relevance in [0, 1] that the results are ranked by. `cosine` (in [-1, 1]) is the passage's
    similarity to the query; `bm25` (>= 0, 0 where no word is shared) is the keyword side's score.
    """

    passage: Passage
    score: float
    cosine: float
    bm25: float


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A line of the list of documents: sizes in passages and in characters, `indexed_at` in ISO 8601 UTC."""

    document: str
    title: str
    passages: int
    characters: int
    indexed_at: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why; the rest went on without it."""

    document: str
    error: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did, counted in documents; `passages` is how many were embedded."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    unchanged: int = 0
    failed: tuple[Failure, ...] = ()
    passages: int = 0
    seconds: float = 0.0

    @property
    def useful(self) -> bool:
        """Whether anything was indexed or taken away, or was already in order."""
        return bool(self.added or self.changed or self.renamed or self.unchanged or self.removed)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sync stands: `stage` is "read", "embed" or "publish"; `done` of `total` in files or passages."""

    stage: str
    done: int
    total: int


ProgressCallback = Callable[[Progress], None]
