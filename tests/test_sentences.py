"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ARTICLE, SEEDS
from index.splitting import sentences


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Mr. Okafor met Dr. Lindqvist and Prof. Abe in St. Gallen.",
        "J. K. Marlow and A. B. Stone wrote it.",
        "The U.S. Senate voted, e.g. on tariffs, i.e. on trade.",
        "Smith et al. (2010) agree with Jones et al. on p. 12 and Fig. 3.",
        "Acme Inc. CEO Dana Reyes spoke at 5 p.m. Monday.",
        "It happened on 28.Oct.2025 and again on Oct. 28.",
        "No. 5 is worth $3.5 million.",
        "See https://example.com/a.b?c=d.e for version 2.1.3.",
        "Wait... what did he say?",
        "“Really?” she asked.",
        "“Stop!” he cried, and they stopped.",
        "He never came back. , although some say he did.",
        "She became the , and then left.",
        "The firm (founded in 1912. ) is gone.",
        "Yes! – and then no.",
        "Am 3. Oktober war z. B. Ruhe.",
        "1. Introduction",
        "「行きます。」と彼は言った。",
    ],
)
def test_one_sentence_stays_whole(sentence: str) -> None:
    assert split(sentence) == [sentence]


@pytest.mark.parametrize(
    "expected",
    [
        ["He lived in the U.S. for years.", "The end came fast."],
        ["They moved to the U.S.", "The house was sold."],
        ["Was it true?", "Nobody knew.", "So what!"],
        ["He said “go.”", "They went.", "(All of them.)", "Then silence…", "Nothing more."],
        ["It was told.[12]", "It was told again.[3][4]", "Done."],
        ["So did I.", "Tom left.", "That was in 1945.", "In 1946 it ended."],
        ["He left at 6 p.m.", "The train was late."],
        ["iPhone sales rose.", "iPad sales fell."],
        ["No.", "He refused."],
        ["we went home.", "then we slept."],
        ["هل أنت بخير؟", "نعم.", "شكرا۔"],
    ],
)
def test_sentences_are_told_apart(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [["今天很好。", "我们去公园！", "真的吗？", "是的"], ["यह पहला है।", "यह दूसरा है॥", "तीसरा"]],
)
def test_scripts_that_leave_no_space(expected: list[str]) -> None:
    assert split("".join(expected)) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_hard_wrapped_lines_belong_together(newline: str) -> None:
    wrapped = newline.join(
        [
            "The committee met for the first time in the spring of that year, when",
            "President Vance and the ministers had come back from their travels to",
            "the north. They decided little.",
        ]
    )
    assert [len(sentence.split()) for sentence in split(wrapped)] == [28, 3]


def test_a_url_does_not_widen_the_paragraph() -> None:
    text = (
        "All of it is told at length in the report that was published last\n"
        "Tuesday at https://example.com/reports/2025/a-very-long-name-of-a-file/and-more-of-it.html\n"
        "Minister Vance had asked for it."
    )
    assert split(text) == [text]


def test_line_breaks_made_on_purpose_end_a_sentence() -> None:
    text = (
        "A short heading\n"
        "The paragraph under it runs on to the full width of the page, as all of them do\n"
        "in this text, and ends here\n"
        "- the first item\n"
        "- the second\n"
        "1. one\n"
        "2. two\n"
        "Name | Age\n"
        "Ann | 31\n"
        "# Markdown\n"
        "and a last line"
    )
    assert split(text) == [
        "A short heading",
        "The paragraph under it runs on to the full width of the page, as all of them do\nin this text, and ends here",
        *text.split("\n")[3:],
    ]


def test_a_blank_line_always_ends_a_sentence() -> None:
    assert split("no full stop,\n\nno capital\r\n\r\nMr.\n \t\nBig\u2029End\x0cPage") == [
        "no full stop,",
        "no capital",
        "Mr.",
        "Big",
        "End",
        "Page",
    ]


def test_a_column_of_words_is_a_list() -> None:
    assert split("alpha\nbeta\ngamma") == ["alpha", "beta", "gamma"]


def test_paragraphs_on_single_lines_are_not_joined() -> None:
    lines = ["Word " * 60 + "ends without a stop", "Another " * 40 + "line"]
    assert split("\n".join(lines)) == lines


def test_the_holes_of_the_seed_article_stay_in_their_sentences() -> None:
    found = split((SEEDS / ARTICLE).read_text(encoding="utf-8"))
    assert found[0] == "US and Japan sign agreement on rare earths"
    assert "MEETING WITH XI JINPING" in found
    endings = ("presidency. , although some experts minimize its role.", "“friend”", "Abe, which was .")
    assert sum(sentence.endswith(endings) for sentence in found) == 2
    assert any("“largest alliance in the world”stating that Japan" in sentence for sentence in found)
    assert any("this Tuesday (28.Oct.2025)." in sentence for sentence in found)


HOSTILE = st.text(
    st.sampled_from([*'aAb.!?…。！ \n\r\t\x85\u2028\u2029\x0c\x1c\u200b"”“()–-1\u0301👍🏽\u200d।؟,;|#*[]\ufeff·']),
    max_size=60,
)


@given(HOSTILE | st.text(max_size=60))
def test_every_character_is_in_exactly_one_sentence(text: str) -> None:
    position = 0
    for span in sentences(text):
        assert not text[position : span.start].strip()
        sentence = text[span.start : span.end]
        assert sentence == sentence.strip() != ""
        position = span.end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6,
        ". " * 10**5,
        "." * 10**6 + "x",
        "A. B. " * 10**5,
        "“" * 10**6,
        "a." + " " * 10**6 + "B",
        "x\n \n" * 10**5,
    ],
    ids=["letters", "stops", "dots", "initials", "quotes", "spaces", "lines"],
)
@pytest.mark.timeout(20)  # a rule that goes back over the text would take hours
def test_a_million_characters_of_anything_take_seconds(text: str) -> None:
    assert sentences(text)
