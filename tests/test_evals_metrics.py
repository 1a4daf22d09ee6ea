"""The metrics against values computed by hand from their definitions, or by the official scripts."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from evals import ranking
from evals.compare import compare
from evals.confidence import best_f1, reliability, risk_coverage
from evals.evidence import Located, overlap, touches
from evals.intervals import difference, interval
from evals.matching import contains, squad_scores, without_markers
from evals.metrics import ALL, ratio, summary, usage
from evals.questions import GoldError
from evals.scoring import Outcome, Row

METRICS = {metric.name: metric for metric in ALL}


def row(
    id: str,
    outcome: Outcome,
    *,
    answerable: bool = True,
    refused: bool = False,
    confidence: float = 0.5,
    seconds: float | None = None,
    **scores: float,
) -> Row:
    """A row as scoring makes it, with the scores that matter here."""
    return Row(
        id=id,
        question=f"{id}?",
        answerable=answerable,
        accepted=("x",) if answerable else (),
        reason=None if answerable else "not_in_documents",
        tags=(),
        outcome=outcome,
        scores={"refused": float(refused), "confidence": confidence, **scores},
        answer={"seconds": {} if seconds is None else {"total": seconds}},
    )


def failed(id: str) -> Row:
    return Row(id, f"{id}?", True, ("x",), None, (), Outcome.FAILED, error={"type": "E", "message": "", "trace": ""})


# The official evaluate-v2.0.py gives these (lower case, without punctuation, articles and extra white space).
@pytest.mark.parametrize(
    ("said", "accepted", "exact", "f1"),
    [
        ("The Denver Broncos!", ["Denver Broncos"], 1.0, 1.0),
        ("Denver", ["Denver Broncos", "the Broncos"], 0.0, 2 / 3),
        ("in the city of Paris", ["Paris, France"], 0.0, 2 * (1 / 4) * (1 / 2) / (1 / 4 + 1 / 2)),
        ("Levi's Stadium in Santa Clara", ["Levi's Stadium"], 0.0, 2 * (2 / 5) * 1 / (2 / 5 + 1)),
        ("a cat a cat", ["cat"], 0.0, 2 / 3),  # a word counts as often as it stands in both
        ("28.Oct.2025", ["28Oct2025"], 1.0, 1.0),  # punctuation goes without leaving a space
        ("wrong", ["right"], 0.0, 0.0),
        (None, ["right"], 0.0, 0.0),
        (None, [], 1.0, 1.0),
        ("anything", [], 0.0, 0.0),
        (None, [".", "1928"], 0.0, 0.0),  # the 2.0 script drops a form that normalises to nothing
        ("the", [], 1.0, 1.0),  # as there: it normalises to nothing
    ],
)
def test_exact_match_and_f1_are_squads(said: str | None, accepted: list[str], exact: float, f1: float) -> None:
    assert squad_scores(said, accepted) == pytest.approx((exact, f1), abs=1e-6)


@pytest.mark.parametrize(
    ("said", "accepted", "holds"),
    [
        ("On Tuesday (28.Oct.2025).", ["28 Oct 2025"], True),
        ("Thailand; Cambodia", ["Thailand and Cambodia"], True),
        ("the Liberal Democratic Party, right", ["Liberal Democratic Party"], True),
        ("Denver", ["Denver Broncos"], False),
        ("a 17-day trip", ["7"], False),
        ("Cambodia and Thailand", ["Thailand and Cambodia"], False),
        ("word " * 60 + "Tokyo", ["Tokyo"], False),  # a recitation is no short answer
    ],
)
def test_a_short_answer_is_right_where_it_holds_an_accepted_form(said: str, accepted: list[str], holds: bool) -> None:
    assert contains(said, accepted) is holds


def test_markers_are_no_words_of_the_answer() -> None:
    assert without_markers("They met in Tokyo [1], he said [12].") == "They met in Tokyo, he said."


def test_search_measures_by_hand() -> None:
    found = ranking.measure(["x", "a", "y", "z", "b"], {"a": 1, "b": 1, "c": 1})
    ideal = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert found == pytest.approx(
        {
            "hit@1": 0,
            "hit@3": 1,
            "hit@5": 1,
            "hit@10": 1,
            "recall@1": 0,
            "recall@5": 2 / 3,
            "recall@10": 2 / 3,
            "MRR@10": 1 / 2,
            "nDCG@10": (1 / math.log2(3) + 1 / math.log2(6)) / ideal,
        }
    )


def test_grades_weigh_in_ndcg_as_trec_eval_has_them() -> None:
    found = ranking.measure(["low", "high"], {"high": 2, "low": 1})
    assert found["nDCG@10"] == pytest.approx((1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3)))


def test_nothing_found_is_0_and_not_missing() -> None:
    assert set(ranking.measure([], {"a": 1}).values()) == {0.0}
    assert ranking.measure(["b"] * 1, {"a": 1})["MRR@10"] == 0
    assert ranking.measure([f"x{i}" for i in range(10)] + ["a"], {"a": 1})["hit@10"] == 0


def test_passages_stand_for_their_document_once_and_for_the_evidence_they_hold() -> None:
    passages = [("a", 0, 10), ("b", 0, 10), ("a", 10, 20), ("c", 0, 5)]
    assert ranking.by_document(passages) == ["a", "b", "c"]
    evidence = [Located((("a", 12, 18),)), Located((("b", 50, 60), ("c", 1, 4)))]
    assert ranking.by_evidence(passages, evidence) == [
        "passage a:0-10",
        "passage b:0-10",
        "evidence 1",
        "evidence 2",
    ]


def test_citations_are_measured_by_characters() -> None:
    evidence = [Located((("d", 0, 100), ("d", 500, 600))), Located((("d", 200, 250),))]
    right, cited, covered, needed = overlap([("d", 50, 150), ("d", 100, 160), ("other", 0, 40)], evidence)
    assert (right, cited) == (50, 150)  # overlapping citations count once
    assert (covered, needed) == (50, 150)
    right, cited, covered, needed = overlap([("d", 500, 600), ("d", 200, 250)], evidence)
    assert (right, cited, covered, needed) == (150, 150, 150, 150)  # any occurrence counts
    assert overlap([], evidence) == (0, 0, 0, 150)
    assert touches(("d", 40, 140), evidence[0])
    assert not touches(("d", 90, 190), evidence[0])


ANSWERS = [
    row("right", Outcome.RIGHT, confidence=0.95, em=1, f1=1),
    row("half", Outcome.WRONG, confidence=0.85, em=0, f1=0.5),
    row("invented", Outcome.WRONG, answerable=False, confidence=0.75, em=0, f1=0),
    row("right2", Outcome.RIGHT, confidence=0.65, em=0, f1=0.8),
    row("shy", Outcome.REFUSED, refused=True, confidence=0.3, em=0, f1=0),
    row("honest", Outcome.RIGHT, answerable=False, refused=True, confidence=0.2, em=1, f1=1, reason=1),
    row("honest2", Outcome.RIGHT, answerable=False, refused=True, confidence=0.1, em=1, f1=1, reason=0),
]


def test_answers_by_hand() -> None:
    expected = {
        "right": 4 / 7,
        "wrong": 2 / 7,
        "refused": 1 / 7,
        "em": 3 / 7,
        "f1": 4.3 / 7,
        "has_ans_em": 1 / 4,
        "has_ans_f1": 2.3 / 4,
        "no_ans": 2 / 3,
        "abstention_precision": 2 / 3,
        "abstention_recall": 2 / 3,
        "abstention_f1": 2 / 3,
        "reason": 1 / 2,
        # risks of the four answers, most confident first: 0, 1/2, 2/3, 2/4
        "aurc": (0 + 1 / 2 + 2 / 3 + 2 / 4) / 4,
        # four bins with an answer each
        "ece": (0.05 + 0.85 + 0.75 + 0.35) / 4,
    }
    assert {name: METRICS[name].plain(ANSWERS) for name in expected} == pytest.approx(expected)
    assert summary(ANSWERS)["f1"].value == pytest.approx(4.3 / 7)


def test_the_curves_by_hand() -> None:
    curve = risk_coverage(ANSWERS)
    assert [coverage for coverage, _ in curve] == pytest.approx([1 / 7, 2 / 7, 3 / 7, 4 / 7])
    assert [risk for _, risk in curve] == pytest.approx([0, 1 / 2, 2 / 3, 1 / 2])
    assert reliability(ANSWERS) == [(0.65, 1.0, 1), (0.75, 0.0, 1), (0.85, 0.0, 1), (0.95, 1.0, 1)]
    assert risk_coverage([ANSWERS[4]]) == []


def test_equal_confidence_does_not_depend_on_the_order() -> None:
    tied = [row("a", Outcome.RIGHT), row("b", Outcome.WRONG), row("c", Outcome.RIGHT)]
    for order in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        assert METRICS["aurc"].plain([tied[i] for i in order]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_best_f1_is_the_official_sweep() -> None:
    # All refused: 3 of 7. Letting answers through in turn: 4, 4.5, 3.5, 4.3.
    assert best_f1(ANSWERS) == pytest.approx(4.5 / 7)


def test_a_crash_is_in_no_figure() -> None:
    with_crash = [*ANSWERS, failed("crash")]
    for name in ("right", "wrong", "em", "f1", "has_ans_f1", "abstention_recall", "aurc", "ece"):
        assert METRICS[name].plain(with_crash) == METRICS[name].plain(ANSWERS), name
    assert best_f1(with_crash) == best_f1(ANSWERS)
    assert len(compare(ANSWERS, with_crash).changes) == len(compare(ANSWERS, ANSWERS).changes)


def test_percentiles_of_seconds() -> None:
    rows = [row(str(i), Outcome.RIGHT, seconds=float(i)) for i in range(1, 101)]
    assert METRICS["total_p50"].plain(rows) == pytest.approx(50.5)
    assert METRICS["total_p95"].plain(rows) == pytest.approx(95.05)
    untimed = row("?", Outcome.RIGHT)
    assert METRICS["total_p50"].growth([*rows, untimed], [*rows, untimed]).value == 0


def test_tokens_are_summed_and_their_absence_is_told() -> None:
    def used(id: str, cost: float | None) -> Row:
        answer = {"seconds": {}, "usage": {"tokens_in": 100, "tokens_out": 7, "cost": cost, "first_token": None}}
        return Row(id, id, True, (), None, (), Outcome.RIGHT, answer=answer)

    assert usage([used("a", 0.25), used("b", 0.5)]) == {"tokens_in": 200, "tokens_out": 14, "cost": 0.75}
    assert usage([used("a", None)]) == {"tokens_in": 100, "tokens_out": 7}
    assert usage(ANSWERS) == {}


def test_an_interval_is_that_of_a_proportion_and_the_same_every_time() -> None:
    right = np.array([1.0] * 80 + [0.0] * 20)
    found = interval(ratio, [right, np.ones(100)])
    half = 1.96 * math.sqrt(0.8 * 0.2 / 100)
    assert found.value == pytest.approx(0.8)
    assert (found.low, found.high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.015)
    assert interval(ratio, [right, np.ones(100)]) == found


def test_pairing_tells_a_small_difference_that_two_intervals_hide() -> None:
    rng = np.random.default_rng(3)
    before = (rng.random(200) < 0.6).astype(float)
    after = before.copy()
    after[np.flatnonzero(before == 0)[:8]] = 1.0
    whole = np.ones(200)
    growth = difference(ratio, [before, whole], [after, whole])
    assert growth.value == pytest.approx(0.04)
    assert 0 < growth.low < 0.04 < growth.high
    assert interval(ratio, [after, whole]).low < interval(ratio, [before, whole]).high


def test_figures_without_questions_are_nan_and_draws_without_any_are_left_out() -> None:
    assert math.isnan(interval(ratio, [np.array([]), np.array([])]).value)
    assert math.isnan(interval(ratio, [np.zeros(3), np.zeros(3)]).value)
    rare = interval(ratio, [np.array([1.0, 0, 0]), np.array([1.0, 0, 0])])
    assert (rare.value, rare.low, rare.high) == (1, 1, 1)


def test_ten_thousand_questions_take_seconds() -> None:
    rows = [row(str(i), Outcome(("right", "wrong")[i % 3 == 0]), confidence=i % 97 / 97) for i in range(10_000)]
    began = time.perf_counter()
    found = METRICS["aurc"].value(rows)
    assert found.low < found.value < found.high
    assert time.perf_counter() - began < 60


def test_runs_with_nothing_in_common_cannot_be_compared() -> None:
    with pytest.raises(GoldError, match="no question in common"):
        compare(ANSWERS[:2], ANSWERS[3:])


def test_a_comparison_names_what_flipped() -> None:
    after = [row("right", Outcome.WRONG, confidence=0.9, em=0, f1=0), *ANSWERS[1:]]
    found = compare(ANSWERS, after)
    assert [(flip.after.id, flip.worse) for flip in found.flips] == [("right", True)]
    change = next(change for change in found.changes if change.metric.name == "right")
    assert change.growth.value == pytest.approx(-1 / 7)
    assert not change.worse  # one question of seven may be chance
