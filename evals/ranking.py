"""What a search found, measured by ir-measures (MacAvaney, Macdonald & Ounis 2022), over trec_eval's code.

Where whole documents are judged, each passage stands for its document, counted once at its best rank. Otherwise
the pieces of evidence are what should be found: a passage that holds one stands for it, once; a passage that holds
several stands for each of them in turn; a passage that holds none is a miss at its rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from evals.evidence import Located, Place, touches

DEPTH = 10
NAMES = {
    "hit@1": "Success@1",
    "hit@3": "Success@3",
    "hit@5": "Success@5",
    "hit@10": "Success@10",
    "recall@1": "R@1",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "MRR@10": "RR@10",
    "nDCG@10": "nDCG@10",
}


def by_document(passages: Iterable[Place]) -> list[str]:
    """The documents of passages, each once, at its best rank."""
    return list(dict.fromkeys(place[0] for place in passages))


def by_evidence(passages: Iterable[Place], evidence: Sequence[Located]) -> list[str]:
    """The pieces of evidence that passages hold ("evidence 1" and so on), each once, between the misses."""
    ranked: dict[str, None] = {}
    for place in passages:
        held = [f"evidence {i}" for i, item in enumerate(evidence, start=1) if touches(place, item)]
        ranked.update(dict.fromkeys(held or ["passage {}:{}-{}".format(*place)]))
    return list(ranked)


def measure(ranked: Sequence[str], relevant: Mapping[str, int]) -> dict[str, float]:
    """Each measure of NAMES for one question; `relevant` maps what should be found to its grade."""
    import ir_measures

    qrels = [ir_measures.Qrel("q", item, grade) for item, grade in relevant.items()]
    run = [ir_measures.ScoredDoc("q", item, -float(rank)) for rank, item in enumerate(ranked)]
    found = {str(metric.measure): metric.value for metric in ir_measures.iter_calc(list(_measures()), qrels, run)}
    return {name: float(found.get(theirs, 0.0)) for name, theirs in NAMES.items()}


@cache
def _measures() -> tuple[Any, ...]:
    import ir_measures

    return tuple(ir_measures.parse_measure(name) for name in NAMES.values())
