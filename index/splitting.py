"""A text cut into passages: whole sentences, as many as the embedding model can read at once.

Nothing is dropped. Whatever the text holds, every character that is not white space lies in some passage, every
passage is within both limits, and `text[start:end]` is the passage.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate, groupby, pairwise

import regex

from index.errors import EmbeddingError
from index.sentences import sentences
from index.types import Span

__all__ = ["MAX_CHARACTERS", "SPLITTER", "Splitter", "sentences"]

SPLITTER = "sentences-1"  # part of the index's fingerprint: raise the number when passages come out differently
MAX_CHARACTERS = 2_000

_LINE_BREAK = r"(?>\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])"
_NEWLINE = regex.compile(_LINE_BREAK)
_BLANK_LINE = regex.compile(rf"{_LINE_BREAK}\s*?{_LINE_BREAK}|[\f\u2029]")

# What BERT's tokenizers take for one word: whatever stands between the white space, the punctuation and the
# ideographs that they split at. Control and format characters (NEL, a zero-width space) they delete, which joins
# what these part. A character decomposes into at most four, so a shorter word is never too long.
_WORD = regex.compile(
    r"[^\t\n\r\p{Z}\p{P}$+<=>^`|~\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0002A6DF"
    r"\U0002A700-\U0002B81F\U0002B920-\U0002CEAF\U0002F800-\U0002FA1F]{25,}+"
)
_CLUSTER = regex.compile(r"\X")
_LETTER = regex.compile(r"\P{M}\p{M}*+|\p{M}++")  # what a monstrous cluster is made of
_INSIDE_CLUSTER = regex.compile(r"[\p{M}\u200d\U0001F3FB-\U0001F3FF]")

# Where a sentence that is too long is best cut, best first; the next part begins at the end of the match.
_PLACES = tuple(
    regex.compile(pattern)
    for pattern in (
        r"\n\s*|[.!?…;:][\"'”’»)\]]*\s+|[。！？；]",
        r"[,،][\"'”’»)\]]*\s+|\s[–—|-]\s+|[，、：]",
        r"\s+",
        r"[/&=,;:_-]",
    )
)


class _Break(IntEnum):
    """What lies between a piece and the one before it, from weak to strong."""

    SENTENCE = 0
    PARAGRAPH = 1
    SECTION = 2  # a heading follows
    WORD = 3  # the middle of a word too long to be read at once: no passage bridges it


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long; `tokens` are its own, without the special ones."""

    start: int
    end: int
    tokens: int
    opens: _Break


class Splitter:
    """Packs whole sentences into passages.

    `count` gives the tokens of a text as the model reads it, special tokens and prompt included; no passage has
    more than `limit` of them, nor more than `MAX_CHARACTERS` characters. Up to `overlap` short sentences from the
    end of a passage open the next one, unless a section ends between them. A WordPiece tokenizer makes any word
    of more than `longest_word` characters one unknown token: such a word is cut, and each part ends or begins a
    passage. None stands for a tokenizer without such a bound.
    """

    def __init__(
        self,
        count: Callable[[str], int],
        limit: int = 256,
        *,
        overlap: int = 2,
        longest_word: int | None = 100,
    ) -> None:
        self._count = count
        self._limit = limit
        self._overlap = overlap
        self._longest_word = longest_word

    def split(self, text: str) -> list[Span]:
        """The passages of `text`, in order, each without surrounding white space.

        Raises EmbeddingError when the special tokens and the prompt alone fill the limit.
        """
        fixed = self._count("")
        if fixed >= self._limit:
            raise EmbeddingError(
                f"the embedding model's prompt fills {fixed} of the {self._limit} tokens that a passage may have: "
                "shorten the prompt or choose another model"
            )
        pieces = list(self._pieces(text, fixed))
        return list(self._pack(text, pieces, room=self._limit - fixed))

    def _pieces(self, text: str, fixed: int) -> Iterator[_Piece]:
        spans = sentences(text)
        cuts = _word_cuts(text, self._longest_word) if self._longest_word else []
        previous_end = 0
        for sentence, heading in zip(spans, _headings(text, spans), strict=True):
            before = bisect_right(cuts, sentence.start)
            if bisect_left(cuts, previous_end) < before:
                opens = _Break.WORD  # to the tokenizer, sentences with but a control character between are one word
            elif heading:
                opens = _Break.SECTION
            elif _BLANK_LINE.search(text, previous_end, sentence.start):
                opens = _Break.PARAGRAPH
            else:
                opens = _Break.SENTENCE
            inner = cuts[before : bisect_right(cuts, sentence.end - 1)]
            for start, end in pairwise([sentence.start, *inner, sentence.end]):
                for part, tokens in self._parts(text, start, end, fixed):
                    yield _Piece(part.start, part.end, tokens, opens)
                    opens = _Break.SENTENCE
                opens = _Break.WORD
            previous_end = sentence.end

    def _parts(self, text: str, start: int, end: int, fixed: int) -> Iterator[tuple[Span, int]]:
        """`text[start:end]` in parts within both limits, each with its own tokens; nearly always in one part."""
        reach = MAX_CHARACTERS
        while start < end:
            stop = min(end, start + reach)
            while True:
                stop = stop if stop == end else _best_place(text, start, stop)
                part = _stripped(text, start, stop)
                tokens = self._count(text[part.start : part.end])
                if tokens <= self._limit or stop - start == 1:
                    break
                stop = start + max(1, int((stop - start) * min(0.95, self._limit / tokens)))
            if part.start < part.end:
                yield part, tokens - fixed
                # The rest is likely to be as dense: a first guess that is nearly right saves counting twice.
                density = max(tokens - fixed, 1) / (part.end - part.start)
                reach = max(1, min(MAX_CHARACTERS, int((self._limit - fixed) / density)))
            start = stop

    def _pack(self, text: str, pieces: list[_Piece], room: int) -> Iterator[Span]:
        packing = _Packing(pieces, room, self._overlap)
        first = new = 0  # the passage begins with pieces[first]; pieces[new] is the first that no passage has yet
        while new < len(pieces):
            stop = packing.stop(first, new)
            # Sentences joined need not have the sum of their tokens: what counts is the passage as it will be read.
            while stop - first > 1 and not self._fits(text[pieces[first].start : pieces[stop - 1].end]):
                if stop - 1 > new:
                    stop -= 1
                else:
                    first += 1
            yield Span(pieces[first].start, pieces[stop - 1].end)
            new = stop
            first = packing.overlapping(new) if new < len(pieces) else new

    def _fits(self, passage: str) -> bool:
        return len(passage) <= MAX_CHARACTERS and self._count(passage) <= self._limit


class _Packing:
    """Which pieces go together. Sizes are in passages: 1 is as much as one passage may hold."""

    def __init__(self, pieces: list[_Piece], room: int, overlap: int) -> None:
        self._pieces = pieces
        self._room = room
        self._overlap = overlap
        self._tokens_before = [0, *accumulate(piece.tokens for piece in pieces)]
        self._paragraph_ends = [len(pieces)] * len(pieces)
        for i in range(len(pieces) - 2, -1, -1):
            same = pieces[i + 1].opens in (_Break.SENTENCE, _Break.WORD)
            self._paragraph_ends[i] = self._paragraph_ends[i + 1] if same else i + 1

    def _size(self, first: int, stop: int) -> float:
        tokens = self._tokens_before[stop] - self._tokens_before[first]
        characters = self._pieces[stop - 1].end - self._pieces[first].start
        return max(tokens / self._room, characters / MAX_CHARACTERS)

    def stop(self, first: int, new: int) -> int:
        """Where the passage ends that begins with `pieces[first]` and goes beyond `pieces[new]` if it can.

        A passage that is a third full doesn't run on into the next section, and one that is half full doesn't
        break the next paragraph.
        """
        stop = new + 1
        while stop < len(self._pieces) and self._size(first, stop + 1) <= 1:
            opens, size = self._pieces[stop].opens, self._size(first, stop)
            if opens == _Break.WORD or (opens == _Break.SECTION and size > 1 / 3):
                break
            breaks_next = self._size(first, self._paragraph_ends[stop]) > 1
            if opens == _Break.PARAGRAPH and size > 1 / 2 and breaks_next:
                break
            stop += 1
        if stop == len(self._pieces):
            return stop
        while stop - 1 > new and self._pieces[stop - 1].opens == _Break.SECTION:
            stop -= 1  # a heading goes with what it heads
        return stop

    def overlapping(self, new: int) -> int:
        """The piece before `pieces[new]` with which the next passage begins, to say again what it may refer to."""
        first = new
        while first > 0 and new - first < self._overlap and self._pieces[first].opens < _Break.SECTION:
            if self._size(first - 1, new) > 1 / 5:
                break
            first -= 1
        return first if self._size(first, new + 1) <= 1 else new


def _headings(text: str, spans: list[Span]) -> Iterator[bool]:
    """For each sentence whether it heads a section; three or more of the like in a row are a list."""
    alike = groupby(range(len(spans)), key=lambda i: _like_heading(text, spans, i))
    for like, run in alike:
        members = list(run)
        heads = like and len(members) < 3 and members[-1] + 1 < len(spans)
        yield from [heads] * len(members)


def _like_heading(text: str, spans: list[Span], i: int) -> bool:
    """Whether the sentence is a short line of its own without a full stop."""
    span = spans[i]
    if span.end - span.start > 100 or text[span.end - 1] in ".!?:;,…。！？،؟।|":
        return False
    if i > 0 and not _NEWLINE.search(text, spans[i - 1].end, span.start):
        return False
    return i + 1 == len(spans) or _NEWLINE.search(text, span.end, spans[i + 1].start) is not None


def _word_cuts(text: str, longest: int) -> list[int]:
    """The offsets at which words of more than `longest` characters have to be cut, in order.

    Tokenizers decompose characters before they count them, so it is the decomposed length that is bounded. The
    parts are as even as whole grapheme clusters allow.
    """
    cuts: list[int] = []
    for word in _WORD.finditer(text):
        length = _decomposed(word.group())
        if length <= longest:
            continue
        parts = math.ceil(length / longest)
        share = length / parts
        if word.group().isascii():
            cuts.extend(word.start() + round(share * part) for part in range(1, parts))
            continue
        filled = 0
        for cluster in _clusters(text, word.start(), word.end(), longest):
            weight = _decomposed(text[cluster.start : cluster.end])
            if filled and filled + weight > min(longest, share + 1):
                cuts.append(cluster.start)
                filled = 0
            filled += weight
    return cuts


def _decomposed(text: str) -> int:
    return len(text) if text.isascii() else len(unicodedata.normalize("NFD", text))


def _clusters(text: str, start: int, end: int, longest: int) -> Iterator[Span]:
    for cluster in _CLUSTER.finditer(text, start, end):
        if len(cluster.group()) <= longest:
            yield Span(*cluster.span())
        else:  # jamo or emoji joined without end
            for letter in _LETTER.finditer(text, *cluster.span()):
                yield Span(*letter.span())


def _best_place(text: str, start: int, stop: int) -> int:
    """The best offset to cut `text[start:]` at: at most `stop`, and in the later half of what that leaves."""
    half = start + (stop - start) // 2
    for place in _PLACES:
        ends: list[int] = [match.end() for match in place.finditer(text, half, stop)]
        if ends and not _INSIDE_CLUSTER.match(text, ends[-1]):
            return ends[-1]
    best = start
    for cluster in _CLUSTER.finditer(text, start, stop + MAX_CHARACTERS):
        if cluster.end() > stop:
            break
        best = cluster.end()
    return best if best > start else stop


def _stripped(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    return Span(start, start + len(part.strip()))
