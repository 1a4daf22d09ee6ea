"""Fit what the sentence engine weighs by, choose its refusal threshold for a stated risk, and say how well that does.

    python -m evals.calibrate --data FOLDER --work FOLDER

Three models, each fitted on what the next one has to live with: which sentence, which stretch of it, whether it answers
at all. The figures are of cases held out from all three; what is stored is then fitted on all of them.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from assistant.engines import assurance, evidence
from assistant.engines.evidence import Reading, chances
from assistant.engines.judgement import Linear
from assistant.engines.pointing import certainty, point
from assistant.engines.sentences import CONSIDERED, READ
from assistant.engines.sight import Sight, focus
from assistant.engines.stretches import Stretch, stretches
from assistant.gaps import holes
from evals.calibrate_cases import UNANSWERABLE, WITHHELD, Case, Remembering, collect, provenance
from evals.calibrate_fitting import RARE, Choice, area_under_roc, fit_choice, fit_yes_no
from index import Embedder, open_embedder

SHIPPED = Path(__file__).parent.parent / "assistant" / "engines" / "sentences.json"
HELD_OUT = 4  # every fourth case
CUT_ANSWER, CUT_OTHER = 0.12, 0.6  # the cases whose answer, and up to which another phrase, is cut from the sentence


@dataclass(frozen=True, slots=True)
class Read:
    """A case, its matches read, and the sentences in which an answer begins."""

    case: Case
    reading: Reading
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the engine makes of a case: its best sentence's features, whether that is right, the short answer's F1."""

    case: Case
    features: dict[str, float]
    possible: bool
    right: bool
    overlap: float


def main(
    data: Annotated[Path, typer.Option(help="The folder that holds SQuAD's train-v1.1 and dev-v2.0-A.")],
    work: Annotated[Path, typer.Option(help="Where indexes and vectors are kept from one call to the next.")],
    *,
    risk: Annotated[float, typer.Option(help="The share of withheld questions that may still be answered.")] = 0.15,
    train: Annotated[int, typer.Option(help="Questions of train.")] = 4000,
    human: Annotated[int, typer.Option(help="Questions of dev-v2.0-A.")] = 1000,
    articles: Annotated[int, typer.Option(help="Articles of train.")] = 60,
    out: Annotated[Path, typer.Option(help="Where the weights go.")] = SHIPPED,
) -> None:
    """Fit, report and store the weights of the sentence engine."""
    work.mkdir(parents=True, exist_ok=True)
    embedder = Remembering(open_embedder(), work / "vectors.sqlite")
    cases = collect(data, work, embedder, articles=articles, train=train, human=human)
    reads = [read for case in cases if (read := _read(case, embedder)).reading.sentences]
    trial = fit([read for n, read in enumerate(reads) if n % HELD_OUT])
    figures = report(verdicts(reads[::HELD_OUT], trial), trial, risk)
    stored = {
        "about": "The weights of the sentence engine, made by `python -m evals.calibrate`.",
        "fitted on": date.today().isoformat(),
        "data": provenance(data),
        "cases": {"train": train, "articles of train": articles, "human": human},
        "embedder": {"name": embedder.name, "weights": embedder.weights_hash},
        "held out": figures,
        "threshold": figures["threshold"],
        **fit(reads),
    }
    out.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def fit(reads: Sequence[Read]) -> dict[str, Any]:
    """The three models, as sentences.json has them."""
    found = {
        "choose": fit_choice(list(_choices_of_sentence(reads)), ridge=1e-3),
        "point": fit_choice(list(_choices_of_stretch(reads)), ridge=3e-4, rare=RARE),
    }
    judged = verdicts(reads, found)
    found["answers"] = fit_yes_no([one.features for one in judged], [one.right for one in judged])
    return found


def verdicts(reads: Sequence[Read], weights: dict[str, Any]) -> list[Verdict]:
    """What the first two models make of each case."""
    choose, pointing = (Linear(weights[name]["weights"]) for name in ("choose", "point"))
    judged = []
    for read in reads:
        case, reading = read.case, read.reading
        probable = chances(reading, choose)
        ranked = [int(i) for i in np.argsort(-probable, kind="stable")[:CONSIDERED]]
        pointed = point(reading, [(i, float(probable[i])) for i in ranked], pointing)
        best = pointed[0].sentence if pointed else ranked[0]
        text = reading.sentences[best].text
        said = text[pointed[0].stretch.start : pointed[0].stretch.end] if pointed else text
        judged.append(
            Verdict(
                case,
                assurance.features(reading, best, probable, certainty(pointed), said if pointed else ""),
                not assurance.impossible(reading, best),
                best in read.right,
                max((overlap(said, answer) for answer, _ in case.answers), default=0.0) if best in read.right else 0.0,
            )
        )
    return judged


def report(judged: Sequence[Verdict], weights: dict[str, Any], risk: float) -> dict[str, Any]:
    """The threshold for the stated risk, and the risk and coverage at others."""
    answers = Linear(weights["answers"]["weights"], weights["answers"]["bias"])
    sure = np.array([answers.probability(one.features) if one.possible else 0.0 for one in judged])
    right = np.array([one.right for one in judged])
    groups = np.array([one.case.group for one in judged])
    threshold = round(float(np.quantile(sure[groups == WITHHELD], 1 - risk)), 4)
    answerable = ~np.isin(groups, [WITHHELD, UNANSWERABLE])
    curve = []
    for at in sorted({threshold, *np.arange(0.1, 1.0, 0.1).round(1)}):
        said = sure >= at
        curve.append(
            {
                "threshold": float(at),
                "coverage": round(float(said.mean()), 3),
                "risk": round(float(1 - right[said].mean()), 3) if said.any() else 0.0,
                **{f"answered, {name}": round(float(said[groups == name].mean()), 3) for name in sorted(set(groups))},
            }
        )
    return {
        "questions": len(judged),
        "risk put up with": f"{risk:.0%} of the questions whose paragraph was withheld are answered all the same",
        "threshold": threshold,
        "right sentence, of the answerable": round(float(right[answerable].mean()), 3),
        "F1 of the short answer, of the answerable": round(
            float(np.mean([one.overlap for one, so in zip(judged, answerable, strict=True) if so])), 3
        ),
        "area under ROC, right or not": round(area_under_roc(sure, right), 3),
        "risk and coverage": curve,
    }


def overlap(said: str, answer: str) -> float:
    """F1 of the words that two short answers share, articles and punctuation aside."""
    one, other = ([word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split()
                   if word not in {"a", "an", "the"}] for text in (said, answer))  # fmt: skip
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def _read(case: Case, embedder: Embedder) -> Read:
    reading = Reading(case.question, case.matches[:READ], embedder)
    right = frozenset(
        i
        for i, sentence in enumerate(reading.sentences)
        for _, start in case.answers
        if sentence.document == case.document and sentence.start <= start < sentence.end
    )
    return Read(case, reading, right)


def _choices_of_sentence(reads: Iterable[Read]) -> Iterator[Choice]:
    for read in reads:
        if read.right:
            right = [i in read.right for i in range(len(read.reading.sentences))]
            yield Choice(evidence.features(read.reading), right)


def _choices_of_stretch(reads: Iterable[Read]) -> Iterator[Choice]:
    """The stretches of the right sentence; in some of them the answer was cut out, and its hole is right."""
    draw = random.Random(5)
    for read in reads:
        case, reading = read.case, read.reading
        if not read.right:
            continue
        sentence = reading.sentences[min(read.right)]
        text, lost = _with_a_hole(case, reading, sentence.text, sentence.start, draw)
        candidates = stretches(text, reading.asked, frozenset(reading.told))
        scores = [_worth(text, candidate, case, lost=lost) for candidate in candidates]
        best = max(scores, default=0.0)
        if best > 0.5:
            sight = Sight(text, focus(reading.question, reading.asked, reading.told))
            yield Choice([sight.features(one) for one in candidates], [score >= best for score in scores])


def _worth(text: str, candidate: Stretch, case: Case, *, lost: bool) -> float:
    is_hole = candidate.last < candidate.first
    if is_hole or lost:
        return float(is_hole and lost)
    return max(overlap(text[candidate.start : candidate.end], answer) for answer, _ in case.answers)


def _with_a_hole(case: Case, reading: Reading, text: str, at: int, draw: random.Random) -> tuple[str, bool]:
    """The sentence, in some cases with its answer cut out, in more with another phrase: only holes that show."""
    chance = draw.random()
    answer, start = case.answers[0]
    if chance < CUT_ANSWER:
        place = start - at
        cut = text[:place] + text[place + len(answer) :]
        if any(abs(hole.start - place) <= 1 or abs(hole.end - place) <= 1 for hole in holes(cut)):
            return cut, True
    elif chance < CUT_OTHER:
        others = [
            one
            for one in stretches(text, reading.asked, frozenset(reading.told))
            if 0 <= one.last - one.first < 4 and not any(
                said in text[one.start : one.end] or text[one.start : one.end] in said for said, _ in case.answers
            )
        ]  # fmt: skip
        if others:
            one = draw.choice(others)
            cut = text[: one.start] + text[one.end :]
            if holes(cut):
                return cut, False
    return text, False


if __name__ == "__main__":
    typer.run(main)
