"""The truth about what is indexed: documents, passages and vectors in one SQLite file.

Chroma and the keyword index are made from it and may hold more than it says, never less: a passage exists for a
reader when, and only when, the catalogue calls its document live. Readers in any process see the last committed
state (SQLite's WAL mode); `revision` grows with each one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamaged, NoIndex, UnknownDocument
from index.types import Document, DocumentInfo, Passage, Span

FORMAT = 1
NOTHING_INDEXED = "nothing has been indexed yet: run `assistant index PATH` first"
_MANY = 500  # SQLite takes 32,766 parameters a statement; small chunks keep its plans cached

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    source TEXT NOT NULL,         -- where it came from: a file's absolute path, or upload:NAME
    digest TEXT NOT NULL,         -- SHA-256 of the file's bytes
    live INTEGER NOT NULL,        -- 0 while its passages are being embedded, then 1
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    page_starts TEXT NOT NULL,
    indexed_at TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS live_id ON documents (id) WHERE live;
CREATE UNIQUE INDEX IF NOT EXISTS one_of_a_source ON documents (source, live);
CREATE TABLE IF NOT EXISTS passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: a stray copy in a store cannot pass for another
    document INTEGER NOT NULL REFERENCES documents (key),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    text TEXT NOT NULL,
    generation TEXT               -- which vector generation holds it; NULL until it is published
);
CREATE INDEX IF NOT EXISTS passages_of_document ON passages (document);
CREATE INDEX IF NOT EXISTS passages_of_generation ON passages (generation);
CREATE TABLE IF NOT EXISTS vectors (passage INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS generations (name TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stray (passage INTEGER PRIMARY KEY);   -- may still be in the keyword index
CREATE TABLE IF NOT EXISTS roots (root TEXT, source TEXT, PRIMARY KEY (root, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removed (source TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A live document as sync sees it."""

    key: int
    id: str
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A passage that has no vector yet."""

    key: int
    text: str


class Catalogue:
    """The SQLite file of one index. One connection a thread; writing is for the holder of the writer's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    # -- connections

    @property
    def exists(self) -> bool:
        """Whether anything was ever indexed here."""
        return self._path.exists()

    def create(self) -> None:
        """Make the file and its tables where they are missing."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connect()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close every thread's connection."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            # A commit must outlive a power cut: what it replaces is deleted from the stores right after.
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A read transaction: everything inside sees one committed state. Raises NoIndex, IndexDamaged."""
        if not self.exists:
            raise NoIndex(NOTHING_INDEXED)
        connection = self._connect()
        if connection.in_transaction:  # a snapshot inside a snapshot is the same one
            yield connection
            return
        try:
            connection.execute("BEGIN")
            yield connection
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"the catalogue {self._path} cannot be read: {error}") from error
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it is committed, or none. Raises IndexDamaged."""
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"the catalogue {self._path} cannot be written: {error}") from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    # -- what the whole index is

    def meta(self, name: str) -> str | None:
        """A stored value by its name, or None."""
        if not self.exists:
            return None
        with self.snapshot() as db:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_meta(self, name: str, value: str) -> None:
        """Store a value by its name."""
        with self.change() as db:
            _set_meta(db, name, value)

    @property
    def revision(self) -> int:
        """How many states have been committed."""
        return int(self.meta("revision") or 0)

    # -- reading

    @property
    def holds_documents(self) -> bool:
        """Whether there is any live document."""
        if not self.exists:
            return False
        with self.snapshot() as db:
            return db.execute("SELECT 1 FROM documents WHERE live LIMIT 1").fetchone() is not None

    def documents(self) -> list[DocumentInfo]:
        """The live documents by id."""
        with self.snapshot() as db:
            rows = db.execute(
                "SELECT d.id, d.title, (SELECT count(*) FROM passages WHERE document = d.key), length(d.text),"
                " d.indexed_at FROM documents d WHERE d.live ORDER BY d.id"
            ).fetchall()
        return [DocumentInfo(*row) for row in rows]

    def document(self, id: str) -> Document:
        """A live document with its text. Raises UnknownDocument."""
        with self.snapshot() as db:
            row = db.execute(
                "SELECT id, title, text, page_starts FROM documents WHERE live AND id = ?", (id,)
            ).fetchone()
        if row is None:
            raise UnknownDocument(f"no document is called {id!r}: `assistant documents` lists them")
        return Document(row[0], row[1], row[2], tuple(json.loads(row[3])))

    def keys_of(self, ids: Iterable[str]) -> list[int]:
        """The live documents' keys. Raises UnknownDocument."""
        with self.snapshot() as db:
            keys = []
            for id in ids:
                row = db.execute("SELECT key FROM documents WHERE live AND id = ?", (id,)).fetchone()
                if row is None:
                    raise UnknownDocument(f"no document is called {id!r}: `assistant documents` lists them")
                keys.append(row[0])
        return keys

    def live(self, keys: Sequence[int], documents: Sequence[int] | None = None) -> set[int]:
        """Which of the passages belong to live documents (of these, where given)."""
        wanted = None if documents is None else set(documents)
        with self.snapshot() as db:
            return {
                key
                for chunk in _chunks(keys)
                for key, document in db.execute(
                    "SELECT p.key, p.document FROM passages p JOIN documents d ON d.key = p.document"
                    f" WHERE d.live AND p.key IN ({_marks(chunk)})",
                    chunk,
                )
                if wanted is None or document in wanted
            }

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """Passages by their key."""
        with self.snapshot() as db:
            return {
                row[0]: Passage(*row[1:])
                for chunk in _chunks(keys)
                for row in db.execute(
                    'SELECT p.key, d.id, d.title, p.start, p."end", p.text, p.page'
                    " FROM passages p JOIN documents d ON d.key = p.document"
                    f" WHERE p.key IN ({_marks(chunk)})",
                    chunk,
                )
            }

    def vectors(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors (dimension,) by their passage's key."""
        with self.snapshot() as db:
            return {
                key: np.frombuffer(vector, dtype=np.float32)
                for chunk in _chunks(keys)
                for key, vector in db.execute(
                    f"SELECT passage, vector FROM vectors WHERE passage IN ({_marks(chunk)})", chunk
                )
            }

    def generations(self) -> list[str]:
        """The names of the vector generations that together hold every live passage."""
        with self.snapshot() as db:
            return [name for (name,) in db.execute("SELECT name FROM generations ORDER BY size DESC, name")]

    # -- staging: a document's new version, with passages and vectors, before anyone can see it

    def held(self) -> dict[str, Held]:
        """The live documents by their source."""
        with self.snapshot() as db:
            rows = db.execute("SELECT key, id, source, digest FROM documents WHERE live").fetchall()
        return {row[2]: Held(*row) for row in rows}

    def staged(self) -> dict[str, str]:
        """Digests of the staged documents by their source."""
        with self.snapshot() as db:
            return dict(db.execute("SELECT source, digest FROM documents WHERE NOT live").fetchall())

    def stage(self, document: Document, source: str, digest: str, spans: Sequence[Span]) -> None:
        """Write a new version of a document beside the live one."""
        with self.change() as db:
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

    def pending(self, limit: int) -> list[Pending]:
        """Up to `limit` staged passages that have no vector yet."""
        with self.snapshot() as db:
            rows = db.execute(
                "SELECT p.key, p.text FROM documents d JOIN passages p ON p.document = d.key"
                " LEFT JOIN vectors v ON v.passage = p.key WHERE NOT d.live AND v.passage IS NULL"
                " ORDER BY p.key LIMIT ?",
                (limit,),
            ).fetchall()
        return [Pending(*row) for row in rows]

    def pending_count(self) -> int:
        """How many staged passages have no vector yet."""
        with self.snapshot() as db:
            (count,) = db.execute(
                "SELECT count(*) FROM documents d JOIN passages p ON p.document = d.key"
                " LEFT JOIN vectors v ON v.passage = p.key WHERE NOT d.live AND v.passage IS NULL"
            ).fetchone()
        return int(count)

    def store_vectors(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors (n, dimension) of these passages."""
        with self.change() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                [(key, v.astype(np.float32).tobytes()) for key, v in zip(keys, vectors, strict=True)],
            )

    def discard_staged(self, source: str | None = None) -> None:
        """Forget what was staged for a source, or everything staged."""
        where, values = ("NOT live", ()) if source is None else ("source = ? AND NOT live", (source,))
        with self.change() as db:
            _discard(db, where, values)

    # -- committing

    def ready(self) -> list[tuple[int, int]]:
        """(document key, how many passages) of each staged document whose passages all have a vector."""
        with self.snapshot() as db:
            return db.execute(
                "SELECT d.key, count(p.key) FROM documents d LEFT JOIN passages p ON p.document = d.key"
                " LEFT JOIN vectors v ON v.passage = p.key WHERE NOT d.live"
                " GROUP BY d.key HAVING count(p.key) = count(v.passage)"
            ).fetchall()

    def texts_of(self, documents: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        """(passage key, document key, text) of every passage of these documents."""
        with self.snapshot() as db:
            for chunk in _chunks(documents):
                yield from db.execute(
                    f"SELECT key, document, text FROM passages WHERE document IN ({_marks(chunk)})", chunk
                ).fetchall()

    def replaced_by(self, documents: Sequence[int]) -> set[int]:
        """The keys of the live documents that these staged ones will replace."""
        with self.snapshot() as db:
            return {
                key
                for chunk in _chunks(documents)
                for (key,) in db.execute(
                    "SELECT live.key FROM documents live JOIN documents staged ON staged.source = live.source"
                    f" WHERE live.live AND NOT staged.live AND staged.key IN ({_marks(chunk)})",
                    chunk,
                )
            }

    def generation_sizes(self, without: Iterable[int] = ()) -> list[tuple[str, int, int]]:
        """(name, rows, live rows) of each generation; the passages of documents `without` count as dead."""
        with self.snapshot() as db:
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
        with self.snapshot() as db:
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
        with self.change() as db:
            for document in documents:
                _discard(db, "live AND source = (SELECT source FROM documents WHERE key = ?)", (document,))
                db.execute("UPDATE documents SET live = 1 WHERE key = ?", (document,))
            if generation:
                name, size = generation
                db.execute("INSERT INTO generations VALUES (?, ?)", (name, size))
                for document in documents:
                    db.execute("UPDATE passages SET generation = ? WHERE document = ?", (name, document))
                for former in absorbed:
                    db.execute("UPDATE passages SET generation = ? WHERE generation = ?", (name, former))
            for former in absorbed:
                db.execute("DELETE FROM generations WHERE name = ?", (former,))
            _set_meta(db, "fingerprint", fingerprint)
            _next_revision(db)

    def remove(self, sources: Sequence[str], *, lasting: bool = False) -> None:
        """Take live documents away; `lasting` keeps a sync from bringing back the same content."""
        with self.change() as db:
            for source in sources:
                if lasting:
                    db.execute(
                        "INSERT OR REPLACE INTO removed SELECT source, digest FROM documents WHERE live AND source = ?",
                        (source,),
                    )
                _discard(db, "source = ?", (source,))
            _next_revision(db)

    def rename(self, source: str, new_source: str, new_id: str, title: str) -> None:
        """Move a live document to another path; its passages stay as they are."""
        with self.change() as db:
            _discard(db, "source = ? AND NOT live", (new_source,))
            db.execute(
                "UPDATE documents SET source = ?, id = ?, title = ? WHERE live AND source = ?",
                (new_source, new_id, title, source),
            )
            db.execute("DELETE FROM roots WHERE source = ?", (source,))
            _next_revision(db)

    # -- what was indexed from where

    def sources_under(self, root: str) -> set[str]:
        """The sources that earlier syncs of this root saw."""
        with self.snapshot() as db:
            return {s for (s,) in db.execute("SELECT source FROM roots WHERE root = ?", (root,))}

    def remember_sources(self, root: str, seen: Iterable[str]) -> None:
        """Note which sources a sync of this root saw."""
        with self.change() as db:
            db.executemany("INSERT OR IGNORE INTO roots VALUES (?, ?)", [(root, s) for s in seen])

    def forget_sources(self, gone: Iterable[str]) -> None:
        """Note that these sources are no longer there."""
        with self.change() as db:
            db.executemany("DELETE FROM roots WHERE source = ?", [(s,) for s in gone])

    def removed(self) -> dict[str, str]:
        """Digests of what was removed by hand, by source."""
        with self.snapshot() as db:
            return dict(db.execute("SELECT source, digest FROM removed").fetchall())

    def forget_removed(self, source: str) -> None:
        """Let a source be indexed again."""
        with self.change() as db:
            db.execute("DELETE FROM removed WHERE source = ?", (source,))

    # -- passages that other stores may still hold

    def strays(self) -> list[int]:
        """Keys of passages that are gone from here and may still be in the keyword index."""
        with self.snapshot() as db:
            return [key for (key,) in db.execute("SELECT passage FROM stray")]

    def forget_strays(self, keys: Sequence[int]) -> None:
        """Note that these are gone from the keyword index too."""
        with self.change() as db:
            db.executemany("DELETE FROM stray WHERE passage = ?", [(key,) for key in keys])

    def live_passages(self) -> set[int]:
        """The keys of every live passage."""
        with self.snapshot() as db:
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
        with self.snapshot() as db:
            found = {what: [key for (key,) in db.execute(query)] for what, query in checks.items()}
        return [f"{what}: {keys[:10]}" for what, keys in found.items() if keys]

    def live_documents(self) -> list[int]:
        """The keys of the live documents."""
        with self.snapshot() as db:
            return [key for (key,) in db.execute("SELECT key FROM documents WHERE live ORDER BY key")]


def _discard(db: sqlite3.Connection, where: str, values: tuple[str | int, ...]) -> None:
    keys = [key for (key,) in db.execute(f"SELECT key FROM documents WHERE {where}", values)]
    for key in keys:
        db.execute("INSERT OR IGNORE INTO stray SELECT key FROM passages WHERE document = ?", (key,))
        db.execute("DELETE FROM vectors WHERE passage IN (SELECT key FROM passages WHERE document = ?)", (key,))
        db.execute("DELETE FROM passages WHERE document = ?", (key,))
        db.execute("DELETE FROM documents WHERE key = ?", (key,))


def _set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _next_revision(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
    _set_meta(db, "revision", str(int(row[0]) + 1 if row else 1))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for i in range(0, len(values), _MANY):
        yield values[i : i + _MANY]
