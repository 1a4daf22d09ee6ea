"""Follow-ups: what a conversation before it makes of a question."""

from __future__ import annotations

import pytest

from assistant import BadQuestion, Question, Turn
from assistant.question import LONGEST, bare, parts, resolve


def follow_up(text: str, *said: str) -> str:
    """`text` after a conversation of alternating user and assistant turns."""
    roles = ("user", "assistant")
    return resolve(Question(text, tuple(Turn(roles[i % 2], content) for i, content in enumerate(said))))


TREATY = "The envoys signed a treaty that opens the northern ports. [1]"
MET = "Ada Byron and Charles Babbage met in London, where they built a model of the engine. [1]"


@pytest.mark.parametrize(
    ("text", "before", "answer", "standalone"),
    [
        (
            "And on what date?",
            "Where did the meeting take place?",
            MET,
            "On what date did the meeting take place in London?",
        ),
        ("When?", "Where did they meet?", "On Monday they met at the pier.", "When did they meet?"),
        ("Why?", "Did they sign the treaty?", TREATY, "Why did they sign the treaty?"),
        ("where", "when did the envoys sign the treaty", TREATY, "Where did the envoys sign the treaty?"),
        ("Who else?", "Who signed the treaty?", TREATY, "Who else signed the treaty?"),
        ("What else?", "What did Babbage build?", MET, "What else did Babbage build?"),
        (
            "In which city did that happen?",
            "When did Byron meet Babbage?",
            MET,
            "In which city did Byron meet Babbage?",
        ),
        ("How many?", "Which ports were opened?", TREATY, "How many were opened?"),
        ("When?", "Who met in London?", MET, "When was it that Ada Byron met in London?"),
    ],
)
def test_a_bare_question_phrase_asks_the_question_before_anew(
    text: str, before: str, answer: str, standalone: str
) -> None:
    assert follow_up(text, before, answer) == standalone


@pytest.mark.parametrize(
    ("text", "before", "standalone"),
    [
        ("What about Babbage?", "How old is Byron?", "How old is Babbage?"),
        ("And the mayor of New York?", "Who is the mayor of Rome now?", "Who is the mayor of New York now?"),
        ("What about the size of that file?", "Is the treaty available?", "What is the size of that file, the treaty?"),
        ("And the date of the meeting?", "Where did they meet?", "What is the date of the meeting?"),
        ("And in France?", "What is the longest river in Spain?", "What is the longest river in France?"),
        ("And in 1850?", "How many engines were built in 1840?", "How many engines were built in 1850?"),
        ("How about on Thursday?", "What happens on Wednesday?", "What happens on Thursday?"),
        ("And Babbage?", "Which society did Byron join?", "Which society did Babbage join?"),
    ],
)
def test_what_about_exchanges_a_part_of_the_question_before(text: str, before: str, standalone: str) -> None:
    assert follow_up(text, before, "…") == standalone


@pytest.mark.parametrize(
    ("text", "before", "answer", "standalone"),
    [
        ("How old is she?", "Who is Ada Byron?", "A countess. [1]", "How old is Ada Byron?"),
        ("What was his profession?", "Who is Charles Babbage?", MET, "What was Charles Babbage's profession?"),
        ("How long is it?", "What did the envoys sign?", TREATY, "How long is the treaty?"),
        ("And who signed it?", "What is the length of the treaty?", "20 pages [1]", "Who signed the treaty?"),
        (
            "What did they build?",
            "Where did Ada Byron and Charles Babbage meet?",
            MET,
            "What did Ada Byron and Charles Babbage build?",
        ),
        ("What happened there?", "Where did they meet?", MET, "What happened in London?"),
        ("And its length?", "What is the title of the treaty?", "…", "What is the treaty's length?"),
        ("How old was he?", "Who met Ada Byron?", "Charles Babbage met Ada Byron. [1]", "How old was Charles Babbage?"),
        (
            "What did he give her?",
            "Who met Ada Byron?",
            "Charles Babbage met Ada Byron.",
            "What did Charles Babbage give Ada Byron?",
        ),
        (
            "When did she arrive?",
            "Who opened the port?",
            "The harbour master opened the port. [1]",
            "When did the harbour master arrive?",
        ),
    ],
)
def test_a_pronoun_is_replaced_by_what_it_points_at(text: str, before: str, answer: str, standalone: str) -> None:
    assert follow_up(text, before, answer) == standalone


@pytest.mark.parametrize(
    "text",
    [
        "Where did the envoys sign the treaty?",
        "Did Babbage say that he would come?",
        "Is it true that the ports are open?",
        "How long does it take to build an engine?",
        "Summarise the treaty.",
        "Thanks!",
    ],
)
def test_a_question_that_stands_alone_is_untouched(text: str) -> None:
    assert follow_up(text, "Who met in London?", MET) == text


def test_without_history_even_a_bare_question_word_is_untouched() -> None:
    assert follow_up("And why?") == "And why?"


def test_follow_ups_of_follow_ups_reach_back_to_the_first_question() -> None:
    standalone = follow_up("When?", "Did Byron meet Babbage?", "Yes", "Where?", MET)
    assert standalone == "When did Byron meet Babbage in London?"


def test_more_is_asked_about_the_topic_of_the_question_before() -> None:
    assert follow_up("Tell me more", "What is the treaty about?", TREATY) == "Tell me more about the treaty."


@pytest.mark.parametrize("text", ["", "   \n\t ", "?!…", "x" * (LONGEST + 1)])
def test_an_empty_or_endless_question_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadQuestion, match=r"^[^\n]+$"):
        resolve(Question(text))


def test_a_turn_of_another_role_is_refused() -> None:
    with pytest.raises(BadQuestion, match="system"):
        resolve(Question("Why?", (Turn("system", "Be brief."),)))


@pytest.mark.parametrize("text", ["東京で何が起きましたか", "¿Dónde se reunieron?", "Где они встретились?", "1", "a?"])
def test_other_languages_and_scraps_pass_through(text: str) -> None:
    assert follow_up(text) == text


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Hi! Who designed the lighthouse?", "Who designed the lighthouse?"),
        ("hello there, I have a question: who designed it?", "Who designed it?"),
        ("Good morning! Thanks. Could you please tell me in which city they met?", "In which city they met?"),
        ("I am writing about this town. Who designed the lighthouse?", "Who designed the lighthouse?"),
        ("Ok so which countries signed?", "Which countries signed?"),
        ("Where did they meet? I need it for school.", "Where did they meet?"),
        ("I'd like to know how old Ada Byron is", "How old Ada Byron is"),
        # what is needed stays
        ("I read about the lighthouse. Who designed it?", "I read about the lighthouse. Who designed it?"),
        ("Hello Kitty was designed by whom?", "Hello Kitty was designed by whom?"),
        ("Who is Dr. Lie? And where was he born?", "Who is Dr. Lie? And where was he born?"),
        ("Tell me about the lighthouse.", "Tell me about the lighthouse."),
        ("Well-known painters lived where?", "Well-known painters lived where?"),
        ("Hi-fi was made by whom?", "Hi-fi was made by whom?"),
        ("Hello - who designed the lighthouse?", "Who designed the lighthouse?"),
        ("Hi", "Hi"),
        ("Well, " * 40 + "who designed it?", "Who designed it?"),
    ],
)
def test_what_is_around_a_question_is_left_out(said: str, asked: str) -> None:
    assert bare(said) == asked


def test_each_part_of_a_question_is_bare() -> None:
    assert parts("Hi, where and when did they meet?") == ["Where did they meet?", "When did they meet?"]
