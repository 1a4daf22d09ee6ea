"""A folder made searchable, again and again: only what changed is read into passages and embedded.

Files are told apart by the SHA-256 of their bytes. A document's new version is staged beside the live one, its
passages are embedded in small committed steps, and `publishing` swaps it in; a sync that is stopped anywhere is
taken up again by the next one where it stood.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from index.catalogue import Held
from index.embedding import Embedder
from index.errors import MissingPath, UnreadableFile
from index.publishing import Publisher
from index.reading import SUFFIXES, read
from index.splitting import Splitter
from index.types import Failure, Progress, ProgressCallback, SyncReport
from index.writing import CatalogueWriter

_STEP = 64  # passages embedded between two commits: a few seconds' work is the most a kill can cost
_PUBLISH = 256  # passages that are worth a generation of their own before the sync is over


@dataclass
class _Tally:
    """A SyncReport in the making."""

    started: float = field(default_factory=time.perf_counter)
    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    passages: int = 0

    def report(self) -> SyncReport:
        return SyncReport(
            added=self.added,
            changed=self.changed,
            removed=self.removed,
            renamed=self.renamed,
            unchanged=self.unchanged,
            failed=tuple(self.failed),
            passages=self.passages,
            seconds=round(time.perf_counter() - self.started, 3),
        )


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    source: str
    id: str


class Syncer:
    """Brings the index up to date with files; for the holder of the writer's lock."""

    def __init__(
        self,
        catalogue: CatalogueWriter,
        publisher: Publisher,
        embedder: Embedder,
        splitter: Splitter,
        progress: ProgressCallback | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._publisher = publisher
        self._embedder = embedder
        self._splitter = splitter
        self._progress = progress or (lambda progress: None)

    def sync(self, path: Path, *, again: bool = False) -> SyncReport:
        """Index a file, or every readable file below a folder. Raises MissingPath; then nothing has changed."""
        tally = _Tally()
        root = Path(os.path.abspath(path))  # without `..`, and without following links as resolve() would
        files, unlisted = _files(root)
        tally.failed += unlisted
        self._publisher.sweep()

        seen = {file.source: file for file in files}
        known = self._catalogue.sources_under(_source(root))
        blind = tuple(_source(root / failure.document) + os.sep for failure in unlisted)
        gone = {source for source in known - seen.keys() if not source.startswith(blind or "\0")}

        self._catalogue.remember_sources(_source(root), seen)
        self._stage(files, gone, tally, again=again)
        for source in self._catalogue.staged().keys() & gone:
            self._catalogue.discard_staged(source)
        self._embed_and_publish(tally)
        tally.removed += self._remove(gone)
        return tally.report()

    def _remove(self, gone: set[str]) -> int:
        """Take away the documents of these sources; returns how many there were."""
        leaving = [source for source in self._catalogue.held() if source in gone]
        if leaving:
            self._catalogue.remove(leaving)
            self._publisher.publish()
        self._catalogue.forget_sources(gone)
        return len(leaving)

    def upload(self, name: str, data: bytes) -> SyncReport:
        """Index bytes under a name of their own, which no sync of a folder ever takes away.

        Raises UnreadableFile; a former upload of this name then stays as it was.
        """
        tally = _Tally()
        source = f"upload:{name}"
        held = self._catalogue.held()
        former = held.get(source)
        digest = hashlib.sha256(data).hexdigest()
        if former and former.digest == digest:
            tally.unchanged = 1
            return tally.report()
        id = former.id if former else _unique(name, "uploads", {h.id for h in held.values()})
        document = read(Path(name), data, id)
        self._catalogue.stage(document, source, digest, self._splitter.split(document.text))
        if former:
            tally.changed = 1
        else:
            tally.added = 1
        self._embed_and_publish(tally)
        return tally.report()

    def remove(self, id: str) -> None:
        """Take a live document away until its file changes. Raises UnknownDocument."""
        self._catalogue.remove([self._catalogue.source(id)], lasting=True)
        self._publisher.publish()

    def rebuild(self) -> SyncReport:
        """Split and embed every document's stored text anew, then swap all of them in at once."""
        tally = _Tally()
        self._publisher.sweep()
        staged = self._catalogue.staged()
        for held in self._catalogue.held().values():
            tally.changed += 1
            if staged.get(held.source) == held.digest:  # an earlier rebuild was stopped after it had split this
                continue
            document = self._catalogue.document(held.id)
            self._catalogue.stage(document, held.source, held.digest, self._splitter.split(document.text))
        self._embed_and_publish(tally, early=False)
        return tally.report()

    def _stage(self, files: list[_File], gone: set[str], tally: _Tally, *, again: bool) -> None:
        held = self._catalogue.held()
        staged = self._catalogue.staged()
        removed = {} if again else self._catalogue.removed()
        movable = {held[source].digest: held[source] for source in sorted(gone) if source in held}
        taken = {document.id for source, document in held.items() if source not in gone}
        for n, file in enumerate(files):
            self._progress(Progress("read", n, len(files)))
            try:
                data = file.path.read_bytes()
            except OSError as error:
                tally.failed.append(Failure(file.id, error.strerror or str(error)))
                continue
            digest = hashlib.sha256(data).hexdigest()
            former = held.get(file.source)
            if removed.get(file.source) == digest or (former and former.digest == digest):
                tally.unchanged += 1
                if file.source in staged:  # the file went back to what is live
                    self._catalogue.discard_staged(file.source)
                continue
            id = former.id if former else _unique(file.id, file.path.parent.name, taken)
            if staged.get(file.source) == digest:  # an earlier sync was stopped after it had read this
                self._count(former, tally)
                taken.add(id)
                continue
            try:
                document = read(file.path, data, id)
            except UnreadableFile as error:
                tally.failed.append(Failure(id, str(error)))
                continue
            taken.add(id)
            moved = movable.pop(digest, None) if former is None else None
            if moved and self._catalogue.document(moved.id).text == document.text:
                self._catalogue.rename(moved.source, file.source, id, document.title)
                gone.discard(moved.source)
                tally.renamed += 1
                continue
            self._catalogue.stage(document, file.source, digest, self._splitter.split(document.text))
            self._catalogue.forget_removed(file.source)
            self._count(former, tally)
        self._progress(Progress("read", len(files), len(files)))

    def _count(self, former: Held | None, tally: _Tally) -> None:
        if former:
            tally.changed += 1
        else:
            tally.added += 1

    def _embed_and_publish(self, tally: _Tally, *, early: bool = True) -> None:
        """Give every staged passage its vector and publish, now and then on the way where `early` allows it."""
        total = self._catalogue.pending_count()
        done, published, live = 0, 0, _live_rows(self._catalogue)
        while pending := self._catalogue.pending(_STEP):
            self._progress(Progress("embed", done, total))
            vectors = self._embedder.embed_passages([passage.text for passage in pending])
            self._catalogue.store_vectors([passage.key for passage in pending], vectors)
            done += len(pending)
            # Publishing at a fixed fraction of what is there keeps all merging together within n log n.
            if early and done - published >= max(_PUBLISH, (live + published) // 2):
                self._publisher.publish()
                published = done
        self._progress(Progress("publish", total, total))
        self._publisher.publish()
        tally.passages = done


def _live_rows(catalogue: CatalogueWriter) -> int:
    return sum(live for _, _, live in catalogue.generation_sizes())


def _files(root: Path) -> tuple[list[_File], list[Failure]]:
    """The files to read below a path, in a stable order, and the folders that could not be listed."""
    if root.is_file():
        return [_File(root, _source(root), _shown(root.name))], []
    unlisted: list[Failure] = []

    def refuse(error: OSError) -> None:
        folder = Path(error.filename)
        if folder == root:
            raise MissingPath(f"{_shown(root)} cannot be listed: {error.strerror}") from error
        unlisted.append(Failure(_shown(folder.relative_to(root)), f"cannot be listed: {error.strerror}"))

    found: list[_File] = []
    for folder, names, files in os.walk(root, onerror=refuse):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder) / name
            if path.suffix.lower() in SUFFIXES and not name.startswith(".") and not _waits(path):
                found.append(_File(path, _source(path), _shown(path.relative_to(root).as_posix())))
    return found, unlisted


def _waits(path: Path) -> bool:
    """Whether reading would wait for somebody to write: a pipe, a socket or a device, not a file."""
    return path.exists() and not path.is_file()


def _unique(id: str, folder: str, taken: Set[str]) -> str:
    """The id itself, or where another document has it, the first free one of `folder/id`, `id~2`, `id~3` …"""

    def candidates() -> Iterator[str]:
        yield id
        yield f"{_shown(folder)}/{id}"
        n = 2
        while True:
            yield f"{id}~{n}"
            n += 1

    return next(candidate for candidate in candidates() if candidate not in taken)


def _source(path: Path) -> str:
    """A path as text that SQLite takes, different for different paths whatever bytes they hold."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _shown(path: object) -> str:
    return os.fsencode(str(path)).decode("utf-8", "replace")
