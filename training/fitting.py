"""Logistic regression small enough to need no library, and the risk that a threshold leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assistant.engines.judging import Linear

RIDGE = 5.0
"""The penalty on squared standardised weights of a choice."""


def logistic(rows: Sequence[Mapping[str, float]], right: Sequence[bool], ridge: float = 1.0) -> Linear:
    """The maximum-likelihood weights, by Newton's method, on standardised features with an L2 penalty of `ridge`."""
    names = sorted(rows[0])
    table = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    mean, spread = table.mean(axis=0), table.std(axis=0)
    spread[spread == 0] = 1.0
    inputs = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    wanted = np.array(right, dtype=np.float64)
    penalty = np.diag([ridge] * len(names) + [1e-6])
    found = np.zeros(len(names) + 1)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ found, -30, 30)))
        gradient = inputs.T @ (wanted - chance) - penalty @ found
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + penalty
        step = np.linalg.solve(curvature, gradient)
        found += step
        if float(np.abs(step).max()) < 1e-8:
            break
    scaled = found[:-1] / spread
    weights_by_name = {name: round(float(weight), 6) for name, weight in zip(names, scaled, strict=True)}
    return Linear(weights_by_name, round(float(found[-1] - scaled @ mean), 6))


def choice(groups: Sequence[tuple[Sequence[Mapping[str, float]], Sequence[float]]], names: Sequence[str]) -> Linear:
    """Weights by which a worthy row of each group is the likeliest of it (a conditional logit, McFadden 1974).

    A row counts by its worth, in [0, 1]; groups without a worthy row teach nothing and must be left out. An L2
    penalty on standardised features, by Adam.
    """
    tables = [np.array([[row[name] for name in names] for row in rows], dtype=np.float64) for rows, _ in groups]
    spread = np.vstack(tables).std(axis=0)
    spread[spread == 0] = 1.0
    wanted = [np.array(right, dtype=np.float64) for _, right in groups]
    weights, drift, size = (np.zeros(len(names)) for _ in range(3))
    for step in range(1, 601):
        gradient = -RIDGE * weights
        for table, right in zip(tables, wanted, strict=True):
            scores = table @ (weights / spread)
            chance = np.exp(scores - scores.max())
            chance /= chance.sum()
            gradient += (table / spread).T @ (chance * right / (chance * right).sum() - chance)
        drift, size = 0.9 * drift + 0.1 * gradient, 0.99 * size + 0.01 * gradient**2
        weights = weights + 0.05 * (drift / (1 - 0.9**step)) / (np.sqrt(size / (1 - 0.99**step)) + 1e-8)
    return Linear({name: round(float(w), 6) for name, w in zip(names, weights / spread, strict=True)})


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """For each tenth of the questions answered, surest first: the coverage, the threshold and the share wrong."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    rows: list[dict[str, Any]] = []
    for tenth in range(1, 11):
        last = max(1, round(len(order) * tenth / 10)) - 1
        rows.append(
            {
                "coverage": round((last + 1) / len(order), 3),
                "threshold": round(float(confidence[order[last]]), 3),
                "risk": round(float(wrong[last]), 3),
            }
        )
    return rows


def threshold_for(confidence: np.ndarray, right: np.ndarray, risk: float) -> float:
    """The lowest threshold whose answers are wrong in at most a share `risk` of cases; 1.0 where none is."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero(wrong <= risk)
    return round(float(confidence[order[allowed[-1]]]), 4) if len(allowed) else 1.0
