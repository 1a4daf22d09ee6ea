"""This project side by side with what llama-index's tutorials teach, on this machine: ratios, and how they spread.

    make bench
    python -m benchmarks --text train-v1.1.json.gz --only indexing --only search

The same text, the same model and the same questions; each thing in a fresh process, both sides in turn, the order
turned round each time. A ratio is of two runs of one round; shown are the median over the rounds, the lowest and the
highest. What the sides do: `benchmarks/ours.py` and `benchmarks/tutorial.py`. What is prepared is kept in --out.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from subprocess import CalledProcessError
from typing import Annotated

import typer

from benchmarks import sections
from benchmarks.ratios import Line, table
from benchmarks.workbench import Workbench, say
from evals import store


class Section(StrEnum):
    """What can be measured by itself."""

    INDEXING = "indexing"
    AGAIN = "again"
    SEARCH = "search"
    ASK = "ask"
    ASKERS = "askers"


ALONE = {Section.ASKERS}
"""Sections with one side only."""


def run(
    texts: Annotated[
        list[Path] | None,
        typer.Option(
            "--text", exists=True, help="SQuAD, or .txt and .md files and folders. Otherwise this project's own texts."
        ),
    ] = None,
    *,
    only: Annotated[list[Section] | None, typer.Option(help="Only this; may be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="Where things are kept and bench.json is written.")] = Path("runs/bench"),
    rounds: Annotated[int, typer.Option(min=1, help="How often each thing is measured.")] = 5,
    characters: Annotated[int, typer.Option(min=1, help="How much text is indexed in each round.")] = 200_000,
    files: Annotated[int, typer.Option(min=1, help="Files of one paragraph for all but indexing.")] = 10_000,
    questions: Annotated[int, typer.Option(min=1, help="How many are searched for and asked.")] = 100,
) -> None:
    """Measure, print a table and write bench.json."""
    chosen = [section for section in Section if not only or section in only]
    bench = Workbench(texts or [], out, rounds, characters, files, questions, not set(chosen) <= ALONE)
    bench.prepare()
    lines: list[Line] = []
    remarks = [] if texts else ["Read: this project's own few texts, over and over. Give --text for more."]
    for section in chosen:
        say(section)
        for found in getattr(sections, section)(bench):
            (lines if isinstance(found, Line) else remarks).append(found)
    machine = store.machine()
    written = {
        "machine": machine,
        "git revision": store.revision(),
        "text": [path.name for path in texts or []],
        "sizes": {"rounds": rounds, "characters": characters, "files": files, "questions": questions},
        "lines": [{**asdict(line), "met": line.met} for line in lines],
        "remarks": remarks,
    }
    (out / "bench.json").write_text(json.dumps(written, indent=1), encoding="utf-8")
    print(f"{machine['processor']}, {machine['cores']} cores; {rounds} rounds, median [lowest, highest]\n")
    print(table(lines), *remarks, f"Figures: {out / 'bench.json'}", sep="\n")


def main() -> None:
    """The command; where one of its processes fails, what that said stands above one line more."""
    try:
        typer.run(run)
    except CalledProcessError as error:
        sys.exit(f"failed: {shlex.join(error.cmd)}\n`make bench` installs what the tutorial's side needs")


if __name__ == "__main__":
    main()
