"""The sentences that could answer: where they stand, and what speaks for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from assistant.asked import Asked
from assistant.spans import has_form, spans_of
from assistant.words import stems
from index import Embedder
from index.sentences import sentences
from index.types import Match


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a matched passage, placed in its document."""

    document: str
    start: int
    end: int
    text: str
    passage: int
    before: str


def sentences_of(matches: Sequence[Match]) -> list[Sentence]:
    """The sentences of the passages, best passage first, each place once."""
    found: dict[tuple[str, int], Sentence] = {}
    for rank, match in enumerate(matches):
        passage = match.passage
        before = ""
        for span in sentences(passage.text):
            text = passage.text[span.start : span.end]
            start = passage.start + span.start
            known = found.get((passage.document, start))
            if known is None or known.end < passage.start + span.end:
                found[passage.document, start] = Sentence(
                    passage.document, start, passage.start + span.end, text, rank, before
                )
            before = text
    return list(found.values())


def scores(question: str, asked: Asked, candidates: Sequence[Sentence], embedder: Embedder) -> np.ndarray:
    """A first estimate (n,) of how well each sentence answers."""
    cosine = embedder.embed_passages([c.text for c in candidates]) @ embedder.embed_query(question)
    bags = [set(stems(c.text)) for c in candidates]
    near = [set(stems(c.before)) for c in candidates]
    wanted = list(dict.fromkeys(stems(question)))
    rarity = {w: log(1 + len(bags) / (1 + sum(w in bag for bag in bags))) for w in wanted}
    total = sum(rarity.values()) or 1.0
    covered = np.array([sum(rarity[w] for w in wanted if w in bag) / total for bag in bags])
    context = np.array([sum(rarity[w] for w in wanted if w in bag) / total for bag in near])
    typed = np.array([float(not has_form(asked.kind) or bool(spans_of(asked.kind, c.text))) for c in candidates])
    return cosine + 0.5 * covered + 0.1 * context + 0.3 * typed
