"""Where questions and the documents they are asked of come from: a gold file, SQuAD, a BEIR folder."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from evals.questions import Evidence, Gold, GoldError, fingerprint, load, seed_gold
from index.reading import SUFFIXES
from index.sentences import sentences


class Mode(StrEnum):
    """What a public question is put to: its own paragraph, the search over all of them, or the whole chain."""

    READING = "reading"
    RETRIEVAL = "retrieval"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions and what they are asked of: a `folder` of the user's, or `texts` (file name -> text) of ours.

    `search_only` asks for passages instead of answers. `hash` changes with any question or document, before any
    limit; `limit` and `seed` say which questions were drawn.
    """

    name: str
    questions: tuple[Gold, ...]
    hash: str
    folder: Path | None = None
    texts: Mapping[str, str] | None = None
    search_only: bool = False
    limit: int | None = None
    seed: int | None = None

    @property
    def collection(self) -> str:
        """A name for the documents, another one when anything in them changes, whatever is asked of them."""
        documents = self.texts if self.texts is not None else _hashes(self.folder or Path())
        return f"collection-{fingerprint((), documents)[:12]}"

    def drawn(self, limit: int | None, seed: int) -> Dataset:
        """At most `limit` of the questions, the same ones for the same seed, in their order."""
        if limit is None or limit >= len(self.questions):
            return self
        chosen = set(random.Random(seed).sample(range(len(self.questions)), limit))
        kept = tuple(question for i, question in enumerate(self.questions) if i in chosen)
        return replace(self, questions=kept, limit=limit, seed=seed)

    def keeping(self, ids: Collection[str]) -> Dataset:
        """Only the questions of these ids; the documents stay whole."""
        return replace(self, questions=tuple(question for question in self.questions if question.id in ids))


def seeds() -> Dataset:
    """The gold questions on the seed documents."""
    return gold(seed_gold(), seed_documents(), name="seeds")


def seed_documents() -> Path:
    """The folder of the seed documents: beside this package, or in the current folder. Raises GoldError."""
    for folder in (Path(str(files("evals"))).parent / "seeds", Path("seeds")):
        if folder.is_dir():
            return folder
    raise GoldError("the seed documents are not here: run it in a checkout, or name them with --docs DIR")


def gold(path: Path, folder: Path, name: str | None = None) -> Dataset:
    """A gold file on a folder of documents. Raises GoldError."""
    questions = load(path)
    if not folder.exists():
        raise GoldError(f"{folder} does not exist: name the folder of the documents with --docs DIR")
    return Dataset(
        name=name or path.stem,
        questions=tuple(questions),
        hash=fingerprint(questions, _hashes(folder)),
        folder=folder,
    )


def squad(path: Path, mode: Mode, articles: Sequence[str] | None = None) -> Dataset:
    """SQuAD 1.1 or 2.0, JSON or JSON.gz (Rajpurkar et al. 2016, 2018): every paragraph is a document.

    `articles` keeps the questions to articles of these titles; the collection stays whole. A question's evidence is
    the sentence of its answer; where annotators chose different ones, any of them. Raises GoldError.
    """
    texts: dict[str, str] = {}
    questions: list[Gold] = []
    for article in _read_squad(path):
        wanted = articles is None or article["title"] in articles
        for number, paragraph in enumerate(article["paragraphs"], start=1):
            document = f"{_file_name(article['title'])}/{number:04}.txt"
            if document in texts:
                raise GoldError(f"{path}: there are two articles called {article['title']!r}")
            texts[document] = paragraph["context"]
            if wanted:
                questions += [_squad_question(qa, document, paragraph["context"], mode) for qa in paragraph["qas"]]
    if mode is Mode.RETRIEVAL:
        questions = [question for question in questions if question.answerable]
    if not questions:
        raise GoldError(f"{path} holds no questions" + (" on these articles" if articles is not None else ""))
    return Dataset(
        name=f"{path.name.split('.json')[0]}-{mode}",
        questions=tuple(questions),
        hash=fingerprint(questions, texts),
        texts=texts,
        search_only=mode is Mode.RETRIEVAL,
    )


def squad_titles(path: Path) -> list[str]:
    """The titles of a SQuAD file's articles."""
    return [article["title"] for article in _read_squad(path)]


def beir(folder: Path, split: str = "test") -> Dataset:
    """A BEIR folder (Thakur et al. 2021): corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv. Raises GoldError."""
    names: dict[str, str] = {}
    texts: dict[str, str] = {}
    for row in _json_lines(folder / "corpus.jsonl"):
        document = f"{_file_name(row['_id'])}.txt"
        if document in texts:
            raise GoldError(f"{folder / 'corpus.jsonl'}: {row['_id']!r} is there twice, or too like another id")
        names[row["_id"]] = document
        texts[document] = "\n\n".join(part for part in (row.get("title", ""), row["text"]) if part)
    relevant: dict[str, list[tuple[str, int]]] = {}
    for query, document, grade in _judgements(folder / "qrels" / f"{split}.tsv"):
        if grade > 0 and document in names:
            relevant.setdefault(query, []).append((names[document], grade))
    questions = [
        Gold(id=row["_id"], question=row["text"], relevant=tuple(relevant[row["_id"]]))
        for row in _json_lines(folder / "queries.jsonl")
        if row["_id"] in relevant
    ]
    if not questions:
        raise GoldError(f"{folder}: no query of queries.jsonl has a relevant document in qrels/{split}.tsv")
    return Dataset(
        name=f"{folder.name}-{split}",
        questions=tuple(questions),
        hash=fingerprint(questions, texts),
        texts=texts,
        search_only=True,
    )


def _read_squad(path: Path) -> list[dict[str, Any]]:
    try:
        with _open(path) as file:
            content = json.load(file)
        articles = content["data"]
        for article in articles:
            _ = article["title"], [paragraph["context"] for paragraph in article["paragraphs"]]
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise GoldError(f"{path} cannot be read as SQuAD JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise GoldError(f"{path} is not in SQuAD's format: {error} is missing or of another kind") from error
    return list(articles)


def _squad_question(qa: Mapping[str, Any], document: str, context: str, mode: Mode) -> Gold:
    answers = [(answer["text"], answer["answer_start"]) for answer in qa["answers"]]
    answerable = bool(answers) and not qa.get("is_impossible", False)
    quotes = list(dict.fromkeys(_sentence(context, start, start + len(text)) for text, start in answers))
    return Gold(
        id=qa["id"],
        question=qa["question"].strip(),
        answerable=answerable,
        answers=tuple(dict.fromkeys(text for text, _ in answers)) if answerable else (),
        reason=None if answerable else "not_in_documents",
        evidence=(Evidence(document, quotes[0], tuple(quotes[1:])),) if answerable else (),
        documents=(document,) if mode is Mode.READING else None,
        relevant=((document, 1),) if answerable and mode is not Mode.READING else (),
    )


def _sentence(context: str, start: int, end: int) -> str:
    """The sentence, or the sentences, that a stretch of a paragraph lies in."""
    held = [span for span in sentences(context) if span.start < end and span.end > start]
    return context[held[0].start : held[-1].end]


def _judgements(path: Path) -> Iterator[tuple[str, str, int]]:
    number = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t"):
                number += 1
                if number == 1 and not row[-1].lstrip("-").isdigit():
                    continue  # the header
                query, document, grade = row
                yield query, document, int(grade)
    except OSError as error:
        raise GoldError(f"{path} cannot be read: {error}") from error
    except ValueError as error:
        raise GoldError(f"{path}, line {number}: expected query id, document id and a whole grade ({error})") from error


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    try:
        with _open(path) as file:
            for line in file:
                number += 1
                if line.strip():
                    row = json.loads(line)
                    _ = row["_id"], row["text"]
                    yield row
    except OSError as error:
        raise GoldError(f"{path} cannot be read: {error}") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise GoldError(f'{path}, line {number}: expected an object with "_id" and "text" ({error})') from error


def _open(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _file_name(text: str) -> str:
    return re.sub(r"[^\w().,'-]", "_", text)[:120] or "_"


def _hashes(folder: Path) -> dict[str, str]:
    """What the documents of a folder are, by name: their bytes as text of Latin-1, for hashing only."""
    paths: Iterable[Path] = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("latin-1")
        for path in paths
        if path.is_file() and path.suffix.lower() in SUFFIXES
    }
