"""Texts without the differences that don't matter to what they say."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`text` without differences that don't matter to what it says: case, white space, shapes of quotes and dashes."""
    folded = unicodedata.normalize("NFKC", text).translate(_SHAPES).casefold()
    return " ".join(folded.split())


_SHAPES = str.maketrans(
    dict.fromkeys("‘’‚‛′`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"\u00ad": None, "\u200b": None, "\ufeff": None}
)
