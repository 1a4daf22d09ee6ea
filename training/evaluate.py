"""`python -m training.evaluate --data DIR`: the shipped reader on the test set, part B of SQuAD 2.0 dev.

Given its paragraph, every question's best finding: EM and F1 as in SQuAD's script, at the shipped threshold (which is
for a stated risk in a search) and at the one that is best for this task on the articles held out for validation; the
best F1 that any threshold would give here is an oracle and only stands beside them; and what the answerable questions
come to when nothing may be refused. Then open: the answerable ones put to a search over all paragraphs of 1.1 dev,
with the share whose first finding stands in the right paragraph. `--every N` takes each N-th question.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from assistant.engines.candidates import Candidates
from assistant.engines.evidence import Reading
from assistant.engines.judging import Calibration
from assistant.engines.meanings import Meanings
from assistant.engines.reader_model import CALIBRATION, FOLDER, ReaderModel
from index import Embedder, open_embedder
from training import corpora
from training.calibrate import Collection
from training.corpora import TEST, Example
from training.measuring import auroc, best_f1, scored


@dataclass(frozen=True, slots=True)
class Best:
    """A question's best finding, how sure it is, and whether it stands in the question's own paragraph."""

    text: str
    confidence: float
    at_home: bool


class Examiner:
    """Puts questions to a shipped reader."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._model = ReaderModel(folder)
        self.calibration = Calibration.read(folder / CALIBRATION)
        self._embedder = embedder
        self._meanings = Meanings(embedder)

    def best(self, example: Example, collection: Collection, way: str) -> Best:
        """The best finding for a question put in one way (see `training.calibrate`); "" where there is none."""
        reading = Reading(example.question, collection.put(example, way), self._embedder, self._meanings)
        ranked = self.calibration.ranked(Candidates(reading, self._model).found)
        if not ranked:
            return Best("", 0.0, False)
        document, start, end = collection.place(example.context)
        first = ranked[0].found
        home = first.sentence.document == document and start <= first.start and first.end <= end
        return Best(first.text, self.calibration.confidence(ranked), home)

    def given(self, examples: Sequence[Example]) -> Given:
        """Each question put to its own paragraph."""
        own = Collection(examples, self._embedder)
        return Given(examples, [self.best(example, own, "paragraph") for example in examples])


class Given:
    """What was found for questions given their paragraphs, and what that is worth by SQuAD's script."""

    def __init__(self, examples: Sequence[Example], best: Sequence[Best]) -> None:
        self.answerable = np.array([bool(example.answers) for example in examples])
        self.confidence = np.array([one.confidence for one in best])
        self.forced = np.array([scored(example, one.text) for example, one in zip(examples, best, strict=True)])

    @property
    def oracle(self) -> tuple[float, float]:
        """The best F1 of all thresholds, per cent, and that threshold."""
        return best_f1(self.confidence, self.answerable, self.forced[:, 1])

    def at(self, threshold: float) -> dict[str, float]:
        """EM and F1, per cent, where what is less sure than the threshold is refused."""
        said = self.confidence >= threshold
        reached = np.where(self.answerable[:, None], self.forced * said[:, None], (~said)[:, None].astype(float))
        em, f1 = (round(100 * float(one), 2) for one in reached.mean(axis=0))
        return {"threshold": round(threshold, 4), "em": em, "f1": f1}

    def figures(self, shipped: float, validated: float) -> dict[str, Any]:
        """At both thresholds; always refusing; the oracle; and the answerable with nothing refused."""
        em, f1 = (round(100 * float(one), 2) for one in self.forced[self.answerable].mean(axis=0))
        return {
            "questions": len(self.answerable),
            "unanswerable": int((~self.answerable).sum()),
            "at the shipped threshold": self.at(shipped),
            "at the threshold chosen on validation": self.at(validated),
            "always refusing": round(100 * float((~self.answerable).mean()), 2),
            "oracle best_f1": round(self.oracle[0], 2),
            "auroc answerable or not": round(auroc(self.confidence, self.answerable), 4),
            "answerable, forced": {"em": em, "f1": f1},
        }


def open_retrieval(examples: Sequence[Example], best: Sequence[Best]) -> dict[str, Any]:
    """How often the first finding stands in the right paragraph, and EM and F1 with nothing refused; per cent."""
    forced = np.array([scored(example, one.text) for example, one in zip(examples, best, strict=True)])
    return {
        "questions": len(examples),
        "hit@1 of the first finding": round(float(np.mean([one.at_home for one in best])), 4),
        "em": round(100 * float(forced[:, 0].mean()), 2),
        "f1": round(100 * float(forced[:, 1].mean()), 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, evaluate and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with squad/")
    parser.add_argument("--reader", type=Path, default=FOLDER)
    parser.add_argument("--every", type=int, default=1, help="take each N-th question, given its paragraph; 0: none")
    parser.add_argument("--open-every", type=int, default=1, help="take each N-th answerable question, open; 0: none")
    parser.add_argument("--index", type=Path, help="folder to keep the index in, for the next time")
    given = parser.parse_args(arguments)
    embedder = open_embedder()
    examiner = Examiner(given.reader, embedder)
    test = corpora.squad(given.data / "squad" / TEST)
    if given.every:
        part_a = corpora.squad(given.data / "squad/dev-v2.0-A.json.gz")
        held_out = [example for example in part_a if example.article in corpora.HELD_OUT]
        validated = examiner.given(held_out[:: given.every]).oracle[1]
        figures = examiner.given(test[:: given.every]).figures(examiner.calibration.threshold, validated)
        print(json.dumps({"given paragraph": figures}), flush=True)
    if given.open_every:
        asked = [example for example in test if example.answers][:: given.open_every]
        with TemporaryDirectory() as scratch:
            folder = given.index or Path(scratch)
            everything = Collection(corpora.squad(given.data / "squad/dev-v1.1.json.gz"), embedder, folder)
            found = [examiner.best(example, everything, "search") for example in asked]
            everything.close()
        print(json.dumps({"open": open_retrieval(asked, found)}), flush=True)


if __name__ == "__main__":
    main()
