"""Gold: a question, the answers a careful person would accept, and where the documents say so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from index.errors import KnownError

REASONS = ("not_in_documents", "gap_in_source")
FIELDS = frozenset({"id", "question", "history", "answerable", "answers", "reason", "evidence", "tags", "documents"})


class GoldError(KnownError):
    """Gold that cannot be used; the message names the file, the line and the field."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that bears the answer out: a verbatim `quote`, or any of its `alternatives`, in a document.

    Where a quote occurs more than once, any occurrence counts.
    """

    document: str
    quote: str
    alternatives: tuple[str, ...] = ()

    @property
    def quotes(self) -> tuple[str, ...]:
        """The quote and its alternatives: one of them is enough."""
        return (self.quote, *self.alternatives)


@dataclass(frozen=True, slots=True)
class Gold:
    """One question with what is known of its answer.

    `history` holds (role, content) pairs. `answers` are the accepted forms; an unanswerable question has none, but
    a `reason` ("not_in_documents" or "gap_in_source"). All of `evidence` is needed to bear the answer out.
    `documents` restricts the question to some documents. `relevant` (document -> grade) is what a search should
    find where whole documents are judged; otherwise it should find the evidence.
    """

    id: str
    question: str
    answerable: bool = True
    answers: tuple[str, ...] = ()
    reason: str | None = None
    history: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    tags: tuple[str, ...] = ()
    documents: tuple[str, ...] | None = None
    relevant: tuple[tuple[str, int], ...] = ()


def seed_gold() -> Path:
    """The gold questions on the seed documents, which come with the package."""
    return Path(str(files("evals").joinpath("gold/seeds.jsonl")))


def load(path: Path) -> list[Gold]:
    """The questions of a JSON Lines file. Raises GoldError naming the line and the field."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path} cannot be read as UTF-8 text: {error}") from error
    found: dict[str, int] = {}
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise GoldError(f"{place}: not JSON ({error})") from error
        question = parse(row, place)
        if question.id in found:
            raise GoldError(f"{place}, field id: {question.id!r} is already the id of line {found[question.id]}")
        found[question.id] = number
        questions.append(question)
    if not questions:
        raise GoldError(f"{path} holds no questions")
    return questions


def parse(row: object, place: str) -> Gold:
    """One row; `place` is where it stands, for the message of the GoldError it may raise."""
    if not isinstance(row, dict):
        raise GoldError(f"{place}: expected an object, not {_kind(row)}")
    unknown = sorted(set(row) - FIELDS)
    if unknown:
        raise GoldError(f"{place}, field {unknown[0]}: no such field (there are {', '.join(sorted(FIELDS))})")
    answerable = _field(row, "answerable", bool, place)
    answers = _texts(row, "answers", place)
    reason = row.get("reason")
    if answerable and not answers:
        raise GoldError(f"{place}, field answers: an answerable question needs at least one accepted form")
    if answerable and reason is not None:
        raise GoldError(f"{place}, field reason: an answerable question has none")
    if not answerable and answers:
        raise GoldError(f"{place}, field answers: an unanswerable question has none")
    if not answerable and reason not in REASONS:
        raise GoldError(f"{place}, field reason: expected one of {', '.join(REASONS)}, not {reason!r}")
    return Gold(
        id=_filled(_field(row, "id", str, place), "id", place),
        question=_filled(_field(row, "question", str, place), "question", place),
        answerable=answerable,
        answers=answers,
        reason=reason,
        history=_history(row, place),
        evidence=_evidence(row, place),
        tags=_texts(row, "tags", place),
        documents=_texts(row, "documents", place) or None,
    )


def fingerprint(questions: Iterable[Gold], documents: Mapping[str, str] | None = None) -> str:
    """SHA-256 of the questions and of the documents' texts, so that only like is compared with like."""
    digest = hashlib.sha256()
    for question in questions:
        digest.update(json.dumps(asdict(question), sort_keys=True).encode())
    for name in sorted(documents or ()):
        digest.update(json.dumps([name, (documents or {})[name]]).encode())
    return digest.hexdigest()


def _history(row: Mapping[str, Any], place: str) -> tuple[tuple[str, str], ...]:
    turns = []
    for number, turn in enumerate(_field(row, "history", list, place, default=[]), start=1):
        where = f"{place}, field history[{number}]"
        if not isinstance(turn, dict) or set(turn) != {"role", "content"}:
            raise GoldError(f'{where}: expected an object with "role" and "content"')
        if turn["role"] not in ("user", "assistant"):
            raise GoldError(f'{where}.role: expected "user" or "assistant", not {turn["role"]!r}')
        if not isinstance(turn["content"], str):
            raise GoldError(f"{where}.content: expected a text, not {_kind(turn['content'])}")
        turns.append((turn["role"], turn["content"]))
    return tuple(turns)


def _evidence(row: Mapping[str, Any], place: str) -> tuple[Evidence, ...]:
    found = []
    for number, item in enumerate(_field(row, "evidence", list, place, default=[]), start=1):
        where = f"{place}, field evidence[{number}]"
        if not isinstance(item, dict) or not {"document", "quote"} <= set(item) <= {
            "document",
            "quote",
            "alternatives",
        }:
            raise GoldError(f'{where}: expected an object with "document" and "quote"')
        for name in ("document", "quote"):
            if not isinstance(item[name], str) or not item[name].strip():
                raise GoldError(f"{where}.{name}: expected a text that is not empty")
        found.append(Evidence(item["document"], item["quote"], _texts(item, "alternatives", where)))
    return tuple(found)


def _field(row: Mapping[str, Any], name: str, kind: type, place: str, default: Any = None) -> Any:
    if name not in row:
        if default is None:
            raise GoldError(f"{place}, field {name}: missing")
        return default
    if not isinstance(row[name], kind):
        raise GoldError(f"{place}, field {name}: expected {_NAMES[kind]}, not {_kind(row[name])}")
    return row[name]


def _texts(row: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
    values: Sequence[object] = _field(row, name, list, place, default=[])
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise GoldError(f"{place}, field {name}: expected texts that are not empty, not {value!r}")
    return tuple(str(value) for value in values)


def _filled(value: str, name: str, place: str) -> str:
    if not value.strip():
        raise GoldError(f"{place}, field {name}: empty")
    return value


_NAMES = {str: "a text", bool: "true or false", list: "a list"}


def _kind(value: object) -> str:
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)
