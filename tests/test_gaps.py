"""Holes and nameless phrases, told by form: in invented sentences, and not in whole ones."""

from __future__ import annotations

import pytest

from assistant.gaps import holes, nameless


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Okafor, who last May became the , thanked her crew.", "became the"),
        ("He opened the, and left.", "opened the"),
        ("The bridge was built by , a Scottish engineer.", "built by"),
        ("It honours the dog, which was .", "which was"),
        ("It honours the dog, which was.", "which was"),
        ("She has lived there since the war. , although few noticed.", "the war."),
        ("They visited Oslo, , and Bergen.", "Oslo,"),
        ("The motto is “” in Latin.", "The motto is “"),
        ("The letter is signed [illegible] and dated.", "is signed"),
        ("The oldest part of the castle was finished by the monks of the", "monks of the"),
        ("In its first year the mill employed an ; later it closed.", "employed an"),
    ],
)
def test_a_place_where_words_are_missing_is_a_hole(text: str, before: str) -> None:
    assert [text[: hole.start].rstrip() for hole in holes(text)] == [text[: text.index(before) + len(before)].rstrip()]


@pytest.mark.parametrize(
    "text",
    [
        "He was, however, in the house they lived in.",
        "This is what it was derived from.",
        "He moved in, and left; she stayed on.",
        "The U.S., the E.U., etc., agreed (i.e., all of them).",
        "Vitamin A, found in carrots, is fat-soluble.",
        "J. A. Okafor, who wrote it, said: “So it is.”",
        "Opening hours of the",  # a short line is a heading, not a sentence cut off
        "Ordered by size , colour , age , and weight , the list is complete .",  # a tokenised text
        "Wait... what? Yes!",
        "",
    ],
)
def test_a_whole_sentence_has_no_holes(text: str) -> None:
    assert holes(text) == []


def test_a_definite_phrase_that_never_comes_to_a_name_is_nameless() -> None:
    text = "According to the Danish magazine, the mayor (Green Party) danced with the Peruvian tenor."
    assert [phrase.noun for phrase in nameless(text)] == ["Danish magazine", "mayor", "Peruvian tenor"]
    assert all(text[p.start : p.end].lower() == f"the {p.noun}".lower() for p in nameless(text))


@pytest.mark.parametrize(
    "text",
    [
        "According to the White House, all is well.",
        "They flew to the capital, Lima, on Monday.",
        "The tenor Juan Flores sang.",
        "A magazine, unnamed, printed it.",
    ],
)
def test_a_phrase_that_is_named_or_is_a_name_is_not_nameless(text: str) -> None:
    assert nameless(text) == []
