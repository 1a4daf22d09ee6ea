"""Text and Markdown files in any encoding, web pages, and what every document has: a title and storable text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from conftest import ARTICLE, SEEDS
from index.errors import UnreadableFile
from index.reading import SUFFIXES, read
from index.types import Document

FRENCH = "Les élèves ont fêté Noël à l’école. Ça coûte 20 € « tout compris »."
GERMAN = "Die Mädchen fuhren über die große Brücke nach München."
POLISH = "Zażółć gęślą jaźń. Wczoraj rząd ogłosił, że nowa ustawa wejdzie w życie."
TURKISH = "Türkiye ile Japonya arasında anlaşma imzalandı. Şubat ayında görüştüler."
RUSSIAN = "Президент подписал закон о бюджете на следующий год."
CHINESE = "今天天气很好，两国签署了关于稀土的协议。双方将合作。"
JAPANESE = "両国はレアアースに関する協定に署名した。カタカナも含む。"
KOREAN = "두 나라는 희토류에 관한 협정에 서명했다. 도쿄에서 만났다."
THAI = "ทั้งสองประเทศลงนามข้อตกลง"


def read_as(name: str, data: bytes | str) -> Document:
    return read(Path("folder") / name, data if isinstance(data, bytes) else data.encode(), name)


def html(body: str, head: str = "") -> Document:
    return read_as("page.html", f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")


def test_the_seed_article() -> None:
    data = (SEEDS / ARTICLE).read_bytes()
    document = read(SEEDS / ARTICLE, data, ARTICLE)
    assert document.id == ARTICLE
    assert document.title == "US and Japan sign agreement on rare earths"
    assert document.text.encode() == data
    assert document.page_starts == ()


def test_the_text_of_a_file_is_left_exactly_as_it_is() -> None:
    text = "  One\r\ntwo\rthree\n\u2028\x85four\tfive \n\n"
    assert read_as("a.txt", text).text == text
    assert read_as("a.md", text).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, encoding) for text in (FRENCH, CHINESE) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
        *(
            (text, f"utf-{bits}-{end}")
            for text in (FRENCH, RUSSIAN, CHINESE, THAI)
            for bits in (16, 32)
            for end in ("le", "be")
        ),
        (FRENCH, "cp1252"),
        (GERMAN, "latin-1"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (TURKISH, "cp1254"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (CHINESE, "gbk"),
        (CHINESE.replace("稀土", "矿物"), "gb18030"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso2022-jp"),
        (KOREAN, "euc-kr"),
        ("café", "cp1252"),
        ("It’s £5", "cp1252"),
    ],
)
def test_any_encoding(text: str, encoding: str) -> None:
    assert read_as("a.txt", text.encode(encoding)).text == text


def test_broken_bytes_in_utf8_do_not_turn_it_into_another_encoding() -> None:
    data = (FRENCH * 3).encode()
    assert read_as("a.txt", data[:100] + b"\xff" + data[100:]).text.count("élèves") == 3
    assert read_as("a.txt", JAPANESE.encode()[:-4]).text.startswith("両国は")


def test_a_few_accents_in_a_megabyte_of_ascii() -> None:
    plain = "A line without any accent in it.\n" * 40_000
    assert read_as("a.txt", (plain + FRENCH).encode("cp1252")).text == plain + FRENCH


@pytest.mark.timeout(10)
def test_a_large_text_is_read_at_once() -> None:
    for encoding in ("utf-8", "cp1252", "utf-16"):
        assert len(read_as("a.txt", (FRENCH * 24_000).encode(encoding)).text) > 1_600_000
    assert len(read_as("a.txt", (CHINESE * 30_000).encode("gbk")).text) == 30_000 * len(CHINESE)


@pytest.mark.parametrize(
    "data",
    [
        b"some text\0with a NUL",
        bytes(range(256)) * 20,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(1).randbytes(500),
        b"\xff\xfe\0\0" + b"\1\2\3" * 50,
    ],
    ids=["NUL", "all bytes", "picture", "marked"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="not text"):
        read_as("a.txt", data)


@pytest.mark.parametrize("name", ["a" + suffix for suffix in sorted(SUFFIXES)])
def test_an_empty_file_has_no_text(name: str) -> None:
    with pytest.raises(UnreadableFile, match="no text"):
        read_as(name, b"")


@pytest.mark.parametrize(
    "data", [" \r\n\t ", "\ufeff \u200b\u2028", "<!-- nothing -->", "<script>x()</script><nav>Home</nav>"]
)
def test_a_blank_file_has_no_text(data: str) -> None:
    with pytest.raises(UnreadableFile, match="no text"):
        read_as("a.html", data)


def test_other_kinds_of_files_are_refused_with_the_kinds_that_are_read() -> None:
    with pytest.raises(UnreadableFile, match=r"\.docx, \.htm, \.html, \.md, \.pdf, \.txt"):
        read_as("a.xlsx", b"PK")
    assert read_as("A.TXT", "Upper case").text == "Upper case"


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.txt", "A short title\n\nThe text begins here and goes on.", "A short title"),
        ("a.txt", "  Who owns the moon?\nNobody does, as far as one can tell from the treaties.", "Who owns the moon?"),
        ("note.txt", "The text begins at once. It has no title.", "note"),
        (
            "note.txt",
            "This paragraph is wrapped by hand at the width of a terminal, and so the\nfirst line is no title.",
            "note",
        ),
        ("note.txt", "word " * 100, "note"),
        ("note.txt", "* * *\n\nStars", "note"),
        (
            "a.md",
            "---\ntitle: no\n---\n```\n# code\n```\nintro\n\n## The *first* heading ##\n\n# Second",
            "The *first* heading",
        ),
        ("a.md", "intro\r\n\r\nUnderlined\r\n==========\r\n", "Underlined"),
        ("note.md", "Text without any heading, that just goes on.", "note"),
        ("a.html", "<title> Of the\n page </title><h1>Heading</h1>", "Of the page"),
        ("a.html", "<p>intro</p><h1>The <i>main</i> heading</h1>", "The main heading"),
        ("a.html", "<title></title><svg><title>icon</title></svg><p>A first line</p><p>Text.</p>", "A first line"),
    ],
)
def test_titles(name: str, text: str, title: str) -> None:
    assert read_as(name, text).title == title


def test_a_title_is_one_line_of_bearable_length() -> None:
    title = html("<p>x</p>", f"<title>{'long ' * 100}</title>").title
    assert len(title) <= 200
    assert title.endswith("…")


def test_file_names_that_are_no_unicode_give_storable_titles() -> None:
    document = read_as("caf\udce9.txt", "The text of the file is a sentence.")
    assert document.title.encode() == "caf\ufffd".encode()


def test_html_keeps_what_is_seen_and_drops_the_rest() -> None:
    document = html(
        """<nav>Home | About</nav><header>Site</header><main><h1>Heading</h1>
        <p>One &amp; <b>two</b>
           three<br>four&nbsp;five &#x1F600;</p>
        <script>if (a < b) alert("x")</script><style>p { color: red }</style><noscript>No script</noscript>
        <template><p>template</p></template><!-- comment --><div hidden>hidden</div>
        <div style="display: none">none</div><svg><text>icon</text></svg><button>Share</button>
        <div role="navigation">menu</div><p>soft&shy;hyphen</p><ul><li>first<li>second</ul></main>"""
    )
    assert document.text == ("Site\n\nHeading\n\nOne & two three\nfour\xa0five 😀\n\nsofthyphen\n\nfirst\n\nsecond")


def test_html_tables_are_read_row_by_row() -> None:
    document = html(
        "<p>Before</p><table><caption>People</caption><tr><th>Country<th>Population"
        "<tr><td>Japan<td><p>125</p> million<tr><td>France<td>68 million</table>After"
    )
    assert document.text == (
        "Before\n\nPeople\n\nCountry | Population\nJapan | 125 million\nFrance | 68 million\n\nAfter"
    )


def test_html_tables_that_only_arrange_the_page_dissolve() -> None:
    inner = "<table><tr><td>a<td>b</table>"
    document = html(f"<table><tr><td><p>Left.</p><p>More.</p>{inner}</td><td>Right.</td></tr></table>")
    assert document.text == "Left.\n\nMore.\n\na | b\n\nRight."


def test_html_keeps_the_lines_of_preformatted_text() -> None:
    assert html("<pre>\ndef f():\n    return 1\n</pre>").text == "def f():\n    return 1"


@pytest.mark.parametrize(
    ("declaration", "charset"),
    [
        ('<meta charset="gbk">', "gbk"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=shift_jis">', "shift_jis"),
        ("<meta charset=utf-8>", "utf-8"),
        ("<meta charset=utf-8>", "utf-16"),
        ("<meta charset=nonsense>", "utf-8"),
        ("", "utf-8"),
    ],
)
def test_html_in_the_charset_that_it_declares(declaration: str, charset: str) -> None:
    assert read_as("a.html", f"{declaration}<p>{JAPANESE[:12]}</p>".encode(charset)).text == JAPANESE[:12]


def test_html_that_declares_latin1_is_read_as_browsers_do() -> None:
    assert read_as("a.html", f"<meta charset=iso-8859-1><p>{FRENCH}</p>".encode("cp1252")).text == FRENCH


def test_html_with_surrogates_and_nuls_is_storable() -> None:
    text = read_as("a.html", b"<p>a&#xD800;b&#0;c\0d</p>").text
    assert "\0" not in text
    assert text.encode().decode() == text


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "body",
    [
        "<p>Hello <b>world</b> &amp; others, this is text.</p><ul><li>one<li>two</ul>" * 20_000,
        "<div>x" * 100_000 + "deep",
        "word " * 1_000_000,
        "<b>" * 100_000 + "deep",
    ],
    ids=["large", "deep", "long", "open"],
)
def test_large_and_deep_html_loses_nothing(body: str) -> None:
    text = html(body).text
    assert text.count("Hello world & others") == body.count("Hello")
    assert text.count("word") == body.count("word")
    assert text.count("x") == body.count("x")
    assert text.endswith(("two", "deep", "word"))


def damaged(data: bytes, seed: int) -> bytes:
    """`data` cut off, with bytes changed, or with a part lost."""
    chance = random.Random(seed)
    copy = bytearray(data)
    kind = chance.randrange(3)
    start = chance.randrange(len(copy))
    if kind == 0:
        del copy[start:]
    elif kind == 1:
        for _ in range(chance.choice((1, 20, 200))):
            copy[chance.randrange(len(copy))] = chance.randrange(256)
    else:
        del copy[start : start + chance.choice((10, 500))]
    return bytes(copy)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_damaged_files_are_read_or_refused(name: str) -> None:
    data = f"<title>T</title><table><tr><td>{FRENCH}<td>{POLISH}</table>{RUSSIAN}{JAPANESE}".encode()
    outcomes = set()
    for seed in range(200):
        try:
            text = read_as(name, damaged(data, seed)).text
        except UnreadableFile:
            outcomes.add("refused")
            continue
        assert text.encode().decode() == text
        assert "\0" not in text
        outcomes.add("read")
    assert "read" in outcomes
