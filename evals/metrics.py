"""Each metric: what it means, where it comes from, and how it follows from the rows.

Failures (crashes) are in none of them: they are counted apart, and a run that has any does not pass. A metric is a
statistic over columns with one entry a question, so that the bootstrap can draw questions. Most are ratios: the sum
of a numerator over the sum of a denominator; a question with the denominator 0 has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evals.confidence import area_under_risk, calibration_entry, calibration_error, risk_entry
from evals.intervals import Array, Entry, Interval, Statistic, difference, interval, plain
from evals.ranking import NAMES as SEARCH_NAMES
from evals.scoring import Outcome, Row


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over many rows. `entry` gives a row's part in it, or None; `statistic` makes the figure of all parts."""

    name: str
    title: str
    definition: str
    entry: Callable[[Row], Entry]
    statistic: Statistic
    width: int = 2
    higher_is_better: bool = True
    unit: str = ""
    gated: bool = True

    def value(self, rows: Sequence[Row]) -> Interval:
        """The figure with its 95% interval."""
        return interval(self.statistic, self._columns(rows))

    def plain(self, rows: Sequence[Row]) -> float:
        """The figure alone."""
        return plain(self.statistic, self._columns(rows))

    def growth(self, before: Sequence[Row], after: Sequence[Row]) -> Interval:
        """How much it grew from one run to another: both hold the same questions in the same order.

        A question that failed in either run is left out of both.
        """
        whole = [(a, b) for a, b in zip(before, after, strict=True) if not a.failed and not b.failed]
        if self.width == 1:  # a percentile has no denominator in which a missing entry could count 0
            whole = [(a, b) for a, b in whole if self.entry(a) and self.entry(b)]
        first, second = ([pair[i] for pair in whole] for i in (0, 1))
        return difference(self.statistic, self._columns(first, keep=True), self._columns(second, keep=True))

    def _columns(self, rows: Sequence[Row], keep: bool = False) -> list[Array]:
        """The entries as columns; `keep` gives the rows without a part in it zeros, so that two runs stay in step."""
        nothing = (0.0,) * self.width
        entries = [(None if row.failed else self.entry(row)) for row in rows]
        kept = [entry or nothing for entry in entries if keep or entry is not None]
        return list(np.array(kept, dtype=np.float64).reshape(-1, self.width).T)


def ratio(numerator: Array, denominator: Array) -> Array:
    """Sum over sum."""
    share: Array = numerator.sum(axis=-1) / denominator.sum(axis=-1)
    return share


def _score(name: str, only: Callable[[Row], bool] = lambda row: True) -> Callable[[Row], Entry]:
    return lambda row: (row.scores[name], 1.0) if name in row.scores and only(row) else None


def _share(test: Callable[[Row], bool], of: Callable[[Row], bool] = lambda row: True) -> Callable[[Row], Entry]:
    return lambda row: (float(test(row)), 1.0) if "refused" in row.scores and of(row) else None


def _answerable(row: Row) -> bool:
    return row.answerable


def _unanswerable(row: Row) -> bool:
    return not row.answerable


def _refused(row: Row) -> bool:
    return row.scores.get("refused") == 1


def _rightly_refused(row: Row) -> bool:
    return _refused(row) and not row.answerable


def _abstention_entry(row: Row) -> Entry:
    if "refused" not in row.scores:
        return None
    return 2.0 * _rightly_refused(row), float(_refused(row)) + (not row.answerable)


ANSWERS = (
    Metric(
        "right",
        "Right",
        "share of all questions: an accepted form stands in the short answer (Mallen et al. 2023), or an unanswerable"
        " question was refused",
        _share(lambda row: row.outcome is Outcome.RIGHT),
        ratio,
    ),
    Metric(
        "wrong",
        "Wrong answers",
        "share of all questions that were answered, but not rightly",
        _share(lambda row: row.outcome is Outcome.WRONG),
        ratio,
        higher_is_better=False,
    ),
    Metric(
        "refused",
        "Refused though answerable",
        "share of all questions that were refused although the documents answer them",
        _share(lambda row: row.outcome is Outcome.REFUSED),
        ratio,
        higher_is_better=False,
    ),
    Metric(
        "told",
        "Answer text holds it",
        "of the answers to answerable questions, the share whose whole text holds an accepted form, whatever the short"
        " answer says",
        _score("told"),
        ratio,
    ),
    Metric("em", "Exact match", "SQuAD 2.0's EM over all questions (Rajpurkar et al. 2018)", _score("em"), ratio),
    Metric("f1", "Token F1", "SQuAD 2.0's F1 over all questions (Rajpurkar et al. 2018)", _score("f1"), ratio),
    Metric(
        "has_ans_em",
        "HasAns EM",
        "EM over the answerable questions, at the shipped threshold",
        _score("em", _answerable),
        ratio,
    ),
    Metric(
        "has_ans_f1",
        "HasAns F1",
        "F1 over the answerable questions, at the shipped threshold",
        _score("f1", _answerable),
        ratio,
    ),
    Metric(
        "no_ans",
        "NoAns accuracy",
        "share of the unanswerable questions that were refused, at the shipped threshold (EM and F1 coincide there)",
        _score("f1", _unanswerable),
        ratio,
    ),
    Metric(
        "citation_precision",
        "Citation precision",
        "mean over answers of the share of cited characters that lie in the gold evidence. (ALCE, Gao et al. 2023,"
        " instead has a model judge whether each citation is needed.)",
        _score("citation_precision"),
        ratio,
    ),
    Metric(
        "citation_recall",
        "Citation recall",
        "mean over answers of the share of the gold evidence's characters that were cited; any occurrence of a quote"
        " counts. (ALCE instead has a model judge whether the citations entail each statement.)",
        _score("citation_recall"),
        ratio,
    ),
    Metric(
        "verbatim",
        "Verbatim citations",
        "share of all citations whose quote stands in the document at its offsets, character for character",
        lambda row: (row.scores["verbatim"], row.scores["quotes"]) if row.scores.get("quotes") else None,
        ratio,
    ),
    Metric(
        "abstention_precision",
        "Abstention precision",
        "of the refusals, the share that are unanswerable",
        _share(lambda row: not row.answerable, _refused),
        ratio,
    ),
    Metric(
        "abstention_recall",
        "Abstention recall",
        "of the unanswerable questions, the share that were refused",
        _share(_refused, _unanswerable),
        ratio,
    ),
    Metric(
        "abstention_f1",
        "Abstention F1",
        "harmonic mean of abstention precision and recall",
        _abstention_entry,
        ratio,
    ),
    Metric(
        "reason",
        "Reason of refusals",
        "of the unanswerable questions that were refused, the share refused for the right reason",
        _score("reason"),
        ratio,
    ),
    Metric(
        "gap",
        "Gaps told as gaps",
        "of the questions whose answer would stand in a hole of the source, the share answered with"
        " gap_in_source and a citation of the place",
        _score("gap"),
        ratio,
    ),
    Metric(
        "aurc",
        "Area under risk-coverage",
        "mean share of wrong answers over all coverages reached, most confident first (Geifman, Uziel & El-Yaniv"
        " 2019); read it beside the share answered",
        risk_entry,
        area_under_risk,
        width=3,
        higher_is_better=False,
    ),
    Metric(
        "ece",
        "Calibration error",
        "expected calibration error over the answers given, ten bins of equal width (Guo et al. 2017)",
        calibration_entry,
        calibration_error,
        width=3,
        higher_is_better=False,
    ),
)

SEARCH = tuple(
    Metric(name, name, f"{theirs} of ir-measures, over the questions with known evidence", _score(name), ratio)
    for name, theirs in SEARCH_NAMES.items()
)


def _seconds(stage: str) -> Callable[[Row], Entry]:
    return lambda row: (row.answer["seconds"][stage],) if row.answer and stage in row.answer["seconds"] else None


def _percentile(share: int) -> Statistic:
    return lambda values: np.asarray(np.percentile(values, share, axis=-1))


LATENCIES = tuple(
    Metric(
        f"{stage}_p{share}",
        f"{stage} p{share}",
        f"{'median' if share == 50 else '95th percentile'} of the seconds spent in this stage",
        _seconds(stage),
        _percentile(share),
        width=1,
        higher_is_better=False,
        unit="s",
        gated=False,
    )
    for stage in ("retrieve", "answer", "total")
    for share in (50, 95)
)

ALL = (*ANSWERS, *SEARCH, *LATENCIES)


def summary(rows: Sequence[Row]) -> dict[str, Interval]:
    """Every metric that applies to these rows, with its interval."""
    return {metric.name: metric.value(rows) for metric in ALL if not np.isnan(metric.plain(rows))}


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many questions went how."""
    return {outcome.value: n for outcome in Outcome if (n := sum(row.outcome is outcome for row in rows))}


def by_tag(rows: Sequence[Row]) -> dict[str, tuple[Interval, int]]:
    """The share of right answers (or of searches that found it) for each tag, with how many questions bear it."""
    tags: dict[str, list[Row]] = {}
    for row in rows:
        for tag in row.tags if not row.failed else ():
            tags.setdefault(tag, []).append(row)
    good = Metric("good", "", "", lambda row: (float(row.outcome in (Outcome.RIGHT, Outcome.FOUND)), 1.0), ratio)
    return {tag: (good.value(tags[tag]), len(tags[tag])) for tag in sorted(tags)}


def usage(rows: Sequence[Row]) -> Mapping[str, float]:
    """Tokens an LLM read and wrote in all, and their cost where prices are set; empty without an LLM."""
    used = [row.answer["usage"] for row in rows if row.answer and row.answer.get("usage")]
    if not used:
        return {}
    total: dict[str, float] = {name: sum(u[name] for u in used) for name in ("tokens_in", "tokens_out")}
    costs = [u["cost"] for u in used if u["cost"] is not None]
    return {**total, "cost": sum(costs)} if costs else total
