"""The stretch of the best sentences that answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.engines.evidence import Reading
from assistant.engines.judgement import Linear
from assistant.engines.sight import Sight, focus
from assistant.engines.stretches import Stretch, stretches

TRUST = 4.0  # how much the choice of the sentence counts beside the choice of its stretch


@dataclass(frozen=True, slots=True)
class Pointed:
    """A candidate: a stretch of sentence `sentence`, and how it scores."""

    sentence: int
    stretch: Stretch
    score: float


def point(reading: Reading, sentences: Sequence[tuple[int, float]], weights: Linear) -> list[Pointed]:
    """Every candidate answer in these (sentence, its probability), best first."""
    told = reading.told
    seen = focus(reading.question, reading.asked, told)
    found = []
    for i, chance in sentences:
        text = reading.sentences[i].text
        sight = Sight(text, seen)
        for stretch in stretches(text, reading.asked, frozenset(told)):
            if stretch.last < stretch.first and not sight.may_be_lost(stretch):
                continue
            score = weights.score(sight.features(stretch)) + TRUST * float(np.log(chance + 1e-9))
            found.append(Pointed(i, stretch, score))
    return sorted(found, key=lambda one: -one.score)


def certainty(found: Sequence[Pointed]) -> float:
    """The share of the best candidate among all, in [0, 1]; 0 where there is none."""
    if not found:
        return 0.0
    return 1 / float(np.exp([one.score - found[0].score for one in found]).sum())
