"""The truth about what is indexed, for the one writer: new versions staged, made live, renamed, taken away."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.database import chunks, marks, next_revision, set_meta
from index.types import Document, Span


@dataclass(frozen=True, slots=True)
class Pending:
    """A passage that has no vector yet."""

    key: int
    text: str


class CatalogueWriter(Catalogue):
    """Reads and changes one index's database; for the holder of the writer's lock."""

    def prepare(self, fingerprint: str) -> None:
        """Make the tables where they are missing, and forget what was staged with other settings."""
        self._db.create()
        if self._db.meta("inode") != self._db.inode:
            self._db.set_meta("identity", uuid.uuid4().hex)
            self._db.set_meta("inode", self._db.inode)
        if self._db.meta("staged_with") != fingerprint:
            self.discard_staged()
            self._db.set_meta("staged_with", fingerprint)
        with self._db.change() as db:
            db.execute(
                "INSERT OR IGNORE INTO pending SELECT p.key"
                " FROM documents d CROSS JOIN passages p ON p.document = d.key"  # in this order: few are staged
                " LEFT JOIN vectors v ON v.passage = p.key WHERE NOT d.live AND v.passage IS NULL"
            )

    # -- staging: a document's new version, with passages and vectors, before anyone can see it

    def staged(self) -> dict[str, str]:
        """Digests of the staged documents by their source."""
        with self._db.snapshot() as db:
            return dict(db.execute("SELECT source, digest FROM documents WHERE NOT live").fetchall())

    def stage(self, document: Document, source: str, digest: str, spans: Sequence[Span]) -> None:
        """Write a new version of a document beside the live one."""
        with self._db.change() as db:
            _discard(db, "source = ? AND NOT live", (source,))
            key = db.execute(
                "INSERT INTO documents (id, source, digest, live, title, text, page_starts, indexed_at)"
                " VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
                (
                    document.id,
                    source,
                    digest,
                    document.title,
                    document.text,
                    json.dumps(document.page_starts),
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            ).lastrowid
            db.executemany(
                'INSERT INTO passages (document, start, "end", page, text) VALUES (?, ?, ?, ?, ?)',
                [(key, s.start, s.end, document.page_at(s.start), document.text[s.start : s.end]) for s in spans],
            )
            db.execute("INSERT INTO pending SELECT key FROM passages WHERE document = ?", (key,))

    def pending(self, limit: int) -> list[Pending]:
        """Up to `limit` staged passages that have no vector yet."""
        with self._db.snapshot() as db:
            rows = db.execute(
                "SELECT p.key, p.text FROM pending JOIN passages p ON p.key = pending.passage"
                " ORDER BY pending.passage LIMIT ?",
                (limit,),
            ).fetchall()
        return [Pending(*row) for row in rows]

    def pending_count(self) -> int:
        """How many staged passages have no vector yet."""
        with self._db.snapshot() as db:
            (count,) = db.execute("SELECT count(*) FROM pending").fetchone()
        return int(count)

    def store_vectors(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors (n, dimension) of these passages, which then are pending no longer."""
        with self._db.change() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                [(key, v.astype(np.float32).tobytes()) for key, v in zip(keys, vectors, strict=True)],
            )
            db.executemany("DELETE FROM pending WHERE passage = ?", [(key,) for key in keys])

    def discard_staged(self, source: str | None = None) -> None:
        """Forget what was staged for a source, or everything staged."""
        where, values = ("NOT live", ()) if source is None else ("source = ? AND NOT live", (source,))
        with self._db.change() as db:
            _discard(db, where, values)

    # -- committing

    def ready(self) -> list[tuple[int, int]]:
        """(document key, how many passages) of each staged document whose passages all have a vector."""
        with self._db.snapshot() as db:
            return db.execute(
                "SELECT d.key, count(p.key) FROM documents d LEFT JOIN passages p ON p.document = d.key"
                " LEFT JOIN vectors v ON v.passage = p.key WHERE NOT d.live"
                " GROUP BY d.key HAVING count(p.key) = count(v.passage)"
            ).fetchall()

    def texts_of(self, documents: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        """(passage key, document key, text) of every passage of these documents."""
        with self._db.snapshot() as db:
            for chunk in chunks(documents):
                yield from db.execute(
                    f"SELECT key, document, text FROM passages WHERE document IN ({marks(chunk)})", chunk
                ).fetchall()

    def replaced_by(self, documents: Sequence[int]) -> set[int]:
        """The keys of the live documents that these staged ones will replace."""
        with self._db.snapshot() as db:
            return {
                key
                for chunk in chunks(documents)
                for (key,) in db.execute(
                    "SELECT live.key FROM documents live JOIN documents staged ON staged.source = live.source"
                    f" WHERE live.live AND NOT staged.live AND staged.key IN ({marks(chunk)})",
                    chunk,
                )
            }

    def generation_sizes(self, without: Iterable[int] = ()) -> list[tuple[str, int, int]]:
        """(name, rows, live rows) of each generation; the passages of documents `without` count as dead."""
        with self._db.snapshot() as db:
            leaving = Counter(
                generation
                for document in without
                for (generation,) in db.execute("SELECT generation FROM passages WHERE document = ?", (document,))
            )
            rows = db.execute(
                "SELECT name, size, (SELECT count(*) FROM passages p WHERE p.generation = g.name) FROM generations g"
            ).fetchall()
        return [(name, size, live - leaving[name]) for name, size, live in rows]

    def rows_for(
        self, documents: Sequence[int], generations: Sequence[str], without: set[int]
    ) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        """(passage key, document key, vector) of what a new generation shall hold.

        These documents' passages, and those generations' save what belongs to documents `without`.
        """
        select = "SELECT p.key, p.document, v.vector FROM passages p JOIN vectors v ON v.passage = p.key WHERE"
        with self._db.snapshot() as db:
            for column, values in (("document", documents), ("generation", generations)):
                for value in values:
                    for key, document, vector in db.execute(f"{select} p.{column} = ?", (value,)):
                        if document not in without:
                            yield key, document, np.frombuffer(vector, dtype=np.float32)

    def publish(
        self,
        documents: Sequence[int],
        generation: tuple[str, int] | None,
        absorbed: Sequence[str],
        fingerprint: str,
    ) -> None:
        """Make staged documents live in place of their former versions, and a generation take others' place."""
        with self._db.change() as db:
            for document in documents:
                _discard(db, "live AND source = (SELECT source FROM documents WHERE key = ?)", (document,))
                db.execute("UPDATE documents SET live = 1 WHERE key = ?", (document,))
            if generation:
                name, size = generation
                db.execute("INSERT OR REPLACE INTO generations VALUES (?, ?)", (name, size))
                for document in documents:
                    db.execute("UPDATE passages SET generation = ? WHERE document = ?", (name, document))
                absorbed = [former for former in absorbed if former != name]  # one that grew in place stays
                for former in absorbed:
                    db.execute("UPDATE passages SET generation = ? WHERE generation = ?", (name, former))
            for former in absorbed:
                db.execute("DELETE FROM generations WHERE name = ?", (former,))
            set_meta(db, "fingerprint", fingerprint)
            next_revision(db)

    def remove(self, sources: Sequence[str], *, lasting: bool = False) -> None:
        """Take live documents away; `lasting` keeps a sync from bringing back the same content."""
        with self._db.change() as db:
            for source in sources:
                if lasting:
                    db.execute(
                        "INSERT OR REPLACE INTO removed SELECT source, digest FROM documents WHERE live AND source = ?",
                        (source,),
                    )
                _discard(db, "source = ?", (source,))
            next_revision(db)

    def rename(self, source: str, new_source: str, new_id: str, title: str) -> None:
        """Move a live document to another path; its passages stay as they are."""
        with self._db.change() as db:
            _discard(db, "source = ? AND NOT live", (new_source,))
            db.execute(
                "UPDATE documents SET source = ?, id = ?, title = ? WHERE live AND source = ?",
                (new_source, new_id, title, source),
            )
            db.execute("DELETE FROM roots WHERE source = ?", (source,))
            next_revision(db)

    # -- what was indexed from where

    def sources_under(self, root: str) -> set[str]:
        """The sources that earlier syncs of this root saw."""
        with self._db.snapshot() as db:
            return {s for (s,) in db.execute("SELECT source FROM roots WHERE root = ?", (root,))}

    def remember_sources(self, root: str, seen: Iterable[str]) -> None:
        """Note which sources a sync of this root saw."""
        with self._db.change() as db:
            db.executemany("INSERT OR IGNORE INTO roots VALUES (?, ?)", [(root, s) for s in seen])

    def forget_sources(self, gone: Iterable[str]) -> None:
        """Note that these sources are no longer there."""
        with self._db.change() as db:
            db.executemany("DELETE FROM roots WHERE source = ?", [(s,) for s in gone])

    def removed(self) -> dict[str, str]:
        """Digests of what was removed by hand, by source."""
        with self._db.snapshot() as db:
            return dict(db.execute("SELECT source, digest FROM removed").fetchall())

    def forget_removed(self, source: str) -> None:
        """Let a source be indexed again."""
        with self._db.change() as db:
            db.execute("DELETE FROM removed WHERE source = ?", (source,))

    # -- passages that other stores may still hold

    def forget_strays(self, keys: Sequence[int]) -> None:
        """Note that these are gone from the keyword index too."""
        with self._db.change() as db:
            db.executemany("DELETE FROM stray WHERE passage = ?", [(key,) for key in keys])


def _discard(db: sqlite3.Connection, where: str, values: tuple[str | int, ...]) -> None:
    keys = [key for (key,) in db.execute(f"SELECT key FROM documents WHERE {where}", values)]
    for key in keys:
        db.execute("INSERT OR IGNORE INTO stray SELECT key FROM passages WHERE document = ?", (key,))
        db.execute("DELETE FROM pending WHERE passage IN (SELECT key FROM passages WHERE document = ?)", (key,))
        db.execute("DELETE FROM vectors WHERE passage IN (SELECT key FROM passages WHERE document = ?)", (key,))
        db.execute("DELETE FROM passages WHERE document = ?", (key,))
        db.execute("DELETE FROM documents WHERE key = ?", (key,))
