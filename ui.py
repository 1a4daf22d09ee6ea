"""The chat in the browser: `python ui.py`, or `assistant web`. What it is made of is in `web/`."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant import Assistant, BadSetting, KnownError, Settings
from web import guard
from web.answering import Answers
from web.choosing import Choices
from web.conversations import Conversations

if TYPE_CHECKING:
    import gradio as gr

LARGEST_FILE = "200mb"


def build(assistant: Assistant, conversations: Conversations) -> gr.Blocks:
    """The page with its endpoints as Gradio blocks, not yet served."""
    from web import page

    return page.build(assistant, conversations, Answers(assistant, conversations), Choices(assistant))


def launch(
    settings: Settings | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: str | None = None,
    mcp: bool = False,
    open_browser: bool = False,
    block: bool = True,
    assistant: Assistant | None = None,
) -> Running:
    """Serve the page for one data folder, until Ctrl-C or, with `block` off, until `close` is called on the result.

    `auth` is "user:password", several separated by commas; without it the page is for this machine only, and a
    `host` beyond it is refused. `mcp` also publishes ask and search as MCP tools. Port 0 takes any that is free.
    An `assistant` that is open already is used as it is, and left open. Raises BadSetting, IndexMismatch.
    """
    settings = settings or Settings.from_environment()
    passwords = guard.users(auth or os.environ.get("ASSISTANT_WEB_AUTH"))
    guard.check_host(host, passwords)
    running = Running(settings, host, port, passwords, mcp=mcp, assistant=assistant)
    print(f"Assistant: {running.url}" + (f"\nMCP:       {running.url}gradio_api/mcp/" if mcp else ""))
    if open_browser:
        import webbrowser

        webbrowser.open(running.url)
    if block:
        running.wait()
    return running


class Running:
    """A page that is being served; `url` is where."""

    def __init__(
        self,
        settings: Settings,
        host: str,
        port: int,
        passwords: dict[str, str],
        *,
        mcp: bool,
        assistant: Assistant | None = None,
    ) -> None:
        # Gradio reads this when it is imported, and asks its own server otherwise.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        from starlette.middleware import Middleware

        from web import api, page

        self._opened = assistant is None
        self._assistant = assistant or Assistant.open(settings=settings)
        self._conversations = Conversations(settings.data_dir / "conversations.sqlite")
        self._answers = Answers(self._assistant, self._conversations)
        knows = guard.Knows(passwords) if passwords else None
        local = guard.is_loopback(host)
        self._choices = Choices(self._assistant, naming=local and knows is None)
        self._blocks = page.build(self._assistant, self._conversations, self._answers, self._choices)
        try:
            _, url, _ = self._blocks.launch(
                server_name=host,
                server_port=port or _free_port(host),
                auth=knows,
                max_threads=page.AT_ONCE * 2,
                app_kwargs={"middleware": [Middleware(guard.Guard, knows=knows, only_loopback=local)]},
                theme=page.theme(),
                css=page.style(),
                head=page.script(),
                mcp_server=mcp,
                max_file_size=LARGEST_FILE,
                prevent_thread_lock=True,
                quiet=True,
                share=False,
                ssr_mode=False,
                pwa=False,
                run_history=False,
                enable_monitoring=False,
                footer_links=[],
                show_error=False,
            )
        except OSError as error:
            self._release()
            raise BadSetting(f"Port {port} is taken: give another one with --port.") from error
        self.url = url
        if mcp and self._blocks.mcp_server_obj:
            api.answer_mcp_in_json(self._blocks.mcp_server_obj)

    def wait(self) -> None:
        """Serve until Ctrl-C."""
        try:
            self._blocks.block_thread()
        finally:
            self.close()

    def close(self) -> None:
        """Stop serving and let go of the files."""
        self._blocks.close(verbose=False)
        self._release()

    def _release(self) -> None:
        self._answers.close()
        self._choices.close()
        self._conversations.close()
        if self._opened:
            self._assistant.close()


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host.strip("[]"), 0))
        return int(probe.getsockname()[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of `python ui.py`; 0 when all went well, 1 with one line on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="ui.py", description="Open the chat in the browser.")
    parser.add_argument("--data-dir", help="the folder that holds the index (ASSISTANT_DATA_DIR)")
    parser.add_argument("--host", default="127.0.0.1", help="who may reach it; beyond this machine only with --auth")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="who may come in (ASSISTANT_WEB_AUTH)")
    parser.add_argument("--mcp", action="store_true", help="also publish ask and search as MCP tools")
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    given = parser.parse_args(arguments)
    try:
        environment = dict(os.environ)
        if given.data_dir:
            environment["ASSISTANT_DATA_DIR"] = given.data_dir
        launch(
            Settings.from_environment(environment),
            host=given.host,
            port=given.port,
            auth=given.auth,
            mcp=given.mcp,
            open_browser=given.open,
        )
    except KnownError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
