"""Where the gold quotes stand in the documents, and how much of them was cited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.questions import Evidence, Gold, GoldError

Place = tuple[str, int, int]
"""A document and a half-open range of its characters."""


@dataclass(frozen=True, slots=True)
class Located:
    """One piece of evidence: every place it stands at, any of which is enough."""

    places: tuple[Place, ...]


def locate(gold: Gold, text: Callable[[str], str]) -> tuple[Located, ...]:
    """The places of a question's evidence in the documents' text. Raises GoldError where a quote is not there."""
    return tuple(_locate(gold, number, item, text) for number, item in enumerate(gold.evidence, start=1))


def overlap(cited: Sequence[Place], evidence: Sequence[Located]) -> tuple[int, int, int, int]:
    """Characters (cited and in the evidence, cited, in the evidence and cited, in the evidence).

    The first two make precision: a cited character is right where it lies in any place of any piece of evidence.
    The last two make recall: each piece counts at the one of its places that was cited best.
    """
    cited_ranges = _merged(cited)
    gold_ranges = _merged(place for item in evidence for place in item.places)
    right = sum(_covered(place, cited_ranges) for places in gold_ranges.values() for place in places)
    total = sum(place[2] - place[1] for places in cited_ranges.values() for place in places)
    covered = needed = 0
    for item in evidence:
        best = max(item.places, key=lambda place: _covered(place, cited_ranges) / (place[2] - place[1]))
        covered += _covered(best, cited_ranges)
        needed += best[2] - best[1]
    return right, total, covered, needed


def touches(place: Place, item: Located) -> bool:
    """Whether a place overlaps one of the evidence's places by at least half of the shorter of the two."""
    return any(
        place[0] == other[0]
        and 2 * (min(place[2], other[2]) - max(place[1], other[1])) >= min(place[2] - place[1], other[2] - other[1])
        for other in item.places
    )


def _locate(gold: Gold, number: int, item: Evidence, text: Callable[[str], str]) -> Located:
    content = text(item.document)
    places = []
    for quote in item.quotes:
        found = list(_occurrences(content, quote))
        if not found:
            raise GoldError(
                f"question {gold.id!r}, evidence[{number}]: {item.document} does not hold {quote[:80]!r} verbatim"
            )
        places += [(item.document, start, start + len(quote)) for start in found]
    return Located(tuple(places))


def _occurrences(content: str, quote: str) -> Iterable[int]:
    start = content.find(quote)
    while start >= 0:
        yield start
        start = content.find(quote, start + 1)


def _merged(places: Iterable[Place]) -> dict[str, list[Place]]:
    merged: dict[str, list[Place]] = {}
    for document, start, end in sorted(places):
        known = merged.setdefault(document, [])
        if known and start <= known[-1][2]:
            known[-1] = (document, known[-1][1], max(end, known[-1][2]))
        else:
            known.append((document, start, end))
    return merged


def _covered(place: Place, ranges: Mapping[str, Sequence[Place]]) -> int:
    document, start, end = place
    return sum(max(0, min(end, b) - max(start, a)) for _, a, b in ranges.get(document, ()))
