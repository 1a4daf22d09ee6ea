"""From what an engine says to what may be shown: every quote is compared with the document's own text.

A marker `[n]` of a draft names its n-th piece of evidence. Evidence whose quote stands where it says, character
for character, becomes a numbered citation; anything else loses its marker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.types import Citation, Draft, Evidence, Unsupported
from index.errors import UnknownDocument
from index.types import Document, Match

MARKER = re.compile(r"\s?\[(\d{1,4})\]")


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft's text with markers that name `citations` by number, in the order they appear; `settled` lies in it."""

    text: str
    citations: tuple[Citation, ...]
    unsupported: tuple[Unsupported, ...]
    settled: int


def check(draft: Draft, matches: Sequence[Match], document: Callable[[str], Document]) -> Checked:
    """Turn the draft's evidence into citations; `document` gives the text that a quote must stand in.

    Markers are renumbered 1, 2, … in order of appearance, equal citations share a number, a marker without
    verified evidence is removed with the blank before it, and evidence without a marker is left out.
    """
    citations: list[Citation] = []
    numbers: dict[tuple[str, int, int], int] = {}
    cuts: list[tuple[int, int, str]] = []
    previous = (0, 0)  # where the last kept marker ended, and its number

    for marker in MARKER.finditer(draft.text):
        named = int(marker[1])
        found = _locate(draft.evidence[named - 1], matches, document) if 0 < named <= len(draft.evidence) else None
        if found is None:
            cuts.append((*marker.span(), ""))
            continue
        source, start, end = found
        number = numbers.setdefault((source.id, start, end), len(numbers) + 1)
        if number > len(citations):
            citations.append(_citation(number, source, start, end))
        if previous == (marker.start(), number):
            cuts.append((*marker.span(), ""))
            previous = (marker.end(), number)
            continue
        cuts.append((*marker.span(1), str(number)))
        previous = (marker.end(), number)

    return Checked(
        _rewritten(draft.text, cuts),
        tuple(citations),
        tuple(
            Unsupported(_moved(part.start, cuts), _moved(part.end, cuts), part.missing) for part in draft.unsupported
        ),
        _moved(draft.settled, cuts),
    )


def _locate(
    evidence: Evidence, matches: Sequence[Match], document: Callable[[str], Document]
) -> tuple[Document, int, int] | None:
    """Where the quote truly stands: at its own offsets, or else inside a matched passage of the same document."""
    if not evidence.quote:
        return None
    try:
        source = document(evidence.document)
    except UnknownDocument:
        return None  # taken away between the search and now
    places = [evidence.start]
    for match in matches:
        inside = match.passage.text.find(evidence.quote)
        if match.passage.document == source.id and inside >= 0:
            places.append(match.passage.start + inside)
    for start in places:
        end = start + len(evidence.quote)
        if start >= 0 and source.text[start:end] == evidence.quote:
            return source, start, end
    return None


def _citation(number: int, source: Document, start: int, end: int) -> Citation:
    return Citation(number, source.id, source.title, source.page_at(start), start, end, source.text[start:end])


def _rewritten(text: str, cuts: Sequence[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, replacement in cuts:
        parts += [text[at:start], replacement]
        at = end
    return "".join([*parts, text[at:]])


def _moved(offset: int, cuts: Sequence[tuple[int, int, str]]) -> int:
    """Where an offset into the draft's text lies after the cuts; one inside a cut moves to the cut's start."""
    shift = 0
    for start, end, replacement in cuts:
        if offset >= end:
            shift += len(replacement) - (end - start)
        elif offset > start:
            return start + shift
    return offset + shift
