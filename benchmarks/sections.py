"""Each section of the benchmarks: what is run, and which lines of the table come of it."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from benchmarks.ours import ASKERS
from benchmarks.processes import Measured, command, module
from benchmarks.ratios import Line, Spread, quicker, share
from benchmarks.workbench import Workbench, say

ASSISTANT = Path(sys.executable).with_name("assistant")
HEAVY = ("torch", "sentence_transformers", "transformers", "llama_index", "gradio", "sklearn", "pandas")
MEMORY_AIM = 0.6

Section = Iterator[Line | str]
"""Lines of the table, and remarks below it."""


def indexing(bench: Workbench) -> Section:
    """A folder of articles indexed from nothing, by both sides and by Chroma's own function, beside the limit."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        documents = place / "articles"
        written = module("text", "articles", documents, bench.characters, *bench.texts)
        characters = written.figures["characters"]
        fresh = (place / f"made-{number}" for number in range(1_000))
        sides: dict[str, Callable[[], Measured]] = {
            "fp32": lambda: module("ours", "index", documents, next(fresh), "fp32"),
            "int8": lambda: module("ours", "index", documents, next(fresh), "int8"),
        }
        if bench.tutorial:
            sides["tutorial"] = lambda: module("tutorial", "index", documents, next(fresh))
            sides["chroma"] = lambda: module("tutorial", "chroma_index", documents, next(fresh), bench.onnx)
        runs = _in_turn(bench, sides | {"limit": lambda: module("limit")})
    rates = {side: [characters / run.figures["seconds"] for run in runs[side]] for side in sides}
    busy = {side: [characters / run.figures["processor"] for run in runs[side]] for side in sides}
    bench.rates = {side: median(found) for side, found in rates.items()}
    fastest, core = (
        [max(run.figures[f"numpy{of}"], run.figures[f"onnxruntime{of}"]) for run in runs["limit"]]
        for of in ("", " core")
    )
    macs = runs["fp32"][0].figures["multiply_adds"]
    limit = [characters * rate / macs for rate in fastest]
    yield f"Indexed: {characters:,} characters; ours {_passages(runs['fp32'])} passages."
    rate = Spread.of([rate / 1e9 for rate in fastest])
    yield f"The limit: {macs:.3g} multiply–adds, at {rate} thousand million a second."
    if bench.tutorial:
        theirs = rates["tutorial"]
        yield f"The tutorial made {_passages(runs['tutorial'])} passages."
        yield share("indexing in fp32, characters a second", rates["fp32"], theirs, 1.6)
        yield share("indexing in int8, characters a second", rates["int8"], theirs, 2.5)
        yield share("… in fp32, a second of a core", busy["fp32"], busy["tutorial"])
        yield share("… in int8, a second of a core", busy["int8"], busy["tutorial"])
        yield share("… in fp32, beside Chroma's own function", rates["fp32"], rates["chroma"])
        yield share("… in int8, beside Chroma's own function", rates["int8"], rates["chroma"])
    yield share("… in fp32, of this machine's limit", rates["fp32"], limit, 0.8)
    yield share("… in fp32, of a core's limit, by processor time", busy["fp32"], [characters * c / macs for c in core])
    if bench.tutorial:
        yield _memory("memory while indexing in fp32", runs["fp32"], runs["tutorial"])
        yield _memory("memory while indexing in int8", runs["int8"], runs["tutorial"])


def again(bench: Workbench) -> Section:
    """A folder of many small files that has not changed since it was indexed."""
    sides = {"ours": lambda: module("ours", "again", bench.documents, bench.data)}
    if bench.tutorial:
        sides["tutorial"] = lambda: module("tutorial", "again", bench.documents, bench.pipeline)
    runs = _in_turn(bench, sides)
    ours = _seconds(runs["ours"])
    figures = runs["ours"][0].figures
    yield f"Unchanged: {figures['unchanged']} of {bench.files} files, each opened {figures['most_reads']}× at most."
    if bench.tutorial:
        figures = runs["tutorial"][0].figures
        yield f"IngestionPipeline made {figures['nodes']} nodes, and opened a file {figures['most_reads']}× at most."
        yield quicker("unchanged folder, seconds, beside IngestionPipeline", ours, _seconds(runs["tutorial"]), 2)
        yield _memory("memory while reading it again", runs["ours"], runs["tutorial"])
    characters = sum(len(file.read_text(encoding="utf-8")) for file in bench.documents.rglob("*.txt"))
    for side, name in (("fp32", "this project itself, fp32"), ("tutorial", "the tutorial")):
        if side in bench.rates:
            once = [characters / bench.rates[side]] * len(ours)
            yield quicker(f"… beside ingesting it anew at the rate of {name}", ours, once, 20)


def search(bench: Workbench) -> Section:
    """One search after another, everything loaded: ours by meaning and by words, theirs by meaning."""
    runs = _in_turn(
        bench,
        {
            "ours": lambda: module("ours", "search", bench.data, bench.asked),
            "tutorial": lambda: module("tutorial", "search", bench.store, bench.asked),
        },
    )
    middles, slow = (
        {side: [1000 * at(run.figures["seconds"]) for run in runs[side]] for side in runs} for at in (median, p95)
    )
    yield quicker("one search, warm, median ms", middles["ours"], middles["tutorial"], 4)
    yield quicker("one search, warm, 95th percentile, ms", slow["ours"], slow["tutorial"])
    yield _memory("memory while searching", runs["ours"], runs["tutorial"])


def ask(bench: Workbench) -> Section:
    """From a shell to a printed answer; the tutorial's script prints the passages that it retrieves from its store."""
    question = json.loads(bench.asked.read_text(encoding="utf-8"))[0]
    ours = [str(ASSISTANT), "ask", question, "--data-dir", str(bench.data)]
    runs = _in_turn(
        bench,
        {
            "ours": lambda: command(ours),
            "tutorial": lambda: module("tutorial", "ask", bench.store, question),
        },
    )
    yield quicker("a question from the shell, seconds", *([run.seconds for run in runs[side]] for side in runs), 3)
    yield _memory("memory while asking", runs["ours"], runs["tutorial"])
    loaded = _imported(["-c", "from assistant.cli import main; main()", *ours[1:]])
    yield f"`assistant ask` imports {', '.join(loaded) or 'none'} of {', '.join(HEAVY)}."


def askers(bench: Workbench) -> Section:
    """The same questions one after another, then by eight threads at once, through the library."""
    runs = _in_turn(bench, {"ours": lambda: module("ours", "askers", bench.data, bench.asked)})["ours"]
    rates = {name: [bench.questions / run.figures[name]["seconds"] for run in runs] for name in ("together", "alone")}
    yield share(f"questions a second, {ASKERS} askers beside one", rates["together"], rates["alone"], 1)
    for name in rates:
        latencies = [1000 * seconds for run in runs for seconds in run.figures[name]["latencies"]]
        yield f"Asked {name}: median {median(latencies):.0f} ms, 95th percentile {p95(latencies):.0f} ms."


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def _in_turn(bench: Workbench, sides: dict[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Every side once a round, in an order that turns round each time."""
    runs: dict[str, list[Measured]] = {side: [] for side in sides}
    for number in range(bench.rounds):
        for side in list(sides)[:: -1 if number % 2 else 1]:
            runs[side].append(sides[side]())
            say(f"round {number + 1}, {side}: {runs[side][-1].seconds:.1f} s, {runs[side][-1].memory:.0f} MiB")
    return runs


def _memory(what: str, ours: list[Measured], theirs: list[Measured]) -> Line:
    peaks = ([run.memory for run in side] for side in (ours, theirs))
    return share(f"{what}, MiB", *peaks, MEMORY_AIM, at_most=True)


def _seconds(runs: list[Measured]) -> list[float]:
    return [run.figures["seconds"] for run in runs]


def _passages(runs: list[Measured]) -> int:
    return int(runs[0].figures["passages"])


def _imported(arguments: list[str]) -> list[str]:
    """Which of HEAVY a run of Python imports."""
    said = command([sys.executable, "-X", "importtime", *arguments]).errors
    modules = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in said.splitlines() if "import time:" in line
    }
    return [name for name in HEAVY if name in modules]
