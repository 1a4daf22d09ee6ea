"""Documents in, passages out: a searchable index of files that knows nothing of questions and answers.

with DocumentIndex.open(Path("data"), open_embedder()) as index:
    index.sync(Path("seeds"))
    index.search("who met in Tokyo?", k=5)
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.catalogue import Catalogue
from index.database import FORMAT, NOTHING_INDEXED, Database
from index.embedding import Embedder, open_embedder
from index.errors import IndexLocked, IndexMismatch, MissingPath, NoIndex
from index.keywords import KeywordStore
from index.publishing import Publisher
from index.searching import Searcher
from index.splitting import SPLITTER, Splitter
from index.syncing import Syncer
from index.types import (
    Document,
    DocumentInfo,
    Failure,
    Match,
    Passage,
    Progress,
    ProgressCallback,
    Span,
    SyncReport,
)
from index.vector_server import ChromaServer, ServerVectors
from index.vectors import FolderVectors, VectorStore
from index.writing import CatalogueWriter

__all__ = [
    "ChromaServer",
    "Document",
    "DocumentIndex",
    "DocumentInfo",
    "Embedder",
    "Failure",
    "Match",
    "Passage",
    "Progress",
    "ProgressCallback",
    "Span",
    "SyncReport",
    "open_embedder",
]


class DocumentIndex:
    """One data folder's documents. Any number of threads and processes may read while one process writes.

    Opening is cheap and leaves no trace; the folder is made by the first thing that is indexed.
    """

    def __init__(
        self, data_dir: Path, embedder: Embedder, *, lock_timeout: float = 5.0, server: ChromaServer | None = None
    ) -> None:
        self._folder = data_dir
        self.embedder = embedder
        self._lock_timeout = lock_timeout
        self._fingerprint = fingerprint(embedder)
        self._database = Database(data_dir / "catalogue.sqlite")
        self._catalogue = Catalogue(self._database)
        self._vectors: VectorStore = FolderVectors(data_dir / "vectors")
        if server is not None:
            self._vectors = ServerVectors(server, lambda: self._catalogue.identity)
        self._keywords = KeywordStore(data_dir / "keywords")
        self._searcher = Searcher(self._catalogue, self._vectors, self._keywords, embedder)

    @classmethod
    def open(
        cls,
        data_dir: Path,
        embedder: Embedder,
        *,
        lock_timeout: float = 5.0,
        server: ChromaServer | None = None,
        rebuild: bool = False,
    ) -> DocumentIndex:
        """Open the index in a folder, existing or not.

        `lock_timeout` is how many seconds a write waits for another process's to end. The vectors are on the
        `server` where one is given, else in the folder. Raises IndexMismatch where the index was built with other
        settings, unless it is opened to `rebuild` it.
        """
        index = cls(data_dir, embedder, lock_timeout=lock_timeout, server=server)
        if not rebuild:
            index._check_fingerprint()
        return index

    def __enter__(self) -> DocumentIndex:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that is open."""
        self._searcher.close()
        self._vectors.close()
        self._keywords.close()
        self._database.close()

    # -- writing

    def sync(self, path: Path, *, again: bool = False, progress: ProgressCallback | None = None) -> SyncReport:
        """Bring the index up to date with a file or folder; only what changed is embedded.

        Takes away only documents formerly indexed from this same path whose files are gone. What `remove` took
        away stays away until its file changes, or `again` is set. A file that cannot be read is reported in
        `failed`, and an earlier version of it stays. Raises MissingPath, IndexLocked, IndexMismatch, EmbeddingError.
        """
        if not path.exists():  # before the data folder is made for nothing
            raise MissingPath(f"{path} does not exist: give a file or folder that does")
        with self._writing(progress) as syncer:
            return syncer.sync(path, again=again)

    def upload(self, name: str, data: bytes, *, progress: ProgressCallback | None = None) -> SyncReport:
        """Index a file's bytes under its name; a former upload of that name is replaced.

        Raises UnreadableFile, IndexLocked, IndexMismatch, EmbeddingError.
        """
        with self._writing(progress) as syncer:
            return syncer.upload(name, data)

    def remove(self, id: str) -> None:
        """Take a document away until its file changes. Raises UnknownDocument, NoIndex, IndexLocked."""
        self._catalogue.document(id)
        with self._writing() as syncer:
            syncer.remove(id)

    def rebuild(self, *, progress: ProgressCallback | None = None) -> SyncReport:
        """Split and embed all documents anew from their stored texts, with the settings of now.

        Readers see the former state until the new one is complete. Raises NoIndex, IndexLocked, EmbeddingError.
        """
        if not self._database.exists:
            raise NoIndex(NOTHING_INDEXED)
        with self._writing(progress, rebuild=True) as syncer:
            return syncer.rebuild()

    # -- reading

    def search(self, query: str, k: int = 8, documents: Sequence[str] | None = None) -> list[Match]:
        """The k passages that best match by meaning and by words, best first; of these documents, where given.

        Raises NoIndex, UnknownDocument, IndexMismatch, IndexDamaged, VectorServerError, EmbeddingError.
        """
        self._check_readable()
        return self._searcher.hybrid(query, k, documents)

    def search_dense(self, query: str, k: int = 8, documents: Sequence[str] | None = None) -> list[Match]:
        """The k passages nearest by meaning alone."""
        self._check_readable()
        return self._searcher.dense(query, k, documents)

    def search_keyword(self, query: str, k: int = 8, documents: Sequence[str] | None = None) -> list[Match]:
        """The k best passages by words alone (BM25)."""
        self._check_readable()
        return self._searcher.keyword(query, k, documents)

    def documents(self) -> list[DocumentInfo]:
        """All documents by id. Raises NoIndex."""
        return self._catalogue.documents()

    def document(self, id: str) -> Document:
        """A document with its text. Raises UnknownDocument, NoIndex."""
        return self._catalogue.document(id)

    def text(self, id: str) -> str:
        """The text that citations' offsets count in. Raises UnknownDocument, NoIndex."""
        return self._catalogue.document(id).text

    @property
    def revision(self) -> int:
        """How many states have been committed: another number means that something changed."""
        return self._catalogue.revision

    def check(self) -> list[str]:
        """What the stores disagree about, a line each; empty when all is well. Reads everything."""
        with self._catalogue.snapshot():
            expected = self._catalogue.live_passages()
            problems = self._catalogue.problems()
            words = self._keywords.keys() if self._keywords.usable else set()
            found: list[int] = []
            for name in self._catalogue.generations():
                found += self._vectors.keys(name)
        live = [key for key in found if key in expected]
        strays = words - expected - set(self._catalogue.strays())
        for what, keys in (
            ("live passages without keywords", expected - words),
            ("keywords of unknown passages", strays),
            ("live passages without a vector in Chroma", expected - set(found)),
            ("live passages with several vectors in Chroma", {key for key in live if live.count(key) > 1}),
        ):
            if keys:
                problems.append(f"{what}: {sorted(keys)[:10]}")
        return problems

    # -- the writer's lock and the fingerprint

    @contextmanager
    def _writing(self, progress: ProgressCallback | None = None, *, rebuild: bool = False) -> Iterator[Syncer]:
        self._folder.mkdir(parents=True, exist_ok=True)
        holder = self._folder / "writer"
        lock = FileLock(self._folder / "lock", timeout=self._lock_timeout, is_singleton=False)
        try:
            lock.acquire()
        except Timeout as error:
            pid = holder.read_text().strip() if holder.exists() else "unknown"
            raise IndexLocked(
                f"another process (pid {pid}) is writing to {self._folder}: wait until it is done, or stop it"
            ) from error
        try:
            holder.write_text(str(os.getpid()))
            if not rebuild:
                self._check_fingerprint()
            catalogue = CatalogueWriter(self._database)
            catalogue.prepare(self._fingerprint)
            publisher = Publisher(catalogue, self._vectors, self._keywords, self._fingerprint)
            splitter = Splitter(self.embedder.count_tokens, limit=self.embedder.limit)
            yield Syncer(catalogue, publisher, self.embedder, splitter, progress)
        finally:
            lock.release()

    def _check_readable(self) -> None:
        self._check_fingerprint()
        if not self._catalogue.holds_documents:
            raise NoIndex(NOTHING_INDEXED)

    def _check_fingerprint(self) -> None:
        stored = self._catalogue.fingerprint
        if stored is None or stored == self._fingerprint:
            return
        then, now = json.loads(stored), json.loads(self._fingerprint)
        differing = ", ".join(
            f"{name} {then.get(name)} (now {now.get(name)})" for name in now if then.get(name) != now.get(name)
        )
        raise IndexMismatch(
            f"the index in {self._folder} was built with {differing}:"
            " run `assistant index --rebuild` to build it anew, or set the former settings again"
        )


def fingerprint(embedder: Embedder) -> str:
    """What decides whether stored passages and vectors fit together with new ones, as JSON."""
    return json.dumps(
        {
            "model": embedder.name,
            "weights": embedder.weights_hash,
            "dimension": embedder.dimension,
            "precision": embedder.precision,
            "splitter": SPLITTER,
            "limit": embedder.limit,
            "format": FORMAT,
        }
    )
