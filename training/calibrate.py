"""`python -m training.calibrate --data DIR`: fits how findings are ranked and how sure the best is, on articles apart.

Questions of the HELD_OUT articles of SQuAD 2.0 dev, part A, which no reader is trained on, are put in three ways: to
their own paragraph, to a search over all of part A, and to such a search with their own paragraph taken away, where
nothing can be right. The threshold is the lowest whose answers are wrong in at most a share --risk of cases. Every
figure is out of fold: each article is judged by what the four others taught.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from assistant.engines.candidates import Candidates, Found
from assistant.engines.evidence import Reading
from assistant.engines.judging import Calibration, Linear, summary
from assistant.engines.meanings import Meanings
from assistant.engines.reader_model import CALIBRATION, FOLDER, ReaderModel, digest
from index import DocumentIndex, Embedder, open_embedder
from index.splitting import Splitter
from index.types import Match, Passage
from training import corpora
from training.corpora import Example
from training.fitting import choice, logistic, risk_coverage, threshold_for
from training.measuring import auroc, scored

K = 5
"""Passages read for a question, here."""

UNANSWERABLE = 0.2
"""The share of the questions that are human-written unanswerable ones."""

RANKED_BY = (
    *("read", "read alone", "behind", "words here", "words around", "near here", "near around"),
    *("echo", "fits", "misfits", "passage score", "passage behind", "no sentence"),
)
"""The features that tell findings of one question from each other."""

TOLD_BY = ("read", "read alone", "ahead", "score", "cosine", "names unknown", "misfits", "echo", "length")
"""The features that tell whether the best finding answers. How many of the question's words stand there is not one
of them: it tells much about questions written from their paragraph, and little about anyone else's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was put, what was found, and what that is worth (see `worth`)."""

    example: Example
    way: str
    found: list[Found]
    worth: list[float]

    @property
    def right(self) -> list[bool]:
        """Which findings are right."""
        return [worth > 0 for worth in self.worth]


class Collection:
    """Articles, one document each, and the place of every paragraph; in a search only where they have a folder."""

    def __init__(self, examples: Sequence[Example], embedder: Embedder, folder: Path | None = None) -> None:
        self.embedder = embedder
        self._places: dict[str, tuple[str, int]] = {}
        texts: dict[str, str] = {}
        for article, contexts in corpora.by_article(list(examples)):
            name, text = f"{article}.txt", ""
            for context in contexts:
                self._places[context] = (name, len(text))
                text += context + "\n\n"
            texts[name] = text.rstrip()
        self._index = None if folder is None else _indexed(texts, embedder, folder)

    def close(self) -> None:
        """Let go of the index."""
        if self._index is not None:
            self._index.close()

    def place(self, context: str) -> tuple[str, int, int]:
        """Where a paragraph stands: document, start, end."""
        document, start = self._places[context]
        return document, start, start + len(context)

    def put(self, example: Example, way: str) -> list[Match]:
        """The passages that a question is put to: "paragraph", "search", or "elsewhere", which has not its own."""
        document, start, end = self.place(example.context)
        if way == "paragraph":
            return self._whole(example.question, document, start, example.context)
        if self._index is None:
            raise ValueError("these articles were not indexed, so nothing can be searched for in them")
        found = self._index.search(example.question, K if way == "search" else 2 * K)
        if way == "elsewhere":
            found = [
                m for m in found if m.passage.document != document or m.passage.end <= start or m.passage.start >= end
            ]
        return found[:K]

    def _whole(self, question: str, document: str, offset: int, context: str) -> list[Match]:
        """A paragraph in passages as an index would split it."""
        spans = Splitter(self.embedder.count_tokens, self.embedder.limit).split(context)
        texts = [context[span.start : span.end] for span in spans]
        cosine = self.embedder.embed_passages(texts) @ self.embedder.embed_query(question)
        return [
            Match(Passage(document, document, offset + span.start, offset + span.end, text), 1.0, float(near), 0.0)
            for span, text, near in zip(spans, texts, cosine, strict=True)
        ]


def _indexed(texts: dict[str, str], embedder: Embedder, folder: Path) -> DocumentIndex:
    (folder / "articles").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    index = DocumentIndex.open(folder / "index", embedder)
    index.sync(folder / "articles")
    return index


def way(example: Example, random: Random) -> str:
    """How a question is put: to its paragraph, to a search, or an answerable one where its paragraph is missing."""
    shares = [0.35, 0.45, 0.2] if example.answers else [0.5, 0.5, 0.0]
    return random.choices(["paragraph", "search", "elsewhere"], shares)[0]


def drawn(examples: Sequence[Example], count: int, random: Random) -> list[Example]:
    """At most `count` questions, a share UNANSWERABLE of them without an answer, mixed."""
    unanswerable = [example for example in examples if not example.answers]
    answerable = [example for example in examples if example.answers]
    without = min(len(unanswerable), round(count * UNANSWERABLE))
    chosen = random.sample(unanswerable, without) + random.sample(answerable, min(len(answerable), count - without))
    return random.sample(chosen, len(chosen))


def asked(examples: Sequence[Example], collection: Collection, model: ReaderModel, seed: int) -> Iterator[Asked]:
    """Each question put in one way, its findings judged."""
    random = Random(seed)
    meanings = Meanings(collection.embedder)
    for example in examples:
        how = way(example, random)
        reading = Reading(example.question, collection.put(example, how), collection.embedder, meanings)
        found = Candidates(reading, model).found
        yield Asked(example, how, found, [worth(example, one, collection.place(example.context)) for one in found])


def worth(example: Example, found: Found, place: tuple[str, int, int]) -> float:
    """A finding's F1 where it stands in the question's paragraph and the F1 is at least a half; else 0, it is wrong.

    The square of it, so that the whole answer is worth more than most of it.
    """
    document, start, end = place
    if not example.answers or found.sentence.document != document or not start <= found.start < found.end <= end:
        return 0.0
    f1 = scored(example, found.text)[1]
    return f1**2 if f1 >= 0.5 else 0.0


def fitted(all_asked: Sequence[Asked]) -> tuple[Linear, Linear]:
    """How to rank findings, and how to tell whether the best answers."""
    choices = [([found.features for found in one.found], one.worth) for one in all_asked if any(one.right)]
    rank = choice(choices, RANKED_BY)
    calibration = Calibration(rank, Linear({}), 0.0)
    best = [(calibration.ranked(one.found), one) for one in all_asked if one.found]
    right = [one.right[one.found.index(ranked[0].found)] for ranked, one in best]
    return rank, logistic([_told(summary(ranked)) for ranked, _ in best], right, ridge=3.0)


def _told(features: dict[str, float]) -> dict[str, float]:
    return {name: features[name] for name in TOLD_BY}


def judged(all_asked: Sequence[Asked], rank: Linear, answers: Linear) -> list[tuple[float, bool]]:
    """For each question how sure its best finding is, and whether it is right."""
    calibration = Calibration(rank, answers, 0.0)
    results = []
    for one in all_asked:
        ranked = calibration.ranked(one.found)
        right = bool(ranked) and one.right[one.found.index(ranked[0].found)]
        results.append((calibration.confidence(ranked) if ranked else 0.0, right))
    return results


def out_of_fold(all_asked: Sequence[Asked]) -> list[tuple[float, bool]]:
    """As `judged`, each article by what the others taught."""
    results: dict[int, tuple[float, bool]] = {}
    for article in sorted({one.example.article for one in all_asked}):
        models = fitted([one for one in all_asked if one.example.article != article])
        inside = [number for number, one in enumerate(all_asked) if one.example.article == article]
        for number, result in zip(inside, judged([all_asked[i] for i in inside], *models), strict=True):
            results[number] = result
    return [results[number] for number in range(len(all_asked))]


def report(all_asked: Sequence[Asked], results: Sequence[tuple[float, bool]]) -> dict[str, object]:
    """Out-of-fold figures: how often the best finding is right, by way; the calibration; the risk–coverage curve."""
    confidence = np.array([result[0] for result in results])
    right = np.array([result[1] for result in results])
    first: dict[str, float] = {}
    for how in ("paragraph", "search"):
        chosen = [r[1] for one, r in zip(all_asked, results, strict=True) if one.way == how and one.example.answers]
        first[how] = round(float(np.mean(chosen)), 4) if chosen else float("nan")
    edges = np.minimum((confidence * 10).astype(int), 9)
    gaps = [abs(confidence[edges == b].mean() - right[edges == b].mean()) * (edges == b).mean() for b in set(edges)]
    return {
        "questions": len(results),
        "best finding right, of the answerable": first,
        "auroc of right or not": round(auroc(confidence, right), 4),
        "expected calibration error": round(float(sum(gaps)), 4),
        "risk and coverage": risk_coverage(confidence, right),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, fit, and write the calibration beside the reader's weights."""
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with squad/")
    parser.add_argument("--reader", type=Path, default=FOLDER, help="folder of the weights; the calibration goes there")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--risk", type=float, default=0.25, help="share of answers that may be wrong")
    parser.add_argument("--index", type=Path, help="folder to keep the index of part A in, for the next time")
    parser.add_argument("--found", type=Path, help="file to keep what was found in, for another fit of the same")
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args(arguments)
    everything = corpora.squad(given.data / "squad/dev-v2.0-A.json.gz")
    held_out = [example for example in everything if example.article in corpora.HELD_OUT]
    if given.found is not None and given.found.exists():
        all_asked = pickle.loads(given.found.read_bytes())
    else:
        chosen = drawn(held_out, given.questions, Random(given.seed))
        with TemporaryDirectory() as scratch:
            collection = Collection(everything, open_embedder(), given.index or Path(scratch))
            # weights that are new here: what is stored beside them, if anything, belongs to others
            model = ReaderModel(given.reader, digest(given.reader))
            all_asked = list(asked(chosen, collection, model, given.seed))
            collection.close()
        if given.found is not None:
            given.found.write_bytes(pickle.dumps(all_asked))
    results = out_of_fold(all_asked)
    figures = report(all_asked, results)
    threshold = threshold_for(np.array([r[0] for r in results]), np.array([r[1] for r in results]), given.risk)
    rank, answers = fitted(all_asked)
    stored = {
        "sha256": digest(given.reader),
        "rank": {"weights": rank.weights, "bias": rank.bias},
        "answers": {"weights": answers.weights, "bias": answers.bias},
        "threshold": threshold,
        "fitted": {"on": sorted(corpora.HELD_OUT), "risk": given.risk, "seed": given.seed, **figures},
    }
    (given.reader / CALIBRATION).write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps({"threshold": threshold, **figures}, indent=1))


if __name__ == "__main__":
    main()
