"""Where a pointed-at stretch of a sentence should begin and end to read as an answer."""

from __future__ import annotations

import re

_PAIRS = {"“": "”", "„": "”", "«": "»", "(": ")", "[": "]"}
_OPENERS = {closer: opener for opener, closer in _PAIRS.items()}
_EDGE = " \t\r\n,;:.–—-"
_KEEPS_ITS_STOP = re.compile(r"\b(?:[A-Z]|Inc|Jr|Sr|Ltd|Co|Corp|etc|St|a\.m|p\.m)\.$")


def tidied(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The stretch `[start, end)` of `text` without loose punctuation at its edges; None where nothing is left.

    A quotation mark or bracket whose other half stands right beside the stretch is completed, one that opens or
    closes the stretch alone is left out, and a stretch that is one quotation loses its marks (and the article
    before them). None, too, where a bracket is closed that was not opened, in the middle: no phrase goes across it.
    """
    start, end = _bare(text, start, end)
    while start < end:
        loose = _loose(text, start, end)
        if loose is None:
            break
        sign = text[loose]
        beyond = len(text) - len(text[end:].lstrip(" .,")) if sign in _PAIRS else start
        if sign in _PAIRS and beyond < len(text) and text[beyond] == _PAIRS[sign]:
            end = beyond + 1
        elif sign in _OPENERS and start and text[start - 1] == _OPENERS[sign]:
            start -= 1
        elif loose in (start, end - 1):
            start, end = _bare(text, start + (loose == start), end - (loose == end - 1 and loose != start))
        elif sign in _PAIRS:
            start, end = _bare(text, start, loose)
        else:
            return None
    if start < end and text[start] in "([" and text.find(_PAIRS[text[start]], start) == end - 1:
        start, end = _bare(text, start + 1, end - 1)
    quoted = re.fullmatch(r"(?:(?:an?|the)\s+)?(?:“(?P<a>[^“”]+)”|\"(?P<b>[^\"]+)\")", text[start:end], re.IGNORECASE)
    if quoted:
        first, last = quoted.span("a" if quoted["a"] else "b")
        start, end = _bare(text, start + first, start + last)
    return (start, end) if re.search(r"\w", text[start:end]) else None


def _loose(text: str, start: int, end: int) -> int | None:
    """Where the first bracket or quotation mark stands that has no other half in the stretch."""
    open_at: list[int] = []
    for at in range(start, end):
        if text[at] in _PAIRS:
            open_at.append(at)
        elif text[at] in _OPENERS:
            if not open_at:
                return at
            open_at.pop()
    if open_at:
        return open_at[0]
    straight = [at for at in range(start, end) if text[at] == '"']
    return (
        straight[0 if straight[0] == start else -1] if len(straight) == 1 and straight[0] in (start, end - 1) else None
    )


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without blanks and punctuation at its edges; the stop of an abbreviation stays."""
    while start < end and text[start] in _EDGE:
        start += 1
    while (
        start < end
        and text[end - 1] in _EDGE
        and not (text[end - 1] == "." and _KEEPS_ITS_STOP.search(text[start:end]))
    ):
        end -= 1
    return start, end
