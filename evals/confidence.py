"""What the confidence is worth: does it tell right answers from wrong ones, and can it be taken at its word?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.intervals import Array, Entry
from evals.scoring import Outcome, Row

BINS = 10


def area_under_risk(confidence: Array, wrong: Array, part: Array) -> Array:
    """The mean, over all coverages reached, of the share of wrong answers among the most confident ones.

    The area under the risk-coverage curve (Geifman, Uziel & El-Yaniv 2019), up to the coverage reached. Among
    equally confident answers the wrong ones come first, so that the order of the questions does not matter.
    """
    risks, counted = _risks(confidence, wrong, part)
    area: Array = (risks * counted).sum(axis=-1) / counted.sum(axis=-1)
    return area


def _risks(confidence: Array, wrong: Array, part: Array) -> tuple[Array, Array]:
    order = np.lexsort((-wrong, -confidence, -part), axis=-1)
    wrong, counted = (np.take_along_axis(column, order, axis=-1) for column in (wrong, part))
    answered = np.cumsum(counted, axis=-1)
    return np.cumsum(wrong * counted, axis=-1) / np.maximum(answered, 1), counted


def risk_coverage(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The curve: (coverage, risk) as answers of falling confidence are let through; coverage counts all questions."""
    asked = [row for row in rows if not row.failed]
    answered = [risk_entry(row) for row in asked]
    columns = np.array([entry for entry in answered if entry], dtype=np.float64).reshape(-1, 3).T
    risks, _ = _risks(*columns)
    return [((i + 1) / len(asked), float(risk)) for i, risk in enumerate(risks)]


def calibration_error(confidence: Array, right: Array, part: Array) -> Array:
    """Expected calibration error (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017), ten bins of equal width.

    The mean over answers of |share right in the bin - mean confidence in the bin|.
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    total = np.zeros(confidence.shape[:-1])
    for number in range(BINS):
        inside = (bins == number) * part
        total = total + np.abs(((right - confidence) * inside).sum(axis=-1))
    return np.asarray(total / part.sum(axis=-1))


def reliability(rows: Sequence[Row]) -> list[tuple[float, float, int]]:
    """The bins that hold answers: (mean confidence, share right, answers)."""
    binned: dict[int, list[tuple[float, float]]] = {}
    for row in rows:
        if entry := calibration_entry(row):
            binned.setdefault(min(int(entry[0] * BINS), BINS - 1), []).append((entry[0], entry[1]))
    return [
        (float(np.mean([c for c, _ in held])), float(np.mean([r for _, r in held])), len(held))
        for _, held in sorted(binned.items())
    ]


def best_f1(rows: Sequence[Row]) -> float:
    """An oracle, not a result: the F1 at the best threshold, chosen on these very questions.

    As in the official SQuAD 2.0 script, the confidence stands for 1 - the probability of no answer. Answers that
    the shipped threshold held back are not known, so only higher thresholds are tried.
    """
    asked = [row for row in rows if not row.failed and "f1" in row.scores]
    answered = sorted((r for r in asked if not r.scores["refused"]), key=lambda r: -r.scores["confidence"])
    total = best = float(sum(not row.answerable for row in asked))
    for row in answered:
        total += row.scores["f1"] if row.answerable else -1.0
        best = max(best, total)
    return best / len(asked) if asked else float("nan")


def risk_entry(row: Row) -> Entry:
    """An answer's (confidence, whether it was not right, 1); None where none was given."""
    return _if_answered(row, float(row.outcome is not Outcome.RIGHT))


def calibration_entry(row: Row) -> Entry:
    """An answer's (confidence, whether it was right, 1); None where none was given."""
    return _if_answered(row, float(row.outcome is Outcome.RIGHT))


def _if_answered(row: Row, value: float) -> Entry:
    if row.failed or row.scores.get("refused") != 0:
        return None
    return row.scores["confidence"], value, 1.0
