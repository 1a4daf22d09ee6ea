"""A question longer than the model reads is embedded in pieces, so that its end counts as much as its beginning."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbeddingError


def pieces(text: str, count: Callable[[str], int], limit: int) -> list[str]:
    """`text` cut in halves, at the white space nearest the middle, until `count` of each piece is within `limit`.

    A text that fits comes back as it is. Raises EmbeddingError where not even one character fits.
    """
    if count(text) <= limit:
        return [text]
    if text != text.strip():
        return pieces(text.strip(), count, limit)
    if len(text) < 2:
        raise EmbeddingError(f"the embedding model's prompt leaves no room for text in its {limit} tokens")
    middle = len(text) // 2
    spaces = (match.start() for match in re.finditer(r"\s+", text))
    cut = min(spaces, key=lambda position: abs(position - middle), default=middle)
    return pieces(text[:cut], count, limit) + pieces(text[cut:].lstrip(), count, limit)


def mean_direction(vectors: Sequence[NDArray[np.float32]], weights: Sequence[int]) -> NDArray[np.float32]:
    """The weighted mean of unit vectors, made a unit vector again; a single one is returned untouched."""
    if len(vectors) == 1:
        return vectors[0]
    mean = np.average(np.stack(vectors), axis=0, weights=weights)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)
