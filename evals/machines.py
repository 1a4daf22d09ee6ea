"""A run for machines: JUnit XML, which every CI reads, and the summary as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from evals.confidence import best_f1
from evals.metrics import by_tag, counts, summary, usage
from evals.scoring import Outcome, Row

_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), " ")


def junit(name: str, rows: Sequence[Row]) -> str:
    """One test case a question: a crash is an error; a wrong answer, a refusal of an answerable question or a missed
    search is a failure of that type.
    """
    bad = (Outcome.WRONG, Outcome.REFUSED, Outcome.MISSED)
    suite = ElementTree.Element(
        "testsuite",
        name=f"evals.{name}",
        tests=str(len(rows)),
        failures=str(sum(row.outcome in bad for row in rows)),
        errors=str(sum(row.failed for row in rows)),
        time=f"{sum(_seconds(row) for row in rows):.3f}",
    )
    for row in rows:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"evals.{name}", name=_xml(row.id), time=f"{_seconds(row):.3f}"
        )
        if row.error:
            error = ElementTree.SubElement(case, "error", type=row.error["type"], message=_xml(row.error["message"]))
            error.text = _xml(row.error["trace"])
        elif row.outcome in bad:
            found = ElementTree.SubElement(case, "failure", type=row.outcome.value, message=_xml(row.why))
            found.text = _xml(f"{row.question}\naccepted: {' / '.join(row.accepted)}\ngot: {_said(row)}")
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def as_json(manifest: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """The run's figures: {"run", "questions", "counts", "metrics": {name: [value, low, high]}, "tags", …}."""
    intervals = {name: [found.value, found.low, found.high] for name, found in summary(rows).items()}
    oracle = best_f1(rows)
    return {
        "run": dict(manifest),
        "questions": len(rows),
        "counts": counts(rows),
        "metrics": intervals,
        "oracle": {} if math.isnan(oracle) else {"best_f1": oracle},
        "tags": {
            tag: {"good": [found.value, found.low, found.high], "questions": n}
            for tag, (found, n) in by_tag(rows).items()
        },
        "usage": dict(usage(rows)),
    }


def _seconds(row: Row) -> float:
    seconds = (row.answer or {}).get("seconds", {})
    return float(seconds.get("total", seconds.get("retrieve", 0.0)))


def _said(row: Row) -> str:
    return str((row.answer or {}).get("short_answer") or (row.answer or {}).get("answer") or "")


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return text.translate(_NOT_XML).encode("utf-8", "replace").decode()
