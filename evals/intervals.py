"""How far chance alone could move a figure: percentile bootstrap over questions (Efron 1979), by scipy.

Questions are drawn with replacement; 95% of the figures computed from such draws lie in the interval. For two runs
on the same questions each draw takes both runs' results of a question together (the paired bootstrap: Koehn 2004;
Berg-Kirkpatrick, Burkett & Klein 2012).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
SEED = 20251028
MOST_RESAMPLES = 10_000
MOST_DRAWS = 20_000_000  # questions drawn in all: large sets get fewer resamples, of which they need fewer

Array = NDArray[np.float64]
Columns = Sequence[Array]
Entry = tuple[float, ...] | None
"""One question's part in the columns; None where it has none."""
Statistic = Callable[..., Array]
"""From columns (..., questions) to a figure for each of the leading dimensions."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95% interval. Both are NaN where the figure cannot be computed."""

    value: float
    low: float
    high: float


def interval(statistic: Statistic, columns: Columns, seed: int = SEED) -> Interval:
    """A statistic of the columns (one entry a question each) with its interval."""
    return _bootstrap(statistic, columns, seed)


def plain(statistic: Statistic, columns: Columns) -> float:
    """A statistic of the columns, NaN where it cannot be computed."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(statistic(*columns)) if len(columns[0]) else float("nan")


def difference(statistic: Statistic, before: Columns, after: Columns, seed: int = SEED) -> Interval:
    """How much a statistic grew from one run to another on the same questions, in the same order."""

    def grown(*columns: Array) -> Array:
        return statistic(*columns[len(before) :]) - statistic(*columns[: len(before)])

    if all(np.array_equal(a, b) for a, b in zip(before, after, strict=True)):
        nothing = 0.0 * plain(statistic, before)
        return Interval(nothing, nothing, nothing)  # as every draw would have it
    return _bootstrap(grown, [*before, *after], seed)


def resamples(questions: int) -> int:
    """How many resamples are drawn for so many questions."""
    return int(min(MOST_RESAMPLES, max(1_000, MOST_DRAWS // max(1, questions))))


def _bootstrap(statistic: Statistic, columns: Columns, seed: int) -> Interval:
    def on_draws(*drawn: Array, axis: int) -> Array:
        return statistic(*drawn)  # the axis is always the last one, on which every statistic works

    size = len(columns[0])
    value = plain(statistic, columns)
    if size <= 1 or np.isnan(value):
        return Interval(value, value, value)
    from scipy.stats import (  # type: ignore[import-untyped]
        DegenerateDataWarning,
        bootstrap,
    )

    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        # A figure that no draw can move, or a draw without a single refusal: both are handled below.
        warnings.simplefilter("ignore", DegenerateDataWarning)
        result = bootstrap(
            tuple(columns),
            on_draws,
            paired=True,
            vectorized=True,
            n_resamples=resamples(size),
            batch=max(1, 1_000_000 // size),
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    drawn = result.bootstrap_distribution[np.isfinite(result.bootstrap_distribution)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(value, float(low), float(high))
