"""The gate, on the seeds: the shipped engine passes, worse ones don't."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant, Reason, Settings
from assistant.engines import Engine
from assistant.types import Draft, Evidence
from evals import datasets, gate, store
from evals.gate import Baseline
from evals.metrics import summary
from evals.questions import Gold, GoldError
from evals.runner import run
from evals.scoring import Outcome, Row
from index import DocumentIndex, Match
from index.sentences import sentences

Ask = Callable[[Engine], list[Row]]
Judge = Callable[[list[Row]], str]


class AlwaysAnswers:
    """Answers everything with the first sentence of the best passage, properly cited."""

    name = "always answers"

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        found = matches[0].passage
        span = sentences(found.text)[0]
        quote = found.text[span.start : span.end]
        place = Evidence(found.document, found.start + span.start, found.start + span.end, quote)
        yield Draft(f"{quote} [1]", (place,), quote, confidence=0.9)


class AlwaysRefuses:
    """Refuses everything."""

    name = "always refuses"

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        yield Draft("I don't know.", reason=Reason.NOT_IN_DOCUMENTS)


class Knows:
    """Has read the gold, which is asked in this order; cites the evidence, or with `cite` something else instead."""

    name = "knows"

    def __init__(self, questions: Sequence[Gold], text: Callable[[str], str], cite: str | None = None) -> None:
        self._questions = iter(questions)
        self._text = text
        self._cite = cite

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        gold = next(self._questions)
        cited = tuple(self._place(item.document, item.quote) for item in gold.evidence)
        markers = " ".join(f"[{number}]" for number in range(1, len(cited) + 1))
        if gold.answerable:
            yield Draft(f"{gold.answers[0]} {markers}", cited, gold.answers[0], confidence=1.0)
        else:
            yield Draft(f"No. {markers}", cited, reason=Reason(gold.reason or ""))

    def _place(self, document: str, quote: str) -> Evidence:
        quote = self._cite or quote
        start = self._text(document).index(quote)
        return Evidence(document, start, start + len(quote), quote)


@pytest.fixture(scope="module")
def seeds() -> datasets.Dataset:
    return datasets.seeds()


@pytest.fixture(scope="module")
def committed() -> Baseline:
    return gate.read(gate.seed_baseline())


@pytest.fixture(scope="module")
def ask(seed_index: DocumentIndex, seeds: datasets.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Puts an engine through the real chain."""
    folder = tmp_path_factory.mktemp("runs")
    return lambda engine: run(Assistant(seed_index, engine), seeds, store.start(folder, "seeds", {}, {}))


@pytest.fixture(scope="module")
def perfect(ask: Ask, seed_index: DocumentIndex, seeds: datasets.Dataset) -> list[Row]:
    """What an engine that has read the gold comes to."""
    return ask(Knows(seeds.questions, seed_index.text))


@pytest.fixture
def judge(committed: Baseline, perfect: list[Row], seeds: datasets.Dataset) -> Judge:
    """Sees that the committed baseline fails the rows, and tells how they fare beside perfection."""

    def judged(rows: list[Row]) -> str:
        assert gate.judge(committed, seeds.hash, rows).complaints
        return "\n".join(gate.judge(Baseline("h", None, tuple(perfect)), "h", rows).complaints)

    return judged


def test_what_is_shipped_is_not_worse_than_the_baseline(
    tmp_path: Path, seeds: datasets.Dataset, committed: Baseline
) -> None:
    assert seeds.folder
    with Assistant.open(tmp_path / "data", settings=Settings()) as assistant:
        assistant.index(seeds.folder)
        rows = run(assistant, seeds, store.start(tmp_path, "seeds", {}, {}))
    verdict = gate.judge(committed, seeds.hash, rows)
    assert verdict.passed, "\n".join(verdict.complaints)


def test_an_engine_that_always_answers_fails(judge: Judge, ask: Ask) -> None:
    said = judge(ask(AlwaysAnswers()))
    assert "noans accuracy: 100.0 → 0.0" in said
    assert "false-kyoto" in said  # the questions are named
    assert "a gap in the source is no longer told as one: " in said


def test_an_engine_that_always_refuses_fails(judge: Judge, ask: Ask) -> None:
    said = judge(ask(AlwaysRefuses()))
    assert "refused though answerable: 0.0 → " in said
    assert "fact-" in said
    assert "a gap in the source is no longer told as one: " in said


def test_an_engine_that_says_the_right_thing_but_cites_the_wrong_sentence_fails(
    judge: Judge, ask: Ask, seed_index: DocumentIndex, seeds: datasets.Dataset
) -> None:
    rows = ask(Knows(seeds.questions, seed_index.text, cite="News Room USA | LNG in Northern BC"))
    assert summary(rows)["right"].value == 1
    said = judge(rows)
    assert "citation precision: 100.0 → 0.0" in said
    assert "citation recall: 100.0 → 0.0" in said
    assert "a gap in the source is no longer told as one: " in said


def test_an_engine_that_knows_the_gold_passes(committed: Baseline, perfect: list[Row], seeds: datasets.Dataset) -> None:
    assert gate.judge(committed, seeds.hash, perfect).complaints == ()
    assert [row.id for row in perfect if row.why] == []


class TestEachAlone:
    """Each reason to fail, by itself, against a baseline of an engine that knows everything."""

    @pytest.fixture
    def rows(self, perfect: list[Row]) -> list[Row]:
        return perfect

    def complaints(self, rows: list[Row], changed: Row) -> tuple[str, ...]:
        after = [changed if row.id == changed.id else row for row in rows]
        return gate.judge(Baseline("h", None, tuple(rows)), "h", after).complaints

    def test_one_wrong_answer_may_be_chance(self, rows: list[Row]) -> None:
        row = rows[0]
        assert self.complaints(rows, replace(row, outcome=Outcome.WRONG, scores={**row.scores, "em": 0, "f1": 0})) == ()

    def test_one_crash_is_too_many(self, rows: list[Row]) -> None:
        error = {"type": "E", "message": "", "trace": ""}
        crashed = replace(rows[0], outcome=Outcome.FAILED)
        said = self.complaints(rows, replace(crashed, scores={}, answer=None, error=error))
        assert said == (f"crashed: {rows[0].id}",)

    def test_one_gap_that_is_no_longer_told_is_too_many(self, rows: list[Row]) -> None:
        row = next(row for row in rows if row.reason == "gap_in_source")
        said = self.complaints(rows, replace(row, scores={**row.scores, "gap": 0.0}))
        assert said == (f"a gap in the source is no longer told as one: {row.id}",)

    def test_one_citation_that_is_not_verbatim_is_too_many(self, rows: list[Row]) -> None:
        row = rows[3]
        said = self.complaints(rows, replace(row, scores={**row.scores, "verbatim": 0.0}))
        assert said == (f"citations that are not verbatim: {row.id}",)

    def test_a_question_that_was_not_asked_is_named(self, rows: list[Row]) -> None:
        said = gate.judge(Baseline("h", None, tuple(rows)), "h", rows[1:]).complaints
        assert said == (f"not asked: {rows[0].id}",)

    def test_other_gold_or_documents_are_no_comparison(self, rows: list[Row]) -> None:
        with pytest.raises(GoldError, match="not those of the baseline"):
            gate.judge(Baseline("h", None, tuple(rows)), "other", rows)

    def test_a_baseline_is_read_as_it_was_written(self, rows: list[Row], tmp_path: Path) -> None:
        gate.write(tmp_path / "new" / "base.json", "h", "abc", rows)
        found = gate.read(tmp_path / "new" / "base.json")
        assert (found.hash, found.revision) == ("h", "abc")
        assert gate.judge(found, "h", rows).complaints == ()
        assert [row.scores for row in found.rows] == [row.scores for row in rows]

    def test_a_broken_baseline_is_said_so(self, tmp_path: Path) -> None:
        (tmp_path / "base.json").write_text('{"rows": []}')
        with pytest.raises(GoldError, match="is not a baseline"):
            gate.read(tmp_path / "base.json")
