"""BM25 over stemmed words, on disk.                                        [the only file that imports tantivy]

Tantivy's segments are immutable and its commits atomic, so readers in other processes are safe while one writes.
BM25 is Robertson & Zaragoza 2009 with tantivy's k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

import tantivy

from index.errors import IndexDamaged

_ANALYZER = "english_stems"
_HEAP = 64_000_000
_MANY = 500  # beside 0.1 ms for ten values and 0.2 for 45, a set takes 0.4 and 0.7; from a thousand on it is quicker

T = TypeVar("T")


class KeywordStore:
    """The keyword index in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._index: tantivy.Index | None = None
        self._schema = (
            tantivy.SchemaBuilder()
            .add_unsigned_field("key", stored=True, indexed=True, fast=True)
            .add_unsigned_field("document", stored=False, indexed=True, fast=True)
            .add_text_field("text", stored=False, tokenizer_name=_ANALYZER, index_option="freq")
            .build()
        )
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(100))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stopword("english"))
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )

    @property
    def usable(self) -> bool:
        """Whether the index is there and can be opened."""
        try:
            self._reader()
        except IndexDamaged:
            return False
        return True

    def clear(self) -> None:
        """Delete the index, to be made anew by the next update."""
        self._index = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def update(self, add: Iterable[tuple[int, int, str]], delete: Sequence[int] = ()) -> None:
        """In one atomic commit, delete passages by key and add (passage key, document key, text).

        Adding replaces what has the same key, so a publication that was cut off can be done again.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with _damage(self._folder):
            index = tantivy.Index(self._schema, path=str(self._folder))
            index.register_tokenizer(_ANALYZER, self._analyzer)
            writer = index.writer(heap_size=_HEAP, num_threads=1)
            # What a writer left that was stopped within its commit has the names of what is written now.
            writer.garbage_collect_files()
            # delete_documents_by_term finds no unsigned key in tantivy 0.27, and says nothing; a query does.
            for keys in _chunks(delete):
                writer.delete_documents_by_query(tantivy.Query.term_set_query(self._schema, "key", keys))
            for entries in _chunks(add):
                keys = [key for key, _, _ in entries]
                writer.delete_documents_by_query(tantivy.Query.term_set_query(self._schema, "key", keys))
                for key, document, text in entries:
                    writer.add_document(_entry(key, document, text))
            writer.commit()
            writer.wait_merging_threads()

    def query(self, text: str, limit: int, documents: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The best passages for the query's words, best first: (passage key, BM25)."""
        return self._search(text, limit, "document", documents)

    def scores(self, text: str, keys: Sequence[int]) -> dict[int, float]:
        """BM25 of given passages; a passage without any of the words is left out."""
        return dict(self._search(text, max(len(keys), 1), "key", keys))

    def keys(self) -> set[int]:
        """Every passage key that the index holds."""
        searcher = self._reader().searcher()
        with _damage(self._folder):
            hits = searcher.search(tantivy.Query.all_query(), max(searcher.num_docs, 1)).hits
            return set(_keys(searcher, hits))

    def close(self) -> None:
        """Let go of the open index."""
        self._index = None

    def _search(self, text: str, limit: int, field: str, among: Sequence[int] | None) -> list[tuple[int, float]]:
        terms = sorted(set(self._analyzer.analyze(text)))
        if not terms or (among is not None and not among):
            return []
        searcher = self._reader().searcher()
        with _damage(self._folder):
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", term, "freq")) for term in terms]
            )
            if among is not None:
                only = self._any_of(field, among)
                query = tantivy.Query.boolean_query(
                    [
                        (tantivy.Occur.Must, query),
                        (tantivy.Occur.Must, tantivy.Query.const_score_query(only, 0.0)),
                    ]
                )
            hits = searcher.search(query, limit, count=False).hits
            found = [(key, float(score)) for key, (score, _) in zip(_keys(searcher, hits), hits, strict=True)]
        found.sort(key=lambda hit: (-hit[1], hit[0]))
        return found

    def _any_of(self, field: str, values: Sequence[int]) -> tantivy.Query:
        """What has one of these values. A set takes half a millisecond to build, and wins where it is large."""
        if len(values) > _MANY:
            return tantivy.Query.term_set_query(self._schema, field, list(values))
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, value, "basic")) for value in values]
        )

    def _reader(self) -> tantivy.Index:
        with self._lock, _damage(self._folder):
            if self._index is None:
                if not (self._folder / "meta.json").exists():  # opening would make an empty index in its place
                    raise ValueError("it is missing")
                self._index = tantivy.Index.open(str(self._folder))
                self._index.register_tokenizer(_ANALYZER, self._analyzer)
            self._index.reload()
            return self._index


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, 1000)):
        yield chunk


def _keys(searcher: tantivy.Searcher, hits: Sequence[tuple[Any, tantivy.DocAddress]]) -> list[int]:
    return [cast(int, key) for key in searcher.fast_field_values("key", [address for _, address in hits])]


def _entry(key: int, document: int, text: str) -> tantivy.Document:
    entry = tantivy.Document()
    entry.add_unsigned("key", key)
    entry.add_unsigned("document", document)
    entry.add_text("text", text)
    return entry


@contextmanager
def _damage(folder: Path) -> Iterator[None]:
    """Tantivy's errors are ValueErrors and OSErrors; ours say what to do."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexDamaged(
            f"the keyword index in {folder} cannot be used ({error}): run `assistant index --rebuild`"
        ) from error
