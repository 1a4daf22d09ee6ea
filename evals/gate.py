"""Not worse than the committed baseline: the gate that every change has to pass.

The baseline holds each question's result. A run fails where a figure's paired 95% interval lies on the bad side of
0, where a question on a hole of the source or a verbatim check was right and no longer is, or where anything
crashed. Latencies are left out: they belong to a machine, not to a change.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from evals.compare import Change, Comparison, compare, paired
from evals.questions import GoldError
from evals.scoring import Row

KEPT_OF_ANSWER = ("answered", "reason", "short_answer", "answer", "engine", "seconds")
NAMED = 12  # questions named for one figure that fell


@dataclass(frozen=True, slots=True)
class Baseline:
    """The results to hold: `hash` is that of the gold and the documents they were had on."""

    hash: str
    revision: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found: a line for each complaint, none when it passes."""

    complaints: tuple[str, ...]
    comparison: Comparison

    @property
    def passed(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.complaints


def seed_baseline() -> Path:
    """The committed baseline for the seeds."""
    return Path(str(files("evals").joinpath("baselines/seeds.json")))


def read(path: Path) -> Baseline:
    """A baseline. Raises GoldError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(Row.from_dict(row) for row in content["rows"])
        return Baseline(content["hash"], content["revision"], rows)
    except OSError as error:
        raise GoldError(f"{path}: no baseline to compare with; make one with --update-baseline") from error
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise GoldError(f"{path} is not a baseline ({error}): make a new one with --update-baseline") from error


def write(path: Path, hash: str, revision: str | None, rows: Sequence[Row]) -> None:
    """Make these results the baseline. Raises GoldError for results that hold a crash."""
    if failed := [row.id for row in rows if row.failed]:
        raise GoldError(f"a run with crashes is no baseline: {', '.join(failed[:NAMED])}")
    content = {"hash": hash, "revision": revision, "rows": [_slim(row) for row in rows]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def judge(baseline: Baseline, hash: str, rows: Sequence[Row]) -> Verdict:
    """Hold a run against the baseline. Raises GoldError where the gold or the documents are others than then."""
    if hash != baseline.hash:
        raise GoldError(
            "the gold or the documents are not those of the baseline: look at the report, then --update-baseline"
        )
    comparison = compare(baseline.rows, rows)
    pairs = paired(baseline.rows, rows)
    complaints = []
    if missing := {row.id for row in baseline.rows} - {row.id for row in rows}:
        complaints.append(f"not asked: {', '.join(sorted(missing))}")
    if crashed := [row.id for row in rows if row.failed]:
        complaints.append(f"crashed: {', '.join(crashed)}")
    complaints += [_fell(change, pairs) for change in comparison.changes if change.metric.gated and change.worse]
    if holes := [after.id for before, after in pairs if _told(before) and not _told(after)]:
        complaints.append(f"a gap in the source is no longer told as one: {', '.join(holes)}")
    if quotes := [after.id for before, after in pairs if _verbatim(before) and not _verbatim(after)]:
        complaints.append(f"citations that are not verbatim: {', '.join(quotes)}")
    return Verdict(tuple(complaints), comparison)


def _fell(change: Change, pairs: Sequence[tuple[Row, Row]]) -> str:
    metric = change.metric
    worse = []
    for before, after in pairs:
        if before.failed or after.failed:
            continue
        alone = (metric.plain([before]), metric.plain([after]))
        if alone[1] < alone[0] if metric.higher_is_better else alone[1] > alone[0]:
            worse.append(after.id)
    growth = change.growth
    return (
        f"{metric.title.lower()}: {100 * change.before:.1f} → {100 * change.after:.1f},"
        f" {100 * growth.value:+.1f} [{100 * growth.low:+.1f}, {100 * growth.high:+.1f}]; {_named(worse)}"
    )


def _told(row: Row) -> bool:
    return not row.failed and bool(row.scores.get("gap"))


def _verbatim(row: Row) -> bool:
    return row.failed or row.scores.get("verbatim", 0) == row.scores.get("quotes", 0)


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def _slim(row: Row) -> dict[str, Any]:
    """A row without what only a report shows, and without what differs from machine to machine."""
    full = row.to_dict()
    answer = {name: full["answer"][name] for name in KEPT_OF_ANSWER} | {"seconds": {}}
    shown: dict[str, Any] = {"cited": [], "gold": [], "history": [], "judged": None}
    return {**full, **shown, "answer": answer}
