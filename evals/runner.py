"""Ask every question and keep what came back. A crash is a failure, never a wrong answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.types import Turn
from evals.datasets import Dataset
from evals.evidence import locate
from evals.judges import Judge, without_opinion
from evals.questions import Gold, GoldError
from evals.scoring import Row, failure, score_answer, score_search
from evals.store import Run
from index.errors import UnknownDocument

if TYPE_CHECKING:
    from assistant import Assistant

SEARCHED = 30  # passages fetched where whole documents are ranked, so that ten documents are among them


def write_texts(dataset: Dataset, folder: Path) -> Path:
    """The folder of a dataset's documents; those that come as texts are written under `folder` first."""
    if dataset.texts is None:
        if dataset.folder is None:
            raise ValueError(f"{dataset.name} has neither a folder nor texts")
        return dataset.folder
    for name, text in dataset.texts.items():
        path = folder / name
        data = text.encode()
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder


def run(
    assistant: Assistant,
    dataset: Dataset,
    kept: Run,
    *,
    judge: Judge | None = None,
    progress: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """Ask what has not been asked yet, and return all rows in the dataset's order.

    `progress` is called with each row, those of a resumed run included. Raises GoldError, before anything is asked,
    where evidence does not stand in its document.
    """
    text = lru_cache(maxsize=4096)(assistant.text)
    check_evidence(dataset.questions, text)
    known = {row.id: row for row in kept.rows()}
    # The pool is here for its futures: they hand over whatever a question raised, of any kind, as a value.
    with ThreadPoolExecutor(max_workers=1) as pool:
        for question in dataset.questions:
            if question.id not in known:
                asked = pool.submit(_ask, assistant, dataset, question, text)
                error = asked.exception()
                row = failure(question, error) if error else asked.result()
                if judge and row.answer:
                    judged = pool.submit(judge.judge, row)
                    error = judged.exception()
                    row = replace(row, judged=without_opinion(judge, error) if error else judged.result())
                kept.append(row)
                known[question.id] = row
            progress(known[question.id])
    return [known[question.id] for question in dataset.questions]


def check_evidence(questions: Iterable[Gold], text: Callable[[str], str]) -> None:
    """Raises GoldError where a document is unknown or a quote is not in it."""
    for question in questions:
        try:
            locate(question, text)
        except UnknownDocument as error:
            names = ", ".join(sorted({item.document for item in question.evidence}))
            raise GoldError(f"question {question.id!r}, evidence: {error} (it names {names})") from error


def _ask(assistant: Assistant, dataset: Dataset, question: Gold, text: Callable[[str], str]) -> Row:
    if dataset.search_only:
        begun = time.perf_counter()
        matches = assistant.search(question.question, SEARCHED, question.documents)
        return score_search(question, matches, time.perf_counter() - begun, text)
    history = tuple(Turn(role, content) for role, content in question.history)
    return score_answer(question, assistant.ask(question.question, history=history, documents=question.documents), text)
