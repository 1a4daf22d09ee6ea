"""What does int8 cost the search? R@5 and nDCG@10 by vectors alone, beside fp32, with paired 95% intervals.

Three ways: questions and passages in fp32; questions in int8 (as the packaged model always has them);
both in int8 (ASSISTANT_EMBEDDING_PRECISION=int8).

    python -m benchmarks.precision --data squad/dev-v1.1.json.gz --data extra/policyqa_dev_test.jsonl.gz

Each --data is a SQuAD file, or lines of JSON with `question`, `context`, `answers` (`text`, `start`) and `title`. Its
texts are split into passages as the index does it, and every passage is compared with every question, so that nothing
but the vectors differs: no graph of neighbours, no words. Where lines have titles, a question is put to the passages
under its own title. What should be found is a passage that touches the answer; the first one counts, so that R@5 is
the share of questions with such a passage among the first five, and nDCG@10 is 1 / log2(1 + its rank), or 0 beyond
the tenth. Also prints the cosines between a passage's two vectors and the processor seconds that each took.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from evals import store
from evals.intervals import difference, interval
from evals.metrics import ratio
from index import Embedder, open_embedder
from index.splitting import Splitter

FP32, QUESTIONS, INT8 = WAYS = ("fp32", "int8 questions", "int8")
MEASURES = ("R@5", "nDCG@10")
_BATCH = 512

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the text that answers it, where in it the answers stand, and the title it belongs to."""

    question: str
    context: str
    answers: tuple[tuple[int, int], ...]
    title: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages, questions, and for each question which passages it is put to and which of them answer it."""

    passages: tuple[str, ...]
    questions: tuple[str, ...]
    among: tuple[NDArray[np.intp], ...]
    relevant: tuple[frozenset[int], ...]


def read(path: Path) -> list[Asked]:
    """The questions of a file."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        if ".jsonl" in path.name:
            return [_asked(row, row["context"], row["title"], "start") for row in map(json.loads, file)]
        return [
            _asked(qa, paragraph["context"], None, "answer_start")
            for article in json.load(file)["data"]
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
            if qa["answers"]
        ]


def collected(asked: Sequence[Asked], embedder: Embedder, limit: int | None) -> Collection:
    """The texts of all the questions in passages; at most `limit` of the questions, drawn at random."""
    splitter = Splitter(embedder.count_tokens, limit=embedder.limit)
    texts = dict.fromkeys((one.title, one.context) for one in asked)
    spans = {text: splitter.split(text[1]) for text in texts}
    places = [(*text, span.start, span.end) for text in texts for span in spans[text]]
    under: dict[str | None, list[int]] = {}
    within: dict[tuple[str | None, str], list[int]] = {}
    for number, (title, context, _, _) in enumerate(places):
        under.setdefault(title, []).append(number)
        within.setdefault((title, context), []).append(number)
    drawn = random.Random(0).sample(list(asked), min(limit or len(asked), len(asked)))
    return Collection(
        passages=tuple(context[start:end] for _, context, start, end in places),
        questions=tuple(one.question for one in drawn),
        among=tuple(np.array(under[one.title]) for one in drawn),
        relevant=tuple(
            frozenset(
                number
                for number in within[one.title, one.context]
                if any(start < places[number][3] and end > places[number][2] for start, end in one.answers)
            )
            for one in drawn
        ),
    )


def ranks(passages: Vectors, questions: Vectors, collection: Collection) -> NDArray[np.float64]:
    """For each question the rank, from 1, of the first passage that answers it; infinity beyond the tenth."""
    found = np.full(len(questions), np.inf)
    for number, (vector, among) in enumerate(zip(questions, collection.among, strict=True)):
        best = among[np.argsort(-(passages[among] @ vector), kind="stable")[:10]]
        hits = [rank for rank, passage in enumerate(best, 1) if passage in collection.relevant[number]]
        found[number] = min(hits, default=np.inf)
    return found


def measured(collection: Collection) -> dict[str, Any]:
    """{way: {measure: {"value": [value, low, high], "minus fp32": …}}} in percent; the cosines and the seconds."""
    passages, seconds = {}, {}
    for precision in (FP32, INT8):
        embedder = open_embedder(precision=precision)
        embedder.embed_passages(["the model is loaded"])
        started = time.process_time()
        passages[precision] = _embedded(embedder, collection.passages)
        seconds[precision] = round(time.process_time() - started, 1)
    exact, rounded = (_embedded(open_embedder(precision=name), collection.questions) for name in (FP32, INT8))
    pairs = {FP32: (FP32, exact), QUESTIONS: (FP32, rounded), INT8: (INT8, rounded)}
    columns: dict[str, dict[str, list[NDArray[np.float64]]]] = {}
    figures: dict[str, Any] = {}
    for way, (precision, questions) in pairs.items():
        rank = ranks(passages[precision], questions, collection)
        gains = {"R@5": (rank <= 5).astype(float), "nDCG@10": 1 / np.log2(1 + rank)}
        columns[way] = {name: [100 * gain, np.ones(len(gain))] for name, gain in gains.items()}
        figures[way] = {}
        for name, column in columns[way].items():
            value, change = interval(ratio, column), difference(ratio, columns[FP32][name], column)
            figures[way][name] = {
                "value": [value.value, value.low, value.high],
                "minus fp32": [change.value, change.low, change.high],
            }
    cosines = np.sum(passages[FP32] * passages[INT8], axis=1)
    of_passages = {"mean": float(cosines.mean()), "least": float(cosines.min())}
    return {**figures, "cosine": of_passages, "processor seconds": seconds}


def run(
    data: Annotated[list[Path], typer.Option(help="SQuAD, or lines of JSON; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Where the figures are written.")] = Path("runs/precision.json"),
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many questions of each, drawn at random.")] = None,
) -> None:
    """Compare the vectors of both precisions by what a search finds with them."""
    written: dict[str, Any] = {"machine": store.machine(), "git revision": store.revision(), "data": {}}
    for path in data:
        collection = collected(read(path), open_embedder(), limit)
        figures = measured(collection)
        written["data"][path.name] = figures
        print(f"{path.name}: {len(collection.passages)} passages, {len(collection.questions)} questions")
        for line in _lines(figures):
            print(f"  {line}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(written, indent=1), encoding="utf-8")
    print(f"figures: {out}")


def _asked(row: dict[str, Any], context: str, title: str | None, start: str) -> Asked:
    answers = tuple((answer[start], answer[start] + len(answer["text"])) for answer in row["answers"])
    return Asked(row["question"], context, answers, title)


def _embedded(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    return np.concatenate([embedder.embed_passages(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)])


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    for way in WAYS:
        for name in MEASURES:
            value = figures[way][name]["value"][0]
            change, low, high = figures[way][name]["minus fp32"]
            beside = "" if way == FP32 else f"  - fp32: {change:+.2f} [{low:+.2f}, {high:+.2f}]"
            yield f"{way:14} {name:8} {value:.2f}{beside}"
    yield "cosine of a passage's two vectors: mean {mean:.4f}, least {least:.4f}".format(**figures["cosine"])
    exact, rounded = (figures["processor seconds"][name] for name in (FP32, INT8))
    yield f"passages: {exact} and {rounded} processor seconds, {exact / rounded:.2f} times as fast"


if __name__ == "__main__":
    typer.run(run)
