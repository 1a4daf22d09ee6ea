"""Where sentences begin and end, told by rules that need no model and no knowledge of the language.

Two questions are asked, in this order:

1. Which line breaks end a sentence? A blank line always does. A single one does where the line was broken on
   purpose: around list items, table rows and headings, and where the next word would have fitted on the line.
   The line breaks of a hard-wrapped paragraph don't.
2. Within what remains, which full stops end a sentence? Those that close no abbreviation, initial, number or
   enumeration and after which something begins that can begin a sentence.

In doubt two sentences stay together: half a sentence is a worse citation than two sentences.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from index.types import Span

_NEWLINE = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ENDS_PARAGRAPH = frozenset("\x0c\u2029")  # form feed and paragraph separator, with or without a blank line

_BULLET = re.compile(r"[-*+•‣◦▪●○■□·][ \t]+\S|[–—][ \t]+[^\Wa-z]")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)][ \t]+\S")
_STANDS_ALONE = re.compile(r"#{1,6}[ \t]|[|>]|```|~~~|[^\w\s]{3,}\s*$")  # Markdown; a ruler of signs
_CELLS = re.compile(r"\S(?: \| |\t)\s*\S")
_LONG_WORD = re.compile(r"(?<!\S)\S{30}")
_FIRST_WORD = re.compile(r"\S{1,40}")

_IDEOGRAPHIC_STOPS = "。！？｡"  # text goes straight on after these
_OTHER_STOPS = "؟۔।॥։።။"
_STOP = re.compile(
    rf"(?P<stop>[.!?…‼⁇⁈⁉．{_IDEOGRAPHIC_STOPS}{_OTHER_STOPS}]++)"
    r"(?P<closed>(?:[\"'”’»›)\]}」』）】》〉〕*_]|[“‘«‹](?=\s|\Z)|\[\d{1,4}\])*+)"
)
_GOES_ON = frozenset(",;:%.…!?)]}»›”’、，；：，。！？）」』")
_OPENING = re.compile(r"[\"'“‘«‹„‚(\[{¿¡*_「『（]*")
_WORD = re.compile(r"[^\W_]{1,40}(?:['’][^\W_]{1,10})?\.?")
_TOKEN = re.compile(r"[^\s\"“”„‘«»()\[\]{}]+\Z")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]{1,2}\Z")  # U.S  e.g  a.k.a  M.Sc


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEVER_LAST = _words(
    "mr mrs ms mx dr prof rev hon gen lt col sgt cpl capt cmdr maj adm gov sen rep pres messrs mme mlle fr "
    "sra dra srta ss sts herr bzw vgl evtl ggf e.g i.e z.b d.h u.a p.ej vs cf viz resp ca approx incl esp"
)
_BEFORE_NUMBER = _words(
    "no nos nr num p pp pg vol vols fig figs tab sec sect ch chap art eq eqs ex para par ver app cl op opp "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
_OFTEN_INSIDE = _words(
    "jr sr inc ltd co corp bros llc plc gmbh al est dept univ assn assoc ave blvd rd st mt ft intl natl ph.d ed.d dist"
)
_MONTHS = _words(
    "January February March April May June July August September October November December "
    "Januar Februar März Mai Juni Juli Oktober Dezember"
)
_DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
# Words that open a sentence far more often than they follow an abbreviation inside one.
_OPENERS = _words(
    "The A An In On At It Its He She They We You I This That These Those There Here But And Or So If When While "
    "As After Before For From By With However His Her Their Our My What Who Why How Where Which Then Now Yet Not "
    "Some Many Most All Both Each Since Although Though Because During Until Once Also Another Such To Of Is Are "
    "Was Were Has Have Had Did Do Does According Today Der Die Das Ein Eine Es Er Sie Wir Les Nous Elle Los Las"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its surrounding white space, and what it looks like."""

    start: int
    end: int
    bullet: bool
    numbered: bool
    alone: bool
    unbreakable: bool

    @property
    def length(self) -> int:
        return self.end - self.start


def sentences(text: str) -> list[Span]:
    """The sentences of `text`, in order.

    The spans are disjoint, have no surrounding white space, and every character that is not white space lies
    in exactly one of them. Takes time proportional to the text's length, whatever it holds.
    """
    return [
        sentence
        for paragraph in _paragraphs(text)
        for stretch in _stretches(text, paragraph)
        for sentence in _stretch_sentences(text, stretch)
    ]


def _paragraphs(text: str) -> Iterator[list[_Line]]:
    """Runs of lines with no blank line between them."""
    lines: list[_Line] = []
    position = 0
    while position < len(text):
        newline = _NEWLINE.search(text, position)
        end = newline.start() if newline else len(text)
        if line := _line(text, position, end):
            lines.append(line)
        if lines and (line is None or (newline and newline.group() in _ENDS_PARAGRAPH)):
            yield lines
            lines = []
        position = newline.end() if newline else len(text)
    if lines:
        yield lines


def _line(text: str, start: int, end: int) -> _Line | None:
    content = text[start:end]
    start += len(content) - len(content.lstrip())
    content = content.strip()
    if not content:
        return None
    return _Line(
        start=start,
        end=start + len(content),
        bullet=_BULLET.match(content) is not None,
        numbered=_NUMBERED.match(content) is not None,
        alone=_STANDS_ALONE.match(content) is not None or _CELLS.search(content) is not None,
        unbreakable=_LONG_WORD.search(content) is not None,
    )


def _stretches(text: str, lines: list[_Line]) -> Iterator[Span]:
    """The parts of a paragraph between the line breaks that were made on purpose."""
    width = _width(lines)
    start = lines[0].start
    for line, following in pairwise(lines):
        if _broken_on_purpose(text, line, following, width):
            yield Span(start, line.end)
            start = following.start
    yield Span(start, lines[-1].end)


def _width(lines: list[_Line]) -> int:
    """How long the lines were allowed to be; one that is longer for a URL in it doesn't count."""
    return max([line.length for line in lines if not line.unbreakable] or [line.length for line in lines])


def _broken_on_purpose(text: str, line: _Line, following: _Line, width: int) -> bool:
    if following.bullet or line.alone or following.alone:
        return True
    last = text[line.end - 1]
    first = text[_after_opening(text, following.start, following.end)]
    wide = _is_wide(first)
    word = _FIRST_WORD.match(text, following.start, following.end)
    room_for = 1 if wide or word is None else len(word.group()) + 1
    early = line.length + room_for <= width * 0.75
    if following.numbered and (early or line.numbered or line.bullet or last in ".!?:;…"):
        return True
    if width < (10 if wide else 20):  # a column of words
        return True
    if first.islower() or last in ",-–—([{“‘«/&、，":
        return False
    # A paragraph is hardly ever wrapped this narrow or this wide: each line is one of its own.
    return early or width < (20 if wide else 40) or width > 200


def _is_wide(character: str) -> bool:
    """Whether the character belongs to a script written without spaces, two columns a character."""
    return "\u2e80" <= character <= "\ud7ff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"


def _after_opening(text: str, start: int, end: int) -> int:
    """The offset of the first character that is no opening quote or bracket, or of the last of them."""
    opening = _OPENING.match(text, start, end)
    return min(opening.end() if opening else start, end - 1)


def _stretch_sentences(text: str, stretch: Span) -> Iterator[Span]:
    start = stretch.start
    all_lower = text[stretch.start : stretch.end].islower()
    for stop in _STOP.finditer(text, stretch.start, stretch.end):
        if stop.end() < stretch.end and _ends_sentence(text, start, stop, stretch.end, all_lower):
            yield Span(start, stop.end())
            start = _skip_space(text, stop.end())
    yield Span(start, stretch.end)


def _skip_space(text: str, position: int) -> int:
    while text[position].isspace():
        position += 1
    return position


def _ends_sentence(text: str, start: int, stop: re.Match[str], end: int, all_lower: bool) -> bool:
    """Whether a sentence that began at `start` ends with `stop`; more than white space follows in any case."""
    mark, closed = stop["stop"], stop["closed"]
    wide = mark[-1] in _IDEOGRAPHIC_STOPS + _OTHER_STOPS
    if not text[stop.end()].isspace():
        return wide and _may_follow_at_once(text[stop.end()], mark[-1], bool(closed))
    following = _skip_space(text, stop.end())
    if text[following] in _GOES_ON:
        return False
    if text[following] in "-–—":
        dashed = _skip_space(text, following + 1) if following + 1 < end else following
        return not text[dashed].islower()
    word = _WORD.match(text, _after_opening(text, following, end), end)
    next_word = word.group() if word else ""
    if next_word[:1].islower() and not all_lower and not wide:
        return any(letter.isupper() for letter in next_word)  # iPhone, eBay
    return mark != "." or bool(closed) or not _abbreviated(text, start, stop.start(), next_word, text[following])


def _may_follow_at_once(after: str, mark: str, closed: bool) -> bool:
    """Whether a sentence can begin with `after` where no space parts it from the `mark` that ended the last one."""
    if after in _GOES_ON or after == "\u200d" or unicodedata.category(after)[0] == "M":
        return False
    if mark in _IDEOGRAPHIC_STOPS:
        return not (closed and "\u3040" <= after <= "\u309f")  # 「…。」と言った
    return not after.isdigit()


def _abbreviated(text: str, start: int, dot: int, next_word: str, following: str) -> bool:
    """Whether the full stop at `dot` closes an abbreviation, an initial or an enumeration inside a sentence.

    `next_word` comes next, with its own full stop if it has one; `following` is the first character that does.
    """
    found = _TOKEN.search(text[max(start, dot - 40) : dot])
    if found is None:
        return False
    token = found.group().lstrip("'*_")
    lower = token.lower().rsplit("-", 1)[-1]
    opens = dot - len(token) == start or text[dot - len(token) - 1] in "\n\r"
    initial_follows = len(next_word) == 2 and next_word[1] == "."
    next_word = next_word.rstrip(".")
    if token.isdigit():
        return (opens and len(token) <= 3) or (len(token) <= 2 and next_word in _MONTHS)
    if token == "I" and not opens:  # the pronoun, unless another initial follows
        return initial_follows
    if lower in ("a.m", "p.m"):
        return next_word in _DAYS | _MONTHS or (1 < len(next_word) < 5 and next_word.isupper())
    if lower in _NEVER_LAST or (lower in _BEFORE_NUMBER and any(sign.isdigit() for sign in next_word)):
        return True
    may_be_inside = (len(token) == 1 and token.isalpha()) or lower in _OFTEN_INSIDE or _DOTTED.match(token)
    goes_on = following == "(" or initial_follows or (next_word != "" and next_word not in _OPENERS)
    return bool(may_be_inside) and goes_on
