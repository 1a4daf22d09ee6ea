"""Many questions in one process: a line of JSON in, a line of JSON out, in order.

A line in is `{"id", "question", "history": [{"role", "content"}]}`; only the question must be there. A line that
cannot be used gives `{"id", "error"}` in its place, and the rest go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

from assistant.errors import AssistantError, BadQuestion
from assistant.types import Question, Turn

Respond = Callable[[Any, Question], dict[str, Any]]


def run(
    lines: Iterable[bytes],
    respond: Respond,
    write: Callable[[dict[str, Any]], None],
    keys: Sequence[str] = ("question",),
) -> None:
    """Write `respond(id, question)` for each line that is not blank; the words are the first of `keys` it has.

    Raises BadQuestion at the end where any line failed. What is wrong with the index as a whole
    (DocumentIndexError) ends the run at once: it would be wrong with every line.
    """
    done = failed = 0
    for raw in lines:
        line = raw.removeprefix(b"\xef\xbb\xbf").strip()
        if not line:
            continue
        done += 1
        id: Any = None
        try:
            row = _row(line)
            id = row.get("id")
            answer = respond(id, Question(_words(row, *keys), turns(row.get("history"))))
        except AssistantError as error:
            failed += 1
            answer = {"id": id, "error": str(error)}
        write(answer)
    if failed:
        raise BadQuestion(f"{failed} of {done} lines failed; each says why in its place.")


def turns(value: object) -> tuple[Turn, ...]:
    """The history that a list of `{"role", "content"}` holds; None is an empty one. Raises BadQuestion."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadQuestion('"history" must be a list of {"role", "content"}.')
    return tuple(_turn(turn) for turn in value)


def conversation(file: IO[bytes]) -> tuple[Turn, ...]:
    """The history in a JSON file. Raises BadQuestion."""
    try:
        return turns(json.load(file))
    except (ValueError, RecursionError) as error:
        raise BadQuestion(f"The history is not JSON in UTF-8: {error}") from error


def _turn(value: object) -> Turn:
    if not isinstance(value, dict) or value.get("role") not in ("user", "assistant"):
        raise BadQuestion('Each turn of "history" needs "role": "user" or "assistant".')
    return Turn(value["role"], _words(value, "content"))


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadQuestion(f"Not a line of JSON in UTF-8: {error}") from error
    if not isinstance(row, dict):
        raise BadQuestion(f"Not a JSON object but a {type(row).__name__}.")
    return row


def _words(row: dict[str, Any], *keys: str) -> str:
    key = next((key for key in keys if key in row), keys[0])
    words = row.get(key)
    if not isinstance(words, str):
        raise BadQuestion(f'"{key}" is missing or not a string.')
    if any("\ud800" <= character <= "\udfff" for character in words):
        raise BadQuestion(f'"{key}" holds half a surrogate pair, which is not text.')
    return words
