"""Quotes against the text they claim to stand in; markers against the citations that remain."""

from __future__ import annotations

import pytest

from assistant.citing import check
from assistant.types import Draft, Evidence, Unsupported
from index.errors import UnknownDocument
from index.types import Document, Match, Passage

TEXT = "Ada met Charles. They met again. They built it. They met again."
ADA = Document("letters/ada.txt", "Ada", TEXT, page_starts=(0, 17))
MATCHES = [Match(Passage("letters/ada.txt", "Ada", 17, 63, TEXT[17:63]), 1.0, 0.5, 2.0)]


def document(id: str) -> Document:
    if id != ADA.id:
        raise UnknownDocument(f"no document {id}")
    return ADA


def evidence(quote: str, start: int, of: str = ADA.id) -> Evidence:
    return Evidence(of, start, start + len(quote), quote)


def test_a_quote_that_stands_where_it_says_becomes_a_citation_with_title_and_page() -> None:
    checked = check(Draft("They built it. [1]", (evidence("They built it.", 33),)), MATCHES, document)
    (citation,) = checked.citations
    assert (citation.number, citation.title, citation.page, citation.quote) == (1, "Ada", 2, "They built it.")
    assert TEXT[citation.start : citation.end] == citation.quote
    assert checked.text == "They built it. [1]"


def test_a_misplaced_quote_is_found_within_the_matched_passages_only() -> None:
    moved = check(Draft("So. [1]", (evidence("They built it.", 2),)), MATCHES, document)
    assert [c.start for c in moved.citations] == [33]
    outside = check(Draft("So. [1]", (evidence("Ada met Charles.", 5),)), MATCHES, document)
    assert outside.citations == ()
    assert outside.text == "So."


@pytest.mark.parametrize(
    "wrong",
    [
        evidence("They built  it.", 33),
        evidence("", 3),
        evidence("They built it.", 33, of="gone.txt"),
        evidence("They BUILT it.", 33),
        Evidence(ADA.id, -1, 2, "Eva"),
    ],
)
def test_a_quote_that_is_not_in_the_text_is_never_cited(wrong: Evidence) -> None:
    checked = check(Draft("It was built [1].", (wrong,)), MATCHES, document)
    assert checked.citations == ()
    assert checked.text == "It was built."


def test_markers_are_renumbered_in_order_of_appearance_and_duplicates_share_a_number() -> None:
    built, met = evidence("They built it.", 33), evidence("Ada met Charles.", 0)
    draft = Draft("Built [2]. Met [1][3]. Both [3] [2]. Lost [9] [0].", (met, built, met))
    checked = check(draft, MATCHES, document)
    assert checked.text == "Built [1]. Met [2]. Both [2] [1]. Lost."
    assert [c.quote for c in checked.citations] == ["They built it.", "Ada met Charles."]


def test_evidence_without_a_marker_is_left_out() -> None:
    draft = Draft("They built it. [2]", (evidence("Ada met Charles.", 0), evidence("They built it.", 33)))
    assert [c.quote for c in check(draft, MATCHES, document).citations] == ["They built it."]


def test_unsupported_stretches_move_with_the_text() -> None:
    text = "Met [7] [1]. Flew to Mars [1]."
    start = text.index("Flew")
    draft = Draft(text, (evidence("Ada met Charles.", 0),), unsupported=(Unsupported(start, start + 12, ("Mars",)),))
    checked = check(draft, MATCHES, document)
    (part,) = checked.unsupported
    assert checked.text == "Met [1]. Flew to Mars [1]."
    assert checked.text[part.start : part.end] == "Flew to Mars"
