"""Two runs on the same questions: how each figure moved, with its paired interval, and which questions flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.intervals import Interval
from evals.metrics import ALL, Metric
from evals.questions import GoldError
from evals.scoring import Outcome, Row

GOOD = (Outcome.RIGHT, Outcome.FOUND)


@dataclass(frozen=True, slots=True)
class Change:
    """How one figure moved: `growth` is after - before, whichever way is better."""

    metric: Metric
    before: float
    after: float
    growth: Interval

    @property
    def worse(self) -> bool:
        """Whether the whole 95% interval lies on the bad side of 0."""
        return self.growth.high < 0 if self.metric.higher_is_better else self.growth.low > 0

    @property
    def better(self) -> bool:
        """Whether the whole 95% interval lies on the good side of 0."""
        return self.growth.low > 0 if self.metric.higher_is_better else self.growth.high < 0


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose outcome is another than before."""

    before: Row
    after: Row

    @property
    def worse(self) -> bool:
        """Whether it was right and is no longer."""
        return self.before.outcome in GOOD and self.after.outcome not in GOOD


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, question by question; `alone` counts the questions that only one of them holds."""

    changes: tuple[Change, ...]
    flips: tuple[Flip, ...]
    questions: int
    alone: int


def compare(before: Sequence[Row], after: Sequence[Row]) -> Comparison:
    """Compare on the questions that both hold. Raises GoldError where there are none."""
    pairs = paired(before, after)
    if not pairs:
        raise GoldError("the two runs have no question in common: compare runs on the same gold")
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    changes = [
        Change(metric, metric.plain(first), metric.plain(second), metric.growth(first, second)) for metric in ALL
    ]
    return Comparison(
        changes=tuple(change for change in changes if not np.isnan(change.growth.value)),
        flips=tuple(Flip(a, b) for a, b in pairs if a.outcome is not b.outcome),
        questions=len(pairs),
        alone=len(before) + len(after) - 2 * len(pairs),
    )


def paired(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[Row, Row]]:
    """The rows of the questions that both hold: same id, same words."""
    known = {(row.id, row.question): row for row in before}
    return [(known[row.id, row.question], row) for row in after if (row.id, row.question) in known]
