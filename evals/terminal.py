"""A run, or two, in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.compare import Comparison
from evals.metrics import ALL
from evals.report import opinions, shown, shown_change, verdict
from evals.scoring import Row

FLIPS = 40


def show(console: Console, title: str, figures: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """A run's figures (as `machines.as_json` has them) with their intervals, and the verdict."""
    found = figures["metrics"]
    table = Table("", "", "95% interval", title=title, title_justify="left", box=None, pad_edge=False)
    for metric in ALL:
        if metric.name in found:
            value, low, high = (shown(metric, number) for number in found[metric.name])
            table.add_row(metric.title, value, f"{low} – {high}")
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    if oracle := figures["oracle"]:
        best = 100 * oracle["best_f1"]
        console.print(f"(oracle, not a result: best F1 {best:.1f}%)", style="dim", highlight=False)
    if used := figures["usage"]:
        console.print(", ".join(f"{name} {number:,.6g}" for name, number in used.items()), highlight=False)
    if judged := opinions(rows):
        console.print(
            f"{judged['name']} (an LLM judge, in no figure above): correctness {judged['correctness']}"
            f" of 5, faithful {judged['faithful']}, {judged['errors']} errors",
            highlight=False,
        )
    console.print(verdict(rows), highlight=False)


def show_comparison(console: Console, comparison: Comparison, before: str, after: str) -> None:
    """How the figures moved, and the questions that flipped."""
    table = Table("", before, after, "change, paired 95%", box=None, pad_edge=False)
    for change in comparison.changes:
        metric = change.metric
        table.add_row(
            metric.title,
            shown(metric, change.before),
            shown(metric, change.after),
            Text(
                shown_change(metric, change.growth),
                style="red" if change.worse else "green" if change.better else "",
            ),
        )
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    alone = f" ({comparison.alone} stand in one run only)" if comparison.alone else ""
    console.print(f"{comparison.questions} questions in both{alone}, {len(comparison.flips)} flipped.", highlight=False)
    for flip in comparison.flips[:FLIPS]:
        line = f"  {flip.before.outcome} → {flip.after.outcome}  {flip.after.id}: {flip.after.question}"
        console.print(Text(line, style="red" if flip.worse else ""))
    if len(comparison.flips) > FLIPS:
        console.print(f"  and {len(comparison.flips) - FLIPS} more", highlight=False)
