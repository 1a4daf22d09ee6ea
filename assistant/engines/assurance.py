"""What speaks for the best sentence answering at all: the features behind `confidence` and the refusal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.asked import Kind
from assistant.engines.evidence import Reading
from assistant.spans import MEASURED, has_form, quotations
from assistant.words import stems


def impossible(reading: Reading, i: int) -> bool:
    """Whether sentence `i` cannot answer: a name or number of the question is nowhere, or no such form is here."""
    named = [n for n, term in enumerate(reading.terms) if term.named]
    nowhere = bool(named) and bool((reading.exact[named].max(axis=1) == 0).any())
    return nowhere or (reading.asked.kind in MEASURED and not reading.new_spans(i))


def features(reading: Reading, i: int, probable: NDArray[np.float64], pointed: float, said: str) -> dict[str, float]:
    """The features of sentence `i` as the best.

    `probable` are the probabilities of all sentences, `pointed` is that of its best stretch, `said`, among all.
    Sentences that say the same support it.

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
        "lead": float(probable[i]),
        "support": _support(reading, i, probable, said),
        "pointed": pointed,
        "counted": _counted(reading, i, said),
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


def _support(reading: Reading, i: int, probable: NDArray[np.float64], said: str) -> float:
    """The probability of all sentences in which the answer stands, if it is not a word of the question itself."""
    told = set(stems(reading.question))
    if not said or told.issuperset(stems(said)):
        return float(probable[i])
    same = [j for j, sentence in enumerate(reading.sentences) if j == i or said in sentence.text]
    return float(probable[same].sum())


def _counted(reading: Reading, i: int, said: str) -> float:
    """Whether what is counted stands right behind its number: "how many ships" wants "three ships"; 1 if not asked."""
    noun = stems(reading.asked.noun)
    text = reading.sentences[i].text
    if reading.asked.kind is not Kind.COUNT or not noun or not said:
        return 1.0
    behind = stems(text[text.find(said) :])[:5]
    return float(not set(noun).isdisjoint(behind))


def _uncovered(reading: Reading, borne_out: NDArray[np.float64]) -> float:
    """How much the one term that is borne out worst weighs among all."""
    total = float(reading.weights.sum())
    return float((reading.weights * (1 - borne_out)).max()) / total if total else 0.0


def _weakest(borne_out: NDArray[np.float64]) -> float:
    return float(borne_out.min()) if len(borne_out) else 1.0
