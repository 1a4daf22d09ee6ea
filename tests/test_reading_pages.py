"""PDF and Word files: made here with reportlab and python-docx, read back."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pypdf import PdfWriter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Table

from index.errors import UnreadableFile
from index.reading import read
from index.types import Document

STYLES = getSampleStyleSheet()
PARAGRAPH = (
    "The council of the northern town decided on Monday to rebuild the old bridge over the river, which had "
    "been closed since the flood. The work will take two years and cost eleven million crowns, said Mayor "
    "Ingrid Halvorsen. The well-known architect Pietro Lanza is in charge of the reconstruction."
)


def read_pdf(data: bytes, name: str = "file.pdf") -> Document:
    return read(Path(name), data, name)


def read_docx(document: docx.document.Document) -> Document:
    file = io.BytesIO()
    document.save(file)
    return read(Path("file.docx"), file.getvalue(), "file.docx")


def pages(*lines: Sequence[str], title: str | None = None) -> bytes:
    """A PDF with these lines on each page, one below the other."""
    file = io.BytesIO()
    canvas = Canvas(file)
    if title:
        canvas.setTitle(title)
    for page in lines:
        for i, line in enumerate(page):
            canvas.drawString(72, 750 - 14 * i, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def flowing(flowables: list[Flowable], columns: int = 1) -> bytes:
    """A PDF set in columns, with a running head and page numbers."""

    def furniture(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.drawString(50, 810, "The Northern Gazette")
        canvas.drawString(280, 30, f"Page {document.page}")

    file = io.BytesIO()
    width = 500 / columns
    frames = [Frame(50 + i * width, 60, width - 5, 730) for i in range(columns)]
    document = BaseDocTemplate(file, pageTemplates=[PageTemplate(frames=frames, onPage=furniture)])
    document.build(flowables)
    return file.getvalue()


def encrypted(data: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_pdf_knows_its_pages() -> None:
    document = read_pdf(pages(["First page."], [], ["Third page."]))
    assert document.text == "First page.\n\nThird page."
    assert document.page_starts == (0, 13, 13)
    assert [document.page_at(document.text.index(word)) for word in ("First", "Third")] == [1, 3]


@pytest.mark.parametrize("columns", [1, 2])
def test_paragraphs_are_whole_in_one_column_and_in_two(columns: int) -> None:
    body = [Paragraph(PARAGRAPH, STYLES["BodyText"]) for _ in range(20 * columns)]
    document = read_pdf(flowing([Paragraph("A bridge rebuilt", STYLES["Title"]), *body], columns))
    assert len(document.page_starts) > 1
    assert document.text.count(PARAGRAPH) == len(body)
    assert document.title == "A bridge rebuilt"
    assert document.text.startswith("The Northern Gazette\n\nA bridge rebuilt\n\nThe council")


def test_running_heads_and_page_numbers_do_not_interrupt_a_sentence() -> None:
    document = read_pdf(flowing([Paragraph(" ".join([PARAGRAPH] * 60), STYLES["BodyText"])]))
    assert len(document.page_starts) > 2
    assert document.text == "The Northern Gazette\n\n" + " ".join([PARAGRAPH] * 60)
    assert document.page_at(len(document.text) - 1) == len(document.page_starts)


def test_words_divided_at_the_end_of_a_line_are_made_whole() -> None:
    lines = [
        "The govern-",
        "ment of the well-",
        "known north has an Anglo-",
        "Saxon name, and a note-",
        "book with a hyphen: note-book.",
    ]
    text = read_pdf(
        pages([*lines, "A last line that is much longer than all the others on the page, to be sure of it."])
    ).text
    assert "government of the well-known north has an Anglo-Saxon name, and a note-book" in text.replace("\n\n", " ")


def test_headings_lists_and_tables_of_a_pdf_stay_apart() -> None:
    bullet = ParagraphStyle("bullet", parent=STYLES["BodyText"], bulletIndent=5, leftIndent=20)
    document = read_pdf(
        flowing(
            [
                Paragraph("Section one", STYLES["Heading2"]),
                Paragraph(PARAGRAPH, STYLES["BodyText"]),
                Paragraph("the first item", bullet, bulletText="•"),
                Paragraph("the second item", bullet, bulletText="•"),
                Table([["Country", "Capital"], ["Norway", "Oslo"], ["United Kingdom", "London"]]),
                Paragraph("Section two", STYLES["Heading2"]),
            ]
        )
    )
    assert document.text.endswith(
        f"Section one\n\n{PARAGRAPH}\n• the first item\n• the second item\n\n"
        "Country | Capital\nNorway | Oslo\nUnited Kingdom | London\n\nSection two"
    )


def test_ligatures_are_written_out() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    matplotlib = pytest.importorskip("matplotlib")
    pdfmetrics.registerFont(TTFont("DejaVu", str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")))
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.setFont("DejaVu", 12)
    canvas.drawString(72, 700, "the \ufb01rst \ufb02oor of the o\ufb03ce, 日 and Привет")
    canvas.save()
    assert read_pdf(file.getvalue()).text.startswith("the first floor of the office,")


@pytest.mark.parametrize(
    ("metadata", "title"),
    [
        ("The Annual Report", "The Annual Report"),
        ("Microsoft Word - draft.doc", "A first line"),
        ("untitled", "A first line"),
    ],
)
def test_the_title_of_a_pdf(metadata: str, title: str) -> None:
    assert read_pdf(pages(["A first line", "", "The text is a sentence."], title=metadata)).title == title


def test_a_pdf_that_opens_without_a_password_is_read() -> None:
    assert read_pdf(encrypted(pages(["Not so secret."]), "")).text == "Not so secret."


def test_a_pdf_that_needs_a_password_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="encrypted: save a copy without a password"):
        read_pdf(encrypted(pages(["Secret."]), "password"))


def test_a_scanned_pdf_is_refused() -> None:
    file = io.BytesIO()
    canvas = Canvas(file)
    for _ in range(2):
        canvas.rect(100, 100, 300, 300, fill=1)
        canvas.showPage()
    canvas.save()
    with pytest.raises(UnreadableFile, match="scanned"):
        read_pdf(file.getvalue())


def changed(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    copy = bytearray(data)
    if seed % 3 == 0:
        del copy[chance.randrange(len(copy)) :]
    elif seed % 3 == 1:
        for _ in range(chance.choice((1, 20, 200))):
            copy[chance.randrange(len(copy))] = chance.randrange(256)
    else:
        old = chance.choice(
            (b"/Pages", b"/Kids", b"/Font", b" obj", b" R", b"/Length", b"/Filter", b"<<", b"[", b"/Root")
        )
        copy = bytearray(copy.replace(old, chance.choice((b"null", b"-1", b"", b"/X", b"9999", b"(")), 1 + seed % 4))
    return bytes(copy)


def test_damaged_pdfs_are_read_or_refused(capfd: pytest.CaptureFixture[str]) -> None:
    good = flowing([Paragraph(PARAGRAPH, STYLES["BodyText"])])
    refused = 0
    for seed in range(150):
        try:
            text = read_pdf(changed(good if seed % 2 else encrypted(good, ""), seed)).text
        except UnreadableFile:
            refused += 1
        else:
            assert text.encode().decode() == text
    assert 0 < refused < 150
    assert capfd.readouterr() == ("", "")


def paragraph_xml(inner: str) -> object:
    return parse_xml(f"<w:p {nsdecls('w')}>{inner}</w:p>")


def test_a_word_file_is_read_in_its_order() -> None:
    word = docx.Document()
    word.add_heading("The heading", 1)
    word.add_paragraph("Before the table.")
    table = word.add_table(2, 2)
    for i, text in enumerate(["Country", "Capital", "Norway", "Oslo"]):
        table.cell(i // 2, i % 2).text = text
    word.add_paragraph("After the\ttable.").add_run(" In bold.").bold = True
    word.add_paragraph("  ")
    document = read_docx(word)
    assert document.text == (
        "The heading\n\nBefore the table.\n\nCountry | Capital\nNorway | Oslo\n\nAfter the\ttable. In bold."
    )
    assert document.page_starts == ()


def test_a_word_file_keeps_what_is_seen() -> None:
    word = docx.Document()
    body = word.element.body
    for inner in (
        "<w:ins><w:r><w:t>inserted, </w:t></w:r></w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:t>kept</w:t></w:r>",
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r>",
        "<w:r><w:instrText>PAGE</w:instrText></w:r><w:hyperlink><w:r><w:t>a link</w:t></w:r></w:hyperlink>",
        "<w:sdt><w:sdtContent><w:r><w:t>a control</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:r><w:t>around</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>",
    ):
        body.insert(len(body) - 1, paragraph_xml(inner))
    assert read_docx(word).text == "inserted, kept\n\nseen\n\na link\n\na control\n\naround\n\nboxed"


def test_the_title_of_a_word_file() -> None:
    word = docx.Document()
    word.add_paragraph("An introduction that is a sentence of its own.")
    assert read_docx(word).title == "file"
    word.add_heading("The first heading", 2)
    assert read_docx(word).title == "The first heading"
    word.core_properties.title = "The title of the properties"
    assert read_docx(word).title == "The title of the properties"


def test_an_old_or_locked_word_file_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"save it as \.docx"):
        read(Path("a.docx"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx")


def test_damaged_word_files_are_read_or_refused() -> None:
    word = docx.Document()
    word.add_heading("The heading", 1)
    word.add_table(2, 2).cell(0, 0).text = PARAGRAPH
    file = io.BytesIO()
    word.save(file)
    with zipfile.ZipFile(file) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    refused = 0
    for seed in range(150):
        chance = random.Random(seed)
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w") as package:
            for name, part in parts.items():
                if chance.random() > 0.03:
                    package.writestr(name, changed(part, seed) if chance.random() < 0.1 else part)
        data = copy.getvalue() if seed % 3 else changed(file.getvalue(), seed)
        try:
            text = read(Path("a.docx"), data, "a.docx").text
        except UnreadableFile:
            refused += 1
        else:
            assert text.encode().decode() == text
    assert 0 < refused < 150
