"""What people read in the terminal, for answers of every kind."""

from __future__ import annotations

import io
import json

from assistant.printing import console, json_line, print_answer, print_context, print_documents, print_report
from assistant.types import Answer, Citation, Reason, Timings, Unsupported
from index.types import DocumentInfo, Failure, SyncReport

QUOTE = "Abe, which was ."
CITATION = Citation(1, "a [bold]name.txt", "A", 3, 10, 10 + len(QUOTE), QUOTE)


def shown(answer: Answer) -> str:
    file = io.StringIO()
    print_answer(console(file), answer)
    return file.getvalue()


def test_a_gap_shows_its_sentence() -> None:
    answer = Answer(
        "Why?",
        "Why?",
        "The source is incomplete here [1].",
        citations=(CITATION,),
        reason=Reason.GAP_IN_SOURCE,
        engine="sentences",
        seconds=Timings(total=0.125),
    )
    assert shown(answer) == (
        "The source is incomplete here [1].\n"
        "\nThe sentence with the gap:\n"
        "\n[1] a [bold]name.txt, page 3, characters 10–26\n    “Abe, which was .”\n"
        "\nsentences · 0.12 s\n"
    )


def test_notices_and_unsupported_claims_are_shown() -> None:
    text = "They met in Paris. It rained [1]."
    answer = Answer(
        "Where?",
        "Where?",
        text,
        citations=(CITATION,),
        notice="The model is down; the embedded engine answers.",
        unsupported=(Unsupported(0, 18, ("Paris",)),),
    )
    lines = shown(answer).splitlines()
    assert lines[0] == "The model is down; the embedded engine answers."
    assert lines[2] == "Not borne out by the documents: “They met in Paris.” (not found: Paris)"


def test_documents_cannot_steer_the_terminal() -> None:
    hostile = Citation(1, "x\x1b]0;title\x07.txt", "A", None, 0, 9, "a\x1b[2Jb\r\n[red]c[/red]\u202ed\x9be")
    printed = shown(Answer("?", "?", "\x1b[31mred [1]", citations=(hostile,)))
    assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e"} & set(printed)
    assert "[red]c[/red]" in printed


def test_a_quote_is_marked_in_its_document() -> None:
    file = io.StringIO()
    text = "0123456789" + QUOTE + " And so on."
    print_context(console(file), CITATION, text, around=5)
    assert file.getvalue().splitlines()[1] == "    … 56789»Abe, which was .« And …"


def test_reports_and_lists_read_well() -> None:
    file = io.StringIO()
    print_report(console(file), SyncReport(added=1200, failed=(Failure("a.pdf", "it is encrypted"),), passages=3))
    print_report(console(file), SyncReport())
    print_documents(console(file), [])
    print_documents(console(file), [DocumentInfo("a.txt", "[b]A", 1, 1234, "2025-11-23T00:00:00+00:00")])
    assert file.getvalue().splitlines() == [
        "1,200 added; 3 passages embedded in 0.0 s.",
        "failed  a.pdf: it is encrypted",
        "No documents found; 0 passages embedded in 0.0 s.",
        "No documents are indexed; `assistant index PATH` reads a file or a folder.",
        "document  title  passages  characters  indexed at (UTC)   ",
        "a.txt     [b]A          1       1,234  2025-11-23 00:00:00",
    ]


def test_json_stays_on_one_line_for_every_reader() -> None:
    value = {"text": "é\u2028\u2029\x85\n\udcff"}
    line = json_line(value).encode("utf-8", "backslashreplace").decode("utf-8")
    assert line.splitlines() == [line.removesuffix("\n")]
    assert line.startswith('{"text": "é')
    assert json.loads(line) == value
