"""Does searching by meaning and by words together beat either alone, and the plainest way to join them?

    python -m evals.retrieval --squad dev-v1.1.json.gz --test-articles dev-v2.0-B.json.gz

The collection is every paragraph of --squad. The queries are those of its questions that --test-articles holds, too,
as answerable ones. A passage stands for its paragraph, which counts once, at its best rank.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from evals import datasets, ranking, store
from evals.datasets import Dataset, Mode
from evals.intervals import difference, interval
from evals.metrics import ratio
from evals.questions import GoldError
from evals.runner import write_texts
from index.errors import KnownError
from index.types import Match

OURS = "hybrid"
SHOWN = ("hit@1", "hit@5", "hit@10", "MRR@10", "nDCG@10")  # of one relevant paragraph each: R@k is hit@k
DEPTH = 50  # passages that each side is asked for

Search = Callable[[str], list[str]]


def plain_sum(dense: Sequence[Match], keyword: Sequence[Match]) -> list[str]:
    """Documents by the half-and-half sum of both sides' scores, each scaled to [0, 1] over its own results.

    What one side did not find counts 0 there. A document counts once on each side, with its best passage.
    """
    total: dict[str, float] = {}
    for side, score in ((dense, _cosine), (keyword, _bm25)):
        best: dict[str, float] = {}
        for match in side:
            document = match.passage.document
            best[document] = max(best.get(document, -np.inf), score(match))
        low, high = min(best.values(), default=0.0), max(best.values(), default=0.0)
        for document, value in best.items():
            scaled = (value - low) / (high - low) if high > low else 1.0
            total[document] = total.get(document, 0.0) + 0.5 * scaled
    return sorted(total, key=lambda document: (-total[document], document))


def measure(chosen: Dataset, searches: dict[str, Search], progress: Callable[[], None]) -> dict[str, Any]:
    """Each search's figures: {search: {measure: one entry a question}}."""
    found: dict[str, dict[str, list[float]]] = {name: {m: [] for m in SHOWN} for name in searches}
    for question in chosen.questions:
        for name, search in searches.items():
            scores = ranking.measure(search(question.question), dict(question.relevant))
            for shown in SHOWN:
                found[name][shown].append(scores[shown])
        progress()
    return found


def table(found: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """{search: {measure: {"value": [value, low, high], "ours_minus": [growth, low, high]}}}, 95% intervals."""
    columns = {
        name: {m: [np.array(values), np.ones(len(values))] for m, values in measures.items()}
        for name, measures in found.items()
    }
    figures: dict[str, Any] = {}
    for name, measures in columns.items():
        figures[name] = {}
        for shown, mine in measures.items():
            value, growth = interval(ratio, mine), difference(ratio, mine, columns[OURS][shown])
            figures[name][shown] = {
                "value": [value.value, value.low, value.high],
                "ours_minus": [growth.value, growth.low, growth.high],
            }
    return figures


def run(
    squad: Annotated[Path, typer.Option(help="The collection: SQuAD, .json or .json.gz.")],
    test_articles: Annotated[Path, typer.Option(help="SQuAD 2.0 with the questions that count.")],
    out: Annotated[Path, typer.Option(help="Where the index is kept and the figures are written.")] = Path("runs"),
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only so many, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(help="Which draw --limit makes.")] = 1,
) -> None:
    """Dense, BM25, a plain half-and-half sum and the hybrid search, side by side with paired 95% intervals."""
    from evals.progress import Bars
    from index import DocumentIndex, fingerprint, open_embedder

    wanted = {q.id for q in datasets.squad(test_articles, Mode.RETRIEVAL).questions}
    whole = datasets.squad(squad, Mode.RETRIEVAL)
    chosen = whole.keeping(wanted).drawn(limit, seed)
    if not chosen.questions:
        raise GoldError(f"{squad} and {test_articles} have no answerable question in common")
    embedder = open_embedder()
    made_with = json.loads(fingerprint(embedder))
    place = out / whole.collection
    with DocumentIndex.open(place / f"index-{store.key(made_with)[:8]}", embedder) as index, Bars() as bars:
        index.sync(write_texts(whole, place / "documents"), progress=bars.indexing)
        step = bars.counting("search", len(chosen.questions))
        searches: dict[str, Search] = {
            "dense": lambda query: _documents(index.search_dense(query, DEPTH)),
            "BM25": lambda query: _documents(index.search_keyword(query, DEPTH)),
            "plain sum": lambda query: plain_sum(index.search_dense(query, DEPTH), index.search_keyword(query, DEPTH)),
            OURS: lambda query: _documents(index.search(query, DEPTH)),
        }
        figures = table(measure(chosen, searches, step))
    content = {
        "collection": {"file": squad.name, "hash": whole.hash, "paragraphs": len(whole.texts or {})},
        "questions": len(chosen.questions),
        "index": made_with,
        "machine": store.machine(),
        "git revision": store.revision(),
        "figures": figures,
    }
    written = out / f"retrieval-{chosen.hash[:12]}.json"
    written.write_text(json.dumps(content, indent=1), encoding="utf-8")
    _show(figures, len(chosen.questions), len(whole.texts or {}))
    print(f"figures: {written}")


def main() -> None:
    """The command; what goes wrong on purpose is one line on stderr and exit code 1."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=__doc__)(run)
    try:
        app(prog_name="python -m evals.retrieval")
    except KnownError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def _documents(matches: Sequence[Match]) -> list[str]:
    return ranking.by_document((m.passage.document, m.passage.start, m.passage.end) for m in matches)


def _cosine(match: Match) -> float:
    return match.cosine


def _bm25(match: Match) -> float:
    return match.bm25


def _show(figures: dict[str, Any], questions: int, paragraphs: int) -> None:
    from rich.console import Console
    from rich.table import Table

    others = [name for name in figures if name != OURS]
    shown = Table("", *figures, *(f"{OURS} - {name}" for name in others), box=None, pad_edge=False)
    for m in SHOWN:
        values = [f"{100 * measures[m]['value'][0]:.1f}" for measures in figures.values()]
        growths = [[100 * number for number in figures[name][m]["ours_minus"]] for name in others]
        shown.add_row(m, *values, *("{:+.1f} [{:+.1f}, {:+.1f}]".format(*growth) for growth in growths))
    for column in shown.columns[1:]:
        column.justify, column.no_wrap = "right", True
    console = Console(width=max(110, Console().width))
    console.print(f"{questions} questions, {paragraphs} paragraphs, in percent with paired 95% intervals")
    console.print(shown)


if __name__ == "__main__":
    main()
