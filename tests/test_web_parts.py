"""The parts of the page that need no browser: escaping, long documents, examples, uploads, sign-in."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import BadSetting, Document, Progress, SyncReport, UnreadableFile
from index import DocumentInfo
from web import guard, markup, panels, reading
from web.evidence import Place
from web.examples import question_from
from web.uploads import File, Uploads, jobs_html


@given(st.text(st.characters(codec=None), max_size=60))
def test_escaped_text_shows_one_character_for_each(words: str) -> None:
    shown = markup.text(words)
    shown.encode()
    assert not re.search(r"[<>\"'\r\0]", shown)
    # html.unescape knows nothing of a lone carriage return; a browser keeps it.
    back = html.unescape(shown.replace("&#13;", "\ue000")).replace("\ue000", "\r")
    assert len(back) == len(words)
    assert all(b in (a, "\ufffd") for a, b in zip(words, back, strict=True))


def shown_text(panel: str) -> str:
    """The characters of the document in a source panel."""
    inside = re.search(r'<div class="document"[^>]*>(.*)</div>', panel, re.DOTALL)
    assert inside
    return html.unescape(re.sub(r"<[^>]*>", "", inside[1]))


@given(st.integers(0, 3000), st.integers(1, 400))
def test_a_long_document_is_shown_in_part_and_marked_to_the_character(line: int, length: int) -> None:
    text = "".join(f"This is line {number} of <many> & more.\n" for number in range(3001))
    start = text.index(f"line {line} of")
    end = min(len(text), start + length)
    pages = tuple(range(0, len(text), 997))
    place = Place("a.txt", "A", None, start, end, max(0, start - 50), text[max(0, start - 50) : end + 20], 1)
    panel = reading.cited(place, Document("a.txt", "A", text, pages), "0" * 32)
    marked = re.findall(r'<mark class="quote">(.*?)</mark>', panel, re.DOTALL)
    assert html.unescape("".join(marked)) == text[start:end]
    shown = shown_text(panel)
    assert shown in text
    assert len(shown) < reading.WINDOW + 1000


def test_every_part_of_a_long_document_can_be_reached() -> None:
    text = "".join(f"Line {number}.\n" for number in range(20_000))
    document = Document("a.txt", "A", text)
    seen, at = "", "0"
    for _ in range(40):
        panel = reading.whole(document, int(at))
        part = shown_text(panel)
        begins = text.index(part)
        assert begins <= len(seen), "a part was left out"
        seen = text[:begins] + part
        later = re.search(r'data-at="(\d+)">Later', panel)
        if not later:
            break
        at = later[1]
    assert seen == text


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Ada also described it as a “poetical machine”saying so.", "Who described it as a “poetical machine”?"),
        ("The lighthouse at Slettnes was built in the summer of 1905.", "When was the lighthouse at Slettnes built?"),
        ("The museum is located in the old town hall of Kirkenes.", "Where is the museum located?"),
        ("The captain of the Aurora is Ingrid Solheim, who came from Bergen.", "Who is the captain of the Aurora?"),
        ("The purpose of the treaty is “to keep the fish where they are”.", "What is the purpose of the treaty?"),
        ("It was built in the harbour of Bergen by hand in 1994.", None),
        ("Nothing much can be asked about a sentence of this sort.", None),
    ],
)  # fmt: skip
def test_a_plain_sentence_makes_its_question(sentence: str, question: str | None) -> None:
    assert question_from(sentence) == question


class Slow:
    """Stands in for the assistant: an upload of ten passages that takes a second each by the clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def upload(self, name: str, data: bytes, *, progress: Callable[[Progress], None]) -> SyncReport:
        if name == "bad.pdf":
            raise UnreadableFile("it has no text: a scan?")
        if name == "worse.pdf":
            raise RuntimeError("nobody thought of this")
        progress(Progress("embed", 0, 10))
        self.now += 2.0
        progress(Progress("embed", 5, 10))
        return SyncReport(added=1, passages=10, seconds=3.2)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_uploads_tell_what_became_of_each_file(tmp_path: Path) -> None:
    files = []
    for name in ("good.txt", "bad.pdf", "gone.txt"):
        files.append(File(name, tmp_path / name))
        if name != "gone.txt":
            files[-1].path.write_bytes(b"words")
    slow = Slow()
    *_, jobs = Uploads(slow, slow.clock).run(files)  # type: ignore[arg-type]
    assert [job.failed for job in jobs] == [False, True, True]
    assert jobs[0].outcome == "indexed: 10 passages in 3.2 s"
    assert jobs[1].outcome == "it has no text: a scan?"
    assert "No such file" in str(jobs[2].outcome)
    shown = jobs_html(jobs)
    assert 'data-busy="false"' in shown

    worse = File("worse.pdf", tmp_path / "bad.pdf")
    *_, jobs = Uploads(slow).run([worse])  # type: ignore[arg-type]
    assert jobs[0].failed
    for thread in threading.enumerate():
        if thread.name == "uploads":
            thread.join()


def test_an_upload_tells_its_rate_and_the_time_left() -> None:
    from web.uploads import _under_way

    job = _under_way("a.txt", Progress("embed", 30, 120), 2.0)
    shown = jobs_html([job])
    assert "Indexing: 30 of 120 · 15 a second · about 6.0 s left" in shown
    assert 'data-busy="true"' in shown


def test_a_list_of_many_documents_says_how_many_there_are() -> None:
    many = [DocumentInfo(f"{n}.txt", f"Number {n}", 1, 10, "2026-01-01T00:00:00+00:00") for n in range(1200)]
    shown = panels.documents(many)
    assert shown.count("<li ") == panels.SHOWN
    assert "1,200 documents" in shown


@pytest.mark.parametrize(
    ("host", "safe"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.8.9.1", True),
     ("0.0.0.0", False), ("::", False), ("192.168.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_only_loopback_needs_no_password(host: str, safe: bool) -> None:
    assert guard.is_loopback(host) is safe
    if not safe:
        with pytest.raises(BadSetting, match="--auth"):
            guard.check_host(host, {})
        guard.check_host(host, {"ann": "one"})


def test_users_are_read_and_their_passwords_never_repeated() -> None:
    assert guard.users("ann:one, bob:two:three") == {"ann": "one", "bob": "two:three"}
    assert guard.users(None) == guard.users("") == {}
    for bad in ("secret", ":secret", "ann:", "ann:one,secret"):
        with pytest.raises(BadSetting) as error:
            guard.users(bad)
        assert "secret" not in str(error.value)
        assert "one" not in str(error.value).replace("no. ", "")
    knows = guard.Knows({"ann": "one"})
    assert knows("ann", "one")
    assert not any(knows(*wrong) for wrong in (("ann", ""), ("ann", "One"), ("eve", ""), ("eve", "one")))
