"""Hard negatives: the paragraphs that the product's own embedding model finds for a question and that lack its answer.

As in dense passage retrieval (Karpukhin et al. 2020, https://arxiv.org/abs/2004.04906), where such passages teach most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from index.minilm import MiniLM, Precision
from index.windows import pieces
from training.corpora import Example

FOUND = 12
"""Paragraphs looked at for a question."""
KEPT = 3
"""Negatives made of a question, at most."""
AT_ONCE = 2048
"""Questions compared with all paragraphs at once; bounds the memory."""


class Retrieved:
    """The nearest contexts of every question of a corpus."""

    def __init__(self, examples: Sequence[Example]) -> None:
        embedder = MiniLM(precision=Precision.INT8)
        self._contexts = list(dict.fromkeys(example.context for example in examples))
        self._folded = [context.casefold() for context in self._contexts]
        passages = [
            (number, piece)
            for number, context in enumerate(self._contexts)
            for piece in pieces(context, embedder.count_tokens, embedder.limit)
        ]
        owners = np.array([number for number, _ in passages])
        vectors = embedder.embed_passages([piece for _, piece in passages])
        questions = list(dict.fromkeys(example.question for example in examples))
        self._nearest: dict[str, np.ndarray] = {}
        for at in range(0, len(questions), AT_ONCE):
            asked = questions[at : at + AT_ONCE]
            scores = embedder.embed_passages(asked) @ vectors.T
            best = np.argpartition(-scores, min(FOUND, len(owners)) - 1, axis=1)[:, :FOUND]
            self._nearest.update(zip(asked, owners[best], strict=True))

    def negatives(self, example: Example) -> Iterator[Example]:
        """The question put to up to KEPT other contexts, any of the nearest, in which none of its answers stands."""
        wanted = [text.casefold() for text in example.texts]
        kept = 0
        for number in dict.fromkeys(self._nearest[example.question].tolist()):
            if kept == KEPT:
                return
            lacks = not any(text in self._folded[number] for text in wanted)
            if lacks and self._contexts[number] != example.context:
                kept += 1
                yield replace(example, context=self._contexts[number], answers=())
