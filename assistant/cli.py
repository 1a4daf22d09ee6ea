"""The command line: `assistant index`, `ask`, `search` and the rest; each command opens what it needs.

Heavy libraries are imported inside the commands, so that help and wrong usage answer at once.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.batch import Respond, run, turns
from assistant.errors import BadQuestion
from assistant.types import Answer, Question, Turn, passages_to_dicts
from index.errors import KnownError, UnreadableFile
from index.types import ProgressCallback, SyncReport

if TYPE_CHECKING:
    from assistant import Assistant, Settings


@dataclass(slots=True)
class Common:
    """What every command takes, before or after its name; after it wins."""

    data_dir: Path | None = None
    as_json: bool = False


class _Commands(TyperGroup):
    """All commands: a known error ends any of them with one line on standard error and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # a reader that has gone away is noticed here, not when Python shuts down
        except KnownError as error:
            _report(type(error).__name__, str(error), as_json=ctx.obj.as_json)
            raise typer.Exit(1) from error
        except OSError as error:
            if error.filename is None:  # a pipe that broke, or a mistake of ours: not about a person's files
                raise
            _report(type(error).__name__, f"{error.filename}: {error.strerror}", as_json=ctx.obj.as_json)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _utf8(argument: str) -> str:
    """What was typed, read as UTF-8 even where the locale is not; bytes that are no UTF-8 are replaced."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="FOLDER",
        help="The folder that holds the index. Otherwise ASSISTANT_DATA_DIR names it.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON. A failure is JSON on standard error.")]
Documents = Annotated[
    list[str] | None,
    typer.Option("--document", "-d", metavar="DOCUMENT", parser=_utf8, help="Keep to this document; may be repeated."),
]
DocumentId = Annotated[str, typer.Argument(metavar="DOCUMENT", parser=_utf8, help="As `assistant documents` lists it.")]
Batch = Annotated[
    typer.FileBinaryRead | None,
    typer.Option(
        "--batch", metavar="FILE.jsonl", help="Many in one process: a line of JSON in, one out. `-` is stdin."
    ),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"assistant {version('assistant')}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
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

    common = _common(ctx, data_dir, as_json)
    if not paths and not rebuild:
        raise typer.BadParameter("Name at least one folder or file to index.", param_hint="PATH")
    reports = []
    with progress_bar() as progress:
        if rebuild:
            reports.append(_rebuild(common, progress))
        if paths:
            with _open(common) as assistant:
                reports.append(assistant.index(paths, progress=progress, again=again))
    report = _sum(reports)
    if common.as_json:
        _print_json(asdict(report))
    else:
        print_report(console(), report)
    if report.failed and not report.useful:
        raise UnreadableFile(f"none of the {len(report.failed)} files could be read")


@app.command()
def ask(
    ctx: typer.Context,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", parser=_utf8, help="In plain words; `-` reads it from stdin.")
    ] = None,
    *,
    documents: Documents = None,
    batch: Batch = None,
    history: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(metavar="FILE.json", help='What was said before: a list of {"role", "content"}.'),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the documents, with citations; say so where they don't answer it.

    `assistant ask "When did they meet?"`

    `assistant ask --batch questions.jsonl > answers.jsonl` reads `{"id", "question", "history"}` a line.
    """
    from assistant.printing import console, print_answer

    common = _common(ctx, data_dir, as_json)
    if (question is None) == (batch is None):
        raise typer.BadParameter("Give either a question or --batch.", param_hint="QUESTION")
    with _open(common) as assistant:
        if batch is not None:
            _batch(batch, lambda id, asked: _ask(assistant, asked, documents).to_dict(id), "question")
            return
        said = _history(history) if history else ()
        answer = _ask(assistant, Question(_words(question), said), documents)
    if common.as_json:
        _print_json(answer.to_dict())
    else:
        print_answer(console(), answer)


@app.command()
def search(
    ctx: typer.Context,
    query: Annotated[str | None, typer.Argument(metavar="QUERY", parser=_utf8, help="Words, or a question.")] = None,
    *,
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="How many passages.")] = 8,
    documents: Documents = None,
    batch: Batch = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Find the passages nearest to a query, by meaning and by words, best first.

    A line of a batch is `{"id", "query"}`.
    """
    from assistant.printing import console, print_matches

    common = _common(ctx, data_dir, as_json)
    if (query is None) == (batch is None):
        raise typer.BadParameter("Give either a query or --batch.", param_hint="QUERY")

    with _open(common) as assistant:

        def find(query: str) -> dict[str, Any]:
            matches = assistant.search(query, k=k, documents=documents)
            return {"query": query, "passages": passages_to_dicts(matches)}

        if batch is not None:
            _batch(batch, lambda id, asked: {"id": id, **find(asked.text)}, "query", "question")
        elif common.as_json:
            _print_json(find(_words(query)))
        else:
            print_matches(console(), assistant.search(_words(query), k=k, documents=documents))


@app.command()
def documents(ctx: typer.Context, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List what is indexed."""
    from assistant.printing import console, print_documents

    common = _common(ctx, data_dir, as_json)
    with _open(common) as assistant:
        found = assistant.documents()
    if common.as_json:
        _print_json([asdict(info) for info in found])
    else:
        print_documents(console(), found)


@app.command()
def text(ctx: typer.Context, document: DocumentId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Write a document's text, exactly the characters that citations count in."""
    common = _common(ctx, data_dir, as_json)
    with _open(common) as assistant:
        found = assistant.document(document)
    if common.as_json:
        _print_json({"document": found.id, "title": found.title, "text": found.text})
    else:
        sys.stdout.buffer.write(found.text.encode("utf-8"))  # a text stream might translate the line ends


@app.command()
def remove(ctx: typer.Context, document: DocumentId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Take a document out of the index, until its file changes or `index --again` reads it."""
    common = _common(ctx, data_dir, as_json)
    with _open(common) as assistant:
        assistant.remove(document)
    if common.as_json:
        _print_json({"removed": document})
    else:
        print(f"{document} is no longer indexed.")


@app.command()
def chat(ctx: typer.Context, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Ask and follow up in the terminal; `/open 1` shows what an answer cites in its document."""
    from assistant.terminal import Chat

    common = _common(ctx, data_dir, as_json)
    with _open(common) as assistant:
        Chat(assistant, as_json=common.as_json).run()


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


def _common(ctx: typer.Context, data_dir: Path | None, as_json: bool) -> Common:
    common: Common = ctx.obj
    common.data_dir = data_dir or common.data_dir
    common.as_json = as_json or common.as_json
    return common


def _settings(common: Common) -> Settings:
    from assistant import Settings

    settings = Settings.from_environment()
    return replace(settings, data_dir=common.data_dir) if common.data_dir else settings


def _open(common: Common) -> Assistant:
    from assistant import Assistant

    return Assistant.open(settings=_settings(common))


def _rebuild(common: Common, progress: ProgressCallback | None) -> SyncReport:
    """Without an Assistant: it would not open an index that was built with other settings."""
    from index import DocumentIndex, open_embedder

    settings = _settings(common)
    embedder = open_embedder(settings.embedding_model)
    with DocumentIndex.open(settings.data_dir, embedder, rebuild=True) as documents:
        return documents.rebuild(progress=progress)


def _sum(reports: list[SyncReport]) -> SyncReport:
    names = [field.name for field in fields(SyncReport)]
    return SyncReport(*(sum((getattr(r, name) for r in reports[1:]), getattr(reports[0], name)) for name in names))


def _ask(assistant: Assistant, asked: Question, documents: list[str] | None) -> Answer:
    return assistant.ask(asked.text, history=asked.history, documents=documents)


def _batch(file: IO[bytes], respond: Respond, *keys: str) -> None:
    """Each line's answer is flushed, so that whoever reads along sees it at once."""

    def write(value: dict[str, Any]) -> None:
        _print_json(value)
        sys.stdout.flush()

    run(file, respond, write, keys=keys)


def _history(file: IO[bytes]) -> tuple[Turn, ...]:
    try:
        return turns(json.load(file))
    except (ValueError, RecursionError) as error:
        raise BadQuestion(f"--history is not JSON in UTF-8: {error}") from error


def _words(argument: str | None) -> str:
    """The question or query itself, or what standard input holds."""
    return sys.stdin.read().strip() if argument in ("-", None) else argument


def _print_json(value: object) -> None:
    from assistant.printing import json_line

    sys.stdout.write(json_line(value))


def _report(type: str, message: str, *, as_json: bool) -> None:
    error = {"error": {"type": type, "message": message}}
    print(json.dumps(error) if as_json else f"assistant: {message}", file=sys.stderr)


def main() -> None:
    """Run the command line: what `assistant` starts."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace" if stream is sys.stdin else "backslashreplace")
    app(prog_name="assistant")
