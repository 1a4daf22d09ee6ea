"""The report's plots, as SVG that takes its colours from the page, so that they suit light and dark alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any

import numpy as np

from evals.confidence import reliability, risk_coverage
from evals.metrics import by_tag
from evals.scoring import Outcome, Row

# matplotlib wants colours as numbers: these stand for the page's CSS variables and are replaced by them.
INK, MUTED, FIRST, SECOND, THIRD = "#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04", "#0a0a05"
_VARIABLES = {INK: "ink", MUTED: "muted", FIRST: "accent", SECOND: "second", THIRD: "third"}
_STAGES = {"retrieve": SECOND, "answer": THIRD, "total": FIRST}


def draw(rows: Sequence[Row]) -> dict[str, str]:
    """The plots that these rows have something to show in: title -> SVG."""
    plots: Mapping[str, Callable[[Any, Sequence[Row]], bool]] = {
        "Risk and coverage": _risk_coverage,
        "Reliability": _reliability,
        "Latency": _latency,
        "By tag": _tags,
    }
    drawn = {}
    for title, plot in plots.items():
        tags = len({tag for row in rows for tag in row.tags})
        figure = _figure(height=max(3.0, 0.8 + 0.24 * tags) if plot is _tags else 3.2)
        if plot(figure, rows):
            drawn[title] = _svg(figure, title)
    return drawn


def _risk_coverage(figure: Any, rows: Sequence[Row]) -> bool:
    curve = risk_coverage(rows)
    if not curve:
        return False
    axes = _axes(figure, "share of questions answered", "share of those wrong")
    coverage, risk = zip(*curve, strict=True)
    axes.plot(coverage, risk, color=FIRST, linewidth=2)
    axes.plot(coverage[-1], risk[-1], "o", color=FIRST)
    axes.annotate(
        "as shipped", (coverage[-1], risk[-1]), xytext=(-6, 8), textcoords="offset points", ha="right", color=INK
    )
    axes.set(xlim=(0, 1), ylim=(0, max(0.1, 1.15 * max(risk))))
    return True


def _reliability(figure: Any, rows: Sequence[Row]) -> bool:
    bins = reliability(rows)
    if not bins:
        return False
    axes = _axes(figure, "mean confidence", "share right")
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    confidence, right, held = (np.array(column) for column in zip(*bins, strict=True))
    axes.plot(confidence, right, color=FIRST, linewidth=1.5)
    axes.scatter(confidence, right, s=24 + 240 * held / held.sum(), color=FIRST, zorder=3)
    for x, y, n in bins:
        axes.annotate(str(n), (x, y), xytext=(0, -16), textcoords="offset points", ha="center", color=MUTED)
    axes.set(xlim=(0, 1.03), ylim=(-0.08, 1.08))
    return True


def _latency(figure: Any, rows: Sequence[Row]) -> bool:
    seconds = [row.answer["seconds"] for row in rows if row.answer and row.answer["seconds"]]
    if not seconds:
        return False
    axes = _axes(figure, "milliseconds", "share of questions done")
    for stage in (stage for stage in _STAGES if stage in seconds[0]):
        spent = np.sort([1000 * found[stage] for found in seconds])
        axes.step(
            spent,
            np.arange(1, len(spent) + 1) / len(spent),
            where="post",
            color=_STAGES[stage],
            linewidth=2,
            label=stage,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set(ylim=(0, 1.03))
    axes.legend(frameon=False, labelcolor=INK, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
    return True


def _tags(figure: Any, rows: Sequence[Row]) -> bool:
    found = by_tag(rows)
    if not found:
        return False
    search = any(row.outcome in (Outcome.FOUND, Outcome.MISSED) for row in rows)
    axes = _axes(figure, "share found" if search else "share right", "")
    tags = sorted(found, key=lambda tag: (-found[tag][0].value, tag))[::-1]
    for y, tag in enumerate(tags):
        share, _ = found[tag]
        axes.plot([share.low, share.high], [y, y], color=MUTED, linewidth=1.5)
        axes.plot(share.value, y, "o", color=FIRST)
    axes.set_yticks(range(len(tags)), [f"{tag} ({found[tag][1]})" for tag in tags])
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.7, len(tags) - 0.3))
    return True


def _figure(height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(5.6, height), layout="constrained")


def _axes(figure: Any, across: str, up: str) -> Any:
    axes = figure.add_subplot()
    axes.set_xlabel(across, color=INK)
    axes.set_ylabel(up, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelcolor=INK, which="both")
    axes.patch.set_visible(False)
    return axes


def _svg(figure: Any, title: str) -> str:
    """The figure as an inline SVG: text as text, ids of its own, colours of the page."""
    import matplotlib

    written = StringIO()
    figure.patch.set_visible(False)
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif"}
    with matplotlib.rc_context(settings):
        figure.savefig(written, format="svg", metadata={"Date": None, "Title": title})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    prefix = title.lower().replace(" ", "-")
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'xlink:href="#', f'xlink:href="#{prefix}-', svg)
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg) if 'width="' in svg else svg
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg
