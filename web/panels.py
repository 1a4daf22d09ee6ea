"""What stands beside a conversation: the list of conversations, the documents, uploads on their way, the welcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from index.types import DocumentInfo
from web.conversations import Conversation
from web.markup import count, icon_button, name, text

SHOWN = 500
"""How many documents the list shows; a search narrows it down."""


def conversations(listed: Sequence[Conversation], current: str | None, query: str) -> str:
    """The list of conversations, newest first, the current one marked."""
    if not listed:
        words = "No conversation has all these words." if query else "Conversations are kept here."
        return f'<p class="empty">{words}</p>'
    rows = "".join(_conversation(entry, here=entry.id == current) for entry in listed)
    return f'<ul class="entries">{rows}</ul>'


def _conversation(entry: Conversation, *, here: bool) -> str:
    current = ' aria-current="page"' if here else ""
    return (
        f'<li><button type="button" class="entry" data-do="show" data-conversation="{entry.id}"{current}>'
        f'<span class="title">{name(entry.title)}</span></button><span class="tools">'
        + icon_button("edit", f"Rename {entry.title}", "rename", conversation=entry.id, title=entry.title)
        + icon_button("delete", f"Delete {entry.title}", "delete", conversation=entry.id, title=entry.title)
        + "</span></li>"
    )


def documents(listed: Sequence[DocumentInfo]) -> str:
    """The list of documents, each to open, to delete, and to ask alone."""
    if not listed:
        return '<p class="empty">No documents yet.</p>'
    rows = "".join(_document(info) for info in listed[:SHOWN])
    more = ""
    if len(listed) > SHOWN:
        more = f'<p class="empty">The first {SHOWN} of {count(len(listed), "document")}.</p>'
    return f'<ul class="entries documents" data-total="{len(listed)}">{rows}</ul>{more}'


def _document(info: DocumentInfo) -> str:
    size = f"{count(info.characters, 'character')} · {count(info.passages, 'passage')}"
    return (
        f'<li data-document="{text(info.document)}"><label class="choose">'
        f'<input type="checkbox" data-choose="{text(info.document)}" aria-label="Ask {text(info.title)}"></label>'
        f'<button type="button" class="entry" data-do="read" data-document="{text(info.document)}">'
        f'<span class="title">{name(info.title)}</span><span class="where">{name(info.document)}</span>'
        f'<span class="where">{size} · {when(info.indexed_at)}</span></button><span class="tools">'
        + icon_button("delete", f"Delete {info.title}", "remove", document=info.document, title=info.title)
        + "</span></li>"
    )


def when(moment: str) -> str:
    """A moment in ISO 8601 as a date, or as a time where it is today's; UTC in the attribute, local by the page."""
    try:
        shown = datetime.fromisoformat(moment).astimezone(UTC)
    except ValueError:
        return text(moment)
    return f'<time datetime="{shown.isoformat(timespec="seconds")}">{shown:%-d %b %Y}</time>'


def welcome(indexed: int, suffixes: Sequence[str]) -> str:
    """What stands in an empty conversation: what this is, and how to begin."""
    if not indexed:
        return (
            '<div class="welcome"><h2>Nothing to ask yet</h2><p>Add documents with <b>Upload</b>, drop them anywhere'
            " on this page, or index a folder from a terminal:</p><pre>assistant index FOLDER</pre>"
            f'<p class="where">It reads {", ".join(text(suffix) for suffix in suffixes)}.</p></div>'
        )
    return (
        f'<div class="welcome"><h2>Ask your {"document" if indexed == 1 else "documents"}</h2>'
        "<p>Every answer shows the sentences it comes from: click a number to read them in their place."
        " What the documents don’t say, it says they don’t.</p></div>"
    )


def examples(questions: Sequence[str]) -> str:
    """Questions to begin with, below the welcome."""
    if not questions:
        return ""
    rows = "".join(
        f'<li><button type="button" class="example" data-do="example" data-question="{text(question)}">'
        f"{text(question)}</button></li>"
        for question in questions
    )
    return f'<section class="examples" aria-label="Example questions"><h3>For example</h3><ul>{rows}</ul></section>'
