"""Web pages: the text a person sees, in blocks parted by blank lines, tables row by row.

Parsed with lxml's event interface, which builds no tree: fast, and no depth of nesting loses text.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

from index.errors import UnreadableFile
from index.formats.content import Content, storable, table_blocks
from index.formats.decoding import decode

_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,500}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]+)", re.I)
_HEAD = 4096
"""Bytes in which a page may declare its charset."""
_AS_BROWSERS_READ = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNSEEN = _names(
    "script style template noscript nav svg iframe object embed audio video canvas map rp rt button select datalist "
    "textarea option frameset noframes"
)
_BLOCKS = _names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu ol optgroup p pre search section summary ul "
    "listing plaintext xmp"
)
_KEPT_SPACE = _names("pre listing plaintext xmp")
_CELLS = _names("td th")
_OPENS_BLOCK = _BLOCKS | _CELLS | {"tr"}  # cells and rows without their table
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SPACE = re.compile(r"[ \t\n\r\f]+")


def read_html(data: bytes) -> Content:
    """The visible text of a page. Its title is the page's, or else its first main heading."""
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True)
    try:
        etree.fromstring(_decoded(data).replace("\0", "").encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:
        raise UnreadableFile("the file is not HTML: open it in a browser and save it again") from error
    return Content(storable(page.text()), page.title)


def _decoded(data: bytes) -> str:
    """The page in the charset that it declares, unless a byte order mark or its bytes say otherwise."""
    declared = _CHARSET.search(data, 0, _HEAD)
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            charset = codecs.lookup(declared[1].decode("ascii", "replace")).name
            if not charset.startswith(("utf-16", "utf-32", "utf-7")):  # it could not have been read so far
                return data.decode(_AS_BROWSERS_READ.get(charset, charset))
        except (LookupError, UnicodeDecodeError):
            pass
    try:
        return decode(data)
    except UnreadableFile:
        return decode(data.replace(b"\0", b""))  # browsers pass over a stray NUL


@dataclass(slots=True)
class _Table:
    """A table being read; a layout table, which only arranges blocks, dissolves into them."""

    rows: list[list[list[str]]] = field(default_factory=list)
    layout: bool = False


class _Page:
    """A parser target: takes lxml's events, gives the page's blocks of text."""

    def __init__(self) -> None:
        self.title: str | None = None
        self._heading = ""
        self._heading_start = 0  # of the main heading being read, among the blocks
        self._blocks: list[str] = []
        self._outer: list[list[str]] = []  # the blocks around each cell that is open
        self._tables: list[_Table] = []
        self._line: list[str] = []  # what the block at hand holds so far
        self._unseen: list[str] = []  # elements that are open, from the outermost unseen one inwards
        self._kept_space = 0
        self._caught: list[str] | None = None  # the title's text while it is read

    # what lxml calls

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        if self._unseen or _is_unseen(tag, attributes):
            self._unseen.append(tag)
        elif tag == "title":
            self._caught = []
        elif tag == "br":
            self._line.append("\n")
        elif tag == "table":
            self._open_table(attributes)
        elif tag == "tr" and self._tables:
            self._flush()
            self._tables[-1].rows.append([])
        elif tag in _CELLS and self._tables:
            self._open_cell()
        elif tag in _OPENS_BLOCK:
            self._flush()
            self._kept_space += tag in _KEPT_SPACE
            if tag == "h1":
                self._heading_start = len(self._blocks)

    def end(self, tag: str) -> None:
        """An element closes; lxml closes each one that it has opened, in order."""
        if self._unseen:
            self._unseen.pop()
        elif tag == "title":
            self._close_title()
        elif tag == "table":
            self._close_table()
        elif tag in _CELLS and self._tables:
            self._flush()
            self._blocks = self._outer.pop()
        elif tag in _OPENS_BLOCK:
            self._flush()
            self._kept_space -= tag in _KEPT_SPACE
            if tag == "h1" and not self._heading:
                self._heading = " ".join(" ".join(self._blocks[self._heading_start :]).split())

    def data(self, text: str) -> None:
        """Text, with its entities decoded."""
        if self._unseen:
            return
        if self._caught is not None:
            self._caught.append(text)
        else:
            self._line.append(text if self._kept_space else _SPACE.sub(" ", text))

    def close(self) -> None:
        """The page has ended."""
        self._flush()
        if self.title is None:
            self.title = self._heading or None

    # what these do

    def text(self) -> str:
        """The blocks, parted by blank lines."""
        return "\n\n".join(self._blocks)

    def _flush(self) -> None:
        """Ends the block at hand."""
        lines = "".join(self._line).split("\n")
        self._line = []
        if self._kept_space:
            block = "\n".join(line.rstrip() for line in lines).strip("\n")
        else:
            block = "\n".join(re.sub(" {2,}", " ", line).strip(" ") for line in lines).strip("\n")
        if block.strip():
            self._blocks.append(block)

    def _close_title(self) -> None:
        title = " ".join("".join(self._caught or []).split())
        self._caught = None
        if self.title is None and title:
            self.title = title

    def _open_table(self, attributes: dict[str, str]) -> None:
        self._flush()
        if self._tables:
            self._tables[-1].layout = True
        role = attributes.get("role", "").lower()
        self._tables.append(_Table(layout=role in ("presentation", "none")))

    def _open_cell(self) -> None:
        self._flush()
        table = self._tables[-1]
        if not table.rows:
            table.rows.append([])
        cell: list[str] = []
        table.rows[-1].append(cell)
        self._outer.append(self._blocks)
        self._blocks = cell

    def _close_table(self) -> None:
        self._flush()
        table = self._tables.pop()
        self._blocks.extend(table_blocks(table.rows, layout=table.layout))


def _is_unseen(tag: str, attributes: dict[str, str]) -> bool:
    if tag in ("html", "body"):  # hidden until a script shows it
        return False
    return (
        tag in _UNSEEN
        or (tag == "dialog" and "open" not in attributes)
        or attributes.get("hidden", "until-found") != "until-found"
        or attributes.get("role", "").lower() in ("navigation", "menu", "menubar")
        or _HIDDEN.search(attributes.get("style", "")) is not None
    )
