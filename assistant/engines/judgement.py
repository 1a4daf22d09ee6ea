"""The weights that the sentence engine judges by: three linear models, fitted by `python -m evals.calibrate`.

Their file, sentences.json, says what they were fitted on and how well they do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import Any


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum of named features; one without a weight counts for nothing."""

    weights: Mapping[str, float]
    bias: float = 0.0

    def score(self, features: Mapping[str, float]) -> float:
        """The log-odds, or for a choice the unnormalised log-probability, that these features amount to."""
        weights = self.weights
        return self.bias + sum(weights.get(name, 0.0) * value for name, value in features.items())

    def probability(self, features: Mapping[str, float]) -> float:
        """The score as a probability, by the logistic function."""
        return 1 / (1 + exp(-max(-30.0, min(30.0, self.score(features)))))


@dataclass(frozen=True, slots=True)
class Judgement:
    """`choose` ranks sentences; `point` ranks stretches of them; `answers` judges the best one.

    A question whose answer is less probable than `threshold` is refused.
    """

    choose: Linear
    point: Linear
    answers: Linear
    threshold: float

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Judgement:
        """The judgement as sentences.json has it."""
        choose, point, answers = (
            Linear(stored[name]["weights"], stored[name].get("bias", 0.0)) for name in ("choose", "point", "answers")
        )
        return cls(choose, point, answers, stored["threshold"])


@cache
def shipped() -> Judgement:
    """The judgement that comes with the package."""
    text = (files("assistant.engines") / "sentences.json").read_text(encoding="utf-8")
    return Judgement.from_dict(json.loads(text))
