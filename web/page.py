"""The page as Gradio blocks: panels that show what the handlers say, one bridge for everything a person does.

Every panel is a `gr.HTML` whose markup is ours, escaped and labelled; `gr.Chatbot` was weighed and left, because
its sanitiser and its own message bubbles allow neither buttons for citations nor a say in what a screen reader
hears. What a person does reaches Python as one event each, through the bridge, with what the browser knows:
Python keeps no state between events, so nothing can leak from one browser into another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData, ListFiles

from assistant import Assistant, KnownError
from index.reading import SUFFIXES
from web import api, shell
from web.answering import Answers
from web.choosing import Choices
from web.conversations import Conversations
from web.examples import Examples
from web.handlers import Data, Handlers, Panels, trouble
from web.uploads import File, Uploads

TITLE = "Assistant"
SCRIPTS = ("bridge.js", "chat.js", "reading.js", "dialogs.js", "settings.js")
AT_ONCE = 64
"""How many answers, and other actions, may be under way at the same time, over all browsers."""

SENT_FILES = (3600, 6 * 3600)
"""Seconds between two sweeps of the files that were sent to be indexed, and how old those are that go."""

LISTEN = """
const events = ['start', 'refresh', 'show', 'suggest', 'find', 'rename', 'delete', 'ask', 'follow', 'stop', 'undo',
    'judge', 'check', 'cite', 'near', 'read', 'remove', 'export', 'feedback'];
window.assistantPage.connect((name, data) => { if (events.includes(name)) trigger(name, data); });
"""
HEAR = "watch('value', () => { if (props.value) window.assistantPage.hear(JSON.parse(props.value)); });"


def build(assistant: Assistant, conversations: Conversations, answers: Answers, choices: Choices) -> gr.Blocks:
    """The page and its endpoints, ready to launch."""
    handlers = Handlers(
        assistant, conversations, answers, choices, uploads=Uploads(assistant), examples=Examples(assistant)
    )
    blocks: gr.Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=SENT_FILES)
    with blocks:
        bridge = gr.HTML("", js_on_load=LISTEN, elem_id="bridge", visible="hidden")
        panels: dict[str, gr.HTML] = {"reply": _hidden("reply")}
        with gr.Column(elem_id="app"):
            with gr.Column(elem_id="side"):
                _fixed(shell.BRAND)
                panels["conversations"] = _panel("conversations")
                _fixed(shell.DOCUMENTS)
                upload = gr.UploadButton(
                    "Upload",
                    file_count="multiple",
                    file_types=sorted(SUFFIXES),
                    elem_id="upload",
                    size="sm",
                    variant="secondary",
                )
                # Not a subclass: Gradio writes a .pyi file beside the source of each one.
                upload.preprocess = _files  # type: ignore[method-assign, assignment]
                panels["jobs"] = _panel("jobs")
                panels["documents"] = _panel("documents")
                _fixed(shell.FEEDBACK)
            with gr.Column(elem_id="middle"):
                _fixed(shell.TOP)
                with gr.Column(elem_id="scroll"):
                    panels["transcript"] = _panel("transcript")
                    panels["live"] = _panel("live")
                    panels["examples"] = _panel("examples")
                _fixed(shell.COMPOSER)
            panels["source"] = _panel("source")
            _fixed(shell.DIALOGS)

        _listen(bridge, handlers, panels)

        def index(sent: list[File]) -> Iterator[dict[gr.HTML, str]]:
            for shown in handlers.upload(sent):
                yield _named(panels, shown)

        upload.upload(
            index,
            upload,
            [panels["jobs"], panels["documents"]],
            **_quietly("multiple"),
        )
        api.publish(assistant)
    blocks.queue(default_concurrency_limit=AT_ONCE, api_open=True)
    return blocks


def style() -> str:
    """The style sheet of the page."""
    return _read("style.css")


def script() -> str:
    """What goes into the page's head: the scripts, inline, so that nothing else is fetched."""
    return "".join(f"<script>{_read(name)}</script>" for name in SCRIPTS)


def theme() -> gr.themes.Base:
    """Gradio's plainest theme with the fonts of the system: the others fetch theirs from elsewhere."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    )


def _listen(bridge: gr.HTML, handlers: Handlers, panels: dict[str, gr.HTML]) -> None:
    """Connect every event of the bridge to its handler and to the panels that it may change."""
    lists = ["conversations", "documents"]
    opened = ["transcript", "conversations", "reply"]
    for name, outputs, mode in (
        ("start", [*opened, "documents"], "multiple"),
        ("refresh", lists, "once"),
        ("show", opened, "always_last"),
        ("suggest", ["examples"], "once"),
        ("find", ["conversations"], "always_last"),
        ("rename", ["conversations"], "multiple"),
        ("delete", opened, "multiple"),
        ("undo", [*opened, "live"], "once"),
        ("ask", ["live", "conversations", "transcript"], "once"),
        ("stop", ["live"], "once"),
        ("judge", ["transcript"], "multiple"),
        ("check", [], "once"),
        ("cite", ["source"], "always_last"),
        ("near", ["source"], "always_last"),
        ("read", ["source"], "always_last"),
        ("remove", ["documents"], "multiple"),
        ("export", [], "multiple"),
        ("feedback", [], "multiple"),
    ):
        shown = [panels[panel] for panel in dict.fromkeys([*outputs, "reply"])]
        event = getattr(bridge, name)(_answering(getattr(handlers, name), panels), None, shown, **_quietly(mode))
        if name == "ask":
            event.then(None, None, None, js="() => window.assistantPage.asked()", api_visibility="private")
    following = bridge.follow(
        _streaming(handlers.follow, panels), None, [panels["live"], panels["reply"]], **_quietly("multiple")
    )
    following.then(None, None, None, js="() => window.assistantPage.followed()", api_visibility="private")


def _answering(
    handler: Callable[[str, Data], Panels], panels: dict[str, gr.HTML]
) -> Callable[[gr.EventData, gr.Request], dict[gr.HTML, str]]:
    def act(event: gr.EventData, request: gr.Request) -> dict[gr.HTML, str]:
        try:
            shown = handler(_owner(request), _sent(event))
        except KnownError as error:
            shown = trouble(error)
        return _named(panels, shown)

    return act


def _streaming(
    handler: Callable[[str, Data], Iterator[Panels]], panels: dict[str, gr.HTML]
) -> Callable[[gr.EventData, gr.Request], Iterator[dict[gr.HTML, str]]]:
    def act(event: gr.EventData, request: gr.Request) -> Iterator[dict[gr.HTML, str]]:
        try:
            for shown in handler(_owner(request), _sent(event)):
                yield _named(panels, shown)
        except KnownError as error:
            yield _named(panels, trouble(error))

    return act


def _named(panels: dict[str, gr.HTML], shown: Panels) -> dict[gr.HTML, str]:
    return {panels[name]: html for name, html in shown.items()}


def _files(payload: ListFiles | FileData | None) -> list[File]:
    """What was uploaded, under the names that the files have where they come from.

    They lie in Gradio's folder: it has checked the paths. Its own way of handing them on strips the names.
    """
    sent = payload.root if isinstance(payload, ListFiles) else [payload] if payload else []
    return [File(file.orig_name or Path(file.path).name, Path(file.path)) for file in sent]


def _owner(request: gr.Request) -> str:
    return request.username or ""


def _sent(event: gr.EventData) -> Data:
    return event._data if isinstance(event._data, dict) else {}


def _quietly(mode: str) -> dict[str, Any]:
    """Options of every event of the page: nobody calls it by name, and Gradio draws no spinner over it."""
    return {
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_limit": AT_ONCE,
        "trigger_mode": mode,
    }


def _panel(name: str) -> gr.HTML:
    return gr.HTML("", elem_id=name, apply_default_css=False, js_on_load=None)


def _hidden(name: str) -> gr.HTML:
    return gr.HTML("", elem_id=name, html_template="", js_on_load=HEAR, visible="hidden")


def _fixed(html: str) -> gr.HTML:
    return gr.HTML(html, apply_default_css=False, js_on_load=None)


def _read(name: str) -> str:
    return files("web").joinpath(name).read_text(encoding="utf-8")
