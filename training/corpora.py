"""What the reader is trained on and measured with: SQuAD 1.1 and 2.0, and question sets of one object a line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELD_OUT = frozenset({"Harvard_University", "Immune_system", "Steam_engine", "Warsaw", "Yuan_dynasty"})
"""Articles of SQuAD 2.0 dev, part A, that validate and calibrate and are never trained on."""

TEST = "dev-v2.0-B.json.gz"
"""The test set; `training` trains on no file whose name begins with "dev" but part A."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question about a context; `answers` are (start, end) in code points, best first, none where it has none.

    `article` names what the context was taken from, so that other contexts of the same can be found.
    """

    id: str
    article: str
    question: str
    context: str
    answers: tuple[tuple[int, int], ...] = ()

    @property
    def texts(self) -> list[str]:
        """The answers as they stand in the context."""
        return [self.context[start:end] for start, end in self.answers]


def squad(path: Path) -> list[Example]:
    """The questions of a SQuAD file, JSON.gz (Rajpurkar et al. 2016, 2018), the shortest answer first."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    return [
        Example(qa["id"], article["title"], qa["question"].strip(), paragraph["context"], _places(qa, "answer_start"))
        for article in articles
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
        if len(qa["question"].split()) > 1
    ]


def lines(path: Path) -> list[Example]:
    """The questions of a JSON-lines.gz file with `id`, `title`, `question`, `context` and `answers`."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Example(row["id"], row["title"] or row["id"], row["question"].strip(), row["context"], _places(row, "start"))
        for row in rows
    ]


def qamr(path: Path) -> list[Example]:
    """QAMR (Michael et al. 2018): each sentence joined with its neighbours, where the file has them, to a context.

    A title reads source:document:paragraph:sentence. Questions of fewer than five words ("What seats?") are left
    out: they make no sense away from their sentence.
    """
    rows = [row for row in lines(path) if len(row.question.split()) >= 5]
    sentence_of = {row.article: row.context for row in rows}
    order = sorted(sentence_of, key=_qamr_place)
    at = {title: number for number, title in enumerate(order)}
    return [_joined(row, order, at[row.article], sentence_of) for row in rows]


def _joined(row: Example, order: list[str], place: int, sentence_of: dict[str, str]) -> Example:
    """The example with up to two sentences of its document before and after its own."""
    document = _qamr_document(row.article)
    near = [title for title in order[max(0, place - 2) : place + 3] if _qamr_document(title) == document]
    before = "".join(sentence_of[title] + " " for title in near[: near.index(row.article)])
    after = "".join(" " + sentence_of[title] for title in near[near.index(row.article) + 1 :])
    answers = tuple((start + len(before), end + len(before)) for start, end in row.answers)
    return Example(row.id, document, row.question, before + row.context + after, answers)


def _qamr_document(title: str) -> str:
    return title.rsplit(":", 2)[0]


def _qamr_place(title: str) -> tuple[str, int, int]:
    document, paragraph, sentence = title.rsplit(":", 2)
    return document, int(paragraph), int(sentence)


def _places(row: dict[str, Any], start: str) -> tuple[tuple[int, int], ...]:
    """Its answers' places, each once, the shortest first; none where it is marked as having none."""
    if row.get("is_impossible"):
        return ()
    found = {(answer[start], answer[start] + len(answer["text"])) for answer in row["answers"]}
    return tuple(sorted(found, key=lambda place: (place[1] - place[0], place)))


def by_article(examples: list[Example]) -> Iterator[tuple[str, list[str]]]:
    """Each article with its contexts, in order, each once."""
    contexts: dict[str, dict[str, None]] = {}
    for example in examples:
        contexts.setdefault(example.article, {})[example.context] = None
    for article, found in contexts.items():
        yield article, list(found)
