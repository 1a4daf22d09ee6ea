"""Text on its way into a page: everything that comes from a document, a file's name or a model passes through here."""

from __future__ import annotations

from html import escape

REPLACEMENT = "\ufffd"


def text(value: object) -> str:
    """The value as HTML that shows exactly these characters, fit for content and for quoted attributes.

    Half surrogate pairs and NUL, which a page cannot hold, show as U+FFFD: one for one, so offsets keep their
    meaning. A carriage return is written as a reference, which the parser keeps.
    """
    shown = "".join(
        REPLACEMENT if character == "\0" or 0xD800 <= ord(character) <= 0xDFFF else character
        for character in str(value)
    )
    return escape(shown, quote=True).replace("\r", "&#13;")


def name(value: object) -> str:
    """A name inside a sentence: isolated, so that a right-to-left mark in it cannot reorder what follows."""
    return f"<bdi>{text(value)}</bdi>"


def button(label: str, do: str, *, classes: str = "quiet", **data: object) -> str:
    """A button that `page.js` answers to: `data-do` says what it does, the other data what to."""
    attributes = "".join(f' data-{key}="{text(value)}"' for key, value in data.items())
    return f'<button type="button" class="{classes}" data-do="{do}"{attributes}>{text(label)}</button>'


def icon_button(icon: str, label: str, do: str, *, pressed: bool | None = None, **data: object) -> str:
    """A button that shows a drawing and says `label` to a screen reader and on hovering."""
    attributes = "".join(f' data-{key}="{text(value)}"' for key, value in data.items())
    state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    return (
        f'<button type="button" class="icon" data-do="{do}"{attributes}{state}'
        f' aria-label="{text(label)}" title="{text(label)}">{ICONS[icon]}</button>'
    )


def count(number: int, noun: str) -> str:
    """ "1 passage", "1,200 passages"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _drawn(paths: str) -> str:
    return (
        '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.8"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{paths}</svg>'
    )


ICONS = {
    "again": _drawn('<path d="M20 11a8 8 0 1 0-2.3 6.2"/><path d="M20 5v6h-6"/>'),
    "close": _drawn('<path d="M6 6l12 12M18 6L6 18"/>'),
    "copy": _drawn('<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h9"/>'),
    "delete": _drawn('<path d="M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12"/>'),
    "down": _drawn(
        '<path d="M17 3h3v11h-3zM17 13l-4 8a2 2 0 0 1-2-2v-4H5.5a2 2 0 0 1-2-2.4l1.3-7A2 2 0 0 1 6.8 4H17"/>'
    ),
    "edit": _drawn('<path d="M4 20l1-4L16 5l3 3L8 19z"/>'),
    "gear": _drawn(
        '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>'
    ),
    "menu": _drawn('<path d="M4 7h16M4 12h16M4 17h16"/>'),
    "moon": _drawn('<path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z"/>'),
    "new": _drawn('<path d="M12 5v14M5 12h14"/>'),
    "note": _drawn('<path d="M5 4h14v12l-4 4H5z"/><path d="M9 9h6M9 13h4"/>'),
    "save": _drawn('<path d="M12 4v11M8 11l4 4 4-4M5 20h14"/>'),
    "send": _drawn('<path d="M12 19V5M6 11l6-6 6 6"/>'),
    "stop": _drawn('<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>'),
    "undo": _drawn('<path d="M9 7L4 12l5 5"/><path d="M4 12h10a6 6 0 0 1 6 6"/>'),
    "up": _drawn('<path d="M7 21H4V10h3zM7 11l4-8a2 2 0 0 1 2 2v4h5.5a2 2 0 0 1 2 2.4l-1.3 7A2 2 0 0 1 17.2 20H7"/>'),
}
