"""Ratios over repeated runs, and how they are shown: the median, and the lowest and highest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several runs' figures, and their extremes."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """That of one figure a run."""
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_short(self.middle)} [{_short(self.low)}, {_short(self.high)}]"


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: what is measured, a figure of each side, our ratio, and the ratio aimed at (None: only shown).

    `at_most` tells that the ratio should not be above what is aimed at, as for memory.
    """

    what: str
    ours: Spread
    theirs: Spread
    ratio: Spread
    aim: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the median is as good as what is aimed at; None where nothing is."""
        if self.aim is None:
            return None
        return self.ratio.middle <= self.aim if self.at_most else self.ratio.middle >= self.aim


def quicker(what: str, ours: Sequence[float], theirs: Sequence[float], aim: float | None = None) -> Line:
    """From both sides' seconds, run by run: how many times as fast ours is."""
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return Line(what, Spread.of(ours), Spread.of(theirs), Spread.of(ratios), aim)


def share(
    what: str, ours: Sequence[float], theirs: Sequence[float], aim: float | None = None, *, at_most: bool = False
) -> Line:
    """Ours divided by theirs, run by run."""
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    return Line(what, Spread.of(ours), Spread.of(theirs), Spread.of(ratios), aim, at_most)


def table(lines: Sequence[Line]) -> str:
    """All lines in Markdown."""
    rows = ["| | ours | theirs | ratio | aim |", "|---|---|---|---|---|"]
    for line in lines:
        sign = "≤" if line.at_most else "≥"
        aim = "" if line.aim is None else f"{sign} {_short(line.aim)} {'met' if line.met else 'not met'}"
        rows.append(f"| {line.what} | {line.ours} | {line.theirs} | **{line.ratio}** | {aim} |")
    return "\n".join(rows)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
