"""A conversation to take away, as Markdown with footnotes or as JSON; feedback as draft gold questions.

Whatever comes from a document or a model is escaped, so that a Markdown reader shows it as the text it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from web import evidence
from web.conversations import AskedTurn, Conversation, State, Verdict
from web.evidence import Place
from web.rendering import MARKER, OFFERED, whereabouts

SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-!|~&$^])")

NUMBERED = re.compile(r"^(\s*\d+)([.)])")


@dataclass(frozen=True, slots=True)
class File:
    """A file for the browser to save."""

    name: str
    type: str
    text: str


def as_markdown(conversation: Conversation, turns: Sequence[AskedTurn]) -> File:
    """The conversation as Markdown; every citation is a footnote with its quote and where it stands."""
    parts = [f"# {_plain(conversation.title)}", f"*{conversation.created_at[:16].replace('T', ' ')} UTC*"]
    notes: list[str] = []
    for number, turn in enumerate(turns, start=1):
        parts.append(f"## {_plain(turn.question)}")
        if turn.documents:
            parts.append(f"*Asked of: {_plain(', '.join(turn.documents))}*")
        if turn.answer is None or turn.evidence is None:
            parts.append(f"*{_plain(turn.error or 'Not answered.')}*")
            continue
        places = evidence.cited(turn.answer, turn.evidence)
        parts.append(_with_footnotes(turn.answer["answer"], places, number))
        notes += [_footnote(place, number) for place in places]
        if not turn.answer["answered"]:
            parts += _nearest(turn.answer, turn.evidence)
        parts.append(f"*{_plain(turn.answer['engine'])}, {turn.answer['seconds']['total']:.2f} s*")
    return File(f"{_file_name(conversation.title)}.md", "text/markdown", "\n\n".join(parts + notes) + "\n")


def as_json(conversation: Conversation, turns: Sequence[AskedTurn]) -> File:
    """The conversation as JSON; each answer is what the command line's `ask --json` writes."""
    content = {
        "conversation": asdict(conversation),
        "turns": [
            {
                "id": turn.id,
                "question": turn.question,
                "documents": list(turn.documents),
                "state": turn.state.value,
                "asked_at": turn.asked_at,
                "answered_at": turn.answered_at,
                "answer": turn.answer,
                "error": turn.error,
                "feedback": {"verdict": turn.verdict.value, "note": turn.note} if turn.verdict else None,
            }
            for turn in turns
        ],
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    return File(f"{_file_name(conversation.title)}.json", "application/json", text + "\n")


def as_gold(judged: Sequence[AskedTurn], conversation: Callable[[str], Sequence[AskedTurn]]) -> File:
    """The feedback as draft gold questions for the evals, a line each, in their format.

    A good answer is its own gold, a good refusal an unanswerable question. Of a bad one the note is taken for what
    should have been said; where there is no note, `answers` is left empty for a person to fill in.
    """
    lines = [json.dumps(_draft(turn, conversation(turn.conversation)), ensure_ascii=False) for turn in judged]
    return File("feedback.jsonl", "application/jsonl", "".join(line + "\n" for line in lines))


def _draft(turn: AskedTurn, conversation: Sequence[AskedTurn]) -> dict[str, Any]:
    answer = turn.answer or {}
    good = turn.verdict is Verdict.UP
    refused = good and not answer["answered"]
    gap = answer["reason"] == "gap_in_source"
    if good:
        answers = [] if refused else [answer["short_answer"] or answer["answer"]]
        cited = answer["citations"]
    else:
        answers, cited = [turn.note] if turn.note else [], []
    earlier = [t for t in conversation if t.position < turn.position and t.state is State.DONE and t.answer]
    return {
        "id": f"feedback-{turn.id}",
        "question": turn.question,
        "history": [
            said
            for t in earlier
            for said in (
                {"role": "user", "content": t.question},
                {"role": "assistant", "content": (t.answer or {})["answer"]},
            )
        ],
        "answerable": not refused,
        "answers": answers,
        **({"reason": "gap_in_source" if gap else "not_in_documents"} if refused else {}),
        "evidence": [{"document": c["document"], "quote": c["quote"]} for c in cited],
        "tags": ["draft", f"thumbs-{turn.verdict.value if turn.verdict else ''}"],
        **({"documents": list(turn.documents)} if turn.documents else {}),
    }


def _with_footnotes(words: str, places: Sequence[Place], turn: int) -> str:
    numbers = {place.number for place in places}
    parts, at = [], 0
    for marker in MARKER.finditer(words):
        if int(marker[1]) in numbers:
            parts += [_literal(words[at : marker.start()]), f"[^{turn}-{marker[1]}]"]
            at = marker.end()
    return "".join([*parts, _literal(words[at:])]).strip()


def _footnote(place: Place, turn: int) -> str:
    return (
        f"[^{turn}-{place.number}]: “{_plain(place.quote)}” — {_plain(whereabouts(place))}"
        f" ({_plain(place.document)}, characters {place.start}–{place.end})"
    )


def _nearest(answer: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    places = evidence.offered(answer, kept)[:OFFERED]
    if not places:
        return []
    rows = [f"- “{_plain(place.passage)}” — {_plain(whereabouts(place))}" for place in places]
    return ["Closest, but not an answer:", "\n".join(rows)]


def _literal(words: str) -> str:
    """The words as Markdown that shows them and nothing else, line for line."""
    lines = SPECIAL.sub(r"\\\1", re.sub(r"[^\S\n]+", " ", words)).split("\n")
    return "\\\n".join(NUMBERED.sub(r"\1\\\2", line) for line in lines)


def _plain(words: str) -> str:
    """The words as Markdown that shows them and nothing else, on one line."""
    return _literal(" ".join(words.split()))


def _file_name(title: str) -> str:
    return re.sub(r"[^\w\-]+", "-", title).strip("-")[:60] or "conversation"
