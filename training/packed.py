"""Training examples as word pieces in a few arrays: tokenised once, cut into windows and batched as they are learnt."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from index.minilm import checked_tokenizer, packaged_folder
from training.corpora import Example

if TYPE_CHECKING:
    import torch

QUESTION_PIECES = 48
CLS, SEP = 101, 102
"""What BERT's vocabulary calls [CLS] and [SEP]."""
SHORTEST = 96
"""Word pieces of the shortest window: an answer is learnt in windows of any length between this and the longest."""
SORTED_TOGETHER = 16
"""Batches whose examples are sorted by length together, so that little is padded."""
NOTHING = (-1, -1)


@dataclass(frozen=True, slots=True)
class Windows:
    """Some examples, cut: (examples, 6) — question's first piece and how many, context's first and how many, and the
    answer's first and last piece counted from the context's first; -1, -1 for none."""

    cut: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Word pieces of each, with [CLS] and both [SEP]."""
        return np.asarray(self.cut[:, 1] + self.cut[:, 3] + 3)


@dataclass(frozen=True)
class Packed:
    """Examples of several kinds over the same texts.

    `pieces`: the word pieces of all texts, one text after the other; text n begins at `bounds[n]`. `rows`, (examples,
    5): the number of its kind in `kinds`, of its question's text and of its context's, and the first and last word
    piece of its answer in the context; -1, -1 where it has none.
    """

    pieces: np.ndarray
    bounds: np.ndarray
    kinds: tuple[str, ...]
    rows: np.ndarray

    @classmethod
    def of(cls, examples: Iterable[tuple[str, Example]]) -> Self:
        """Pack examples with the kind of each; a text that several share is kept once."""
        packer = _Packer()
        for kind, example in examples:
            packer.add(kind, example)
        bounds = np.cumsum([0, *(len(text) for text in packer.texts)])
        pieces = np.concatenate(packer.texts) if packer.texts else np.zeros(0, np.uint16)
        return cls(pieces, bounds, tuple(packer.kinds), np.array(packer.rows, dtype=np.int32).reshape(-1, 5))

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file. Raises OSError or KeyError where it is none of ours."""
        with np.load(path) as stored:
            return cls(stored["pieces"], stored["bounds"], tuple(stored["kinds"].tolist()), stored["rows"])

    def write(self, path: Path) -> None:
        """To a file, whole or not at all."""
        partial = path.with_suffix(".partial.npz")
        np.savez_compressed(partial, pieces=self.pieces, bounds=self.bounds, kinds=np.array(self.kinds), rows=self.rows)
        os.replace(partial, path)

    def counts(self) -> dict[str, int]:
        """How many examples there are of each kind."""
        found = np.bincount(self.rows[:, 0], minlength=len(self.kinds)).tolist()
        return dict(zip(self.kinds, found, strict=True))

    def drawn(self, shares: dict[str, float], size: int, seed: int) -> Iterator[np.ndarray]:
        """Numbers of examples without end, `size` at a time, the kinds at their shares, the same for the same seed.

        Each kind is gone through before it begins again, in another order. A kind without examples is left out.
        """
        random = np.random.default_rng(seed)
        members = {kind: np.flatnonzero(self.rows[:, 0] == number) for number, kind in enumerate(self.kinds)}
        kinds = [kind for kind in shares if len(members.get(kind, ()))]
        weights = np.array([shares[kind] for kind in kinds])
        rounds = {kind: _Round(members[kind], random) for kind in kinds}
        while True:
            wanted = random.multinomial(size, weights / weights.sum())
            yield np.concatenate([rounds[kind].take(n) for kind, n in zip(kinds, wanted.tolist(), strict=True)])

    def windows(self, chosen: np.ndarray, longest: int, random: np.random.Generator) -> Windows:
        """A window for each: of random length, the answer anywhere in it; wide enough for the answer in any case."""
        rows = self.rows[chosen]
        question, context = self.bounds[rows[:, 1]], self.bounds[rows[:, 2]]
        asked = np.minimum(self.bounds[rows[:, 1] + 1] - question, QUESTION_PIECES)
        length = self.bounds[rows[:, 2] + 1] - context
        start, end = rows[:, 3].astype(np.int64), rows[:, 4].astype(np.int64)
        has = start >= 0
        room = random.integers(min(SHORTEST, longest), longest, len(rows), endpoint=True) - asked - 3
        room = np.maximum(room, np.where(has, end - start + 1, 1))
        last = np.maximum(0, length - room)
        low = np.where(has, np.clip(end - room + 1, 0, last), 0)
        high = np.where(has, np.minimum(start, last), last)
        first = low + (random.random(len(rows)) * (high - low + 1)).astype(np.int64)
        shown = np.minimum(room, length - first)
        answer = np.where(has[:, None], np.stack([start - first, end - first], axis=1), -1)
        return Windows(np.column_stack([question, asked, context + first, shown, answer]))

    def batches(self, shares: dict[str, float], size: int, longest: int, seed: int, skip: int = 0) -> Iterator[Windows]:
        """Batches of examples of like length, in an order by seed; the first `skip` are passed over."""
        random = np.random.default_rng([seed, 1])
        for number, chosen in enumerate(self.drawn(shares, size * SORTED_TOGETHER, seed)):
            windows = self.windows(chosen, longest, random)
            cut = windows.cut[np.argsort(windows.lengths, kind="stable")]
            for place, at in enumerate(random.permutation(SORTED_TOGETHER).tolist()):
                if number * SORTED_TOGETHER + place >= skip:
                    yield Windows(cut[at * size : (at + 1) * size])


def tensors(windows: Windows, pieces: torch.Tensor) -> dict[str, torch.Tensor]:
    """Windows padded to the longest, on the device of `pieces`: ids, segments, mask (1 a word piece), start, end."""
    import torch

    cut = torch.from_numpy(windows.cut).to(pieces.device)[:, :, None]
    question, asked, context, shown, start, end = cut.unbind(dim=1)
    place = torch.arange(int(windows.lengths.max()), device=pieces.device)[None, :]
    before = asked + 2  # [CLS] question [SEP]
    in_question, in_context = (place >= 1) & (place <= asked), (place >= before) & (place < before + shown)
    at = torch.where(in_question, question + place - 1, torch.where(in_context, context + place - before, 0))
    ids = torch.where(in_question | in_context, pieces[at].long(), 0)
    ids = torch.where((place == asked + 1) | (place == before + shown), SEP, ids)
    ids = torch.where(place == 0, CLS, ids)
    mask = (place <= before + shown).long()
    marked = torch.cat([start, end], dim=1)
    marked = torch.where(marked >= 0, marked + before, 0)
    return {
        "ids": ids,
        "segments": ((place >= before) & (mask == 1)).long(),
        "mask": mask,
        "start": marked[:, 0],
        "end": marked[:, 1],
    }


class _Packer:
    """Texts tokenised once each, and rows that name them."""

    def __init__(self) -> None:
        self.texts: list[np.ndarray] = []
        self.kinds: dict[str, int] = {}
        self.rows: list[tuple[int, ...]] = []
        self._tokenizer = checked_tokenizer(packaged_folder())
        self._known: dict[str, tuple[int, list[tuple[int, int]]]] = {}

    def add(self, kind: str, example: Example) -> None:
        question, _ = self._text(example.question)
        context, offsets = self._text(example.context)
        answer = _pieces(offsets, *example.answers[0]) if example.answers else NOTHING
        if example.answers and answer == NOTHING:
            return
        self.rows.append((self.kinds.setdefault(kind, len(self.kinds)), question, context, *answer))

    def _text(self, text: str) -> tuple[int, list[tuple[int, int]]]:
        if text not in self._known:
            encoded: Any = self._tokenizer.encode(text, add_special_tokens=False)
            self._known[text] = (len(self.texts), encoded.offsets)
            self.texts.append(np.array(encoded.ids, dtype=np.uint16))
        return self._known[text]


class _Round:
    """Numbers in a random order, and when they are used up in another."""

    def __init__(self, numbers: np.ndarray, random: np.random.Generator) -> None:
        self._numbers = numbers
        self._random = random
        self._left = random.permutation(numbers)

    def take(self, count: int) -> np.ndarray:
        while len(self._left) < count:
            self._left = np.concatenate([self._left, self._random.permutation(self._numbers)])
        taken, self._left = self._left[:count], self._left[count:]
        return taken


def _pieces(offsets: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """The first and the last word piece that a stretch of characters touches; NOTHING for none."""
    touched = [number for number, (first, last) in enumerate(offsets) if first < end and last > start]
    return (touched[0], touched[-1]) if touched else NOTHING
