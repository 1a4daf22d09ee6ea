"""Chat in the terminal: ask, follow up, open what an answer cites.

Piped input works as typed input does, so that a script can hold a conversation.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from assistant.errors import AssistantError
from assistant.printing import console, json_line, plain, print_answer, print_context, print_documents
from assistant.types import Answer, Turn

if TYPE_CHECKING:
    from assistant import Assistant

_HELP = """\
Ask in plain words; a follow-up may lean on what was said before.
  /documents   list what is indexed
  /open N      show citation [N] of the last answer in its document
  /new         start a new conversation
  /quit        leave (Ctrl-D does, too)"""


class Chat:
    """A conversation with `assistant` on standard input and output.

    With `as_json` each answer is one line of JSON there, and all else goes to standard error.
    """

    def __init__(self, assistant: Assistant, *, as_json: bool = False) -> None:
        self._assistant = assistant
        self._out = console(sys.stderr if as_json else sys.stdout)
        self._as_json = as_json
        self._history: list[Turn] = []
        self._last: Answer | None = None

    def run(self) -> None:
        """Read and answer until /quit or the end of the input. Raises NoIndex where nothing is indexed."""
        documents = len(self._assistant.documents())
        if not self._as_json:
            noun = "document is" if documents == 1 else "documents are"
            self._out.print(f"{documents} {noun} indexed. Ask a question, or type /help.")
        for line in _lines(self._out, echo=not self._as_json):
            if line in ("/quit", "/exit"):
                break
            if line.startswith("/"):
                self._command(*line.split(maxsplit=1))
            elif line:
                self._ask(line)

    def _ask(self, question: str) -> None:
        try:
            answer = self._stream(question)
        except AssistantError as error:  # this question failed; the conversation goes on
            if self._as_json:
                _write({"id": None, "error": str(error)})
            else:
                self._out.print(Text(plain(str(error)), "red"))
            return
        self._last = answer
        self._history += [Turn("user", question), Turn("assistant", answer.text)]
        if self._as_json:
            _write(answer.to_dict())
        else:
            print_answer(self._out, answer)

    def _stream(self, question: str) -> Answer:
        """The final answer; while it grows, what is checked is shown as it is, the rest dimmed, and all taken back."""
        drafting = Live(console=self._out, transient=True) if self._out.is_terminal else nullcontext()
        with drafting as live:
            for answer in self._assistant.stream(question, history=self._history):
                if answer.final:
                    return answer
                if live is not None:
                    checked, rest = answer.text[: answer.settled], answer.text[answer.settled :]
                    live.update(Text(plain(checked)) + Text(plain(rest), "dim"))
        raise RuntimeError("the stream ended without a final answer")

    def _command(self, command: str, argument: str = "") -> None:
        if command == "/documents":
            print_documents(self._out, self._assistant.documents())
        elif command == "/open":
            self._open(argument)
        elif command == "/new":
            self._history, self._last = [], None
            self._out.print("A new conversation.")
        elif command == "/help":
            self._out.print(_HELP)
        else:
            self._out.print(f"There is no {plain(command)}; /help lists the commands.")

    def _open(self, number: str) -> None:
        cited = self._last.citations if self._last else ()
        for citation in cited:
            if number.strip("[] ") == str(citation.number):
                print_context(self._out, citation, self._assistant.text(citation.document))
                return
        numbers = ", ".join(str(citation.number) for citation in cited)
        self._out.print(f"/open takes one of: {numbers}" if cited else "The last answer cites nothing to open.")


def _write(value: object) -> None:
    sys.stdout.write(json_line(value))
    sys.stdout.flush()


def _lines(out: Console, *, echo: bool) -> Iterator[str]:
    """What is typed at a prompt, with the editing keys and history of readline, or what is piped in."""
    if sys.stdin.isatty():
        with suppress(ImportError):  # Windows' console edits lines by itself
            import readline  # noqa: F401
        while True:
            try:
                yield input("\n> ").strip()
            except EOFError:
                out.print()
                return
    for line in sys.stdin:
        if echo:
            out.print(Text(f"\n> {plain(line.strip())}"))
        yield line.strip()
