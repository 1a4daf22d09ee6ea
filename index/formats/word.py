"""Word files (.docx): paragraphs, tables, text boxes and notes, in the order of the document.

python-docx opens the package and knows its styles; the text is taken from the XML itself, as python-docx's
`Paragraph.text` leaves out insertions that are tracked, content controls and text boxes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lxml import etree  # type: ignore[import-untyped]

from index.errors import UnreadableFile
from index.formats.content import Content, storable, table_blocks

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # what newer Words don't show
_LEFT_OUT = frozenset((_W + "del", _W + "moveFrom", _W + "rPr", _W + "pPr", _FALLBACK))
_TEXTS = frozenset((_W + "t", _MATHS + "t"))
_SIGNS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}
_SEARCHED = 50
"""Paragraphs among which the title must be."""
_VANISH = f"{_W}rPr/{_W}vanish"
_NOTES = ("/footnotes", "/endnotes")  # how the types of their relationships end
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # an OLE file: Word 97, or a .docx under a password
# What zipfile, lxml and python-docx raise on damaged packages, found by feeding them thousands.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    etree.LxmlError,
    LookupError,
    ValueError,
    AttributeError,
    TypeError,
    RuntimeError,
    AssertionError,
    EOFError,
    OSError,
)


def read_docx(data: bytes) -> Content:
    """The text, and the title of the document's properties or else of its first title or heading.

    Raises UnreadableFile for a file that is broken, under a password or of another format.
    """
    import docx
    from docx.opc.exceptions import OpcError

    if data.startswith(_OLD_OR_LOCKED):
        raise UnreadableFile("the file is an old Word document or under a password: save it as .docx without one")
    try:
        document = docx.Document(io.BytesIO(data))
        blocks = [*_blocks(document.element.body), *_notes(document)]
        title = _title(document)
    except (OpcError, *_BROKEN) as error:
        raise UnreadableFile("the Word file is broken: open it in Word or LibreOffice and save it again") from error
    return Content(storable("\n\n".join(blocks)), title)


def _blocks(container: Any) -> Iterator[str]:
    """The paragraphs and tables in an element, in order; `container` is the body, a cell, a text box or a note."""
    for element in container:
        if element.tag == _W + "p":
            boxes: list[str] = []
            text = "".join(_inline(element, boxes)).strip()
            if text:
                yield text
            yield from boxes
        elif element.tag == _W + "tbl":
            rows = [[list(_blocks(cell)) for cell in _parts(row, "tc")] for row in _parts(element, "tr")]
            yield from table_blocks(rows)
        elif element.tag not in _LEFT_OUT:
            yield from _blocks(element)


def _parts(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, those in content controls among them, not those of inner tables."""
    for child in element:
        if child.tag == _W + name:
            yield child
        elif child.tag not in _LEFT_OUT and child.tag != _W + "tc":
            yield from _parts(child, name)


def _inline(element: Any, boxes: list[str]) -> Iterator[str]:
    """The visible text in a paragraph; the blocks of its text boxes are added to `boxes`."""
    for child in element:
        if child.tag in _TEXTS:
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == _W + "txbxContent":
            boxes.extend(_blocks(child))
        elif child.tag not in _LEFT_OUT and child.find(_VANISH) is None:
            yield from _inline(child, boxes)


def _notes(document: WordDocument) -> Iterator[str]:
    """The footnotes and endnotes, which python-docx doesn't read."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(_NOTES) and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            yield from _blocks(etree.fromstring(relation.target_part.blob, parser))


def _title(document: WordDocument) -> str | None:
    title = document.core_properties.title.strip()
    if title:
        return storable(title)
    for paragraph in document.paragraphs[:_SEARCHED]:
        style = paragraph.style.name if paragraph.style else None
        if style and style.startswith(("Title", "Heading")) and paragraph.text.strip():
            return storable(paragraph.text)
    return None
