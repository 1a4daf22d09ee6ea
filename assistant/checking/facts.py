"""The facts of a sentence that stand in none of the passages it names: names, numbers, dates, codes, superlatives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.checking.alignment import Source
from assistant.checking.dates import Date, date_is_borne_out, dates, weekdays
from assistant.checking.naming import Names, claimed_names, missing_from
from assistant.checking.normalising import fold
from assistant.checking.numbers import Number, codes, number_is_borne_out, numbers
from assistant.checking.verbs import root
from assistant.words import word_set, words
from index.types import Span

_SUPERLATIVE = re.compile(r"\b(?:(?:most|least)\s+(?!of\b|recent)[a-z]{4,}|[a-z]{2,}est|sole|best|worst)\b")
_NO_SUPERLATIVES = word_set(
    "interest request forest west northwest southwest guest protest harvest honest dishonest modest invest suggest"
    " arrest contest conquest digest manifest tempest priest quest test rest nest chest vest pest jest zest crest"
    " behest inquest bequest attest detest divest ingest unrest everest budapest lest"
)
_SUPERLATIVES_ALIKE = [
    words.split() for words in ("largest biggest greatest", "newest latest", "wealthiest richest", "quickest fastest")
]
_EXCLUSIVE = re.compile(r"(?<!\bnot )\b(?:alone|only|solely|exclusively)\b", re.IGNORECASE)
_COUNT_NOTHING = frozenset({"one", "both", "pair", "couple"})


def missing_facts(said: str, cited: Sequence[Source], given: Sequence[Source]) -> Iterator[str]:
    """What `said` states as a fact and no `cited` source has, as it is written there.

    `given` are all sources: a full name may be known from another passage of a cited document.
    """
    text = "\n\n".join(source.text for source in cited)
    yield from _missing_names(said, text, cited, given)
    there = {day for day, _ in weekdays(text)}
    yield from (said[span.start : span.end] for day, span in weekdays(said) if day not in there)
    stated_dates, stated_numbers = dates(text), numbers(text)
    yield from _missing_dates(said, stated_dates, stated_numbers)
    years = [date.year for date in stated_dates]
    for number in numbers(said):
        written = said[number.span.start : number.span.end]
        if written.lower() in _COUNT_NOTHING:
            continue
        likely = [stated for stated in stated_numbers if _count_alike(number, said, stated, text)]
        if not number_is_borne_out(number, likely, years):
            yield written
    if not _EXCLUSIVE.search(text):
        yield from (match[0] for match in _EXCLUSIVE.finditer(said))
    folded = fold(text)
    for match in _SUPERLATIVE.finditer(said):
        alike = next((words for words in _SUPERLATIVES_ALIKE if match[0] in words), [match[0].split()[0]])
        if match[0] not in _NO_SUPERLATIVES and re.search(rf"\b(?:{'|'.join(alike)})\b", folded) is None:
            yield match[0]
    for span in codes(said):
        code = said[span.start : span.end]
        if re.search(rf"(?<!\w){re.escape(fold(code))}(?!\w)", folded) is None:
            yield code


def _count_alike(claimed: Number, said: str, stated: Number, text: str) -> bool:
    """Whether two numbers may count or rank the same, by the words that follow them.

    "65 pages" is not "65 kB"; and who is "the first woman prime minister" in a text that speaks of prime ministers, but
    says "first" of a term only, is none there.
    """
    mine = _phrase_after(said, claimed)
    if not claimed.ordinal:
        return not (mine and stated.unit and not claimed.unit)
    theirs = _phrase_after(text, stated)
    known = {root(word.text) for word in words(text)}
    return not mine or not theirs or not mine & known or bool(mine & theirs)


def _phrase_after(text: str, number: Number) -> frozenset[str]:
    """The roots of the words that directly follow a number, up to the first stop or word of grammar."""
    found: list[str] = []
    at = number.span.end
    for word in words(text[at : at + 60]):
        if word.is_function or re.search(r"[^\s-]", text[at : number.span.end + word.start]):
            break
        found.append(root(word.text))
        at = number.span.end + word.end
    return frozenset(found)


def _missing_names(said: str, text: str, cited: Sequence[Source], given: Sequence[Source]) -> Iterator[str]:
    known = Names.of(text)
    documents = {source.document for source in cited}
    siblings = [source.text for source in given if source.document in documents]
    everything = " ".join(fold(source.text) for source in given)
    for span in claimed_names(said, everything):
        name = said[span.start : span.end]
        if missing_from(name, known, siblings):
            yield name


def _missing_dates(said: str, stated: Sequence[Date], stated_numbers: Sequence[Number]) -> Iterator[str]:
    """Dates in no reading of which the source has them."""
    years = {int(n.value) for n in stated_numbers if 1000 <= n.value <= 2999 and n.value == int(n.value)}
    borne_out: dict[Span, bool] = {}
    for date in dates(said):
        year_alone = date.month is None and date.day is None and date.year in years
        borne_out[date.span] = borne_out.get(date.span, False) or year_alone or date_is_borne_out(date, stated)
    yield from (said[span.start : span.end] for span, stands in borne_out.items() if not stands)
