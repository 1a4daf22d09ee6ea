"""The command line: `assistant index`, `ask`, `search` and the rest; each command opens what it needs.

Heavy libraries are imported inside the commands, so that help and wrong usage answer at once.
"""

from __future__ import annotations

import io
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.batch import conversation, run
from assistant.commandline import (
    AsJson,
    Batch,
    Commands,
    Common,
    DataDir,
    DocumentId,
    DocumentIds,
    Llm,
    print_json,
    print_version,
    typed_or_piped,
)
from assistant.types import Answer, Question, passages_to_dicts
from index.errors import UnreadableFile
from index.types import Match, ProgressCallback, SyncReport

if TYPE_CHECKING:
    from assistant import Assistant


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    ctx: typer.Context,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Ask your own documents, and be able to trust the answer: every citation is checked against its source.

    `assistant index notes/` reads a folder, `assistant ask "Who signed it?"` answers from it, and
    `assistant web` opens the page.
    """
    ctx.obj = Common(data_dir, as_json)


@app.command()
def index(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Folders or files.", show_default=False)
    ] = None,
    *,
    again: Annotated[bool, typer.Option("--again", help="Bring back what `remove` took away.")] = False,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Embed what is indexed anew, with the settings of now; needs no PATH."),
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Bring the index up to date with folders and files (.txt .md .html .pdf .docx).

    Only what changed is read and embedded. What has vanished from a PATH leaves the index, and nothing else does.
    It may be stopped at any moment; the next run ends with the same index.
    """
    from assistant.printing import console, print_report, progress_bar

    common = Common.of(ctx, data_dir, as_json)
    if not paths and not rebuild:
        raise typer.BadParameter("Name at least one folder or file to index.", param_hint="PATH")
    reports = []
    with progress_bar() as progress:
        if rebuild:
            reports.append(_rebuild(common, progress))
        if paths:
            with common.open() as assistant:
                reports.append(assistant.index(paths, progress=progress, again=again))
    report = _sum(reports)
    if common.as_json:
        print_json(asdict(report))
    else:
        print_report(console(), report)
    if report.failed and not report.useful:
        raise UnreadableFile(f"none of the {len(report.failed)} files could be read")


@app.command()
def ask(
    ctx: typer.Context,
    question: Annotated[
        str | None,
        typer.Argument(metavar="QUESTION", parser=typed_or_piped, help="In plain words; `-` reads it from stdin."),
    ] = None,
    *,
    documents: DocumentIds = None,
    batch: Batch = None,
    history: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(metavar="FILE.json", help='What was said before: a list of {"role", "content"}.'),
    ] = None,
    llm: Llm = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the documents, with citations; say so where they don't answer it.

    `assistant ask "When did they meet?"`

    `assistant ask --batch questions.jsonl > answers.jsonl` reads `{"id", "question", "history"}` a line.
    """
    from assistant.printing import console, print_answer

    common = Common.of(ctx, data_dir, as_json, llm)
    if question is not None and batch is None:
        said = conversation(history) if history else ()
        with common.open() as assistant:
            answer = _ask(assistant, Question(question, said), documents)
        if common.as_json:
            print_json(answer.to_dict())
        else:
            print_answer(console(), answer)
    elif batch is not None and question is None:
        with common.open() as assistant:
            run(batch, lambda id, asked: _ask(assistant, asked, documents).to_dict(id), print_json)
    else:
        raise typer.BadParameter("Give either a question or --batch.", param_hint="QUESTION")


@app.command()
def search(
    ctx: typer.Context,
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", parser=typed_or_piped, help="Words, or a question; `-` reads it from stdin."),
    ] = None,
    *,
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="How many passages.")] = 8,
    documents: DocumentIds = None,
    batch: Batch = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Find the passages nearest to a query, by meaning and by words, best first.

    A line of a batch is `{"id", "query"}`.
    """
    from assistant.printing import console, print_matches

    common = Common.of(ctx, data_dir, as_json)
    with common.open() as assistant:

        def find(words: str) -> list[Match]:
            return assistant.search(words, k=k, documents=documents)

        def to_dict(words: str) -> dict[str, Any]:
            return {"query": words, "passages": passages_to_dicts(find(words))}

        if query is not None and batch is None:
            if common.as_json:
                print_json(to_dict(query))
            else:
                print_matches(console(), find(query))
        elif batch is not None and query is None:
            run(batch, lambda id, asked: {"id": id, **to_dict(asked.text)}, print_json, keys=("query", "question"))
        else:
            raise typer.BadParameter("Give either a query or --batch.", param_hint="QUERY")


@app.command()
def documents(ctx: typer.Context, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List what is indexed."""
    from assistant.printing import console, print_documents

    common = Common.of(ctx, data_dir, as_json)
    with common.open() as assistant:
        found = assistant.documents()
    if common.as_json:
        print_json([asdict(info) for info in found])
    else:
        print_documents(console(), found)


@app.command()
def text(ctx: typer.Context, document: DocumentId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Write a document's text, exactly the characters that citations count in."""
    common = Common.of(ctx, data_dir, as_json)
    with common.open() as assistant:
        found = assistant.document(document)
    if common.as_json:
        print_json({"document": found.id, "title": found.title, "text": found.text})
    else:
        sys.stdout.buffer.write(found.text.encode("utf-8"))  # a text stream might translate the line ends


@app.command()
def remove(ctx: typer.Context, document: DocumentId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Take a document out of the index, until its file changes or `index --again` reads it."""
    common = Common.of(ctx, data_dir, as_json)
    with common.open() as assistant:
        assistant.remove(document)
    if common.as_json:
        print_json({"removed": document})
    else:
        print(f"{document} is no longer indexed.")


@app.command()
def chat(ctx: typer.Context, *, llm: Llm = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Ask and follow up in the terminal; `/open 1` shows what an answer cites in its document."""
    from assistant.terminal import Chat

    common = Common.of(ctx, data_dir, as_json, llm)
    with common.open() as assistant:
        Chat(assistant, as_json=common.as_json).run()


@app.command()
def web(
    ctx: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Who may reach it; beyond this machine only with --auth.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 7860,
    auth: Annotated[
        str | None,
        typer.Option(metavar="USER:PASSWORD", help="Who may come in. Better given as ASSISTANT_WEB_AUTH."),
    ] = None,
    mcp: Annotated[bool, typer.Option("--mcp", help="Also publish ask and search as MCP tools.")] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    llm: Llm = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Serve the chat in the browser, until Ctrl-C."""
    from ui import launch

    settings = Common.of(ctx, data_dir, as_json, llm).settings()
    launch(settings, host=host, port=port, auth=auth, mcp=mcp, open_browser=open_browser)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    options_metavar="[OPTIONS]",
)
def eval(ctx: typer.Context) -> None:
    """Measure how well questions are answered; `assistant eval --help` says with what."""
    from evals.cli import app as evals

    ctx.obj.as_json = ctx.obj.as_json or "--json" in ctx.args
    code = evals(args=ctx.args, prog_name="assistant eval", standalone_mode=False)
    raise typer.Exit(code if isinstance(code, int) else 0)


def _rebuild(common: Common, progress: ProgressCallback | None) -> SyncReport:
    """Without an Assistant: it would not open an index that was built with other settings."""
    from index import DocumentIndex, open_embedder

    settings = common.settings()
    embedder = open_embedder(settings.embedding_model, settings.embedding_precision, settings.device)
    with DocumentIndex.open(settings.data_dir, embedder, server=settings.chroma, rebuild=True) as documents:
        return documents.rebuild(progress=progress)


def _sum(reports: list[SyncReport]) -> SyncReport:
    names = [field.name for field in fields(SyncReport)]
    return SyncReport(*(sum((getattr(r, name) for r in reports[1:]), getattr(reports[0], name)) for name in names))


def _ask(assistant: Assistant, asked: Question, documents: list[str] | None) -> Answer:
    return assistant.ask(asked.text, history=asked.history, documents=documents)


def main() -> None:
    """Run the command line: what `assistant` starts."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace" if stream is sys.stdin else "backslashreplace")
    app(prog_name="assistant")
