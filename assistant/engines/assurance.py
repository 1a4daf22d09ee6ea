"""What speaks for the best sentence answering at all: the features behind `confidence` and the refusal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.asked import Kind
from assistant.engines.evidence import Reading
from assistant.spans import MEASURED, has_form, quotations


def impossible(reading: Reading, i: int) -> bool:
    """Whether sentence `i` cannot answer: a name or number of the question is nowhere, or no such form is here."""
    named = [n for n, term in enumerate(reading.terms) if term.named]
    nowhere = bool(named) and bool((reading.exact[named].max(axis=1) == 0).any())
    return nowhere or (reading.asked.kind in MEASURED and not reading.new_spans(i))


def features(reading: Reading, i: int, lead: float, pointed: float) -> dict[str, float]:
    """The features of sentence `i` as the best.

    `lead` is its probability among all sentences, `pointed` that of its best stretch among all stretches.

    A term of the question that nothing nearby bears out weighs the more the rarer it is; a name or number that is
    missing altogether weighs most, for nothing else can stand for it.
    """
    here = reading.near[:, i]
    around = reading.around(reading.near, i)
    passage = reading.within_passage(reading.near, i)
    named = np.array([term.named for term in reading.terms], dtype=bool)
    anywhere = reading.exact.max(axis=1) if len(reading.terms) else np.zeros(0)
    kind = reading.asked.kind
    formed = has_form(kind)
    return {
        "cosine": float(reading.cosine[i]),
        "best cosine": float(reading.cosine.max()),
        "passage cosine": reading.matches[reading.sentences[i].rank].cosine,
        "lead": lead,
        "pointed": pointed,
        "uncovered": _uncovered(reading, around),
        "words here": reading.share(reading.exact[:, i]),
        "words around": reading.share(reading.around(reading.exact, i)),
        "near here": reading.share(here),
        "near around": reading.share(around),
        "near in passage": reading.share(passage),
        "weakest here": _weakest(here),
        "weakest around": _weakest(around),
        "weakest in passage": _weakest(passage),
        "names missing here": float((1 - reading.exact[named, i]).sum()),
        "names missing around": float((1 - reading.around(reading.exact, i)[named]).sum()),
        "names missing anywhere": float((1 - anywhere[named]).sum()),
        "form missing": float(formed and not reading.new_spans(i)),
        "form present": float(formed and bool(reading.new_spans(i))),
        "quotation present": float(kind is Kind.SAID and bool(quotations(reading.sentences[i].text))),
        "terms": float(np.log1p(len(reading.terms))),
    }


def _uncovered(reading: Reading, borne_out: NDArray[np.float64]) -> float:
    """How much the one term that is borne out worst weighs among all."""
    total = float(reading.weights.sum())
    return float((reading.weights * (1 - borne_out)).max()) / total if total else 0.0


def _weakest(borne_out: NDArray[np.float64]) -> float:
    return float(borne_out.min()) if len(borne_out) else 1.0
