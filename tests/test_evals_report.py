"""The report: one file that needs nothing else, in which no text of a document becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from evals.compare import compare
from evals.machines import as_json
from evals.metrics import ALL
from evals.report import opinions, render, shown, shown_change, verdict
from evals.scoring import Outcome, Row

HOSTILE = "<script>alert('x')</script> & \"quotes\""


def row(number: int, outcome: Outcome, **more: Any) -> Row:
    answerable = number % 3 != 0
    place = {"document": HOSTILE, "start": 0, "end": 3, "before": HOSTILE, "quote": HOSTILE, "after": HOSTILE}
    refused = outcome is Outcome.REFUSED
    return Row(
        id=f"q{number}",
        question=f"{HOSTILE} {number}?",
        answerable=answerable,
        accepted=(HOSTILE,) if answerable else (),
        reason=None if answerable else "gap_in_source",
        tags=("fact", "number") if number % 2 else ("hole",),
        outcome=outcome,
        scores={"refused": float(refused), "confidence": number / 12, "em": 0.0, "f1": 0.5, "told": 1.0},
        answer={
            "answer": HOSTILE,
            "short_answer": HOSTILE,
            "reason": "not_in_documents" if refused else None,
            "confidence": number / 12,
            "standalone_question": HOSTILE,
            "citations": [],
            "passages": [{"document": "d", "start": 0, "end": 3, "text": HOSTILE, "score": 0.5}],
            "engine": "e",
            "seconds": {"retrieve": 0.01 * number, "answer": 0.1, "total": 0.2 + 0.01 * number},
        },
        history=(("user", HOSTILE),),
        cited=({"number": 1, "verbatim": True, **place},),
        gold=({"cited": False, "places": 2, **place},),
        why="because",
        **more,
    )


ROWS = [row(i, (Outcome.RIGHT, Outcome.WRONG, Outcome.REFUSED)[i % 3]) for i in range(1, 12)]
CRASHED = Row(
    "q99",
    "crash?",
    True,
    ("x",),
    None,
    ("fact",),
    Outcome.FAILED,
    error={"type": "E", "message": "m", "trace": HOSTILE},
)
MANIFEST = {"name": "seeds", "started": "2025-11-23", "engine": HOSTILE, "config": {"settings": {"k": 8}}}


def page(rows: list[Row], *more: Any) -> str:
    return render(as_json(MANIFEST, rows), rows, *more)


class Page(HTMLParser):
    """The elements of a page and what they point at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def test_it_needs_nothing_else_and_no_text_becomes_markup() -> None:
    text = page([*ROWS, CRASHED], compare(ROWS, ROWS), "yesterday", ["f1 fell: q1"])
    parsed = Page(text)
    assert "alert('x')" not in text
    assert parsed.tags.count("script") == 1  # the page's own
    assert all(link.startswith("#") for link in parsed.links)
    assert not re.search(r"url\((?!#)|@import|<link|<img", text)
    assert parsed.tags.count("details") == len(ROWS) + 1
    assert len(parsed.ids) == len(set(parsed.ids))
    assert parsed.tags.count("svg") == 4
    assert "var(--accent)" in text
    assert not re.search(r"#0a0a0\d", text)  # all of the plots' colours are the page's
    assert "The gate fails." in text
    assert "f1 fell: q1" in text


def test_the_worst_come_first() -> None:
    text = page([*ROWS, CRASHED])
    outcomes = re.findall(r'data-outcome="(\w+)"', text)
    assert outcomes == ["failed"] + ["wrong"] * 4 + ["refused"] * 4 + ["right"] * 3


def test_the_verdict_counts_a_crash_apart() -> None:
    said = verdict([*ROWS, CRASHED])
    assert said == (
        "Of 12 questions 3 right, 4 wrong, 4 refused though the documents answer them;"
        " 1 crashed and count in no figure."
    )


def test_a_run_of_nothing_but_crashes_and_a_search_have_a_report_too() -> None:
    assert "1 crashed" in page([CRASHED])
    found = Row("s", "q?", True, (), None, (), Outcome.FOUND, {"hit@10": 1.0}, {"seconds": {"retrieve": 0.1}})
    text = page([found])
    assert "1 found among the first ten, 0 missed" in text
    assert "hit@10" in text
    assert "Exact match" not in text


def test_figures_read_as_people_write_them() -> None:
    metrics = {metric.name: metric for metric in ALL}
    assert shown(metrics["f1"], 0.8125) == "81.2%"
    assert shown(metrics["total_p50"], 0.0123) == "12.3 ms"
    assert shown(metrics["aurc"], 0.25) == "0.250"
    assert shown(metrics["f1"], float("nan")) == "–"
    change = compare(ROWS, ROWS).changes[0]
    assert shown_change(change.metric, change.growth) == "+0.0 [+0.0, +0.0]"


@pytest.mark.parametrize("faithful", [True, None])
def test_a_judges_opinion_stands_apart_under_its_name(faithful: bool | None) -> None:
    opinion = {"judge": "some-llm", "correctness": 4.0, "faithful": faithful, "feedback": HOSTILE}
    judged = [row(1, Outcome.RIGHT, judged=opinion), row(2, Outcome.WRONG, judged={**opinion, "correctness": 2.0})]
    found = opinions(judged)
    assert (found["name"], found["correctness"], found["errors"]) == ("some-llm", 3.0, 0)
    text = page(judged)
    assert "In the opinion of some-llm" in text
    assert "correctness 3.00 of 5" in text
    assert ("100.0% faithful" in text) is bool(faithful)
    assert opinions(ROWS) == {}
    assert "In the opinion" not in page(ROWS)
