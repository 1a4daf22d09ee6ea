"""This project's side of the benchmarks: each task runs in a process of its own and prints its figures as JSON.

    python -m benchmarks.ours index DOCUMENTS DATA fp32
    python -m benchmarks.ours again DOCUMENTS DATA
    python -m benchmarks.ours search DATA QUESTIONS.json
    python -m benchmarks.ours askers DATA QUESTIONS.json

What a long-lived process does once (imports, loading the model) is done before the clock starts, as it is on the
tutorial's side; `seconds` is what remains, and `processor` what all cores together worked meanwhile, which a busy
machine disturbs less. Whole processes are timed by whoever starts them.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ASKERS = 8
WARM_UP = 5


class Clock:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """{"seconds", "processor"} until now."""
        return {"seconds": time.perf_counter() - self._wall, "processor": time.process_time() - self._processor}


def index(documents: str, data: str, precision: str) -> dict[str, Any]:
    """Index a folder: {"seconds", "processor", "passages", "multiply_adds"}."""
    import chromadb  # noqa: F401

    from benchmarks.limit import multiply_adds
    from index import DocumentIndex, open_embedder
    from index.splitting import Splitter

    embedder = open_embedder(precision=precision)
    embedder.embed_passages(["the model is loaded"])
    clock = Clock()
    with DocumentIndex.open(Path(data), embedder) as opened:
        report = opened.sync(Path(documents))
        took = clock.read()
        texts = [opened.text(info.document) for info in opened.documents()]
    splitter = Splitter(embedder.count_tokens, limit=embedder.limit)
    tokens = [embedder.count_tokens(text[span.start : span.end]) for text in texts for span in splitter.split(text)]
    return {**took, "passages": report.passages, "multiply_adds": multiply_adds(tokens)}


def again(documents: str, data: str) -> dict[str, Any]:
    """Sync a folder that has not changed: {"seconds", "unchanged", "most_reads": of any one file}."""
    import chromadb  # noqa: F401

    from index import DocumentIndex, open_embedder

    reads = opened_files(Path(documents))
    started = time.perf_counter()
    with DocumentIndex.open(Path(data), open_embedder()) as opened:
        report = opened.sync(Path(documents))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "unchanged": report.unchanged, "most_reads": max(reads.values())}


def search(data: str, questions: str) -> dict[str, Any]:
    """Hybrid searches, one after another: {"seconds": of each}."""
    from index import DocumentIndex, open_embedder

    asked = json.loads(Path(questions).read_text())
    with DocumentIndex.open(Path(data), open_embedder()) as opened:
        return {"seconds": timed(lambda question: opened.search(question, 8), asked)}


def askers(data: str, questions: str) -> dict[str, Any]:
    """Questions asked one after another, then by eight askers at once: {"alone" and "together": {…}}."""
    from assistant import Assistant

    asked = json.loads(Path(questions).read_text())
    with Assistant.open(data) as assistant:

        def latency(question: str) -> float:
            started = time.perf_counter()
            assistant.ask(question)
            return time.perf_counter() - started

        figures = {}
        for question in asked[:WARM_UP]:
            latency(question)
        for name, workers in (("alone", 1), ("together", ASKERS)):
            started = time.perf_counter()
            with ThreadPoolExecutor(workers) as pool:
                latencies = list(pool.map(latency, asked))
            figures[name] = {"seconds": time.perf_counter() - started, "latencies": latencies}
    return figures


def opened_files(folder: Path) -> Counter[str]:
    """How often each file below a folder is opened from now on."""
    opens: Counter[str] = Counter()
    below = str(folder)

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(below) and not Path(arguments[0]).is_dir():
            opens[str(arguments[0])] += 1

    sys.addaudithook(note)
    return opens


def timed(search: Callable[[str], object], questions: list[str]) -> list[float]:
    """The seconds that each search takes, once a few have been made."""
    for question in questions[:WARM_UP]:
        search(question)
    seconds = []
    for question in questions:
        started = time.perf_counter()
        search(question)
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    tasks = {"index": index, "again": again, "search": search, "askers": askers}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
