"""One self-contained HTML file for whoever has to decide whether to ship."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals.compare import Comparison
from evals.figures import draw
from evals.intervals import Interval, resamples
from evals.metrics import ANSWERS, LATENCIES, SEARCH, Metric
from evals.scoring import Outcome, Row

MOST_SHOWN = 600  # questions in the page; the rest stand in results.jsonl
_WORST_FIRST = (
    Outcome.FAILED,
    Outcome.WRONG,
    Outcome.REFUSED,
    Outcome.MISSED,
    Outcome.RIGHT,
    Outcome.FOUND,
)
_GROUPS = {"Answers": ANSWERS, "Search": SEARCH, "Seconds": LATENCIES}


def render(
    figures: Mapping[str, Any],
    rows: Sequence[Row],
    comparison: Comparison | None = None,
    compared_with: str = "",
    complaints: Sequence[str] | None = None,
) -> str:
    """The page of a run's figures (as `machines.as_json` has them) and rows.

    `comparison` adds a column of changes against `compared_with`, `complaints` the gate's verdict.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evals", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    changes = {change.metric.name: change for change in comparison.changes} if comparison else {}
    ordered = sorted(rows, key=lambda row: _WORST_FIRST.index(row.outcome))
    return environment.get_template("report.html").render(
        manifest=figures["run"],
        counts=figures["counts"],
        total=len(rows),
        verdict=verdict(rows),
        groups=[
            (title, [_line(metric, figures["metrics"][metric.name], changes) for metric in shown])
            for title, group in _GROUPS.items()
            if (shown := [metric for metric in group if metric.name in figures["metrics"]])
        ],
        oracle=figures["oracle"],
        usage=figures["usage"],
        judged=opinions(rows),
        plots=draw(rows),
        comparison=comparison,
        compared_with=compared_with,
        complaints=complaints,
        resamples=resamples(len(rows)),
        rows=ordered[:MOST_SHOWN],
        about=list(_flat(figures["run"])),
        as_text=lambda value: json.dumps(value, ensure_ascii=False, indent=1),
    )


def verdict(rows: Sequence[Row]) -> str:
    """How the run went, in one sentence."""
    number = {outcome: sum(row.outcome is outcome for row in rows) for outcome in Outcome}
    if number[Outcome.FOUND] or number[Outcome.MISSED]:
        parts = [f"{number[Outcome.FOUND]} found among the first ten", f"{number[Outcome.MISSED]} missed"]
    else:
        answered_absent = sum(row.outcome is Outcome.WRONG and not row.answerable for row in rows)
        parts = [
            f"{number[Outcome.RIGHT]} right",
            f"{number[Outcome.WRONG]} wrong"
            + (f" ({answered_absent} of them have no answer in the documents)" if answered_absent else ""),
            f"{number[Outcome.REFUSED]} refused though the documents answer them",
        ]
    failed = number[Outcome.FAILED]
    crashed = f"; {failed} crashed and count in no figure" if failed else ""
    return f"Of {len(rows)} questions {', '.join(parts)}{crashed}."


def opinions(rows: Sequence[Row]) -> dict[str, Any]:
    """What an LLM judge made of the answers: its name, mean correctness (1 to 5), share faithful; empty without one."""
    judged = [row.judged for row in rows if row.judged]
    if not judged:
        return {}
    correct = [float(one["correctness"]) for one in judged if one["correctness"] is not None]
    faithful = [float(one["faithful"]) for one in judged if one["faithful"] is not None]
    return {
        "name": judged[0]["judge"],
        "answers": len(judged),
        "correctness": sum(correct) / len(correct) if correct else None,
        "faithful": sum(faithful) / len(faithful) if faithful else None,
        "errors": sum("error" in one for one in judged),
    }


def shown(metric: Metric, value: float) -> str:
    """A figure as people read it: seconds as milliseconds, areas as they are, everything else in percent."""
    if math.isnan(value):
        return "–"
    if metric.unit == "s":
        return f"{1000 * value:.1f} ms"
    return f"{value:.3f}" if metric.name in ("aurc", "ece") else f"{100 * value:.1f}%"


def shown_change(metric: Metric, growth: Interval) -> str:
    """A change with its interval, as "+2.1 [+0.4, +3.9]"."""
    plain = metric.name in ("aurc", "ece")
    factor, digits = (1000, 1) if metric.unit == "s" else (1, 3) if plain else (100, 1)
    value, low, high = (f"{factor * number:+.{digits}f}" for number in (growth.value, growth.low, growth.high))
    return f"{value} [{low}, {high}]"


def _line(metric: Metric, found: Sequence[float], changes: Mapping[str, Any]) -> dict[str, Any]:
    value, low, high = found
    change = changes.get(metric.name)
    return {
        "metric": metric,
        "value": shown(metric, value),
        "low": shown(metric, low),
        "high": shown(metric, high),
        "bar": None if metric.unit == "s" else [100 * min(1.0, max(0.0, number)) for number in (low, value, high)],
        "change": shown_change(metric, change.growth) if change else "",
        "turn": "worse" if change and change.worse else "better" if change and change.better else "",
    }


def _flat(manifest: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name} · ")
        elif value is not None:
            yield f"{before}{name}", str(value)
