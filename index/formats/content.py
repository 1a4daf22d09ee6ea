"""What a reader finds in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a file, the title that its format names, and the offset at which each of its pages begins."""

    text: str
    title: str | None = None
    page_starts: tuple[int, ...] = ()


def storable(text: str) -> str:
    """`text` as every store can hold it: no NUL, lone surrogates replaced, and no soft hyphens, which nobody sees."""
    text = text.replace("\0", "").replace("\u00ad", "")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def table_blocks(rows: Sequence[Sequence[Sequence[str]]], *, layout: bool = False) -> list[str]:
    """A table as one block with a line for each row, its cells parted by bars; each cell comes as its blocks.

    A table that only arranges text (`layout`, a single column, or paragraphs in its cells) dissolves into them.
    """
    cells = [cell for row in rows for cell in row]
    if layout or all(len(row) < 2 for row in rows) or any(map(_is_prose, cells)):
        return [block for cell in cells for block in cell]
    lines = [[" ".join(" ".join(cell).split()) for cell in row] for row in rows]
    text = "\n".join(" | ".join(line) for line in lines if any(line))
    return [text] if text else []


def _is_prose(cell: Sequence[str]) -> bool:
    """Whether a cell holds text to be read on its own: paragraphs, not a value."""
    return len(cell) > 1 and sum(map(len, cell)) > 300
