"""What the tests of the page share: documents to ask, an engine whose answers are known, a server, a browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ui
from assistant import Assistant, Settings
from assistant.engines.sentences import SentenceEngine
from assistant.types import Draft, Evidence, Reason
from index import DocumentIndex, Embedder, Match
from web import screenshots

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = (
    "The hostile sheet\n\n"
    "<script>window.hacked = 1</script> The ferry <img src=x onerror='window.hacked = 2'> leaves at nine."
    " Not & never at ten.\n\n"
    "[click](javascript:alert(1)) ![pic](http://elsewhere.example/pixel.png) **bold** ${window.hacked = 3} {{value}}"
    " &lt;b&gt; </div></section></mark> \u202eright to left\u202c e\u0301 \U0001f6a2\r\n"
    "The ticket costs <b>eleven</b> crowns.\n"
)
FERRIES = (
    "Ferries of the north\n\nThe ferry Aurora sails from Bergen to Kirkenes in six days. It was built in 1994.\n\n"
    "The captain of the Aurora is Ingrid Solheim. Breakfast is served until half past nine.\n"
)
LIGHTHOUSES = (
    "Lighthouses\n\nThe lighthouse at Slettnes stands 39 metres tall. Its keeper was Peder Berg until 2005.\n\n"
    "The lighthouse was painted by the Norwegian painter, and opened in 1905.\n"
)


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF with one line of text a page."""
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    canvas = Canvas(out)
    for page in pages:
        canvas.drawString(72, 720, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


TIMETABLE = pdf(
    [
        "The winter timetable begins on the first of October.",
        "The harbour office opens at seven in the morning.",
        "Bicycles travel free of charge on every ferry.",
    ]
)


@dataclass
class ScriptedEngine:
    """The engine of the tests: what it does stands in the question, and anything else the real engine answers.

    "several": the best sentence of every document is cited. "slowly": a stream of at least twenty steps that goes on
    while `held` is set, cited in the end.
    "hole": the source has a gap. "refuse": not in the documents. "quickly": the best passage's first line.
    """

    real: SentenceEngine
    name: str = "scripted <engine>"
    held: threading.Event = field(default_factory=threading.Event)
    closed: list[str] = field(default_factory=list)

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """Drafts as the question says."""
        asked = question.lower()
        if "several" in asked:
            yield self._several(matches)
        elif "slowly" in asked:
            yield from self._slowly(question, matches)
        elif "hole" in asked:
            sentence = next(m for m in matches if "Norwegian painter" in m.passage.text)
            yield self._cited(
                "The source is incomplete here: a name is missing [1].",
                [self._evidence(sentence, "The lighthouse was painted by the Norwegian painter, and opened in 1905.")],
                Reason.GAP_IN_SOURCE,
            )
        elif "refuse" in asked:
            yield Draft("The documents don’t say.", reason=Reason.NOT_IN_DOCUMENTS, confidence=0.1)
        elif "quickly" in asked:
            line = matches[0].passage.text.strip().split("\n")[0]
            yield self._cited(f"{line} [1]", [self._evidence(matches[0], line)])
        else:
            yield from self.real.answer(question, matches)

    def _several(self, matches: Sequence[Match]) -> Draft:
        lines, evidence = [], []
        for document in dict.fromkeys(match.passage.document for match in matches):
            match = next(m for m in matches if m.passage.document == document)
            line = max(match.passage.text.split("\n"), key=len).strip()
            evidence.append(self._evidence(match, line))
            lines.append(f"{document} says so [{len(evidence)}].")
        return self._cited(" ".join(lines), evidence)

    def _slowly(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        words = ""
        try:
            for number in count(1):
                words += f"{question.rsplit(maxsplit=1)[-1]} {number} "
                yield Draft(words, final=False)
                time.sleep(0.05)
                if number >= 20 and not self.held.is_set():
                    break
        except GeneratorExit:
            self.closed.append(question)
            raise
        line = matches[0].passage.text.strip().split("\n")[0]
        yield self._cited(f"{words}[1]", [self._evidence(matches[0], line)])

    @staticmethod
    def _evidence(match: Match, quote: str) -> Evidence:
        start = match.passage.start + match.passage.text.index(quote)
        return Evidence(match.passage.document, start, start + len(quote), quote)

    @staticmethod
    def _cited(text: str, evidence: Sequence[Evidence], reason: Reason | None = None) -> Draft:
        return Draft(text, tuple(evidence), short_answer=None if reason else "x", reason=reason, confidence=0.9)


@contextmanager
def served(
    folder: Path, embedder: Embedder, *, documents: bool = True, auth: str | None = None, mcp: bool = False
) -> Iterator[tuple[str, Assistant, ScriptedEngine]]:
    """The page on a free port over documents of its own: its address, its assistant and the engine behind it."""
    files = folder / "files"
    data = folder / "data"
    with DocumentIndex.open(data, embedder) as index:
        engine = ScriptedEngine(SentenceEngine(embedder))
        assistant = Assistant(index, engine)
        if documents and not files.exists():
            files.mkdir(parents=True)
            (files / "ferries.md").write_text(FERRIES, encoding="utf-8")
            (files / "lighthouses.txt").write_text(LIGHTHOUSES, encoding="utf-8")
            (files / "timetable.pdf").write_bytes(TIMETABLE)
            assistant.index(files)
        running = ui.launch(Settings(data_dir=data), port=0, auth=auth, mcp=mcp, block=False, assistant=assistant)
        try:
            yield running.url.rstrip("/"), assistant, engine
        finally:
            running.close()


def chromium() -> str:
    """Where a Chromium is; skips the test where there is none."""
    try:
        return screenshots.chromium()
    except screenshots.NoBrowser as error:
        pytest.skip(str(error))


def serious(page: Page, options: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What axe calls serious or critical on the page as it stands: (rule, selector, how to fix it)."""
    from axe_core_python.sync_playwright import Axe

    page.wait_for_timeout(200)  # until what has just moved stands still
    return [
        (violation["id"], str(node["target"]), node["failureSummary"])
        for violation in Axe().run(page, options=options)["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
