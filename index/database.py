"""The SQLite file behind the catalogue: its tables, its connections and its transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.errors import IndexDamaged, NoIndex

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
CREATE INDEX IF NOT EXISTS staged ON documents (key) WHERE NOT live;
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
-- What says whether a hit is live, apart from the texts: a search asks it of a hundred passages all over the file.
CREATE INDEX IF NOT EXISTS passage_document ON passages (key, document);
CREATE INDEX IF NOT EXISTS document_live ON documents (key, live);
-- What a list of the documents shows and a sync compares, apart from the texts, between which all else is far apart.
CREATE INDEX IF NOT EXISTS listed ON documents (id, key, source, digest, title, length(text), indexed_at) WHERE live;
CREATE TABLE IF NOT EXISTS pending (
    passage INTEGER PRIMARY KEY   -- staged, and without a vector yet
);
CREATE TABLE IF NOT EXISTS vectors (passage INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS generations (name TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stray (
    passage INTEGER PRIMARY KEY   -- may still be in the keyword index
);
CREATE TABLE IF NOT EXISTS roots (root TEXT, source TEXT, PRIMARY KEY (root, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removed (source TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
"""


class Database:
    """One SQLite file in WAL mode, a connection for each thread. Writing is for the holder of the writer's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether anything was ever indexed here."""
        return self._path.exists()

    @property
    def inode(self) -> str:
        """The file's number in its file system: it stays when the folder is moved, a copy has another."""
        return str(self._path.stat().st_ino)

    def create(self) -> None:
        """Make the file where it is missing: whole or not at all, since readers look at it as soon as it is there.

        In one that an earlier release made, the tables that it lacks.
        """
        if self.exists:
            with self.change() as db:
                for statement in _SCHEMA.split(";\n"):
                    db.execute(statement)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".new")
        for leftover in self._path.parent.glob(aside.name + "*"):  # of a writer that was stopped right here
            leftover.unlink()
        connection = sqlite3.connect(aside, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        connection.close()
        aside.replace(self._path)

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
            raise IndexDamaged(
                f"the catalogue {self._path} cannot be read ({error}): `assistant index PATH` mends what it can"
            ) from error
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
            set_meta(db, name, value)


def set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    """Store a value by its name, as a part of a transaction."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def next_revision(db: sqlite3.Connection) -> None:
    """Make the transaction a new committed state."""
    row = db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
    set_meta(db, "revision", str(int(row[0]) + 1 if row else 1))


def marks(values: Sequence[object]) -> str:
    """Placeholders for so many values."""
    return ",".join("?" * len(values))


def chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """Values in groups that one statement takes."""
    for i in range(0, len(values), _MANY):
        yield values[i : i + _MANY]
