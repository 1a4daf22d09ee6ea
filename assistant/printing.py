"""Answers, passages and reports as a person reads them in a terminal.

Everything that comes from a document, a file name or a model is shown as plain text: no markup is interpreted,
and no control character reaches the terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from assistant.types import Answer, Citation, Reason
from index.types import DocumentInfo, Match, ProgressCallback, SyncReport
from index.types import Progress as Stage

_UNWRAPPED = 100_000  # columns: what is piped on is never broken into lines of our own
_SHORT = 300  # characters of a passage in a list
_STAGES = {"read": "Reading", "embed": "Embedding", "publish": "Publishing"}
_UNITS = {"read": "files", "embed": "passages", "publish": "passages"}

# Control characters (C0 but for tab and line feed, DEL, C1) and the invisible ones that turn the writing
# direction: in a terminal a document could hide or forge text with them.
_CONTROLS = [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SHOWN = dict.fromkeys(_CONTROLS, "\ufffd")


def console(file: IO[str] | None = None) -> Console:
    """A console on `file` (standard output): as wide as the terminal, unwrapped where there is none."""
    file = sys.stdout if file is None else file
    return Console(file=file, width=None if file.isatty() else _UNWRAPPED, highlight=False, markup=False, emoji=False)


def plain(text: str) -> str:
    """`text` with one kind of line end and without characters that steer a terminal."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def json_line(value: object) -> str:
    r"""`value` as one line of JSON in readable UTF-8.

    The characters beyond ASCII that some readers take for the end of a line (NEL, U+2028, U+2029) are escaped.
    A lone surrogate (a file name that is no UTF-8) is left to the stream, whose `backslashreplace` writes it as
    `\udcff`: valid JSON again.
    """
    escapes = {0x85: r"\u0085", 0x2028: r"\u2028", 0x2029: r"\u2029"}
    return json.dumps(value, ensure_ascii=False).translate(escapes) + "\n"


def print_answer(out: Console, answer: Answer) -> None:
    """The answer, what it stands on (for a refusal: what comes closest), and quietly how it came about."""
    if answer.notice:
        out.print(Text(plain(answer.notice), "yellow"))
    out.print(Text(plain(answer.text), "bold" if answer.answered else "yellow"))
    for stretch in answer.unsupported:
        claim = answer.text[stretch.start : stretch.end].strip()
        missing = f" (not found: {', '.join(stretch.missing)})" if stretch.missing else ""
        out.print(Text(plain(f"Not borne out by the documents: “{claim}”{missing}"), "yellow"))
    if answer.reason is Reason.GAP_IN_SOURCE and answer.citations:
        out.print("\nThe sentence with the gap:")
    for citation in answer.citations:
        out.print()
        print_citation(out, citation)
    if not answer.answered and not answer.citations and answer.matches:
        out.print("\nClosest, but not an answer:")
        print_matches(out, answer.matches[:3])
    out.print(Text(f"\n{answer.engine} · {answer.seconds.total:.2f} s", "dim"))


def print_citation(out: Console, citation: Citation) -> None:
    """`[n]` with its document, page and offsets, and the quote below."""
    place = _place(citation.document, citation.page, citation.start, citation.end)
    out.print(Text(f"[{citation.number}] ", "bold cyan") + place)
    _print_indented(out, Text(f"“{plain(citation.quote)}”"))


def print_matches(out: Console, matches: Sequence[Match]) -> None:
    """Passages, best first: where each stands and how it begins."""
    for number, match in enumerate(matches, start=1):
        passage = match.passage
        place = _place(passage.document, passage.page, passage.start, passage.end)
        out.print(Text(f"{number:>2}. ") + place + Text(f"  score {match.score:.3f}", "dim"))
        text = plain(passage.text)
        _print_indented(out, Text(text if len(text) <= _SHORT else text[:_SHORT].rstrip() + " …"))


def print_context(out: Console, citation: Citation, text: str, around: int = 400) -> None:
    """The quote of `citation` marked in the text of its document, with `around` characters on either side."""
    first, last = max(0, citation.start - around), min(len(text), citation.end + around)
    before = text[first : citation.start] if first == 0 else "… " + text[first : citation.start].lstrip()
    after = text[citation.end : last] if last == len(text) else text[citation.end : last].rstrip() + " …"
    out.print(_place(citation.document, citation.page, citation.start, citation.end))
    quote = text[citation.start : citation.end]
    marked = Text(plain(quote), "reverse") if out.is_terminal else Text(f"»{plain(quote)}«")
    _print_indented(out, Text(plain(before)) + marked + Text(plain(after)))


def print_documents(out: Console, documents: Sequence[DocumentInfo]) -> None:
    """A line for each document."""
    if not documents:
        out.print("No documents are indexed; `assistant index PATH` reads a file or a folder.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("document", "title"):
        table.add_column(heading, overflow="fold")
    for heading in ("passages", "characters"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("indexed at (UTC)", no_wrap=True)
    for info in documents:
        when = info.indexed_at[:19].replace("T", " ")
        sizes = f"{info.passages:,}", f"{info.characters:,}"
        table.add_row(Text(plain(info.document)), Text(plain(info.title)), *sizes, when)
    out.print(table)


def print_report(out: Console, report: SyncReport) -> None:
    """What a sync did, in one line, and each file that failed with its reason."""
    counts = [
        f"{count:,} {word}"
        for word in ("added", "changed", "removed", "renamed", "unchanged")
        if (count := getattr(report, word))
    ]
    done = ", ".join(counts) or "No documents found"
    out.print(f"{done}; {report.passages:,} passages embedded in {report.seconds:.1f} s.")
    for failure in report.failed:
        out.print(Text("failed  ", "red") + Text(f"{plain(failure.document)}: {plain(failure.error)}"))


@contextmanager
def progress_bar() -> Iterator[ProgressCallback | None]:
    """A callback that draws a bar on standard error with rate and time left; None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(sys.stderr), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: Stage) -> None:
            if stage.stage not in tasks:
                for former in tasks.values():
                    bars.update(former, completed=bars.tasks[former].total)
                unit = _UNITS.get(stage.stage, "")
                tasks[stage.stage] = bars.add_task(_STAGES.get(stage.stage, stage.stage), total=None, unit=unit)
            bars.update(tasks[stage.stage], completed=stage.done, total=stage.total)

        yield show


class _Rate(ProgressColumn):
    """How many a second, over the last half minute or so."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f} {task.fields['unit']}/s" if speed else "", "cyan")


def _place(document: str, page: int | None, start: int, end: int) -> Text:
    paged = f", page {page}" if page is not None else ""
    return Text(plain(document), "cyan") + Text(f"{paged}, characters {start}–{end}", "dim")


def _print_indented(out: Console, text: Text) -> None:
    for line in text.wrap(out, out.width - 4):
        line.rstrip()
        out.print(Text("    ") + line if line.plain else "")
