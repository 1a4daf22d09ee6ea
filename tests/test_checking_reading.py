"""A model's text taken apart, and its dates and numbers read: markers, sentences, quotations."""

from __future__ import annotations

import re

import pytest

from assistant.checking.claims import is_verbatim, quotations, settled, take_apart, without_marks
from assistant.checking.dates import date_is_borne_out, dates
from assistant.checking.numbers import number_is_borne_out, numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("28.Oct.2025", "October 28, 2025"),
        ("28 October 2025", "2025-10-28"),
        ("the 28th of October 2025", "10/28/2025"),
        ("October 28–30", "Oct 28"),
        ("Oct. 1999", "October 1999"),
    ],
)
def test_dates_are_the_same_however_they_are_written(one: str, other: str) -> None:
    assert any(date_is_borne_out(date, dates(one)) for date in dates(other))


@pytest.mark.parametrize(
    ("claimed", "stated"),
    [("October 29", "28.Oct.2025"), ("October 28, 2024", "28.Oct.2025"), ("November 28", "28 October")],
)
def test_other_dates_are_not(claimed: str, stated: str) -> None:
    assert not any(date_is_borne_out(date, dates(stated)) for date in dates(claimed))


@pytest.mark.parametrize(
    ("claimed", "stated"),
    [
        ("420KB", "420 kB"),
        ("seven days", "a 7-day trip"),
        ("1,200,000 people", "1.2 million people"),
        ("$5 million", "5m dollars"),
        ("5%", "five per cent"),
        ("5 km", "between 5 and 10 km"),
        ("the 21st century", "the twenty-first century"),
        ("two leaders", "the 2 leaders"),
        ("250 men", "two hundred and fifty men"),
        ("two brothers", "both brothers"),
    ],
)
def test_numbers_are_the_same_however_they_are_written(claimed: str, stated: str) -> None:
    assert all(number_is_borne_out(number, numbers(stated)) for number in numbers(claimed))
    assert numbers(claimed)


@pytest.mark.parametrize(
    ("claimed", "stated"),
    [
        ("420 MB", "420 kB"),
        ("5 miles", "5 km"),
        ("12", "1.2"),
        ("third", "3"),
        ("€5", "$5"),
        ("2 billion", "2 million"),
    ],
)
def test_other_numbers_and_units_are_not(claimed: str, stated: str) -> None:
    assert not any(number_is_borne_out(number, numbers(stated)) for number in numbers(claimed))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("They met [1].", (1,)),
        ("They met.[1]", (1,)),
        ("They met. [1]", (1,)),
        ("They met [1, 3].", (1, 3)),
        ("They met [1-3].", (1, 2, 3)),
        ("They met [1][2].", (1, 2)),
        ("They met 【2】.", (2,)),
        ("They met [passage 2].", (2,)),
        ("They met [^1].", (1,)),
        ("They met (passage 1).", (1,)),
        ("They **met** **[1]**.", (1,)),
        ("They met <sup>[1]</sup>.", (1,)),
        ("They met [[1]](http://example.com/).", (1,)),
        ("They met [1](http://example.com/).", (1,)),
        ("They met 【1†source】.", (1,)),
        ("[1] They met.", (1,)),
        ("They met.\n\nSources: [1], [2]", (1, 2)),
        ("They met [^2].\n\n[^2]: notes.txt", (2,)),
        ("They met.", ()),
    ],
)
def test_markers_of_every_shape_are_read_and_taken_out(text: str, numbers: tuple[int, ...]) -> None:
    written = take_apart(text)
    assert [claim.numbers for claim in written.claims] == [numbers]
    assert written.text == "They met."


def test_each_sentence_has_its_own_markers_and_a_lead_in_those_below_it() -> None:
    written = take_apart("He brought:\n- a bag [1]\n- a club [2]\n\nThen he left. [3] Nobody waved.")
    assert [claim.numbers for claim in written.claims] == [(1, 2), (1,), (2,), (3,), ()]


def test_what_is_settled_stays_as_the_text_grows() -> None:
    text = 'They met. [1] He said: "Well done. Really" [2]. Gifts:\n- a bag [1]\n- a club [2]\n\nHe left [1]. The end.'
    whole = take_apart(text).claims
    before = 0
    for end in range(1, len(text) + 1):
        now = settled(take_apart(text[:end]))
        assert now == whole[: len(now)]
        assert len(now) >= before
        before = len(now)
    assert before == len(whole) - 1


def test_claims_and_what_lies_between_make_up_the_text() -> None:
    written = take_apart("One [1]. “Two. Three” said he [2]!\n\n* four\n* five [1]")
    between = written.text
    for claim in reversed(written.claims):
        assert written.text[claim.start : claim.end] == claim.text
        between = between[: claim.start] + between[claim.end :]
    assert between.strip() == ""
    assert "“Two. Three” said he!" in [claim.text for claim in written.claims]


def test_a_quotation_is_verbatim_word_for_word_only() -> None:
    source = "She said: “We will rebuild it,” and left."
    assert is_verbatim("we will rebuild it", [source])
    assert is_verbatim("We will rebuild it.", [source])
    assert not is_verbatim("we shall rebuild it", [source])
    assert not is_verbatim("ill rebuild", [source])


@pytest.mark.parametrize(
    "text",
    [
        'He said "well done".',
        "He said “well done”.",
        "He said «well done».",
        "He said »well done«.",
        "He said ‹well done›.",
        "He said „well done“.",
        "He said ‚well done‘.",
        "He said 「well done」.",
        "He said ‘well done’.",
        "> well done",
    ],
)
def test_marks_around_what_is_not_verbatim_are_taken_away(text: str) -> None:
    (found,) = quotations(text)
    assert text[found.start : found.end] == "well done"
    assert without_marks(text, [found]) == text
    assert re.sub(r"\W+$", "", without_marks(text, [])).endswith("well done")
    assert not set(without_marks(text, [])) & set('"“”„«»‹›‚‘’「」>')


def test_an_apostrophe_is_no_quotation_mark() -> None:
    text = "The leaders' trip wasn't Abe's."
    assert quotations(text) == []
    assert without_marks(text, []) == text
