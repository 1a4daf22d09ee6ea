"""The short answer: what is left of a sentence when only what was asked for is said."""

from __future__ import annotations

import re

from assistant.asked import Kind
from assistant.engines.evidence import Reading
from assistant.engines.stretches import Stretch
from assistant.words import names, stems

_NOT = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nobody|without|cannot|\w+n['’]t|fail(?:s|ed)?|refuse[sd]?|den(?:y|ies|ied))\b",
    re.IGNORECASE,
)
_CLEAR = 0.8  # the share of a yes-no question that its sentence must bear out before "yes" or "no" is said


def short_answer(reading: Reading, i: int, stretch: Stretch | None) -> str:
    """The shortest answer that can be defended: a yes or no, the stretch pointed at, or the whole sentence."""
    text = reading.sentences[i].text
    if reading.asked.kind is Kind.YES_NO:
        return _yes_or_no(reading, i) or _undressed(text)
    if reading.asked.kind is Kind.OPEN or stretch is None or stretch.end <= stretch.start:
        return _undressed(text)
    start, end = stretch.start, stretch.end
    if reading.asked.kind in {Kind.PERSON, Kind.PLACE, Kind.NAMED}:
        start, end = with_its_company(text, start, end, frozenset(stems(reading.question)))
    return _undressed(text[start:end])


def _yes_or_no(reading: Reading, i: int) -> str | None:
    """Yes where the sentence says what the question says, no where one of them denies it; None where unclear."""
    if reading.share(reading.near[:, i]) < _CLEAR:
        return None
    denied = bool(_NOT.search(reading.sentences[i].text)) != bool(_NOT.search(reading.question))
    return "no" if denied else "yes"


def with_its_company(text: str, start: int, end: int, told: frozenset[str]) -> tuple[int, int]:
    """A name with the names it stands beside ("A and B", "A, B and C"), where the question has none of them."""
    run = [name for name in names(text) if not told.intersection(stems(name.text))]
    at = next((n for n, name in enumerate(run) if name.start == start and name.end == end), None)
    if at is None:
        return start, end
    first = last = at
    while first > 0 and _joined(text[run[first - 1].end : run[first].start]):
        first -= 1
    while last + 1 < len(run) and _joined(text[run[last].end : run[last + 1].start]):
        last += 1
    linked = text[run[first].start : run[last].end]
    return (run[first].start, run[last].end) if " and " in linked or "&" in linked else (start, end)


def _joined(between: str) -> bool:
    return between.strip() in {"and", ",", ", and", "&", "and the", ", the"}


def _undressed(text: str) -> str:
    """The text on one line without footnote marks, opening conjunction and closing stop."""
    line = " ".join(re.sub(r"\s?\[\d+\]", "", text).split())
    line = re.sub(r"^(?:And|But|So|However,|Also,)\s+", "", line).strip(" .;,")
    for opening, closing in ("“”", '""', "()"):
        if (line.count(opening) + line.count(closing)) % 2:
            line = line.replace(opening, "").replace(closing, "")
    return line.strip()
