"""Vectors in embedded Chroma, one folder a generation.      [with `vector_server`, the only one to import chromadb]

Chroma's embedded client is not made for several processes: two that open one changing folder read stale data
and can corrupt it. So no folder here ever changes once it is named in the catalogue. A generation is written whole
under a new name by the one writer, closed, and from then on only read, by any number of processes.

To take a row into an HNSW graph costs a thousand times what copying it there costs. So a generation that takes in
a larger one begins as a copy of its folder, and only the other rows are inserted.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamaged

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration, UpdateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
_BATCH = 5000

Row = tuple[int, int, NDArray[np.float32]]  # passage key, document key, vector


class VectorStore(Protocol):
    """Where vectors are searched. Each generation is named in the catalogue; safe to share by threads."""

    @property
    def grows(self) -> bool:
        """Whether a generation may grow in place; where not, `write` makes a new one that holds its base's rows too."""
        ...

    def has(self, name: str, rows: int) -> bool:
        """Whether the generation is there, with at least so many rows."""
        ...

    def write(self, rows: Iterable[Row], count: int, base: str | None = None) -> str:
        """Store `count` rows; returns the name of the generation that holds these and all that `base` held."""
        ...

    def query(
        self,
        generations: Sequence[str],
        vector: NDArray[np.float32],
        limit: int,
        documents: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The nearest passages over these generations, best first: (passage key, cosine).

        Raises IndexDamaged where a generation is gone or broken, so that it can be read again after a commit.
        """
        ...

    def keys(self, name: str) -> set[int]:
        """Every passage key that a generation holds."""
        ...

    def forget(self, keys: Sequence[int], generations: Sequence[str]) -> None:
        """These passages are gone: delete their rows from the generations, where those may change."""
        ...

    def keep_open(self, generations: Sequence[str]) -> None:
        """Let go of generations that are none of these, as soon as no query runs on them."""
        ...

    def sweep(self, generations: Sequence[str]) -> None:
        """Delete every generation that is none of these."""
        ...

    def close(self) -> None:
        """Let go of all that is open."""
        ...


class FolderVectors:
    """The generations below one folder."""

    grows = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[Client, Collection]] = {}
        self._former: list[Client] = []
        self._queries = 0
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def has(self, name: str, rows: int) -> bool:
        """Whether the generation's folder is there: it is whole or not listed."""
        return (self._folder / name / _DATABASE).exists()

    def write(self, rows: Iterable[Row], count: int, base: str | None = None) -> str:
        """Write a new generation and close it; returns its name. Raises IndexDamaged where the disk refuses."""
        name = uuid.uuid4().hex
        folder = self._folder / name
        try:
            if base is not None:
                _copy(self._folder / base, folder)
            _insert(folder, rows, count)
            with closing(sqlite3.connect(folder / _DATABASE)) as database:
                database.execute("VACUUM")  # its log has held every vector once
        except _errors() as error:
            raise IndexDamaged(f"the vectors could not be written to {folder}: {error}") from error
        return name

    def query(
        self,
        generations: Sequence[str],
        vector: NDArray[np.float32],
        limit: int,
        documents: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The nearest passages over all generations, best first: (passage key, cosine). They are asked all at once.

        Raises IndexDamaged where a generation is gone or broken.
        """

        def hits(name: str) -> list[tuple[int, float]]:
            with self._reading(name) as collection:
                return hits_of(collection, vector, limit, of_documents(documents))

        others = [self._threads().submit(hits, name) for name in generations[1:]]
        found = [hit for name in generations[:1] for hit in hits(name)]
        return best(found + [hit for other in others for hit in other.result()], limit)

    def keys(self, name: str) -> set[int]:
        """Every passage key that a generation holds."""
        with self._reading(name) as collection:
            return {int(id) for id in collection.get(include=[])["ids"]}

    def forget(self, keys: Sequence[int], generations: Sequence[str]) -> None:
        """Nothing: the catalogue hides them until their generation is absorbed."""

    def keep_open(self, generations: Sequence[str]) -> None:
        """Close the generations that are no longer current, as soon as no query runs on them."""
        with self._lock:
            self._former += [self._open.pop(name)[0] for name in self._open.keys() - set(generations)]
            self._close_former()

    def sweep(self, generations: Sequence[str]) -> None:
        """Delete every folder that is none of these: a former generation, or one whose writer was stopped."""
        self.keep_open(generations)
        if self._folder.exists():
            for path in self._folder.iterdir():
                if path.name not in generations:
                    shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Close all that is open."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
        self.keep_open([])

    def _threads(self) -> ThreadPoolExecutor:
        """Chroma computes without Python's lock, so that a thread for each generation pays."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(thread_name_prefix="generation")
            return self._pool

    @contextmanager
    def _reading(self, name: str) -> Iterator[Collection]:
        try:
            with self._lock:
                if name not in self._open:
                    if not self.has(name, 0):  # PersistentClient would make an empty folder in its place
                        raise OSError("it is missing")
                    client = _client(self._folder / name)
                    self._open[name] = client, client.get_collection(_COLLECTION, embedding_function=None)
                collection = self._open[name][1]
                self._queries += 1
            try:
                yield collection
            finally:
                with self._lock:
                    self._queries -= 1
                    self._close_former()
        except _errors() as error:
            raise IndexDamaged(
                f"the vectors in {self._folder / name} cannot be read ({error}): `assistant index PATH`, with a folder"
                " indexed before, writes them again; so does `assistant index --rebuild`"
            ) from error

    def _close_former(self) -> None:
        if not self._queries:
            while self._former:
                self._former.pop().close()


def breadth(rows: int) -> int:
    """How many candidates a search of an HNSW graph of so many rows keeps at a time: Chroma's `ef_search`.

    Chroma's own up to 25,000 rows, and from there on as the square root of their number: with the same breadth more
    rows are found less surely. `python -m benchmarks.growth` shows recall@10 and milliseconds.
    """
    return max(100, 2 * isqrt(rows // 10))


def hits_of(
    collection: Collection, vector: NDArray[np.float32], limit: int, where: dict[str, Any] | None
) -> list[tuple[int, float]]:
    """The nearest rows of one collection: (passage key, cosine)."""
    result = collection.query(query_embeddings=vector[None, :], n_results=limit, where=where, include=["distances"])
    distances = (result["distances"] or [[]])[0]
    return [(int(id), 1.0 - distance) for id, distance in zip(result["ids"][0], distances, strict=True)]


def of_documents(documents: Sequence[int] | None) -> dict[str, Any] | None:
    """Chroma's filter for rows of these documents; None is all."""
    return None if documents is None else {"document": {"$in": list(documents)}}


def best(hits: list[tuple[int, float]], limit: int) -> list[tuple[int, float]]:
    """The first `limit` hits of several collections together."""
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:limit]


def _copy(base: Path, folder: Path) -> None:
    """A generation's folder again. Its database is copied by SQLite: opening it to read leaves a mark in there."""
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
    with closing(sqlite3.connect(base / _DATABASE)) as database:
        database.execute("VACUUM INTO ?", (str(folder / _DATABASE),))


def _insert(folder: Path, rows: Iterable[Row], count: int) -> None:
    """Add `count` rows to the collection in a folder, which is made where there is none."""
    # Chroma keeps what lies beyond a multiple of sync_threshold in a log that every opening replays into the
    # folder's files. With the threshold at the number of rows all of it is in place before the first reader comes,
    # and reading writes nothing there.
    steps = {"sync_threshold": max(count, 2), "batch_size": min(max(count, 2), 100)}
    if (folder / _DATABASE).exists():
        with closing(_client(folder)) as client:
            collection = client.get_collection(_COLLECTION, embedding_function=None)
            wider = {**steps, "ef_search": breadth(collection.count() + count)}
            collection.modify(configuration={"hnsw": cast("UpdateHNSWConfiguration", wider)})
    with closing(_client(folder)) as client:
        graph = {"space": "cosine", "ef_search": breadth(count), **steps}
        collection = client.get_or_create_collection(
            _COLLECTION,
            embedding_function=None,
            configuration={"hnsw": cast("CreateHNSWConfiguration", graph)},
        )
        for batch in _batches(rows):
            collection.add(
                ids=[str(key) for key, _, _ in batch],
                embeddings=np.stack([vector for _, _, vector in batch]),
                metadatas=[{"document": document} for _, document, _ in batch],
            )


def _client(path: Path) -> Client:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path=str(path), settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # declared as ClientAPI, which has no close()


def _errors() -> tuple[type[Exception], ...]:
    from chromadb.errors import ChromaError

    return ChromaError, sqlite3.Error, OSError, ValueError


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
