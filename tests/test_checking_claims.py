"""How many of a language model's sentences about the seed article the checks judge rightly, counted over `claims`."""

from __future__ import annotations

import pytest

from article import article_matches
from assistant.checking import Checker
from claims import FALSE, FILLED, HELD_FALSE, HELD_TRUE, TRUE, listed
from index import Embedder


@pytest.fixture(scope="module")
def borne_out(embedder: Embedder) -> dict[str, bool]:
    """For each claim whether the passage it names bears it out."""
    article = article_matches(embedder)
    found = {}
    for number, said in (claim for claims in (TRUE, FALSE, HELD_TRUE, HELD_FALSE, FILLED) for claim in listed(claims)):
        _, verdicts = Checker(article, embedder).check(f"{said} [{number}].")
        found[said] = not any(verdict.missing for verdict in verdicts)
    return found


@pytest.mark.parametrize(("claims", "least"), [(TRUE, 61), (HELD_TRUE, 22)])
def test_most_of_what_the_article_says_passes(borne_out: dict[str, bool], claims: str, least: int) -> None:
    flagged = [said for _, said in listed(claims) if not borne_out[said]]
    assert len(listed(claims)) - len(flagged) >= least, flagged


@pytest.mark.parametrize(("claims", "least"), [(FALSE, 61), (HELD_FALSE, 22)])
def test_most_of_what_it_does_not_say_is_caught(borne_out: dict[str, bool], claims: str, least: int) -> None:
    missed = [said for _, said in listed(claims) if borne_out[said]]
    assert len(listed(claims)) - len(missed) >= least, missed


def test_every_filled_hole_is_caught(borne_out: dict[str, bool]) -> None:
    assert [said for _, said in listed(FILLED) if borne_out[said]] == []
