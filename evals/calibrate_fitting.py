"""Fitting linear models to named features: a choice among candidates, and a yes or no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Features = Mapping[str, float]

RARE = 20  # a feature seen less often than this gets no weight in a model of many features


@dataclass(frozen=True, slots=True)
class Choice:
    """One question's candidates and which of them are right; several may be."""

    candidates: Sequence[Features]
    right: Sequence[bool]


def fit_choice(choices: Sequence[Choice], ridge: float, rare: int = 1) -> dict[str, Any]:
    """Weights under which the right candidates' share of the softmax is greatest (a conditional logit).

    Choices without a right candidate teach nothing and are left out. `ridge` is the weight of the squared weights.
    """
    taught = [choice for choice in choices if any(choice.right)]
    rows = [candidate for choice in taught for candidate in choice.candidates]
    table, names = _table(rows, rare)
    right = np.array([one for choice in taught for one in choice.right], dtype=np.float64)
    sizes = np.array([len(choice.right) for choice in taught])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group = np.repeat(np.arange(len(taught)), sizes)

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = table @ weights
        scores -= np.maximum.reduceat(scores, starts)[group]
        mass = np.exp(scores)
        total, good = np.add.reduceat(mass, starts), np.add.reduceat(mass * right, starts)
        slope = table.T @ (mass / total[group] - mass * right / good[group]) / len(taught)
        return float(-np.log(good / total).mean() + ridge * weights @ weights), slope + 2 * ridge * weights

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return {"weights": _rounded(names, found.x)}


def fit_yes_no(rows: Sequence[Features], right: Sequence[bool], ridge: float = 1e-3) -> dict[str, Any]:
    """Weights and bias of a logistic regression; the features are put on one scale while it is fitted."""
    table, names = _table(rows, 1)
    dense = table.toarray()
    mean, spread = dense.mean(axis=0), dense.std(axis=0) + 1e-9
    scaled = (dense - mean) / spread
    target = np.array(right, dtype=np.float64)

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = scaled @ weights[:-1] + weights[-1]
        wrong = 1 / (1 + np.exp(-scores)) - target
        slope = np.append(scaled.T @ wrong / len(target) + 2 * ridge * weights[:-1], wrong.mean())
        return float((np.logaddexp(0, scores) - target * scores).mean() + ridge * weights[:-1] @ weights[:-1]), slope

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    weights = found[:-1] / spread
    return {"weights": _rounded(names, weights), "bias": round(float(found[-1] - weights @ mean), 4)}


def area_under_roc(scores: Floats, right: NDArray[np.bool_]) -> float:
    """The probability that a right one scores higher than a wrong one."""
    order = np.argsort(np.argsort(scores)) + 1.0
    good, bad = int(right.sum()), int((~right).sum())
    return float((order[right].sum() - good * (good + 1) / 2) / (good * bad))


def _table(rows: Sequence[Features], rare: int) -> tuple[csr_matrix, list[str]]:
    seen = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in seen.items() if count >= rare)
    column = {name: i for i, name in enumerate(names)}
    cells = [(i, column[name], value) for i, row in enumerate(rows) for name, value in row.items() if name in column]
    at, across, values = zip(*cells, strict=True)
    return csr_matrix((values, (at, across)), shape=(len(rows), len(names)), dtype=np.float64), names


def _rounded(names: Sequence[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True) if abs(weight) > 5e-4}
