"""Which weight joins meaning and words best? What `index.searching.DENSE_WEIGHT` was chosen by.

    python -m benchmarks.fusion --squad dev-v1.1.json.gz --not-articles dev-v2.0-B.json.gz

Prints R@1, R@5 and R@10 for a range of weights. The collection is every paragraph of --squad; the questions are drawn
from its articles that --not-articles does not hold, since those are what the search is measured on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from evals import datasets, ranking, store
from evals.datasets import Mode
from evals.progress import Bars
from evals.runner import write_texts
from index import DocumentIndex, fingerprint, open_embedder
from index.searching import fuse

WEIGHTS = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 60.0)
CANDIDATES = 100


def run(
    squad: Annotated[Path, typer.Option(help="The collection and the questions: SQuAD, .json or .json.gz.")],
    not_articles: Annotated[Path, typer.Option(help="SQuAD whose paragraphs' questions are left out.")],
    out: Annotated[Path, typer.Option(help="Where the index is kept.")] = Path("runs"),
    limit: Annotated[int, typer.Option(min=1, help="How many questions, drawn at random.")] = 1500,
) -> None:
    """Tune the fusion of the search's two sides."""
    whole = datasets.squad(squad, Mode.RETRIEVAL)
    texts = whole.texts or {}
    kept_out = set((datasets.squad(not_articles, Mode.RETRIEVAL).texts or {}).values())
    allowed = {q.id for q in whole.questions if not any(texts[document] in kept_out for document in dict(q.relevant))}
    chosen = whole.keeping(allowed).drawn(limit, seed=0)
    embedder = open_embedder()
    place = out / whole.collection
    name = f"index-{store.key(json.loads(fingerprint(embedder)))[:8]}"
    ranks: dict[float, list[int]] = {weight: [] for weight in WEIGHTS}
    with DocumentIndex.open(place / name, embedder) as index, Bars() as bars:
        index.sync(write_texts(whole, place / "documents"), progress=bars.indexing)
        step = bars.counting("search", len(chosen.questions))
        for question in chosen.questions:
            matches = index.search(question.question, CANDIDATES)
            cosine, bm25 = np.array([m.cosine for m in matches]), np.array([m.bm25 for m in matches])
            for weight in WEIGHTS:
                order = np.argsort(-fuse(cosine, bm25, weight), kind="stable")
                passages = [matches[i].passage for i in order]
                documents = ranking.by_document((p.document, p.start, p.end) for p in passages)
                relevant = [n for n, document in enumerate(documents, 1) if document in dict(question.relevant)]
                ranks[weight].append(min(relevant, default=CANDIDATES + 1))
            step()
    print(f"{len(chosen.questions)} questions\nweight    R@1    R@5   R@10")
    for weight, found in ranks.items():
        print(f"{weight:6.0f}  " + "  ".join(f"{np.mean(np.array(found) <= k):.3f}" for k in (1, 5, 10)))


if __name__ == "__main__":
    typer.run(run)
