"""Numbers as texts write them, in one form: "420 kB" and "420KB", "seven-day" and "7 days", "1.2 million".

The forms are general; no list of facts is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.checking.dates import dates
from index.types import Span


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a text states it: its value, its unit in short ("" for none), whether it ranks ("third")."""

    value: Decimal
    unit: str
    ordinal: bool
    span: Span


_TEENS = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_WORD_VALUES = {word: value for value, word in enumerate(_TEENS)} | {
    word: 20 + 10 * tens for tens, word in enumerate(_TENS)
}
_ORDINALS = (
    {
        "first": 1,
        "second": 2,
        "third": 3,
        "fifth": 5,
        "eighth": 8,
        "ninth": 9,
        "twelfth": 12,
        "hundredth": 100,
        "thousandth": 1000,
    }
    | {f"{word}th": value for word, value in _WORD_VALUES.items() if value}
    | {f"{word[:-1]}ieth": _WORD_VALUES[word] for word in _TENS}
)
_PAIRS = {"both": 2, "twice": 2, "pair": 2, "couple": 2}
_SHORT_SCALES = {"k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12}
_UNITS = {
    "%": "% percent per cent percentage",
    "kb": "kb kilobyte", "mb": "mb megabyte", "gb": "gb gigabyte", "tb": "tb terabyte", "byte": "byte",
    "km": "km kilometre kilometer", "m": "m metre meter", "cm": "cm centimetre centimeter",
    "mm": "mm millimetre millimeter", "mile": "mile mi", "ft": "ft foot feet", "in": "inch inches",
    "kg": "kg kilo kilogram kilogramme", "g": "g gram gramme", "t": "ton tonne", "lb": "lb", "oz": "oz ounce",
    "l": "litre liter", "ml": "ml millilitre milliliter", "acre": "acre", "ha": "hectare ha",
    "kw": "kw kilowatt", "mw": "mw megawatt", "gw": "gw gigawatt", "w": "watt",
    "second": "second sec", "minute": "minute min", "hour": "hour hr", "day": "day", "week": "week", "month": "month",
    "year": "year yr", "decade": "decade", "century": "century centuries",
    "$": "$ us$ usd dollar", "€": "€ eur euro", "£": "£ gbp", "¥": "¥ jpy yen yuan",
    "°c": "°c celsius", "°f": "°f fahrenheit",
}  # fmt: skip
_UNIT_OF = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings.split()} | {"per cent": "%"}
_CURRENCY = re.compile(r"(?:US\$|USD\s?|EUR\s?|GBP\s?|JPY\s?|[$€£¥])\s?$")
_DIGITS = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)*)"
    r"(?P<short>(?:k|[Mm]|mn|bn|tn)(?![\w°]))?(?P<th>(?:st|nd|rd|th)\b)?"
)
_LIST_NUMBER = re.compile(r"^[ \t]*(?:[-*+•][ \t]+)?\(?\d{1,3}[.)][ \t]", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z]+")
_UNIT_AFTER = re.compile(r"[\s\u00a0-]{0,2}(?P<unit>%|°\s?[CF]\b|per cent\b|[A-Za-z]+\$?|[€£¥$])")


def numbers(text: str) -> list[Number]:
    """The numbers of `text` in order, in digits and in words, those inside its dates and list markers left out."""
    taken = [date.span for date in dates(text) if date.day is not None or date.year is not None]
    taken += [Span(*match.span()) for match in _LIST_NUMBER.finditer(text)]
    found = [*_in_digits(text), *_in_words(text)]
    free = [n for n in found if not any(span.start <= n.span.start < span.end for span in taken)]
    return _with_shared_units(sorted(free, key=lambda number: number.span.start), text)


def _in_digits(text: str) -> Iterator[Number]:
    for match in _DIGITS.finditer(text):
        value = _value(match[0])
        end = match.end()
        if match["short"]:
            value *= _SHORT_SCALES[match["short"].lower()]
        elif re.match(r"[A-Za-z]*\d|[A-Za-z]{3,}|-[A-Za-z]+\d", text[end : end + 12]) and not match["th"]:
            glued = re.match(r"[A-Za-z]+\b", text[end:])
            if glued is None or glued[0].lower().rstrip("s") not in _UNIT_OF:
                continue  # a code like 3M2 or 5abc: see `codes`
        value, end = _scaled(value, text, end)
        unit, end = ("", end) if match["th"] else _unit(text, match.start(), end)
        yield Number(value, unit, bool(match["th"]), Span(match.start(), end))


def _value(digits: str) -> Decimal:
    """What the digits say: separators before three digits group them, another one separates the fraction."""
    plain = re.match(r"[\d.,\u00a0\u202f' ]+", digits)
    number = re.sub(r"[\u00a0\u202f' ]", "", plain[0] if plain else digits).strip(".,")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", number):
        number = number.replace(".", "")
    elif number.count(",") == 1 and "." not in number:
        number = number.replace(",", ".")
    whole = re.match(r"\d+(?:\.\d+)?", number)
    return Decimal(whole[0] if whole else number)


def _scaled(value: Decimal, text: str, end: int) -> tuple[Decimal, int]:
    """The value with the word of scale that follows it: "1.2 million"."""
    while (word := re.match(r"[\s-]?([A-Za-z]+)", text[end:])) and word[1].lower().rstrip("s") in _SCALES:
        value *= _SCALES[word[1].lower().rstrip("s")]
        end += word.end()
    return value, end


def _unit(text: str, start: int, end: int) -> tuple[str, int]:
    if currency := _CURRENCY.search(text[max(0, start - 4) : start]):
        return _UNIT_OF[currency[0].strip().lower()], end
    after = _UNIT_AFTER.match(text, end)
    if after is None:
        return "", end
    word = after["unit"].lower().replace(" ", "" if "°" in after["unit"] else " ")
    if word == "s" and after.start("unit") == end:
        return "decade", after.end()  # the 1990s
    if word == "us" and (coin := re.match(r"\s+(dollars?)\b", text[after.end() :])):
        return "$", after.end() + coin.end()
    unit = _UNIT_OF.get(word) or _UNIT_OF.get(word.removesuffix("s")) or ""
    return (unit, after.end()) if unit else ("", end)


def _in_words(text: str) -> Iterator[Number]:
    """Runs of number words: "two hundred and fifty", "twenty-first", "both"."""
    run: list[re.Match[str]] = []
    for token in [*_TOKEN.finditer(text), None]:
        if token is not None and (token[0].lower() in _WORD_VALUES or _is_scale_after(run, token, text)):
            if run and not re.fullmatch(r"[\s-]|\s+and\s+", text[run[-1].end() : token.start()]):
                yield from _run(run, text)
                run = []
            run.append(token)
            continue
        if token is not None and token[0].lower() == "and" and run:
            continue
        if token is not None and (ordinal := _ORDINALS.get(token[0].lower())):
            tens = run and run[-1][0].lower() in _TENS and text[run[-1].end() : token.start()] in {"-", " "}
            base = _spoken(run) if tens else Decimal(0)
            start = run[0].start() if tens else token.start()
            if not tens:
                yield from _run(run, text)
            yield Number(base + ordinal, "", True, Span(start, token.end()))
            run = []
            continue
        yield from _run(run, text)
        run = []
        if token is not None and token[0].lower() in _PAIRS:
            yield Number(Decimal(_PAIRS[token[0].lower()]), "", False, Span(*token.span()))


def _is_scale_after(run: Sequence[re.Match[str]], token: re.Match[str], text: str) -> bool:
    word = token[0].lower()
    if word not in _SCALES:
        return False
    return bool(run) or re.search(r"\ba\s$", text[: token.start()], re.IGNORECASE) is not None


def _run(run: Sequence[re.Match[str]], text: str) -> Iterator[Number]:
    if run:
        unit, end = _unit(text, run[0].start(), run[-1].end())
        yield Number(_spoken(run), unit, False, Span(run[0].start(), end))


def _spoken(run: Sequence[re.Match[str]]) -> Decimal:
    total = current = 0
    for token in run:
        word = token[0].lower()
        if word in {"hundred", "dozen"}:
            current = max(current, 1) * _SCALES[word]
        elif word in _SCALES:
            total += max(current, 1) * _SCALES[word]
            current = 0
        else:
            current += _WORD_VALUES[word]
    return Decimal(total + current)


def _with_shared_units(found: Sequence[Number], text: str) -> list[Number]:
    """The unit that ends a range or list belongs to all of it: "between 5 and 10 km"."""
    shared = list(found)
    for index in reversed(range(len(shared) - 1)):
        one, other = shared[index : index + 2]
        between = text[one.span.end : other.span.start]
        if not one.unit and other.unit and re.fullmatch(r"\s*(?:-|–|,|to|and|or|,?\s+and|,?\s+or)\s*[$€£]?", between):
            shared[index] = Number(one.value, other.unit, one.ordinal, one.span)
    return shared


def number_is_borne_out(claimed: Number, stated: Sequence[Number], years: Sequence[int | None] = ()) -> bool:
    """Whether the source states this number, in this unit if the claim names one; `years` are those of its dates."""
    if not claimed.unit and not claimed.ordinal and claimed.value in {Decimal(y) for y in years if y is not None}:
        return True
    return any(
        claimed.value == number.value
        and claimed.ordinal == number.ordinal
        and (not claimed.unit or claimed.unit == number.unit)
        for number in stated
    )


_CODE = re.compile(r"(?<!\w)(?=[\w.-]*[A-Za-z])(?=[\w.-]*\d)[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*(?!\w)")


def codes(text: str) -> list[Span]:
    """Words that mix letters and digits and are no number with a unit, nor a date: "B-52", "H1N1", "v2.1"."""
    known = [number.span for number in numbers(text)] + [date.span for date in dates(text)]
    return [
        Span(*match.span())
        for match in _CODE.finditer(text)
        if not any(span.start < match.end() and match.start() < span.end for span in known)
    ]
