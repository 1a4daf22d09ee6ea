"""A turn of a conversation as HTML: the question, the answer with its chips, or the refusal that it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from assistant import Answer
from web import evidence
from web.conversations import AskedTurn, State, Verdict
from web.evidence import Place
from web.markup import button, count, icon_button, name, text

MARKER = re.compile(r"\[(\d{1,4})\]")
CITED = re.compile(MARKER.pattern + r"([.,;:!?)”’»]*)")
"""A marker with what follows it without a blank, which stays on its line."""
HOLE = '<span class="hole" role="img" aria-label="something is missing here"></span>'
OFFERED = 3

LABELS = {
    "not_in_documents": ("refusal", "Not in the documents"),
    "gap_in_source": ("gap", "The source has a gap here"),
    "unsupported": ("refusal", "Not borne out by the documents"),
}


def transcript(turns: Sequence[AskedTurn]) -> str:
    """A whole conversation, oldest turn first."""
    last = len(turns) - 1
    return "".join(turn_html(turn, last=number == last) for number, turn in enumerate(turns))


def turn_html(turn: AskedTurn, *, last: bool) -> str:
    """One turn; the last can also be asked again, edited or taken back."""
    if turn.state is State.DONE and turn.answer is not None and turn.evidence is not None:
        body = _answered(turn, turn.answer, turn.evidence, last=last)
    elif turn.state is State.FAILED:
        body = _unanswered("failed", "No answer", turn.error or "", turn, last=last)
    elif turn.state is State.STOPPED:
        body = _unanswered("stopped", "Stopped", "Nothing was kept of this answer.", turn, last=last)
    else:
        body = _unanswered("stopped", "Not answered yet", "It is being asked in another window.", turn, last=last)
    return _article(turn, body, busy=False)


def waiting(turn: AskedTurn) -> str:
    """A turn that has just been asked."""
    return _article(turn, '<p class="waiting">Searching the documents<span class="dots"></span></p>', busy=True)


def provisional(turn: AskedTurn, answer: Answer, places: Sequence[Place]) -> str:
    """A turn whose answer is still coming: what is checked has its chips, in the rest markers do nothing yet."""
    doubted = [asdict(part) for part in answer.unsupported]
    checked = _with_chips(answer.text[: answer.settled], doubted, places, turn.id)
    parts, at = [], answer.settled
    for marker in MARKER.finditer(answer.text, answer.settled):
        parts += [text(answer.text[at : marker.start()]), f'<span class="chip pending">{marker[1]}</span>']
        at = marker.end()
    rest = "".join([*parts, text(answer.text[at:])])
    unchecked = f'<span class="unchecked"><span class="sr"> (not checked yet:) </span>{rest}</span>' if rest else ""
    return _article(turn, f'<div class="words provisional">{checked}{unchecked}</div>', busy=True)


def _article(turn: AskedTurn, body: str, *, busy: bool) -> str:
    scope = ""
    if turn.documents:
        asked = f"Asked of {count(len(turn.documents), 'document')} only"
        scope = f'<p class="scope" title="{text(", ".join(turn.documents))}">{asked}</p>'
    return (
        f'<article class="turn" data-turn="{turn.id}" data-conversation="{turn.conversation}"'
        f' data-state="{turn.state}" aria-busy="{str(busy).lower()}" aria-label="Question {turn.position}">'
        f'<div class="question"><h3>{text(turn.question)}</h3>{scope}</div>{body}</article>'
    )


def _answered(turn: AskedTurn, answer: dict[str, Any], kept: dict[str, Any], *, last: bool) -> str:
    places = evidence.cited(answer, kept)
    shown = _with_chips(answer["answer"], answer["unsupported"], places, turn.id)
    words = f'<div class="words">{shown}</div>'
    notice = f'<p class="notice">{text(answer["notice"])}</p>' if answer["notice"] else ""
    actions = _actions(turn, answer, last=last)
    if answer["answered"]:
        return f'<div class="answer">{words}{notice}{actions}</div>'
    kind, label = LABELS[answer["reason"]]
    if kind == "gap":
        shown = "".join(_holed(turn, place) for place in places)
    else:
        shown = _nearest(turn.id, evidence.offered(answer, kept)[:OFFERED])
    return f'<div class="answer {kind}"><p class="label">{label}</p>{words}{notice}{shown}{actions}</div>'


def _with_chips(words: str, unsupported: Sequence[dict[str, Any]], places: Sequence[Place], turn: str) -> str:
    """The answer's words, each marker that names a citation as a chip, each unsupported stretch underlined."""
    numbered = {place.number: place for place in places}
    doubted = [(part["start"], part["end"], ", ".join(part["missing"])) for part in unsupported]
    edges = {0, len(words), *(edge for start, end, _ in doubted for edge in (start, end))}
    cuts = sorted(edge for edge in edges if 0 <= edge <= len(words))
    shown = []
    for start, end in pairwise(cuts):
        piece = _chipped(words[start:end], numbered, turn)
        missing = next((what for first, after, what in doubted if first <= start and end <= after), None)
        if missing is not None:
            found = f"Not borne out; not found: {missing}"
            piece = (
                f'<span class="doubted" title="{text(found)}">{piece}<span class="sr"> ({text(found)})</span></span>'
            )
        shown.append(piece)
    return "".join(shown)


def _chipped(words: str, numbered: dict[int | None, Place], turn: str) -> str:
    parts, at = [], 0
    for marker in CITED.finditer(words):
        place = numbered.get(int(marker[1]))
        if place is not None:
            parts.append(text(words[at : marker.start()]))
            parts.append(f'<span class="tied">{chip(turn, place)}{text(marker[2])}</span>')
            at = marker.end()
    return "".join([*parts, text(words[at:])])


def chip(turn: str, place: Place, *, current: bool = False) -> str:
    """The numbered button of a citation; the quote comes along for hovering."""
    here = ' aria-current="true"' if current else ""
    return (
        f'<button type="button" class="chip" data-do="cite" data-turn="{turn}" data-number="{place.number}"'
        f' data-quote="{text(place.quote)}" data-where="{text(whereabouts(place))}"{here}'
        f' aria-label="Citation {place.number}: {text(whereabouts(place))}">{place.number}</button>'
    )


def whereabouts(place: Place) -> str:
    """The title of the document, and the page where it has pages."""
    return place.title + (f", page {place.page}" if place.page is not None else "")


def _holed(turn: AskedTurn, place: Place) -> str:
    """The sentence that something is missing from, with an empty box where it is."""
    holes = [at - place.start for at in evidence.missing(place, turn.question)]
    cuts = [0, *holes, len(place.quote)]
    quote = HOLE.join(text(place.quote[start:end]) for start, end in pairwise(cuts))
    footer = f"<footer>{name(whereabouts(place))} {chip(turn.id, place)}</footer>"
    return f'<blockquote class="holed">{quote}{footer}</blockquote>'


def _nearest(turn: str, places: Sequence[Place]) -> str:
    if not places:
        return ""
    rows = "".join(
        f'<li><button type="button" class="nearest" data-do="near" data-turn="{turn}" data-number="{number}">'
        f'<span class="where">{name(whereabouts(place))}</span>'
        f'<span class="excerpt">{text(" ".join(place.passage.split()))}</span></button></li>'
        for number, place in enumerate(places)
    )
    heading = "Closest, but not an answer"
    return f'<section class="closest" aria-label="{heading}"><h4>{heading}</h4><ul>{rows}</ul></section>'


def _unanswered(kind: str, label: str, words: str, turn: AskedTurn, *, last: bool) -> str:
    actions = f'<div class="actions">{_rethinking(turn)}</div>' if last else ""
    return (
        f'<div class="answer {kind}"><p class="label">{label}</p><div class="words">{text(words)}</div>{actions}</div>'
    )


def _actions(turn: AskedTurn, answer: dict[str, Any], *, last: bool) -> str:
    up, down = turn.verdict is Verdict.UP, turn.verdict is Verdict.DOWN
    note = ""
    if turn.verdict:
        label = "Change the note" if turn.note else "Add a note"
        note = button(label, "note", classes="link", turn=turn.id, verdict=turn.verdict.value, note=turn.note)
    made = f"{answer['engine']} · {duration(answer['seconds']['total'])}"
    if usage := answer["usage"]:
        made += f" · {count(usage['tokens_in'] + usage['tokens_out'], 'token')}"
    return (
        f'<div class="actions"><span class="made">{text(made)}</span>'
        + icon_button("copy", "Copy the answer", "copy", turn=turn.id)
        + icon_button("up", "Good answer", "judge", pressed=up, turn=turn.id, verdict="up")
        + icon_button("down", "Bad answer", "judge", pressed=down, turn=turn.id, verdict="down")
        + note
        + (_rethinking(turn) if last else "")
        + "</div>"
    )


def _rethinking(turn: AskedTurn) -> str:
    return (
        icon_button("again", "Ask again", "retry", turn=turn.id)
        + icon_button("edit", "Edit the question", "revise", turn=turn.id, question=turn.question)
        + icon_button("undo", "Take the question back", "undo", turn=turn.id)
    )


def duration(seconds: float) -> str:
    """ "0.42 s", "12 s", "2 min 5 s"."""
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
