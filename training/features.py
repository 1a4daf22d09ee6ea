"""Examples as the numbers the model reads: question and a window of the context, cut to at most so many word pieces."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from index.minilm import checked_tokenizer, packaged_folder
from training.corpora import Example

if TYPE_CHECKING:
    import torch

QUESTION_PIECES = 48


@dataclass(frozen=True, slots=True)
class Feature:
    """Word pieces, their segments (0 question, 1 context), and where the answer begins and ends; 0, 0 for none."""

    ids: list[int]
    segments: list[int]
    start: int
    end: int


class Featuriser:
    """Cuts windows for training: an answer stands somewhere in its window, not always in the middle."""

    def __init__(self, random: Random, longest: int = 192, shortest: int = 96) -> None:
        self._tokenizer = checked_tokenizer(packaged_folder())
        self._random = random
        self._longest = longest
        self._shortest = shortest

    def feature(self, example: Example) -> Feature | None:
        """The example in a window; None where its shortest answer does not fit into one."""
        question = self._tokenizer.encode(example.question, add_special_tokens=False).ids[:QUESTION_PIECES]
        context = self._tokenizer.encode(example.context, add_special_tokens=False)
        room = self._random.randint(self._shortest, self._longest) - len(question) - 3
        start = end = -1
        if example.answers:
            start, end = _pieces(context.offsets, *example.answers[0])
            if end < 0 or end - start >= room:
                return None
        first = self._first(len(context.ids), room, start, end)
        ids = context.ids[first : first + room]
        before = len(question) + 2
        return Feature(
            [CLS, *question, SEP, *ids, SEP],
            [0] * before + [1] * (len(ids) + 1),
            before + start - first if example.answers else 0,
            before + end - first if example.answers else 0,
        )

    def _first(self, length: int, room: int, start: int, end: int) -> int:
        """The first piece of the window: any at which the window holds the answer, or any for none."""
        last = max(0, length - room)
        if start < 0:
            return self._random.randint(0, last)
        return self._random.randint(max(0, min(end - room + 1, last)), min(start, last))


CLS, SEP = 101, 102
"""What BERT's vocabulary calls [CLS] and [SEP]."""


def batch(features: list[Feature]) -> dict[str, torch.Tensor]:
    """Features padded to the longest: ids, segments, mask (1 a word piece), start, end."""
    import torch

    longest = max(len(feature.ids) for feature in features)
    arrays: dict[str, Any] = {
        name: np.zeros((len(features), longest), dtype=np.int64) for name in ("ids", "segments", "mask")
    }
    for row, feature in enumerate(features):
        arrays["ids"][row, : len(feature.ids)] = feature.ids
        arrays["segments"][row, : len(feature.ids)] = feature.segments
        arrays["mask"][row, : len(feature.ids)] = 1
    arrays["start"] = np.array([feature.start for feature in features])
    arrays["end"] = np.array([feature.end for feature in features])
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _pieces(offsets: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """The first and the last word piece that a stretch of characters touches; (-1, -1) for none."""
    touched = [number for number, (first, last) in enumerate(offsets) if first < end and last > start]
    return (touched[0], touched[-1]) if touched else (-1, -1)
