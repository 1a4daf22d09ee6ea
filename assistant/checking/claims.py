"""What a language model wrote, taken apart: its sentences, the passages each names, what each puts in quotation marks.

Markers come in many shapes ("[1]", "[1, 2]", "[1-3]", "【1】", "[passage 1]"); here they become numbers. The text that
is shown never keeps a marker of the model's own, nor its bold type: whoever has checked a claim writes markers anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.checking.normalising import fold
from index.sentences import sentences
from index.types import Span

_KINDS = r"(?:passages?|sources?|documents?|docs?|refs?)\s*"
_NUMBERS = r"\d{1,4}(?:\s*(?:,|;|&|and|-|–)\s*#?\d{1,4})*"
_MARKER = re.compile(
    rf"\s*(?P<dress>\*\*|__|<sup>)?(?P<link>\[(?=\[))?(?:(?:\[\^?|【|［)\s*(?:{_KINDS})?#?(?P<numbers>{_NUMBERS})"
    rf"[^\]】］\[\n]{{0,12}}(?:\]|】|］)|\((?:see\s+)?{_KINDS}#?(?P<numbers_>{_NUMBERS})\))"
    r"(?(link)\])(?:\(\S*?\))?(?(dress)(?:\*\*|__|</sup>))",
    re.IGNORECASE,
)
_BOLD = re.compile(r"(?<!\w)\*\*|\*\*(?!\w)")
_FOOTNOTE = re.compile(r"^[ \t]*\[\^?\d{1,4}\]:.*$", re.MULTILINE)
_LISTED = re.compile(r"\n\W*(?:sources?|references?|citations?)\W*:(?P<listed>[^\n]*)\s*$", re.IGNORECASE)
_QUOTED = re.compile(
    r"“[^“”]{1,1200}”|„[^„“”]{1,1200}[“”]|«[^«»]{1,1200}»|»[^«»]{1,1200}«|‹[^‹›]{1,1200}›|「[^「」]{1,1200}」"
    r"|『[^『』]{1,1200}』|\"[^\"]{1,1200}\"|＂[^＂]{1,1200}＂|‚[^‚‘\n]{2,600}‘(?!\w)|(?<!\w)‘[^‘’\n]{2,600}’(?!\w)"
    r"|(?<![\w'])'(?=\S)[^'\n]{2,600}(?<=\S)'(?!\w)"
)
_BLOCK_QUOTE = re.compile(r"^[ \t]*>[ \t]?(?P<said>.*)$", re.MULTILINE)
_MARKS = '“”„«»‹›「」『』"＂‚'
_DRESSING = re.compile(r"^(?:[ \t]*(?:[-*+•]|\(?\d{1,3}[.)])[ \t]+|#{1,6}[ \t]+)+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the answer: its place in the text without markers, and the passages it names.

    `numbers` are those that its markers name, in order and each once; `leads_in` is set for a heading and for a
    sentence that ends in a colon, which what follows has to bear out.
    """

    text: str
    start: int
    end: int
    numbers: tuple[int, ...]
    leads_in: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A model's text without markers, and its claims in order; between them is nothing but white space."""

    text: str
    claims: tuple[Claim, ...]


def take_apart(text: str) -> Written:
    """The claims of a text as the model wrote it."""
    written, listed = _without_listing(_FOOTNOTE.sub("", text).strip())
    plain, markers = _without_markers(_BOLD.sub("", written))
    spans = _parted(_whole_quotations(plain, sentences(plain)), markers, plain)
    numbers = [
        tuple(dict.fromkeys(n for at, named in markers for n in named if _belongs(at, span, spans, index, plain)))
        for index, span in enumerate(spans)
    ]
    claims = [
        Claim(plain[span.start : span.end], span.start, span.end, named, _leads_in(plain[span.start : span.end]))
        for span, named in zip(spans, numbers, strict=True)
    ]
    return Written(plain, tuple(_with_borrowed(claims, plain, listed)))


def settled(written: Written) -> tuple[Claim, ...]:
    """The first claims of a text that is still being written which nothing that follows can change.

    The last one may go on, or be the beginning of a marker that belongs to the one before it; a lead-in waits for what
    it leads to, and a quotation that was opened for its end.
    """
    open_end = 2 if written.claims and written.claims[-1].text[0] in "[【［(<*_" else 1
    opened = next((i for i in range(len(written.claims)) if _waits(written, i)), len(written.claims))
    return written.claims[: max(0, min(opened, len(written.claims) - open_end))]


def _waits(written: Written, index: int) -> bool:
    said, claims = written.claims[index].text, written.claims
    if claims[index].leads_in and len(_led(claims, index, written.text)) == len(claims) - index - 1:
        return True
    return said.count('"') % 2 == 1 or said.count("“") > said.count("”")


def _without_markers(text: str) -> tuple[str, list[tuple[int, tuple[int, ...]]]]:
    """The text without markers, and each marker's numbers with the offset in that text where it stood."""
    parts: list[str] = []
    markers = []
    at = length = 0
    for match in _MARKER.finditer(text):
        parts.append(text[at : match.start()])
        length += match.start() - at
        markers.append((length, tuple(_numbers(match["numbers"] or match["numbers_"]))))
        at = match.end()
        if not length:
            at += len(text[at:]) - len(text[at:].lstrip())
    return "".join([*parts, text[at:]]), markers


def _without_listing(text: str) -> tuple[str, tuple[int, ...]]:
    """The text without a last line that only lists its sources ("Sources: [1], [2]"), and their numbers."""
    found = _LISTED.search(text)
    markers = list(_MARKER.finditer(found["listed"])) if found else []
    if not found or not markers or re.search(r"\w", _MARKER.sub("", found["listed"])):
        return text, ()
    return text[: found.start()], tuple(n for one in markers for n in _numbers(one["numbers"] or one["numbers_"]))


def _numbers(listed: str) -> Iterator[int]:
    for first, last in re.findall(r"(\d+)(?:\s*[-–]\s*#?(\d+))?", listed):
        yield from range(int(first), min(int(last or first), int(first) + 20) + 1)


def _belongs(at: int, span: Span, spans: list[Span], index: int, text: str) -> bool:
    """Whether a marker at `at` belongs to this sentence: inside it, or after it and before the next one."""
    following = spans[index + 1].start if index + 1 < len(spans) else len(text)
    return (span.start < at <= span.end) or span.end < at <= following or (index == 0 and at <= span.start)


def _parted(spans: list[Span], markers: list[tuple[int, tuple[int, ...]]], text: str) -> list[Span]:
    """The sentences, each parted at a semicolon that follows a marker: "They met [1]; he left [2]." makes two."""
    parted: list[Span] = []
    for span in spans:
        start = span.start
        for at, _ in markers:
            stop = re.match(r"\s*;\s*", text[at : span.end]) if start < at < span.end else None
            if stop and at + stop.end() < span.end:
                parted.append(Span(start, at + 1))
                start = at + stop.end()
        parted.append(Span(start, span.end))
    return parted


def _whole_quotations(text: str, spans: list[Span]) -> list[Span]:
    """The sentences, those joined over which one quotation stretches."""
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    joined: list[Span] = []
    for span in spans:
        torn = joined and any(
            start < joined[-1].end < end
            and start < span.start < end
            and "\n\n" not in text[joined[-1].end : span.start]
            for start, end in quoted
        )
        if torn:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _leads_in(sentence: str) -> bool:
    bare = sentence.rstrip("*_ ")
    return bare.endswith(":") or re.match(r"#{1,6}\s", sentence) is not None


def _with_borrowed(claims: list[Claim], text: str, listed: tuple[int, ...]) -> Iterator[Claim]:
    """A lead-in that names no passage stands on those that the lines below it name, to the end of their paragraph.

    Other claims that name none stand on the passages `listed` at the end.
    """
    for index, claim in enumerate(claims):
        if claim.numbers or not claim.leads_in:
            yield claim if claim.numbers else replace(claim, numbers=tuple(dict.fromkeys(listed)))
            continue
        borrowed = [number for other in _led(claims, index, text) for number in other.numbers]
        yield replace(claim, numbers=tuple(dict.fromkeys(borrowed)))


def _led(claims: Sequence[Claim], index: int, text: str) -> list[Claim]:
    """The claims that a lead-in leads to: the lines below it, up to another lead-in or the end of their paragraph."""
    led: list[Claim] = []
    for before, other in pairwise(claims[index:]):
        ends = _PARAGRAPH.search(text, before.end, other.start) and not _DRESSING.match(other.text)
        if other.leads_in or (ends and led):
            break
        led.append(other)
    return led


def bare(sentence: str) -> str:
    """A sentence without what only dresses it: bullet, list number, heading signs, emphasis, the fence of a code block.

    A heading is in small letters: its capitals tell nothing of names.
    """
    said = re.sub(r"^\s*```\w*|\*\*|__|`", "", _DRESSING.sub("", sentence)).strip()
    return said.lower() if re.match(r"\s*#{1,6}\s", sentence) else said


def quotations(text: str) -> list[Span]:
    """The stretches of `text` in quotation marks or in a block quote, the marks left out."""
    found = [Span(match.start() + 1, match.end() - 1) for match in _QUOTED.finditer(text)]
    blocks = [Span(*match.span("said")) for match in _BLOCK_QUOTE.finditer(text) if match["said"].strip()]
    return sorted([*found, *blocks], key=lambda span: span.start)


def is_verbatim(quotation: str, sources: list[str]) -> bool:
    """Whether a source says this, word for word; the marks of punctuation at its ends don't count."""
    said = fold(quotation).strip(" .,;:!?…'\"-")
    return bool(said) and any(re.search(rf"(?<!\w){re.escape(said)}(?!\w)", fold(source)) for source in sources)


def without_marks(text: str, kept: list[Span]) -> str:
    """`text` without quotation marks and block quotes, but for those around the stretches `kept`.

    Every mark gives way to nothing; what it enclosed stays, as the words of whoever wrote the text.
    """
    keep = {span.start - 1 for span in kept} | {span.end for span in kept}
    drop = {index for index, sign in enumerate(text) if sign in _MARKS and index not in keep}
    for span in quotations(text):
        if span not in kept and text[span.start - 1 : span.start] in {"‘", "'", "‚"}:
            drop |= {span.start - 1, span.end}
    for match in _BLOCK_QUOTE.finditer(text):
        if Span(*match.span("said")) not in kept:
            drop |= set(range(match.start(), match.start("said")))
    return "".join(sign for index, sign in enumerate(text) if index not in drop)
