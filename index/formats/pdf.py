"""PDF files: the text of each page, its lines put together to paragraphs."""

from __future__ import annotations

import io
import logging
import math
import re
import struct
import zlib
from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from index.errors import UnreadableFile
from index.formats.content import Content, storable
from index.formats.paragraphs import Line, headline, paragraphs

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

# What pypdf raises on broken files beside its own PyPdfError, found by feeding it thousands of damaged ones: it
# reads the objects of a file as they come, and a wrong type or a missing key shows where they are used.
_BROKEN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_BULLETS = dict.fromkeys([0x7F, 0xF0A7, 0xF0B7, 0xF0D8, 0xF076], "•")  # as Symbol and Wingdings fonts leave them
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x80, 0xA0)])
_GLYPHS = {**_CONTROLS, **_LIGATURES, **_BULLETS}
_NO_TITLE = re.compile(
    r"\(?(untitled|anonymous|unspecified|unknown)\)?$|microsoft (word|powerpoint|excel)\b"
    r"|.*\.(docx?|tex|dvi|pdf|indd|qxd|rtf|odt|pptx?)$",
    re.I,
)


def read_pdf(data: bytes) -> Content:
    """The text of all pages, the title of the metadata or else of the first page, and where each page begins.

    Raises UnreadableFile for a file that is broken, needs a password or has no text but pictures of it.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    _quieten("pypdf")
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile("the PDF is encrypted: save a copy without a password")
        pages = [_lines(page) for page in reader.pages]
        title = _title(reader)
    except (PyPdfError, *_BROKEN) as error:
        raise UnreadableFile(
            "the PDF is broken or protected: open it in a PDF viewer and print it to a new file"
        ) from error
    if not any(pages):
        raise UnreadableFile(
            "the PDF has no text on any page: it looks scanned, run text recognition (OCR) on it first"
        )
    text, page_starts = paragraphs(pages)
    if _is_gibberish(text):
        raise UnreadableFile(
            "the PDF's fonts don't say which letters they show: run text recognition (OCR) on it first"
        )
    return Content(text, title or headline(next(filter(None, pages))), page_starts)


def _quieten(name: str) -> None:
    """Keeps a library's complaints about files off the terminal, unless the application asked for them."""
    logger = logging.getLogger(name)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)


def _lines(page: PageObject) -> list[Line]:
    """The page's lines in the order in which they were written, with their places."""
    lines: list[Line] = []
    parts: list[str] = []
    places: list[tuple[int, float, float, float]] = []  # of each part: its length, x, y and size

    def finish() -> None:
        text = " ".join(storable("".join(parts)).translate(_GLYPHS).split())
        if text:
            _, _, y, size = max(places, default=(0, 0.0, 0.0, 0.0), key=itemgetter(0))
            lines.append(Line(text, places[0][1] if places else 0.0, y, size))
        parts.clear()
        places.clear()

    def visit(text: str, outer: Sequence[float], inner: Sequence[float], font: Any, size: float) -> None:
        for i, part in enumerate(text.split("\n")):
            if i:
                finish()
            if part.strip():
                places.append((len(part), *_place(outer, inner, size)))
            parts.append(part)

    page.extract_text(visitor_text=visit)
    finish()
    return lines


def _place(outer: Sequence[float], inner: Sequence[float], size: float) -> tuple[float, float, float]:
    """Where text begins along its own base line and across it (upwards), and how high it is, in points.

    `inner` is the text matrix, `outer` the transformation it is drawn in (ISO 32000-1, 8.3.4: [a b c d e f]).
    """
    a, b, c, d, e, f = (
        inner[i] * outer[j] + inner[i + 1] * outer[j + 2] + (outer[j + 4] if i == 4 else 0.0)
        for i in (0, 2, 4)
        for j in (0, 1)
    )
    along, across = math.hypot(a, b) or 1.0, math.hypot(c, d) or 1.0
    return (a * e + b * f) / along, (c * e + d * f) / across, abs(size) * across


def _title(reader: PdfReader) -> str | None:
    title = reader.metadata.title if reader.metadata else None
    title = " ".join(storable(title).split()) if isinstance(title, str) else ""
    return title if any(map(str.isalpha, title)) and not _NO_TITLE.match(title) else None


def _is_gibberish(text: str) -> bool:
    """Whether most characters are placeholders: private use, or the sign for what has no code."""
    shown = [character for character in text if not character.isspace()]
    return sum("\ue000" <= character <= "\uf8ff" or character == "\ufffd" for character in shown) * 2 > len(shown)
