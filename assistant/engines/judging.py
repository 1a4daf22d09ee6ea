"""How the reader's findings are ranked, and when the best is good enough: two small linear models and a threshold.

Both are fitted, and the threshold chosen, by `python -m training.calibrate`; their file says on what, and how well
they do there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from assistant.engines.candidates import Found
from assistant.engines.reader_model import REPAIR
from assistant.errors import EngineError
from assistant.words import stems


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum of named features."""

    weights: Mapping[str, float]
    bias: float = 0.0

    def score(self, features: Mapping[str, float]) -> float:
        """The log-odds that these features amount to."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def probability(self, features: Mapping[str, float]) -> float:
        """The log-odds as a probability."""
        return 1 / (1 + exp(-max(-30.0, min(30.0, self.score(features)))))


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding and its log-odds of being the answer, by `Calibration.rank`."""

    found: Found
    score: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`rank` orders the findings, `answers` says how probable it is that the best is right.

    Below `threshold` the question is refused.
    """

    rank: Linear
    answers: Linear
    threshold: float

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """The calibration in a file that `training.calibrate` wrote. Raises EngineError."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            models = [Linear(stored[name]["weights"], stored[name]["bias"]) for name in ("rank", "answers")]
            return cls(models[0], models[1], stored["threshold"])
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise EngineError(f"{path} cannot be read ({error}): {REPAIR}") from error

    def ranked(self, found: Sequence[Found]) -> list[Ranked]:
        """The findings, best first."""
        scored = [Ranked(one, round(self.rank.score(one.features), 4)) for one in found]
        return sorted(scored, key=lambda one: (-one.score, one.found.sentence.document, one.found.start, one.found.end))

    def confidence(self, ranked: Sequence[Ranked]) -> float:
        """The probability in [0, 1] that the best of the ranked findings answers."""
        return self.answers.probability(summary(ranked))


def summary(ranked: Sequence[Ranked]) -> dict[str, float]:
    """What tells whether the best finding answers: its features, its score, and how far behind its best rival is.

    A rival stands elsewhere and says something else.
    """
    best = ranked[0]
    others = [one for one in ranked[1:] if not one.found.overlaps(best.found)]
    rivals = [one.score for one in others if not agree(best.found.text, one.found.text)]
    return {**best.found.features, "score": best.score, "ahead": min(6.0, best.score - max(rivals, default=-20.0))}


def agree(one: str, other: str) -> bool:
    """Whether two answers say the same: the words of one are among the words of the other."""
    mine, theirs = set(stems(one)), set(stems(other))
    return bool(mine and theirs) and (mine <= theirs or theirs <= mine)
