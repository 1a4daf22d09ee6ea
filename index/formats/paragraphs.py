"""The lines of printed pages put together to paragraphs.

A page says where each line stands and nothing of what belongs together. A line goes on with the next unless the
space between them, an indentation, the size of their letters or an early end tells otherwise. Words divided at the
end of a line are made whole. Running heads and page numbers, which would stand in the middle of sentences, are left
out, but for the first of each running head.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

_BULLET = re.compile(r"[*+•‣◦▪●○■□·–—-]\s|\(?(?:\d{1,3}|[a-z])[.)]\s")
_LONE_BULLET = re.compile(r"[•‣◦▪●○■□·–—-]|\(?\d{1,3}[.)]")
_ENDS = re.compile(r"[.!?:;。！？।؟][\"'”’»)\]]*$")
_LEADER = re.compile(r"(?:\. ?){4,}\S*$")  # of a table of contents
_DIVIDED = re.compile(r"(?P<whole>(?:[^\W\d_]+[-\u2010])*)(?P<part>[^\W\d_]+)[-\u2010]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_FIRST_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"\d{1,5}")
_KEEP_HYPHEN = frozenset(("self", "well", "non", "half", "quasi", "ex"))
_LETTERS_OF_HEADLINE = 5  # fewer are a large initial
_EDGE = 3
"""Lines that a running head or foot has at most."""

_SAME, _CELL, _ITEM, _PARAGRAPH = " ", " | ", "\n", "\n\n"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print: where it begins along its base line, how high that is on the page, and its letters' size."""

    text: str
    x: float
    y: float
    size: float


def paragraphs(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """The text of the pages, a blank line between paragraphs, and the offset at which each page begins.

    A sentence that runs over to the next page is not broken: that page begins in the middle of it.
    """
    kept = [list(_rows(page)) for page in _without_running_heads(pages)]
    text = _Text(line.text for page in kept for line in page)
    starts: list[int] = []
    previous: Line | None = None
    layout = _Layout([])
    for number, page in enumerate(kept):
        last_layout, layout = layout, _Layout(page)
        for i, line in enumerate(page):
            if previous is None:
                separator = ""
            elif i == 0:
                separator = _SAME if last_layout.goes_on(previous, line) else _PARAGRAPH
            else:
                separator = layout.between(previous, line)
            start = text.add(line.text, separator)
            starts += [start] * (number + 1 - len(starts))
            previous = line
    starts += [text.length] * (len(kept) - len(starts))
    return str(text), tuple(starts)


def headline(page: Sequence[Line]) -> str | None:
    """The words set in the largest letters, if these are clearly larger than most."""
    lines = [line for line in page if _letters(line.text) >= _LETTERS_OF_HEADLINE]
    largest = max(lines, key=lambda line: line.size, default=None)
    if largest is None or largest.size < 1.2 * _usual_size(page):
        return None
    following = takewhile(lambda line: _same_size(largest, line), page[page.index(largest) :])
    return " ".join(line.text for line in following)


def _rows(page: Sequence[Line]) -> Iterator[Line]:
    """The page's lines, those beside each other made one: a bullet and its item, the cells of a table."""
    row: Line | None = None
    end = 0.0  # where the row ends, roughly: letters are a little less than half as wide as high
    for line in page:
        if row and abs(row.y - line.y) < 0.35 * line.size and line.x > row.x:
            cell = line.x - end > 0.3 * line.size and not _LONE_BULLET.fullmatch(row.text)
            size = row.size if len(row.text) > len(line.text) else line.size
            row = replace(row, text=row.text + (_CELL if cell else _SAME) + line.text, size=size)
        else:
            if row:
                yield row
            row = line
        end = line.x + 0.45 * line.size * len(line.text)
    if row:
        yield row


class _Layout:
    """How a page is set: the size of its text's letters, the distance of its lines and the length of full ones."""

    def __init__(self, page: Sequence[Line]) -> None:
        self._size = _usual_size(page)
        body = [line for line in page if self._is_body(line)]
        lengths = sorted(len(line.text) for line in body)
        self._width = lengths[len(lengths) * 4 // 5] if lengths else 0
        self._leading = _leading([a.y - b.y for a, b in pairwise(page) if self._is_body(a) and self._is_body(b)])

    def _is_body(self, line: Line) -> bool:
        return abs(line.size - self._size) <= 0.12 * self._size

    def between(self, line: Line, following: Line) -> str:
        """What parts two lines of the page that were written one after the other."""
        cells = (_CELL in line.text) + (_CELL in following.text)
        if _BULLET.match(following.text) or _LEADER.search(line.text) or cells == 2:
            return _ITEM
        return _PARAGRAPH if cells or self._parted(line, following) else _SAME

    def _parted(self, line: Line, following: Line) -> bool:
        drop = line.y - following.y
        leading = self._leading * line.size / self._size if self._size else 0.0
        if drop <= 0 or not leading:  # another column, or a page that doesn't say where its lines stand
            return not self.goes_on(line, following)
        ends, lower = bool(_ENDS.search(line.text)), _begins_lower(following.text)
        far = drop > (2 if lower and not ends else 1.2) * leading
        indented = ends and following.x - line.x > 0.8 * line.size and not _BULLET.match(line.text)
        early = not lower and self._ends_early(line, following)
        return far or indented or early or not _same_size(line, following)

    def goes_on(self, line: Line, following: Line) -> bool:
        """Whether `following`, at the top of another column or page, goes on with what `line` left unfinished."""
        if _BULLET.match(following.text) or _ENDS.search(line.text) or _CELL in line.text + following.text:
            return False
        full = len(line.text) >= 0.75 * self._width
        return _begins_lower(following.text) or (full and _same_size(line, following))

    def _ends_early(self, line: Line, following: Line) -> bool:
        """Whether the next line's first word would have fitted on the line; headings may be set in any way."""
        if self._width < 25:
            return True
        word = _FIRST_WORD.match(following.text)
        needed = len(line.text) + 1 + (len(word.group()) if word else 0)
        return self._is_body(line) and needed < 0.7 * self._width


def _usual_size(page: Sequence[Line]) -> float:
    """The size of most letters; 0 where there are none."""
    sizes: Counter[float] = Counter()
    for line in page:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _leading(drops: Iterable[float]) -> float:
    """The smallest distance between lines that is no exception; 0 if there is none."""
    counts = Counter(round(drop, 1) for drop in drops if drop > 0)
    for drop in sorted(counts):
        near = sum(count for other, count in counts.items() if abs(other - drop) <= 0.05 * drop)
        if near >= max(2, 0.15 * counts.total()):
            return drop
    return 0.0


def _same_size(line: Line, other: Line) -> bool:
    return abs(line.size - other.size) <= 0.12 * line.size


def _begins_lower(text: str) -> bool:
    return text.lstrip("\"'“‘«([")[:1].islower()


class _Text:
    """Text that grows line by line. All `lines` are known beforehand: they tell which words have a hyphen."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._parts: list[str] = []
        self._words = {word.lower() for line in lines for word in _WORD.findall(line)}
        self.length = 0

    def add(self, line: str, separator: str) -> int:
        """Appends a line and gives the offset at which it begins."""
        if separator == _SAME:
            separator = self._mended(line)
        self._parts += [separator, line]
        self.length += len(separator) + len(line)
        return self.length - len(line)

    def __str__(self) -> str:
        return "".join(self._parts)

    def _mended(self, line: str) -> str:
        """What stands between the last line and the one that goes on with it, a hyphen taken away if need be."""
        last = self._parts[-1]
        divided = _DIVIDED.search(last)
        if divided and line[:1].isalpha():
            if line[:1].islower() and not self._has_hyphen(divided, line):
                self._parts[-1] = last[:-1]
                self.length -= 1
            return ""
        return "" if _is_ideograph(last[-1:]) and _is_ideograph(line[:1]) else " "

    def _has_hyphen(self, divided: re.Match[str], line: str) -> bool:
        """Whether a word divided at its hyphen is written with one, as far as the rest of the text tells."""
        word = _WORD.match(line)
        part, rest = divided["part"].lower(), word.group().lower() if word else ""
        if divided["whole"] or f"{part}-{rest}" in self._words:
            return True
        return part + rest not in self._words and part in _KEEP_HYPHEN


def _is_ideograph(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef"


def _without_running_heads(pages: Sequence[Sequence[Line]]) -> Iterator[list[Line]]:
    """The pages without the lines that recur at their edges, but for the first of each that says something."""
    edges = [_edge_rows(page) for page in pages]
    counts: Counter[str] = Counter()
    for number, page in enumerate(pages):
        counts.update({key for line in page if line.y in edges[number] for key in _keys(line, number)})
    recurring = {key for key, count in counts.items() if count >= _needed(key, len(pages))}
    seen: set[str] = set()
    for number, page in enumerate(pages):
        kept = []
        for line in page:
            heads = _keys(line, number) & recurring if line.y in edges[number] else set()
            if not heads or (heads.isdisjoint(seen) and _says_something(line.text)):
                kept.append(line)
            seen |= heads
        yield kept


def _edge_rows(page: Sequence[Line]) -> set[float]:
    """How high those few lines are at the top and at the bottom that stand apart from the rest of the page."""
    rows = sorted({line.y for line in page})
    drops = [upper - lower for lower, upper in pairwise(rows)]
    apart = 1.5 * (_leading(drops) or 1.3 * max((line.size for line in page), default=0.0))
    gaps = [i + 1 for i, drop in enumerate(drops) if drop > apart]
    if not gaps:
        return set()
    bottom = rows[: gaps[0]] if gaps[0] <= _EDGE else []
    top = rows[gaps[-1] :] if len(rows) - gaps[-1] <= _EDGE else []
    return {*bottom, *top}


def _needed(key: str, pages: int) -> float:
    """How many pages must have the line in common: a number that counts the pages says more than a mere repetition."""
    if "#" in key:
        return 3 if _says_something(key) else 2
    return max(3, 0.3 * pages)


def _keys(line: Line, page: int) -> set[str]:
    """What the line may have in common with others: its text, or that with numbers counted from the page's own."""

    def counted(number: re.Match[str]) -> str:
        return f"#{int(number.group()) - page}"

    text = line.text
    keys = {text} if _letters(text) else set()
    if numbers := list(_NUMBER.finditer(text)):
        keys.add(_NUMBER.sub(counted, text))
        for number in (numbers[0], numbers[-1]):
            keys.add(text[: number.start()] + counted(number) + text[number.end() :])
    return keys


def _says_something(text: str) -> bool:
    """Whether there is more to a running head than the word for "page"."""
    return _letters(text) > 10


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
