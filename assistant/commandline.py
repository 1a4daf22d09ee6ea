"""What the commands share: the options of each, opening what they need, writing JSON, and how errors end them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from index.errors import KnownError

if TYPE_CHECKING:
    from assistant import Assistant, Settings


@dataclass(slots=True)
class Common:
    """What every command takes, before its name or after it."""

    data_dir: Path | None = None
    as_json: bool = False
    llm: str | None = None

    @classmethod
    def of(cls, ctx: typer.Context, data_dir: Path | None, as_json: bool, llm: str | None = None) -> Common:
        """What stands after a command's name goes before what stands in front of it."""
        common: Common = ctx.obj
        common.data_dir = data_dir or common.data_dir
        common.as_json = as_json or common.as_json
        common.llm = llm
        return common

    def settings(self) -> Settings:
        """Those of the environment, with the data folder and language model of the command line. Raises BadSetting."""
        from assistant import Settings

        settings = Settings.from_environment()
        settings = replace(settings, data_dir=self.data_dir) if self.data_dir else settings
        return replace(settings, llm=self.llm) if self.llm else settings

    def open(self) -> Assistant:
        """The assistant of the data folder. Raises BadSetting, IndexMismatch."""
        from assistant import Assistant

        return Assistant.open(settings=self.settings())


class Commands(TyperGroup):
    """All commands: a known error ends any of them with one line on standard error and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # a reader that has gone away is noticed here, not when Python shuts down
        except KnownError as error:
            _report(error, str(error), as_json=ctx.obj.as_json)
            raise typer.Exit(1) from error
        except OSError as error:
            if error.filename is None:  # a pipe that broke, or a mistake of ours: not about a person's files
                raise
            _report(error, f"{error.filename}: {error.strerror}", as_json=ctx.obj.as_json)
            raise typer.Exit(1) from error


def _report(error: Exception, message: str, *, as_json: bool) -> None:
    from assistant.printing import json_line, plain

    failure = {"error": {"type": type(error).__name__, "message": message}}
    one_line = plain(message).replace("\n", " ")
    sys.stderr.write(json_line(failure) if as_json else f"assistant: {one_line}\n")


def utf8(argument: str) -> str:
    """What was typed, read as UTF-8 even where the locale is not; bytes that are no UTF-8 are replaced."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def typed_or_piped(argument: str) -> str:
    """What was typed, or for `-` what standard input holds."""
    return sys.stdin.read().strip() if argument == "-" else utf8(argument)


def print_json(value: object) -> None:
    """One line of JSON, flushed, so that whoever reads along sees it at once."""
    from assistant.printing import json_line

    sys.stdout.write(json_line(value))
    sys.stdout.flush()


def print_version(wanted: bool) -> None:
    """The version of the package; nothing else is done then."""
    if wanted:
        from importlib.metadata import version

        print(f"assistant {version('assistant')}")
        raise typer.Exit


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="FOLDER",
        help="The folder that holds the index. Otherwise ASSISTANT_DATA_DIR names it.",
        show_default=False,
    ),
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="PROVIDER/MODEL",
        help="Let a language model write the answers, for example ollama/llama3.2. Otherwise ASSISTANT_LLM names it.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON. A failure is JSON on standard error.")]
DocumentIds = Annotated[
    list[str] | None,
    typer.Option("--document", "-d", metavar="DOCUMENT", parser=utf8, help="Keep to this document; may be repeated."),
]
DocumentId = Annotated[str, typer.Argument(metavar="DOCUMENT", parser=utf8, help="As `assistant documents` lists it.")]
Batch = Annotated[
    typer.FileBinaryRead | None,
    typer.Option(
        "--batch", metavar="FILE.jsonl", help="Many in one process: a line of JSON in, one out. `-` is stdin."
    ),
]
