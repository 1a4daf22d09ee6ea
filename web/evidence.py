"""What a turn keeps beside its answer: enough to show every citation as it was, whatever becomes of the document.

`Answer.to_dict` has the citations and the nearest passages; this adds the passage around each quote, and the title
and page of each passage, which the JSON of the command line leaves out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from assistant import Answer, Citation, gaps
from index.errors import UnknownDocument
from index.types import Document

AROUND = 600


class Library(Protocol):
    """Whoever can hand out a document."""

    def document(self, id: str) -> Document:
        """The document; raises UnknownDocument."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands, with the passage around it: all of it as it was when the answer was given.

    `passage[start - passage_start : end - passage_start]` is the quote; `number` is None for a passage that is
    offered but not cited, and then the quote is the whole passage.
    """

    document: str
    title: str
    page: int | None
    start: int
    end: int
    passage_start: int
    passage: str
    number: int | None = None

    @property
    def quote(self) -> str:
        """The words that are cited."""
        return self.passage[self.start - self.passage_start : self.end - self.passage_start]

    @property
    def passage_end(self) -> int:
        """Where the passage ends in the document."""
        return self.passage_start + len(self.passage)

    def stands_in(self, text: str) -> bool:
        """Whether the passage, quote and all, is still where it was."""
        return text[self.passage_start : self.passage_end] == self.passage


def gather(answer: Answer, library: Library) -> dict[str, Any]:
    """The evidence of an answer, as `cited` and `offered` read it back."""
    return {
        "passages": [{"title": m.passage.title, "page": m.passage.page} for m in answer.matches],
        "around": {str(c.number): _around(c, answer, library) for c in answer.citations},
    }


def cited(answer: dict[str, Any], evidence: dict[str, Any]) -> list[Place]:
    """The citations of a kept answer, in the order of their numbers."""
    places = []
    for citation in answer["citations"]:
        around = evidence["around"][str(citation["number"])]
        places.append(
            Place(
                citation["document"],
                citation["title"],
                citation["page"],
                citation["start"],
                citation["end"],
                around["start"],
                around["text"],
                citation["number"],
            )
        )
    return places


def offered(answer: dict[str, Any], evidence: dict[str, Any]) -> list[Place]:
    """The nearest passages of a kept answer, best first."""
    return [
        Place(
            passage["document"],
            shown["title"],
            shown["page"],
            passage["start"],
            passage["end"],
            passage["start"],
            passage["text"],
        )
        for passage, shown in zip(answer["passages"], evidence["passages"], strict=True)
    ]


def missing(place: Place, question: str) -> tuple[int, ...]:
    """Where in the document words are missing from the quote: its holes, or else the names that it never gives.

    Of several nameless phrases, those count that the question speaks of, if it speaks of any.
    """
    holes = [hole.end for hole in gaps.holes(place.quote)]
    if not holes:
        phrases = gaps.nameless(place.quote)
        asked = {word.lower() for word in re.findall(r"\w+", question)}
        meant = [phrase for phrase in phrases if phrase.noun.lower().split()[-1] in asked]
        holes = [phrase.end for phrase in meant or phrases]
    return tuple(place.start + at for at in holes)


def _around(citation: Citation, answer: Answer, library: Library) -> dict[str, Any]:
    """The matched passage that holds the quote, or else the lines that do, or else the quote alone."""
    for match in answer.matches:
        passage = match.passage
        if passage.document == citation.document and passage.start <= citation.start and citation.end <= passage.end:
            return {"start": passage.start, "text": passage.text}
    try:
        text = library.document(citation.document).text
    except UnknownDocument:  # taken away between the answer and now
        return {"start": citation.start, "text": citation.quote}
    start = max(text.rfind("\n", 0, citation.start) + 1, citation.start - AROUND)
    line_end = text.find("\n", citation.end)
    end = min(len(text) if line_end < 0 else line_end, citation.end + AROUND)
    return {"start": start, "text": text[start:end]}
