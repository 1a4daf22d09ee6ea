"""Stretches of a sentence that have a kind: dates, numbers with their units, ages, quotations, names.

The kinds are found by their form alone, with no list of the world's people or places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assistant.asked import Asked, Kind
from assistant.words import PREPOSITIONS, names, word_set, words
from index.types import Span

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_YEAR = r"(?:1\d{3}|20\d{2})"
_DAY = r"(?:[0-3]?\d)(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"""(?:
      (?:(?:this|last|next)\s+)?{_WEEKDAY},?\s*\(?\s*{_MONTH}\s*{_DAY}(?:,?\s*{_YEAR})?\s*\)?
    | (?:(?:this|last|next)\s+)?{_WEEKDAY}\s*\(\s*{_DAY}[.\s/-]*{_MONTH}[.\s/-]*(?:{_YEAR})?\s*\)
    | (?:(?:this|last|next)\s+)?{_WEEKDAY}s?,?\s+{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s*{_YEAR})?
    | {_DAY}(?:[.\s/-]+|\s+of\s+){_MONTH}[.\s/,-]*{_YEAR}
    | {_DAY}(?:\s+|\s+of\s+){_MONTH}(?!\s*\d)
    | {_MONTH}\s*{_DAY}(?:\s*[-–]\s*{_DAY})?(?:\s*,?\s*{_YEAR}|(?!\d|\s*,\d))
    | {_MONTH},?\s+(?:of\s+)?{_YEAR}
    | \b{_YEAR}-\d\d-\d\d\b | \b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b
    | (?:(?:the\s+)?(?:early|mid|late)[\s-]+)?(?:the\s+)?\b{_YEAR}s\b
    | (?:(?:the\s+)?(?:early|mid|late)[\s-]+)?(?:the\s+)?\b\d\d?(?:st|nd|rd|th)[\s-]century\b(?:\s+(?:BCE?|AD|CE)\b)?
    | (?<![\d.,$€£-]){_YEAR}(?:\s*[-–]\s*(?:{_YEAR}|\d\d)\b)?(?![\d%]|,\d|\.\d|\s*(?:people|km|kB|m\b|miles))
    | \b\d{{1,4}}\s+(?:BCE?|AD|CE)\b
    | (?:this|last|next|every)\s+(?:morning|afternoon|evening|night|week|month|year|{_SEASON}|{_WEEKDAY})\b
    | \b(?:yesterday|today|tomorrow|tonight)\b
    | \b{_WEEKDAY}s?\b
    | \b\d{{1,2}}(?::\d\d){{1,2}}\s*(?:[ap]\.?m\.?)? | \b\d{{1,2}}\s*[ap]\.?m\b\.?
    | \b(?:in|since|until|by|during|of|from|to)\s+(?P<month>{_MONTH})(?!\s*\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD_NUMBER = (
    r"(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?"
    r"|millions?|billions?|trillions?|dozens?|half|both|several)(?:[\s-]+(?=\w))?)+(?<![\s-])"
)
_DIGITS = r"\d+(?:[.,]\d+)*"
_SCALE = r"(?:\s*(?:thousand|million|billion|trillion|dozen|[kKmM](?![A-Za-z])))"
_NUMBER = rf"(?:{_DIGITS}|\b{_WORD_NUMBER}){_SCALE}?"
_UNIT = (
    r"(?:%|percent|per cent|°[CF]?|[kKMGT]?i?[bB]\b|bytes?|k?m²?\b|[cmk]?m\b|kms?\b|kilomet(?:re|er)s?|met(?:re|er)s?"
    r"|centimet(?:re|er)s?|millimet(?:re|er)s?|miles?|feet|foot|ft\b|inch(?:es)?|yards?|acres?|hectares?|square\s+\w+|cubic\s+\w+"
    r"|k?g\b|kilos?|kilograms?|grams?|tons?|tonnes?|pounds?|lbs?\b|ounces?|lit(?:re|er)s?|gallons?|barrels?|[kMGT]?W\b|watts?"
    r"|megawatts?|gigawatts?|volts?|[kMG]?Hz|degrees?|mph\b|km/h|knots?|points?|times|copies|pages)"
)
_CURRENCY = r"(?:US\$|[$€£¥₹]|(?:USD|EUR|GBP|JPY)\s)"
_MONEY = re.compile(
    rf"{_CURRENCY}\s*{_DIGITS}{_SCALE}?|{_NUMBER}\s*(?:US\s+|U\.S\.\s+)?(?:dollars?|euros?|pounds?|yen|yuan|francs?|rupees?"
    rf"|cents?|[€£¥])\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(rf"{_NUMBER}[\s-]*{_UNIT}", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(rf"(?<![\w.,]){_NUMBER}(?![\w]|\.\d|,\d)", re.IGNORECASE)
_PERIOD = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies))"
_DURATION = re.compile(
    rf"(?:{_NUMBER}|\b(?:a|an|a few|several|many|some))[\s-]+(?:and\s+a\s+half\s+)?{_PERIOD}\b"
    rf"(?:\s+and\s+{_NUMBER}\s+{_PERIOD})?(?![\s-]+old)",
    re.IGNORECASE,
)
_AGE = re.compile(
    rf"(?:\baged?\s+(?:of\s+)?|\bat\s+(?:the\s+age\s+of\s+)?(?=\d\d\b(?!\s*[%:\d])))(?P<years>\d{{1,3}})\b"
    rf"|(?P<old>{_NUMBER}[\s-]+(?:years?|months?)[\s-]+olds?)\b|(?<=[A-Za-z]\s\()(?P<bracket>\d\d)(?=\))"
    rf"|(?<=[A-Za-z],\s)(?P<comma>\d\d)(?=,)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^“”\n]{2,400}”|\"[^\"\n]{2,400}\"|«[^«»\n]{2,400}»|„[^„“”\n]{2,400}[“”]")
_REASON = re.compile(
    r"\b(?:because(?: of)?|due to|owing to|thanks to|as a result of|in order to|so that|since|therefore|caused by"
    r"|led to|on account of|to (?=[a-z]+\b)|for (?:his|her|its|their|the|having|being|\w+ing)\b)",
    re.IGNORECASE,
)
_TITLES = (
    "President|Minister|King|Queen|Chancellor|Senator|Professor|Doctor|Dr|Mayor|Pope|Prince|Princess|General|Captain"
    "|Governor|Judge|Director|Secretary|Chairman|CEO"
)
_CALENDAR = re.compile(rf"{_MONTH}|{_WEEKDAY}|the", re.IGNORECASE)


MEASURED = frozenset({Kind.TIME, Kind.COUNT, Kind.AMOUNT, Kind.DURATION, Kind.AGE, Kind.EXPANSION})
"""The kinds whose answers are exactly the stretches of that form."""


def spans_of(kind: Kind, sentence: str) -> list[Span]:
    """The stretches of `sentence` that have this kind, in order; none for a kind that has no form of its own."""
    finder = _FINDERS.get(kind)
    return [] if finder is None else list(finder(sentence))


def spans_for(asked: Asked, sentence: str) -> list[Span]:
    """The stretches of `sentence` that have the kind asked for; of a date only its year, where that is asked for."""
    if asked.kind is Kind.IDENTITY:
        return list(_descriptions(sentence, asked.noun))
    spans = spans_of(asked.kind, sentence)
    if asked.kind is Kind.TIME and asked.noun.lower() == "year":
        years = [(span, re.search(rf"\b{_YEAR}\b", sentence[span.start : span.end])) for span in spans]
        return [Span(span.start + year.start(), span.start + year.end()) for span, year in years if year]
    return spans


def has_form(kind: Kind) -> bool:
    """Whether answers of this kind can be told by their form, so that a sentence without one cannot answer."""
    return kind in {*MEASURED, Kind.PERSON, Kind.PLACE, Kind.IDENTITY}


def quotations(sentence: str) -> list[Span]:
    """What stands in quotation marks, the marks left out."""
    return [Span(match.start() + 1, match.end() - 1) for match in _QUOTED.finditer(sentence)]


def _times(sentence: str) -> Iterator[Span]:
    for match in _DATE.finditer(sentence):
        start, end = match.span("month") if match["month"] else match.span()
        text = sentence[start:end]
        if text.strip().lower() in {"may", "march", "mar", "sun"} and not text[:1].isupper():
            continue
        while text and text[-1] in " .,/-":
            text = text[:-1]
        if text.endswith(")") and "(" not in text:
            text = text[:-1]
        yield Span(start, start + len(text))


def _counts(sentence: str) -> Iterator[Span]:
    dates = list(_times(sentence))
    for match in _PLAIN_NUMBER.finditer(sentence):
        if not any(date.start <= match.start() < date.end for date in dates):
            yield Span(*match.span())


def _amounts(sentence: str) -> Iterator[Span]:
    found = [Span(*match.span()) for pattern in (_MONEY, _MEASURE) for match in pattern.finditer(sentence)]
    inside = [span for span in _counts(sentence) if not any(other.start <= span.start < other.end for other in found)]
    yield from sorted([*found, *inside], key=lambda span: span.start)


def _durations(sentence: str) -> Iterator[Span]:
    yield from (Span(*match.span()) for match in _DURATION.finditer(sentence))


def _ages(sentence: str) -> Iterator[Span]:
    for match in _AGE.finditer(sentence):
        group = next(name for name in ("years", "old", "bracket", "comma") if match[name])
        yield Span(*match.span(group))


def _names(sentence: str) -> Iterator[Span]:
    for name in names(sentence):
        if not _CALENDAR.fullmatch(name.text):
            yield Span(name.start, name.end)


def _places(sentence: str) -> Iterator[Span]:
    """Names, those brought in by a preposition of place first, and their continuation ("Paris, France").

    "British" in "the British newspaper" is none.
    """
    found = [span for span in _names(sentence) if not _PEOPLE.match(sentence, span.start, span.end + 2)]
    brought_in = [span for span in found if _preposition_before(sentence, span) in _PLACE_PREPOSITIONS]
    yield from brought_in
    yield from (span for span in found if span not in brought_in)


_PEOPLE = re.compile(r"[\w -]*(?:ish|ese|ian|ean|ican|utch|ench)\s[a-z]")  # as an adjective
_PLACE_PREPOSITIONS = word_set("in at near from to into between across around through off outside inside within")


def _preposition_before(sentence: str, span: Span) -> str:
    """The preposition that brings a stretch in, over an article: "in the United States" → "in"."""
    for word in reversed(words(sentence[: span.start])[-2:]):
        if word.lower in PREPOSITIONS:
            return word.lower
        if word.lower not in {"the", "a", "an"}:
            return ""
    return ""


def _descriptions(sentence: str, name: str) -> Iterator[Span]:
    """What a sentence says someone or something is: "the mayor, NAME", "NAME, the mayor, …", "NAME was a …"."""
    parts = name.split()
    given = "|".join(re.escape(part) for part in parts[:-1])
    named = rf"(?:(?:{given})\s+)*{re.escape(parts[-1])}" if given else re.escape(name)
    article = r"(?<!of )\b(?:the|a|an)\s+"
    words_of_it = rf"(?:(?!{article})[^,.;:()“”–—]){{3,80}}?"
    forms = (
        rf"(?P<what>(?:\b[A-Z][\w-]+\s+)*(?:{_TITLES}))\.?\s+{named}\b",
        rf"{article}(?P<what>{words_of_it}),?\s+{named}\b",
        rf"\b{named}\s*(?:,|–|—)\s*(?:who (?:is|was) )?(?:the|an?)\s+(?P<what>[^,.;:()–—]{{3,80}})",
        rf"\b{named}\s+(?:is|was|are|were)\s+(?:the|an?)\s+(?P<what>[^,.;:()]{{3,100}})",
        rf"\b{named}\s*\((?P<what>[^,.;:()]{{3,80}})\s*[,;)]",
    )
    for form in forms:
        for match in re.finditer(form, sentence, re.IGNORECASE if name.islower() else 0):
            if match["what"].lower() not in name.lower():
                yield Span(*match.span("what"))


def _reasons(sentence: str) -> Iterator[Span]:
    """From each word that gives a reason to the end of its clause."""
    for match in _REASON.finditer(sentence):
        end = re.search(r"[.;!?]|,\s(?!and\b)|$", sentence[match.end() :])
        stop = match.end() + (end.start() if end else 0)
        if stop > match.end():
            yield Span(match.start(), stop)


def _expansions(sentence: str) -> Iterator[Span]:
    """What stands in brackets behind an acronym, or before an acronym in brackets."""
    for match in re.finditer(r"\b[A-Z][A-Z.&-]+\s*\((?P<long>[^()]{4,})\)", sentence):
        yield Span(*match.span("long"))
    for match in re.finditer(
        r"(?P<long>(?:\b[A-Z][\w'’-]+\s+(?:(?:of|the|for|and|in)\s+)*)+)\([A-Z][A-Z.&-]+\)", sentence
    ):
        yield Span(match.start("long"), match.start("long") + len(match["long"].rstrip()))


_FINDERS: dict[Kind, Callable[[str], Iterator[Span]]] = {
    Kind.TIME: _times,
    Kind.COUNT: _counts,
    Kind.AMOUNT: _amounts,
    Kind.DURATION: _durations,
    Kind.AGE: _ages,
    Kind.PERSON: _names,
    Kind.PLACE: _places,
    Kind.NAMED: _names,
    Kind.REASON: _reasons,
    Kind.EXPANSION: _expansions,
    Kind.SAID: lambda sentence: iter(quotations(sentence)),
}
