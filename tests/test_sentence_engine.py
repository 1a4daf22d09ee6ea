"""The engine without a language model, on an invented article with holes of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant import Answer, Assistant, Reason
from assistant.engines.sentences import SentenceEngine
from index import DocumentIndex, Embedder

TEXT = """\
Maritime museum opens in Veldhaven

The Maritime Museum of Veldhaven opened its doors on Saturday (3.May.2031) after nine years of work. Mayor Ilse \
Brandt (Green Alliance) cut the ribbon together with the architect, Tomas Arvo, who designed the glass hall.

The building cost 48 million euros, of which the province paid 30 million. It stands on Quay 7, where herring was \
auctioned until 1968. Some 2,400 objects are on display, among them the anchor of the frigate Noordster, which sank \
off Iceland in 1799.

“This house belongs to the fishermen”, said Brandt, who last March became the , in her speech. According to the Danish \
newspaper, visitors queued as far as the fish market. The lighthouse keeper Pieter Zand gave the museum his diary, \
which was . A concert closed the evening, featuring the Peruvian tenor.

A ticket costs 12 euros; children under ten get in free. The museum is closed on Mondays because its staff restore \
the ships that day.

In June the curator, Edda Holm, aged 41, will travel to Lisbon to meet the president (Ocean Trust, independent) and \
borrow three globes made in Nuremberg. The old customs house was sold to , which plans a hotel.

The Society for Ship Preservation (SSP) lent two sextants.
"""


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("museum")
    (folder / "museum.txt").write_text(TEXT, encoding="utf-8")
    with Assistant(DocumentIndex.open(folder / "data", embedder), SentenceEngine(embedder)) as assistant:
        assistant.index(folder / "museum.txt")
        yield assistant


def cited(answer: Answer) -> str:
    assert all(TEXT[c.start : c.end] == c.quote for c in answer.citations)
    return " ".join(citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "short", "sentence"),
    [
        ("Who designed the glass hall?", "Tomas Arvo", "the architect, Tomas Arvo"),
        ("WHO DESIGNED THE GLASS HALL", "Tomas Arvo", "the architect, Tomas Arvo"),
        ("When did the museum open its doors?", "Saturday (3.May.2031)", "opened its doors"),
        ("How much did the building cost?", "48 million euros", "The building cost"),
        ("How old is Edda Holm?", "41", "Edda Holm"),
        ("How many objects are on display?", "2,400", "objects are on display"),
        ("In what year did the Noordster sink?", "1799", "Noordster"),
        ("What does a ticket cost?", "12 euros", "A ticket costs"),
        ("Where were the globes made?", "Nuremberg", "Nuremberg"),
        ("What did Brandt say about the house?", "This house belongs to the fishermen", "fishermen"),
        ("What does SSP stand for?", "Society for Ship Preservation", "SSP"),
        ("Who is Tomas Arvo?", "architect", "architect"),
        ("Is the museum closed on Mondays?", "yes", "closed on Mondays"),
        ("Who cut the ribbon?", "Ilse Brandt", "cut the ribbon"),
    ],
)
def test_the_sentence_that_answers_is_cited_and_shortened(
    museum: Assistant, question: str, short: str, sentence: str
) -> None:
    answer = museum.ask(question)
    assert answer.answered, answer.text
    assert sentence in cited(answer)
    assert short in (answer.short_answer or "")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What was the price of the construction?", "48 million euros"),
        ("Why can nobody visit the museum on Mondays?", "because its staff restore"),
        ("Which vessel's anchor can be seen?", "Noordster"),
        ("What is the admission fee?", "A ticket costs"),
    ],
)
def test_other_words_for_it_lead_to_the_same_sentence(museum: Assistant, question: str, sentence: str) -> None:
    assert sentence in cited(museum.ask(question))


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Australia?",
        "How old is Ilse Brandt's husband?",
        "How tall is the lighthouse?",
        "What did the mayor of Rotterdam say?",
        "How many visitors came from Japan?",
        "When was Tomas Arvo born?",
        "What is the recipe for pancakes?",
        "How much does a coffee cost?",
    ],
)
def test_what_the_documents_do_not_say_is_refused(museum: Assistant, question: str) -> None:
    answer = museum.ask(question)
    assert (answer.reason, answer.citations, answer.short_answer) == (Reason.NOT_IN_DOCUMENTS, (), None)
    assert answer.matches


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What did Brandt become last March?", "became the ,"),
        ("Which Danish newspaper reported on the queue?", "Danish newspaper"),
        ("What is the name of the Danish newspaper?", "Danish newspaper"),
        ("Who sang at the concert that closed the evening?", "Peruvian tenor"),
        ("Which Peruvian tenor performed?", "Peruvian tenor"),
        ("Who is the president of the Ocean Trust?", "the president (Ocean Trust"),
        ("To whom was the old customs house sold?", "sold to ,"),
        ("Who bought the old customs house?", "sold to ,"),
    ],
)
def test_what_the_source_has_lost_is_told_from_what_it_never_had(
    museum: Assistant, question: str, sentence: str
) -> None:
    answer = museum.ask(question)
    assert (answer.reason, answer.short_answer) == (Reason.GAP_IN_SOURCE, None)
    assert len(answer.citations) == 1
    assert sentence in cited(answer)
    assert "incomplete" in answer.text


@pytest.mark.parametrize(
    ("question", "short"),
    [("When was Brandt's speech?", None), ("Who gave the museum his diary?", "Pieter Zand")],
)
def test_the_rest_of_a_sentence_with_a_hole_still_answers(museum: Assistant, question: str, short: str | None) -> None:
    answer = museum.ask(question)
    if short is None:
        assert answer.reason is not Reason.GAP_IN_SOURCE
    else:
        assert short in (answer.short_answer or "")


def test_a_question_of_two_parts_gets_two_answers(museum: Assistant) -> None:
    answer = museum.ask("Who designed the glass hall, and how old is Edda Holm?")
    assert answer.short_answer in ("Tomas Arvo; 41", "Tomas Arvo; aged 41")
    assert [c.number for c in answer.citations] == [1, 2]
    assert answer.text.index("[1]") < answer.text.index("[2]")


def test_to_be_told_about_something_is_answered_with_what_is_said_of_it(museum: Assistant) -> None:
    answer = museum.ask("Tell me about the frigate Noordster.")
    assert "Noordster" in cited(answer)


@pytest.mark.parametrize(
    "question",
    [
        "¿Dónde está el museo?",
        "博物館はどこにありますか",
        "museum",
        "?museum",
        "a b c d e f",
        "1799",
        "“",
        "[1] [2] who?",
    ],
)
def test_strange_questions_get_an_answer_or_a_refusal_but_never_an_error(museum: Assistant, question: str) -> None:
    if any(character.isalnum() for character in question):
        cited(museum.ask(question))
