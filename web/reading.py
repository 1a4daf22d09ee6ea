"""A document as HTML: its text to the character, and in it the passage tinted and the quote marked.

The marked elements' text, joined, is the quote exactly. Page breaks are drawn by the style sheet from attributes,
so they add no character.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from index.types import Document
from web.evidence import Place
from web.markup import button, count, icon_button, name, text
from web.rendering import HOLE, chip

WINDOW = 40_000
"""How many characters of a document are shown at once; buttons lead to those before and after."""


def cited(
    place: Place,
    document: Document | None,
    turn: str,
    siblings: Sequence[Place] = (),
    holes: Sequence[int] = (),
) -> str:
    """The source panel at a citation or passage of a turn; `document` is None where there is none any more.

    `holes` are offsets in the document at which words are missing: an empty box is drawn at each.

    Where the document no longer says what it said, the panel shows the passage as it was kept with the answer.
    """
    chips = ""
    if len(siblings) > 1:
        row = "".join(chip(turn, sibling, current=sibling.number == place.number) for sibling in siblings)
        chips = f'<nav class="siblings" aria-label="Citations of this answer">{row}</nav>'
    if document is not None and place.stands_in(document.text):
        body = _window(document, place.passage_start, place.passage_end, place, holes)
    else:
        why = "is no longer among the documents" if document is None else "has changed since this was answered"
        notice = f"{name(place.title)} {why}. This is the passage as it stood then."
        body = f'<p class="notice">{notice}</p>{_text(place.passage, place.passage_start, (), place, holes)}'
    where = f"characters {place.start:,}–{place.end:,}"
    if place.page is not None:
        where = f"page {place.page}, {where}"
    label = f"Citation {place.number}" if place.number is not None else "Closest, but not an answer"
    citation = f"{turn}-{place.number}" if place.number is not None else ""
    return _panel(place.title, place.document, f"{label} · {where}", chips + body, citation)


def whole(document: Document, at: int = 0) -> str:
    """The source panel with a document to read, from the part that holds offset `at`."""
    pages = f"{count(len(document.page_starts), 'page')} · " if document.page_starts else ""
    where = pages + count(len(document.text), "character")
    return _panel(document.title, document.id, where, _window(document, at, at))


def _panel(title: str, document: str, where: str, body: str, citation: str = "") -> str:
    return (
        f'<section class="source" aria-label="Source" data-document="{text(document)}" data-citation="{citation}">'
        "<header>"
        f'<div><h2 tabindex="-1">{name(title)}</h2>'
        f'<p class="where">{name(document)}</p><p class="where">{text(where)}</p></div>'
        f"{icon_button('close', 'Close the source', 'close-source')}</header>{body}</section>"
    )


def _window(document: Document, first: int, after: int, place: Place | None = None, holes: Sequence[int] = ()) -> str:
    """The part of the text around `[first, after)`, cut at line ends, with ways on in both directions."""
    body = document.text
    spare = max(0, WINDOW - (after - first)) // 2
    start, end = first - spare, after + spare
    if start < 0:
        start, end = 0, end - start
    if end > len(body):
        start, end = max(0, start - (end - len(body))), len(body)
    if start > 0:
        line = body.find("\n", start - 1, first)
        start = line + 1 if line >= 0 else start
    if end < len(body):
        line = body.rfind("\n", after, end)
        end = line + 1 if line >= 0 else end
    earlier = later = ""
    if start > 0:
        earlier = button("Earlier in this document", "read", document=document.id, at=max(0, start - WINDOW // 2))
    if end < len(body):
        later = button("Later in this document", "read", document=document.id, at=end + WINDOW // 2)
    return earlier + _text(body[start:end], start, document.page_starts, place, holes) + later


def _text(words: str, start: int, page_starts: Sequence[int], place: Place | None, holes: Sequence[int] = ()) -> str:
    """`words`, which begin at offset `start` of their document, cut where a page, passage or quote begins or ends."""
    end = start + len(words)
    pages = {offset: number for number, offset in enumerate(page_starts, start=1) if start <= offset < end}
    holes = [hole for hole in holes if start <= hole <= end]
    edges = {start, end, *pages, *holes}
    if place is not None:
        edges |= {place.passage_start, place.passage_end, place.start, place.end}
    cuts = sorted(edges)
    runs = []
    for first, after in pairwise(cuts):
        if first in pages:
            runs.append(f'<span class="page" role="separator" aria-label="Page {pages[first]}"></span>')
        runs += [HOLE] if first in holes else []
        runs.append(_run(words[first - start : after - start], first, place))
    runs += [HOLE] if end in holes else []
    return f'<div class="document" role="region" aria-label="Text of the document" tabindex="0">{"".join(runs)}</div>'


def _run(words: str, at: int, place: Place | None) -> str:
    if place is None or not place.passage_start <= at < place.passage_end:
        return text(words)
    if place.number is not None and place.start <= at < place.end:
        return f'<mark class="quote">{text(words)}</mark>'
    return f'<span class="passage">{text(words)}</span>'
