"""The database of conversations: what was asked, what was answered, what people thought of it.

One SQLite file. A turn keeps its answer and the evidence for it as data of its own, so what its citations show
never depends on what happens to the documents, the index or the rest of the conversation afterwards.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from index.errors import KnownError

TITLE_LENGTH = 80

SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS conversations_of_owner ON conversations (owner, updated_at);
CREATE TABLE IF NOT EXISTS turns (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, question TEXT NOT NULL, documents TEXT NOT NULL, state TEXT NOT NULL,
    answer TEXT, evidence TEXT, error TEXT, asked_at TEXT NOT NULL, answered_at TEXT,
    verdict TEXT, note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS turns_of_conversation ON turns (conversation, position);
"""


class UnknownConversation(KnownError):
    """No such conversation or turn, or it belongs to somebody else: the two are not told apart."""


class State(StrEnum):
    """How far a turn has come."""

    ASKING = "asking"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a person thought of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A line of the list of conversations; times in ISO 8601 UTC."""

    id: str
    title: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """A question and what came of it.

    `documents` are those it was asked of (empty: all). `answer` is `Answer.to_dict` and `evidence` what
    `web.evidence.gather` made, both None until `state` is DONE; `error` is a line when it is FAILED.
    """

    id: str
    conversation: str
    position: int
    question: str
    documents: tuple[str, ...]
    state: State
    answer: dict[str, Any] | None
    evidence: dict[str, Any] | None
    error: str | None
    asked_at: str
    answered_at: str | None
    verdict: Verdict | None
    note: str


class Conversations:
    """The store. Every method takes the owner (the signed-in user, or "" without sign-in) and sees only theirs.

    Safe to call from several threads; a turn that an earlier process left unanswered counts as stopped.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(SCHEMA)
        self._database.execute("UPDATE turns SET state = ? WHERE state = ?", (State.STOPPED.value, State.ASKING.value))

    def close(self) -> None:
        """Close the file; nothing works afterwards."""
        with self._lock:
            self._database.close()

    def begin(
        self, owner: str, question: str, documents: Sequence[str] = (), conversation: str | None = None
    ) -> AskedTurn:
        """Write the question down as a conversation's next turn; None starts a conversation named after it."""
        now = _now()
        with self._writing() as database:
            if conversation is None:
                conversation = uuid.uuid4().hex
                database.execute(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?, ?)",
                    (conversation, owner, _title(question), now, now),
                )
            else:
                self._conversation(owner, conversation)
                database.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (now, conversation))
            position = database.execute(
                "SELECT COALESCE(MAX(position), 0) + 1 FROM turns WHERE conversation = ?", (conversation,)
            ).fetchone()[0]
            turn = uuid.uuid4().hex
            database.execute(
                "INSERT INTO turns (id, conversation, position, question, documents, state, asked_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (turn, conversation, position, _clean(question), _dump(list(documents)), State.ASKING, now),
            )
        return self.turn(owner, turn)

    def finish(self, owner: str, turn: str, answer: dict[str, Any], evidence: dict[str, Any]) -> AskedTurn:
        """Keep the answer with its evidence; a turn that was stopped meanwhile stays stopped."""
        return self._settle(owner, turn, State.DONE, answer=_dump(answer), evidence=_dump(evidence))

    def fail(self, owner: str, turn: str, error: str) -> AskedTurn:
        """Keep the reason why there is no answer."""
        return self._settle(owner, turn, State.FAILED, error=_clean(error))

    def stop(self, owner: str, turn: str) -> AskedTurn:
        """Mark a turn that nobody is waiting for any more; one that was answered stays so."""
        return self._settle(owner, turn, State.STOPPED)

    def turn(self, owner: str, turn: str) -> AskedTurn:
        """One turn. Raises UnknownConversation."""
        with self._lock:
            row = self._database.execute(
                "SELECT turns.* FROM turns JOIN conversations ON conversations.id = turns.conversation"
                " WHERE turns.id = ? AND owner = ?",
                (turn, owner),
            ).fetchone()
        if row is None:
            raise UnknownConversation("That question is no longer there; reload the page.")
        return _turn(row)

    def turns(self, owner: str, conversation: str) -> list[AskedTurn]:
        """A conversation's turns, oldest first. Raises UnknownConversation."""
        with self._lock:
            self._conversation(owner, conversation)
            rows = self._database.execute(
                "SELECT * FROM turns WHERE conversation = ? ORDER BY position", (conversation,)
            ).fetchall()
        return [_turn(row) for row in rows]

    def conversation(self, owner: str, conversation: str) -> Conversation:
        """One conversation's line in the list. Raises UnknownConversation."""
        with self._lock:
            return self._conversation(owner, conversation)

    def listed(self, owner: str, query: str = "", limit: int = 200) -> list[Conversation]:
        """The latest conversations, newest first; with a query, those that hold all its words somewhere."""
        conditions, values = ["owner = ?"], [owner]
        for word in _clean(query).split():
            pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            conditions.append(
                "(title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM turns WHERE turns.conversation = conversations.id"
                " AND (question LIKE ? ESCAPE '\\' OR json_extract(answer, '$.answer') LIKE ? ESCAPE '\\')))"
            )
            values += [pattern] * 3
        with self._lock:
            rows = self._database.execute(
                "SELECT id, title, created_at, updated_at FROM conversations"
                f" WHERE {' AND '.join(conditions)} ORDER BY updated_at DESC, rowid DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Conversation(**row) for row in rows]

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """Give a conversation another title; an empty one changes nothing."""
        with self._writing() as database:
            self._conversation(owner, conversation)
            if title.strip():
                database.execute("UPDATE conversations SET title = ? WHERE id = ?", (_title(title), conversation))

    def delete(self, owner: str, conversation: str) -> None:
        """Delete a conversation with its turns and the feedback on them."""
        with self._writing() as database:
            self._conversation(owner, conversation)
            database.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def undo(self, owner: str, turn: str) -> AskedTurn:
        """Take back a conversation's last turn and return it. Raises UnknownConversation for any other turn."""
        asked = self.turn(owner, turn)
        with self._writing() as database:
            gone = database.execute(
                "DELETE FROM turns WHERE id = ? AND position ="
                " (SELECT MAX(position) FROM turns WHERE conversation = ?)",
                (turn, asked.conversation),
            ).rowcount
        if not gone:
            raise UnknownConversation("Only the last question can be taken back; reload the page.")
        return asked

    def judge(self, owner: str, turn: str, verdict: Verdict | None, note: str = "") -> AskedTurn:
        """Keep what a person thinks of an answer, in place of what they thought before; None forgets it."""
        self.turn(owner, turn)
        with self._writing() as database:
            database.execute(
                "UPDATE turns SET verdict = ?, note = ? WHERE id = ?",
                (verdict.value if verdict else None, _clean(note.strip()) if verdict else "", turn),
            )
        return self.turn(owner, turn)

    def judged(self, owner: str) -> list[AskedTurn]:
        """Every answered turn with a verdict, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT turns.* FROM turns JOIN conversations ON conversations.id = turns.conversation"
                " WHERE owner = ? AND verdict IS NOT NULL AND answer IS NOT NULL ORDER BY asked_at, turns.rowid",
                (owner,),
            ).fetchall()
        return [_turn(row) for row in rows]

    def _settle(
        self,
        owner: str,
        turn: str,
        state: State,
        *,
        answer: str | None = None,
        evidence: str | None = None,
        error: str | None = None,
    ) -> AskedTurn:
        with self._writing() as database:
            database.execute(
                "UPDATE turns SET state = ?, answer = ?, evidence = ?, error = ?, answered_at = ?"
                " WHERE id = ? AND state = ? AND conversation IN (SELECT id FROM conversations WHERE owner = ?)",
                (state, answer, evidence, error, _now(), turn, State.ASKING, owner),
            )
        return self.turn(owner, turn)

    def _conversation(self, owner: str, conversation: str) -> Conversation:
        row = self._database.execute(
            "SELECT id, title, created_at, updated_at FROM conversations WHERE id = ? AND owner = ?",
            (conversation, owner),
        ).fetchone()
        if row is None:
            raise UnknownConversation("That conversation is no longer there; start a new one.")
        return Conversation(**row)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:  # a Ctrl-C too: no transaction may stay open; what was raised goes on
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _turn(row: sqlite3.Row) -> AskedTurn:
    return AskedTurn(
        id=row["id"],
        conversation=row["conversation"],
        position=row["position"],
        question=row["question"],
        documents=tuple(json.loads(row["documents"])),
        state=State(row["state"]),
        answer=json.loads(row["answer"]) if row["answer"] else None,
        evidence=json.loads(row["evidence"]) if row["evidence"] else None,
        error=row["error"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        note=row["note"],
    )


def _title(text: str) -> str:
    """A title of one line, cut at a word."""
    line = " ".join(_clean(text).split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"


def _dump(value: Any) -> str:
    return json.dumps(value)


def _clean(text: str) -> str:
    """SQLite stores UTF-8, which has no place for half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
