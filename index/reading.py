"""Files to documents: one reader for each format, and what a text is called.

A file that cannot be read raises `UnreadableFile` with a reason that a person can act on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from index.errors import UnreadableFile
from index.formats.content import Content, storable
from index.formats.decoding import decode
from index.formats.html import read_html
from index.formats.pdf import read_pdf
from index.formats.word import read_docx
from index.sentences import sentences
from index.types import Document

_LONGEST_TITLE = 200
_LONGEST_FIRST_LINE = 120
"""Characters that the first line may have to be taken for a title."""

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(\S.*)$|^(\S.*)\n {0,3}(?:=+|-{2,})[ \t]*\r?$", re.M)
_FENCED = re.compile(r"^(```|~~~).*?^\1|\A---\r?\n.*?^---\s*?$", re.M | re.S)
_SENTENCE_END = re.compile(r"[.,;:。]['\"”’»)\]]*$")


def read(path: Path, data: bytes, id: str) -> Document:
    """The document in a file of which `data` is the content; `path` tells its format and, failing all else, its title.

    Raises UnreadableFile for a format of another kind, a broken or protected file, or one without text.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFile(f"files of this kind are not read: save it as one of {', '.join(sorted(SUFFIXES))}")
    if not data:
        raise UnreadableFile("the file is empty, it has no text")
    content = reader(data)
    if not any(character.isprintable() and not character.isspace() for character in content.text):
        raise UnreadableFile("the file has no text")
    title = content.title or _first_line(content.text) or path.stem
    return Document(id, _one_line(storable(title)), content.text, content.page_starts)


def _read_text(data: bytes) -> Content:
    return Content(decode(data))


def _read_markdown(data: bytes) -> Content:
    """The source as it is, so that offsets are into the file; the title is the first heading."""
    text = decode(data)
    heading = _HEADING.search(_FENCED.sub("", text))
    return Content(text, (heading[1] or heading[2]).rstrip().rstrip("#") if heading else None)


def _first_line(text: str) -> str | None:
    """The first line, if it looks like a title: short, on its own, and no sentence."""
    beginning = text.lstrip("\ufeff \t\r\n")[: 10 * _LONGEST_FIRST_LINE]
    spans = sentences(beginning)
    first = beginning[spans[0].start : spans[0].end] if spans else ""
    line = beginning.splitlines()[0].strip() if beginning else ""
    looks_like_one = first == line and len(line) <= _LONGEST_FIRST_LINE and any(map(str.isalpha, line))
    return line if looks_like_one and not _SENTENCE_END.search(line) else None


def _one_line(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"


_READERS: dict[str, Callable[[bytes], Content]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}
SUFFIXES: frozenset[str] = frozenset(_READERS)
"""The endings of file names, in lower case, that `read` understands."""
