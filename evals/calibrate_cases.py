"""The questions that the sentence engine is calibrated on, each with what the search finds for it.

From SQuAD 1.1 train (every third question with its own paragraph withheld, so that nothing answers it) and from
SQuAD 2.0 dev's A articles, whose unanswerable questions people wrote. The B articles are the test set and are never
read here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import DocumentIndex, Embedder
from index.types import Match

TRAIN, HUMAN = "train-v1.1.json.gz", "dev-v2.0-A.json.gz"
FOUND, WITHHELD, ANSWERABLE, UNANSWERABLE = "train", "train, withheld", "human, answerable", "human, unanswerable"
_DEPTH = 24  # passages searched for, so that enough remain when the paragraph is withheld


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the matches to answer it from, and where its answers start in which document (none: nowhere)."""

    question: str
    matches: tuple[Match, ...]
    document: str
    answers: tuple[tuple[str, int], ...]
    group: str


def collect(data: Path, work: Path, embedder: Embedder, *, articles: int, train: int, human: int) -> list[Case]:
    """`train` and `human` many cases, drawn with a fixed seed from `articles` of train and from all of A.

    Indexes the articles under `work`, where they are found again the next time.
    """
    draw = random.Random(7)
    texts = draw.sample(_articles(data / TRAIN), articles)
    cases = _cases(texts, work / "train", embedder, train, draw, withhold=3)
    return cases + _cases(_articles(data / HUMAN), work / "human", embedder, human, draw, withhold=0)


def provenance(data: Path) -> list[dict[str, str]]:
    """The names and SHA-256 of the files that the cases come from."""
    return [{"file": name, "sha256": hashlib.sha256((data / name).read_bytes()).hexdigest()} for name in (TRAIN, HUMAN)]


def _articles(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(json.load(file)["data"])


def _cases(
    articles: Sequence[dict[str, Any]],
    work: Path,
    embedder: Embedder,
    count: int,
    draw: random.Random,
    *,
    withhold: int,
) -> list[Case]:
    """Cases of one data set; every `withhold`-th loses the passages of its own paragraph."""
    folder = work / "articles"
    folder.mkdir(parents=True, exist_ok=True)
    asked = []
    for number, article in enumerate(articles):
        at = 0
        for paragraph in article["paragraphs"]:
            asked += [(f"{number}.txt", at, len(paragraph["context"]), qa) for qa in paragraph["qas"]]
            at += len(paragraph["context"]) + 2
        text = "\n\n".join(paragraph["context"] for paragraph in article["paragraphs"])
        (folder / f"{number}.txt").write_text(text, encoding="utf-8", newline="")
    draw.shuffle(asked)
    with DocumentIndex.open(work / "index", embedder) as index:
        index.sync(folder)
        return [
            _case(index, *one, whole_collection=n % 2 == 0, withheld=bool(withhold) and n % withhold == 0)
            for n, one in enumerate(asked[:count])
        ]


def _case(
    index: DocumentIndex,
    document: str,
    at: int,
    length: int,
    qa: dict[str, Any],
    *,
    whole_collection: bool,
    withheld: bool,
) -> Case:
    matches = index.search(qa["question"], _DEPTH, None if whole_collection else [document])
    answers = tuple((answer["text"], at + answer["answer_start"]) for answer in qa["answers"])
    if withheld:
        own = [m for m in matches if m.passage.document == document]
        kept = {id(m) for m in own if m.passage.start >= at + length or m.passage.end <= at}
        matches = [m for m in matches if m.passage.document != document or id(m) in kept]
        return Case(qa["question"], tuple(matches), document, (), WITHHELD)
    if "is_impossible" not in qa:
        return Case(qa["question"], tuple(matches), document, answers, FOUND)
    impossible = bool(qa["is_impossible"])
    group = UNANSWERABLE if impossible else ANSWERABLE
    return Case(qa["question"], tuple(matches), document, () if impossible else answers, group)


class Remembering:
    """An embedder that keeps every vector in a file, so that calibrating again costs no embedding."""

    def __init__(self, embedder: Embedder, file: Path) -> None:
        self._embedder = embedder
        self._file = sqlite3.connect(file)
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB)")

    def __getattr__(self, name: str) -> Any:
        """Everything but embedding is the embedder's own."""
        return getattr(self._embedder, name)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the embedder, from the file where it was asked before."""
        known: dict[str, NDArray[np.float32]] = {}
        for text in dict.fromkeys(texts):
            row = self._file.execute("SELECT vector FROM vectors WHERE text = ?", (text,)).fetchone()
            if row:
                known[text] = np.frombuffer(row[0], dtype=np.float32)
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            for text, vector in zip(new, self._embedder.embed_passages(new), strict=True):
                known[text] = vector
                self._file.execute("INSERT INTO vectors VALUES (?, ?)", (text, vector.tobytes()))
            self._file.commit()
        return np.stack([known[text] for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """As the embedder."""
        return self._embedder.embed_query(text)
