"""Dates as texts write them, in one form: "28.Oct.2025", "October 28, 2025" and "2025-10-28" are the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.types import Span


@dataclass(frozen=True, slots=True)
class Date:
    """A date as far as it is stated; the parts that are not stated are None."""

    year: int | None
    month: int | None
    day: int | None
    span: Span


_MONTHS = {name: number for number, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH = (
    r"(?P<month>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\b\.?"
)
_YEAR = r"(?P<year>[12]\d{3})\b(?!\s*(?:%|[kM]?B\b))"
_TH = r"(?:st|nd|rd|th)?"
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<day>[0-3]?\d){_TH}(?:\s*(?:-|–|and|to)\s*(?P<last>[0-3]?\d){_TH})?[\s.,/-]*(?:of\s+)?{_MONTH}"
        rf"(?:[\s.,/-]*{_YEAR})?",
        rf"\b{_MONTH}[\s./-]*(?P<day>[0-3]?\d)\b{_TH}(?!\d|[.,]\d)(?:\s*(?:-|–|and|to)\s*(?P<last>[0-3]?\d)\b{_TH})?"
        rf"(?:[\s.,/-]*{_YEAR})?",
        rf"\b{_MONTH}[\s,./-]*(?:of\s+)?{_YEAR}",
        r"\b(?P<year>[12]\d{3})[-/.](?P<m>0?[1-9]|1[0-2])[-/.](?P<day>[0-2]?\d|3[01])\b",
        r"\b(?P<a>[0-3]?\d)[-/.](?P<b>[0-3]?\d)[-/.](?P<year>[12]\d{3})\b",
        r"\b(?P<month>Jan(?:uary)?|Feb(?:ruary)?|March|April|May|June|July|Aug(?:ust)?|Sept(?:ember)?|September"
        r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b",
    )
]
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|rs|nes|ur)?(?:day)?s?\b(?=\W|$)", re.IGNORECASE)


def dates(text: str) -> list[Date]:
    """The dates of `text` in order. One whose order of day and month can't be told is listed in both readings."""
    found: list[Date] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            span = Span(*match.span())
            if not any(span.start < known.span.end and known.span.start < span.end for known in found):
                found += _readings(match, span, text)
    return sorted(found, key=lambda date: date.span.start)


def _readings(match: re.Match[str], span: Span, text: str) -> list[Date]:
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    if "a" in parts:
        pairs = {(int(parts["a"]), int(parts["b"])), (int(parts["b"]), int(parts["a"]))}
        return [Date(year, month, day, span) for day, month in sorted(pairs) if 1 <= month <= 12 and 1 <= day <= 31]
    month = int(parts["m"]) if parts.get("m") else _MONTHS[parts["month"][:3].lower()]
    days = [int(parts[name]) for name in ("day", "last") if parts.get(name)]
    if not days and year is None and _is_a_word(parts["month"], span, text):
        return []
    if any(not 1 <= day <= 31 for day in days):
        return []
    return [Date(year, month, day, span) for day in days] or [Date(year, month, None, span)]


def _is_a_word(month: str, span: Span, text: str) -> bool:
    """Whether "May" or "March" is a word and no month: at the start of a sentence, or not after a preposition."""
    return month in {"May", "March"} and not re.search(
        r"\b(?:in|since|until|by|of|last|next|this)\s$", text[: span.start]
    )


def weekdays(text: str) -> list[tuple[int, Span]]:
    """The days of the week that `text` names (0 is Monday), full or short."""
    found = []
    for match in _WEEKDAY.finditer(text):
        word = match[0].lower().rstrip("s")
        full = word.endswith("day") and len(word) > 5
        short = word in {*_WEEKDAYS, "tues", "tue", "weds", "thur", "thurs"} and match[0][0].isupper()
        if (full or short) and word not in {"sun", "sat"}:
            found.append((_WEEKDAYS.index(word[:3]), Span(*match.span())))
    return found


def date_is_borne_out(claimed: Date, stated: Sequence[Date]) -> bool:
    """Whether some date of the source says what `claimed` says.

    A year may be added to a date that has none if it is the only year among the source's dates.
    """
    years = {date.year for date in stated if date.year is not None}
    return any(_agree(claimed, date, years) for date in stated)


def _agree(claimed: Date, stated: Date, years: set[int]) -> bool:
    same_day = claimed.day is None or claimed.day == stated.day
    same_month = claimed.month is None or claimed.month == stated.month
    year = stated.year if stated.year is not None else (next(iter(years)) if len(years) == 1 else None)
    return same_day and same_month and (claimed.year is None or claimed.year == year)
