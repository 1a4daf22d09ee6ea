"""How the index grows: what each step costs at 10,000, 100,000 and 1,000,000 passages.

    python -m benchmarks.growth --sizes 10k,100k --out growth.json --plot growth.svg

For each size, over a made-up collection (see `benchmarks.synthetic`; the vectors are prepared, all else is the
product's own code from files to matches): indexing, syncing again with nothing changed, opening with a first search,
searches by vectors, by words and by both, removing a document, peak memory of indexing and of searching, disk, and
recall@10 of the vector search against a scan of every vector. Each step runs in a process of its own. Then: how each
grows from size to size beside n log n. A size that --out already holds is not measured again, and a run that was
stopped goes on with the step it was in; what a size has written is deleted when it is done.
"""

from __future__ import annotations

import itertools
import json
import math
import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.synthetic import PreparedEmbedder, Prose, write_documents
from index import DocumentIndex

QUESTIONS = 200
K = 10
SIZES = {"k": 1_000, "M": 1_000_000}
GROWING = {
    "index_seconds": "index (s)",
    "resync_seconds": "sync again, nothing changed (s)",
    "start_seconds": "open and first search (s)",
    "vector_p95_ms": "vector search p95 (ms)",
    "keyword_p95_ms": "keyword search p95 (ms)",
    "fused_p95_ms": "fused search p95 (ms)",
    "remove_seconds": "remove a document (s)",
    "index_peak_mib": "indexing, peak memory (MiB)",
    "search_peak_mib": "searching, peak memory (MiB)",
    "disk_mib": "disk (MiB)",
}
"""What is compared with n log n."""

Figures = dict[str, Any]


def indexing(data: Path, documents: Path) -> Figures:
    """Sync the folder from nothing."""
    began = time.perf_counter()
    with DocumentIndex(data, PreparedEmbedder()) as index:
        report = index.sync(documents, progress=_log())
    seconds = time.perf_counter() - began
    return {
        "passages": report.passages,
        "documents": report.added,
        "index_seconds": round(seconds, 1),
        "index_rate": round(report.passages / seconds),
        "index_peak_mib": _peak_mib(),
        "disk_mib": round(sum(f.stat().st_size for f in data.rglob("*") if f.is_file()) / 2**20),
        "generations": len(list((data / "vectors").iterdir())),
    }


def syncing_again(data: Path, documents: Path) -> Figures:
    """Sync the folder, in which nothing has changed."""
    began = time.perf_counter()
    with DocumentIndex(data, PreparedEmbedder()) as index:
        index.sync(documents)
    return {"resync_seconds": round(time.perf_counter() - began, 2)}


def searching(data: Path) -> Figures:
    """Open, search first, then search warm in each of the three ways."""
    embedder = PreparedEmbedder()
    first, *questions = Prose(seed=1).questions(QUESTIONS + 1)
    began = time.perf_counter()
    with DocumentIndex(data, embedder) as index:
        index.search(first, K)
        figures: Figures = {"start_seconds": round(time.perf_counter() - began, 2)}
        ways: dict[str, Callable[[str, int], object]] = {
            "vector": index.search_dense,
            "keyword": index.search_keyword,
            "fused": index.search,
        }
        for name, search in ways.items():
            taken = [_seconds(search, question) for question in questions]
            for percent in (50, 95):
                figures[f"{name}_p{percent}_ms"] = round(float(np.percentile(taken, percent)) * 1000, 1)
        figures["search_peak_mib"] = _peak_mib()
        found = [[match.cosine for match in index.search_dense(question, K)] for question in questions]
    least = _kth_cosines(data, np.stack([embedder.embed_query(question) for question in questions]))
    hits = [sum(cosine >= limit - 1e-5 for cosine in cosines) for cosines, limit in zip(found, least, strict=True)]
    return figures | {"recall_at_10": round(float(np.mean(hits)) / K, 4)}


def removing(data: Path) -> Figures:
    """Remove one document."""
    with DocumentIndex(data, PreparedEmbedder()) as index:
        document = index.search("which one?", 1)[0].passage.document
        began = time.perf_counter()
        index.remove(document)
        return {"remove_seconds": round(time.perf_counter() - began, 2)}


def measured(passages: int, work: Path) -> Figures:
    """Every figure at one size; `work` keeps what is written, and the figures of the steps that are done."""
    documents, data, notes = work / "documents", work / "data", work / "figures.json"
    figures: Figures = json.loads(notes.read_text()) if notes.exists() else {}
    if not figures:
        for done in write_documents(documents, passages):
            if done % 2000 == 0:
                _say(f"{done} files written")
    steps: dict[str, tuple[Callable[..., Figures], tuple[Path, ...]]] = {
        "index_seconds": (indexing, (data, documents)),
        "resync_seconds": (syncing_again, (data, documents)),
        "fused_p95_ms": (searching, (data,)),
        "remove_seconds": (removing, (data,)),
    }
    for figure, (step, places) in steps.items():
        if figure not in figures:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                figures |= fresh.submit(step, *places).result()
            notes.write_text(json.dumps(figures))
            _say(f"{step.__name__}: {figures}")
    return figures


def growth(results: list[Figures]) -> list[Figures]:
    """For each step and each two neighbouring sizes: its growth over the growth of n log n; above 1 it is steeper."""
    return [
        {
            "what": name,
            "from": small["passages"],
            "to": large["passages"],
            "beside_n_log_n": round(large[name] / max(small[name], 1e-3) / (_n_log_n(large) / _n_log_n(small)), 2),
        }
        for small, large in itertools.pairwise(results)
        for name in GROWING
    ]


def _n_log_n(figures: Figures) -> float:
    return float(figures["passages"] * math.log(figures["passages"]))


def _kth_cosines(data: Path, queries: np.ndarray) -> np.ndarray:
    """The K-th largest cosine of each query, over every live vector that the catalogue holds."""
    best = np.full((len(queries), K), -1.0, dtype=np.float32)
    with sqlite3.connect(data / "catalogue.sqlite") as db:
        rows = db.execute("SELECT vector FROM vectors")
        while chunk := rows.fetchmany(20_000):
            vectors = np.frombuffer(b"".join(vector for (vector,) in chunk), dtype=np.float32)
            cosines = queries @ vectors.reshape(len(chunk), -1).T
            best = -np.partition(-np.hstack([best, cosines]), K - 1, axis=1)[:, :K]
    return best.min(axis=1)


def _seconds(search: Callable[[str, int], object], question: str) -> float:
    began = time.perf_counter()
    search(question, K)
    return time.perf_counter() - began


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _log() -> Callable[[Any], None]:
    """Notes a sync's progress every half minute."""
    last = [time.monotonic()]

    def note(progress: Any) -> None:
        if time.monotonic() - last[0] > 30:
            last[0] = time.monotonic()
            _say(f"{progress.stage} {progress.done} of {progress.total}, {_peak_mib()} MiB")

    return note


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)


def print_tables(results: list[Figures], growths: list[Figures]) -> None:
    """The figures at each size, and how they grow."""
    console = Console()
    table = Table("", *(f"{figures['passages']:,} passages" for figures in results))
    for name in dict.fromkeys(itertools.chain.from_iterable(results)):
        table.add_row(GROWING.get(name, name), *(str(figures.get(name, "")) for figures in results))
    console.print(table)
    table = Table("growth over that of n log n", *_pairs(growths))
    for name, label in GROWING.items():
        table.add_row(label, *(str(g["beside_n_log_n"]) for g in growths if g["what"] == name))
    console.print(table)


def _pairs(growths: list[Figures]) -> list[str]:
    return list(dict.fromkeys(f"{g['from']:,} → {g['to']:,}" for g in growths))


def draw(results: list[Figures], path: Path) -> None:
    """Each step over the number of passages, with n log n dashed through its first point."""
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot

    sizes = [figures["passages"] for figures in results]
    figure, axes = pyplot.subplots(2, math.ceil(len(GROWING) / 2), figsize=(16, 6), layout="constrained")
    for place, (name, label) in zip(axes.flat, GROWING.items(), strict=False):
        values = [max(figures[name], 1e-3) for figures in results]
        place.loglog(sizes, values, "o-")
        place.loglog(sizes, [values[0] * _n_log_n(f) / _n_log_n(results[0]) for f in results], "--", color="gray")
        place.set_title(label, fontsize=10)
        place.grid(alpha=0.3)
    figure.suptitle("What each step costs over the number of passages (dashed: n log n)")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def run(
    sizes: Annotated[str, typer.Option(help="Passages, as 10k,100k,1M.")] = "10k,100k",
    out: Annotated[Path, typer.Option(help="The figures, JSON.")] = Path("growth.json"),
    plot: Annotated[Path | None, typer.Option(help="A drawing of them, .svg or .png.")] = None,
    work: Annotated[Path, typer.Option(help="A folder for documents and index; 15 KB a passage.")] = Path("runs"),
) -> None:
    """Measure, print two tables, write them as JSON."""
    results: list[Figures] = json.loads(out.read_text())["sizes"] if out.exists() else []
    for size in _sizes(sizes):
        if size not in {figures["size"] for figures in results}:
            place = work / f"growth-{size}"
            place.mkdir(parents=True, exist_ok=True)
            results.append({"size": size, **measured(size, place)})
            results.sort(key=lambda figures: figures["size"])
            out.write_text(json.dumps({"sizes": results, "growth": growth(results)}, indent=2))
            shutil.rmtree(place)
    print_tables(results, growth(results))
    if plot:
        draw(results, plot)


def _sizes(text: str) -> Iterator[int]:
    for part in text.split(","):
        number, unit = (part[:-1], SIZES[part[-1]]) if part[-1:] in SIZES else (part, 1)
        if not number.isdigit():
            raise typer.BadParameter(f"{part!r} is no size such as 10k, 100k or 1M", param_hint="--sizes")
        yield int(number) * unit


if __name__ == "__main__":
    typer.run(run)
