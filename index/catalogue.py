"""The truth about what is indexed, for readers: documents, passages and vectors as of the last committed state.

Chroma and the keyword index are made from it and may hold more than it says, never less: a passage exists for a
reader when, and only when, the catalogue calls its document live. `revision` grows with each committed state.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.database import Database, chunks, marks
from index.errors import UnknownDocument
from index.types import Document, DocumentInfo, Passage


@dataclass(frozen=True, slots=True)
class Held:
    """A live document as sync sees it."""

    key: int
    id: str
    source: str
    digest: str


class Catalogue:
    """Reads one index's database. Every method raises NoIndex where there is none, IndexDamaged where it is broken."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """Everything read inside sees one committed state."""
        return self._db.snapshot()

    @property
    def revision(self) -> int:
        """How many states have been committed."""
        return int(self._db.meta("revision") or 0)

    @property
    def fingerprint(self) -> str | None:
        """What the live passages were made with, as `index.fingerprint` writes it."""
        return self._db.meta("fingerprint")

    @property
    def identity(self) -> str:
        """What tells this index apart from all others; the first writer gives it, and that of a copy another."""
        return self._db.meta("identity") or ""

    @property
    def holds_documents(self) -> bool:
        """Whether there is any live document."""
        if not self._db.exists:
            return False
        with self._db.snapshot() as db:
            return db.execute("SELECT 1 FROM documents WHERE live LIMIT 1").fetchone() is not None

    def documents(self) -> list[DocumentInfo]:
        """The live documents by id."""
        with self._db.snapshot() as db:
            rows = db.execute(
                "SELECT d.id, d.title, (SELECT count(*) FROM passages WHERE document = d.key), length(d.text),"
                " d.indexed_at FROM documents d INDEXED BY listed WHERE d.live ORDER BY d.id"
            ).fetchall()
        return [DocumentInfo(*row) for row in rows]

    def document(self, id: str) -> Document:
        """A live document with its text. Raises UnknownDocument."""
        id, title, text, page_starts = self._live_document(id, "id, title, text, page_starts")
        return Document(id, title, text, tuple(json.loads(page_starts)))

    def keys_of(self, ids: Iterable[str]) -> list[int]:
        """The live documents' keys. Raises UnknownDocument."""
        with self._db.snapshot():
            return [self._live_document(id, "key")[0] for id in ids]

    def source(self, id: str) -> str:
        """Where a live document came from. Raises UnknownDocument."""
        return str(self._live_document(id, "source")[0])

    def _live_document(self, id: str, columns: str) -> tuple[Any, ...]:
        with self._db.snapshot() as db:
            row: tuple[Any, ...] | None = db.execute(
                f"SELECT {columns} FROM documents WHERE live AND id = ?", (id,)
            ).fetchone()
        if row is None:
            raise UnknownDocument(f"no document is called {id!r}: `assistant documents` lists them")
        return row

    def live(self, keys: Sequence[int], documents: Sequence[int] | None = None) -> set[int]:
        """Which of the passages belong to live documents (of these, where given)."""
        wanted = None if documents is None else set(documents)
        with self._db.snapshot() as db:
            return {
                key
                for chunk in chunks(keys)
                for key, document in db.execute(
                    "SELECT p.key, p.document FROM passages p INDEXED BY passage_document"
                    " JOIN documents d INDEXED BY document_live ON d.key = p.document"
                    f" WHERE d.live AND p.key IN ({marks(chunk)})",
                    chunk,
                )
                if wanted is None or document in wanted
            }

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """Passages by their key."""
        with self._db.snapshot() as db:
            return {
                row[0]: Passage(*row[1:])
                for chunk in chunks(keys)
                for row in db.execute(
                    'SELECT p.key, d.id, d.title, p.start, p."end", p.text, p.page'
                    " FROM passages p JOIN documents d ON d.key = p.document"
                    f" WHERE p.key IN ({marks(chunk)})",
                    chunk,
                )
            }

    def vectors(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors (dimension,) by their passage's key."""
        with self._db.snapshot() as db:
            return {
                key: np.frombuffer(vector, dtype=np.float32)
                for chunk in chunks(keys)
                for key, vector in db.execute(
                    f"SELECT passage, vector FROM vectors WHERE passage IN ({marks(chunk)})", chunk
                )
            }

    def generations(self) -> list[str]:
        """The names of the vector generations that together hold every live passage."""
        with self._db.snapshot() as db:
            return [name for (name,) in db.execute("SELECT name FROM generations ORDER BY size DESC, name")]

    def held(self) -> dict[str, Held]:
        """The live documents by their source."""
        with self._db.snapshot() as db:
            rows = db.execute("SELECT key, id, source, digest FROM documents INDEXED BY listed WHERE live").fetchall()
        return {row[2]: Held(*row) for row in rows}

    def live_passages(self) -> set[int]:
        """The keys of every live passage."""
        with self._db.snapshot() as db:
            return {
                key
                for (key,) in db.execute(
                    "SELECT p.key FROM passages p JOIN documents d ON d.key = p.document WHERE d.live"
                )
            }

    def problems(self) -> list[str]:
        """What the catalogue's own tables disagree about, a line each."""
        checks = {
            "live passages that are not their document's text": (
                "SELECT p.key FROM passages p JOIN documents d ON d.key = p.document"
                ' WHERE d.live AND substr(d.text, p.start + 1, p."end" - p.start) != p.text'
            ),
            "live passages without a stored vector": (
                "SELECT p.key FROM passages p JOIN documents d ON d.key = p.document"
                " LEFT JOIN vectors v ON v.passage = p.key WHERE d.live AND v.passage IS NULL"
            ),
            "live passages of no listed generation": (
                "SELECT p.key FROM passages p JOIN documents d ON d.key = p.document"
                " LEFT JOIN generations g ON g.name = p.generation WHERE d.live AND g.name IS NULL"
            ),
            "passages of no document": (
                "SELECT p.key FROM passages p LEFT JOIN documents d ON d.key = p.document WHERE d.key IS NULL"
            ),
        }
        with self._db.snapshot() as db:
            found = {what: [key for (key,) in db.execute(query)] for what, query in checks.items()}
        return [f"{what}: {keys[:10]}" for what, keys in found.items() if keys]

    def live_documents(self) -> list[int]:
        """The keys of the live documents."""
        with self._db.snapshot() as db:
            return [key for (key,) in db.execute("SELECT key FROM documents WHERE live ORDER BY key")]

    def strays(self) -> list[int]:
        """Keys of passages that are gone from here and may still be in the keyword index."""
        with self._db.snapshot() as db:
            return [key for (key,) in db.execute("SELECT passage FROM stray")]
