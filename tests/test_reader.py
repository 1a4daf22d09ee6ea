"""The reader: what it points at, what it says with it, when it says nothing, and that the same is said every time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assistant.engines.reader import ReaderEngine
from assistant.engines.reader_model import CALIBRATION, FOLDER, WEIGHTS, ReaderModel, available, digest
from assistant.engines.tidying import tidied
from assistant.errors import EngineError
from assistant.types import Draft, Reason
from index import DocumentIndex, Embedder
from index.types import Match, Passage

TOWN = (
    "The lighthouse of Varnholm was designed by Ingrid Solberg in 1874. It stands on a rock two kilometres from the "
    "harbour. The keeper, according to the local newspaper, lived there with three dogs."
)
FERRY = "The ferry to Varnholm leaves at noon on weekdays. A ticket costs 14 euros."


@pytest.fixture(scope="module")
def model() -> ReaderModel:
    return ReaderModel()


@pytest.fixture(scope="module")
def engine(embedder: Embedder) -> ReaderEngine:
    return ReaderEngine(embedder)


def matches(embedder: Embedder, question: str, *texts: str) -> list[Match]:
    """The texts as passages of documents of their own, in the order given."""
    vectors = embedder.embed_passages(list(texts)) @ embedder.embed_query(question)
    return [
        Match(Passage(f"{number}.txt", f"{number}", 0, len(text), text), float(cosine), float(cosine), 1.0)
        for number, (text, cosine) in enumerate(zip(texts, vectors, strict=True))
    ]


def final(engine: ReaderEngine, embedder: Embedder, question: str, *texts: str) -> Draft:
    *_, last = engine.answer(question, matches(embedder, question, *texts))
    return last


# --- the model ------------------------------------------------------------------------------------------------------


def test_it_points_at_the_answer_in_code_points(model: ReaderModel) -> None:
    text = "🚢 Überall 東京. " + TOWN
    (found,) = model.read("Who designed the lighthouse?", [text])

    assert text[found[0].start : found[0].end] == "Ingrid Solberg"
    assert found[0].score > 0


def test_what_is_read_does_not_depend_on_the_texts_beside_it(model: ReaderModel) -> None:
    texts = [TOWN, FERRY, "Short.", "", TOWN * 3]
    together = model.read("When does the ferry leave?", texts)

    assert together == [model.read("When does the ferry leave?", [text])[0] for text in texts]
    assert together[3] == []


def test_a_long_passage_is_read_to_its_end(model: ReaderModel) -> None:
    text = "Nothing of note happened on the island that year. " * 80 + TOWN
    (found,) = model.read("Who designed the lighthouse?", [text])

    assert text[found[0].start : found[0].end] == "Ingrid Solberg"


def test_of_a_question_beyond_all_measure_the_end_is_read(model: ReaderModel) -> None:
    end = "who designed the lighthouse that stands on a rock two kilometres from the harbour? " * 4
    (found,), (same,) = (model.read("Well, " * count + end, [TOWN]) for count in (500, 300))

    assert TOWN[found[0].start : found[0].end] == "Ingrid Solberg"
    assert found == same


def test_the_artifact_is_the_one_that_was_calibrated() -> None:
    stored = json.loads((FOLDER / CALIBRATION).read_text(encoding="utf-8"))

    assert stored["sha256"] == digest(FOLDER)
    assert (FOLDER / WEIGHTS).stat().st_size < 30_000_000


def test_damaged_weights_are_refused_in_one_line(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "reader")
    weights = tmp_path / "reader" / WEIGHTS
    weights.chmod(0o644)
    with weights.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0\1\2\3")

    with pytest.raises(EngineError, match=r"damaged: .*ASSISTANT_ENGINE=sentences") as caught:
        ReaderModel(tmp_path / "reader").read("Who?", ["Ingrid."])
    assert "\n" not in str(caught.value)


def test_a_folder_without_an_artifact_is_known_before_it_is_opened(tmp_path: Path, embedder: Embedder) -> None:
    assert available()
    assert not available(tmp_path)
    with pytest.raises(EngineError, match="ASSISTANT_ENGINE=sentences"):
        ReaderEngine(embedder, tmp_path)


# --- the engine -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Who designed the lighthouse of Varnholm?", "Ingrid Solberg"),
        ("In what year was the lighthouse designed?", "1874"),
        ("How much is a ticket for the ferry?", "14 euros"),
    ],
)
def test_the_short_answer_stands_in_its_cited_sentence(
    engine: ReaderEngine, embedder: Embedder, question: str, short: str
) -> None:
    draft = final(engine, embedder, question, TOWN, FERRY)

    assert draft.short_answer == short
    assert draft.reason is None
    evidence = draft.evidence[0]
    assert short in evidence.quote
    assert [TOWN, FERRY][int(evidence.document[0])][evidence.start : evidence.end] == evidence.quote
    assert draft.text.startswith(f"{evidence.quote} [1]")


@pytest.mark.parametrize("question", ["How old was the composer of the symphony?", "What is the capital of Australia?"])
def test_what_no_passage_says_is_refused_without_a_citation(
    engine: ReaderEngine, embedder: Embedder, question: str
) -> None:
    draft = final(engine, embedder, question, TOWN, FERRY)

    assert draft.reason is Reason.NOT_IN_DOCUMENTS
    assert draft.short_answer is None
    assert draft.evidence == ()


def test_the_place_that_is_asked_about_is_not_the_place_in_it(engine: ReaderEngine, embedder: Embedder) -> None:
    text = "The ferry Marta sails to Denmark on Friday, where it is expected to meet the ferry Ole."

    assert final(engine, embedder, "In which town in Denmark does the ferry Marta meet the ferry Ole?", text).reason


def test_a_continent_is_no_country(engine: ReaderEngine, embedder: Embedder) -> None:
    text = "Olsen toured Asia in 1990. He went on foot."

    assert final(engine, embedder, "Which continent did Olsen tour in 1990?", text).short_answer == "Asia"
    assert final(engine, embedder, "Which country did Olsen tour in 1990?", text).reason is Reason.NOT_IN_DOCUMENTS


def test_what_is_only_expected_does_not_answer_what_has_been(engine: ReaderEngine, embedder: Embedder) -> None:
    past = "The mayors of the two ports met in Varnholm on Monday."
    coming = "On Friday the mayors of the two ports are expected to meet in Esbjerg."

    assert final(engine, embedder, "Where did the mayors meet?", coming, past).short_answer == "Varnholm"
    assert final(engine, embedder, "Where are the mayors expected to meet?", past, coming).short_answer == "Esbjerg"


@pytest.mark.parametrize(
    "text",
    [
        "The mayors spoke of the former harbour master of Varnholm, Olaf Lie, who built the pier.",
        "They thanked Olaf Lie, the former harbour master of Varnholm, who built the pier.",
    ],
)
def test_who_once_was_is_not_who_is(engine: ReaderEngine, embedder: Embedder, text: str) -> None:
    def answered(question: str, *texts: str) -> str | None:
        return final(engine, embedder, question, *texts).short_answer

    asked = "Who is the harbour master of Varnholm?"
    assert final(engine, embedder, asked, text).reason is Reason.NOT_IN_DOCUMENTS
    assert answered("Who is the former harbour master of Varnholm?", text) == "Olaf Lie"
    assert answered("Who built the pier?", text) == "Olaf Lie"
    assert answered(asked, text, "The harbour master of Varnholm is Ingrid Solberg.") == "Ingrid Solberg"


@pytest.mark.parametrize(
    "text",
    [
        "The pilots then thanked the harbour master of Varnholm, Olaf Lie.",
        "Former pilots thanked the harbour master of Varnholm, Olaf Lie.",
    ],
)
def test_who_is_named_after_others_who_were_still_is(engine: ReaderEngine, embedder: Embedder, text: str) -> None:
    assert final(engine, embedder, "Who is the harbour master of Varnholm?", text).short_answer == "Olaf Lie"


def test_a_greeting_does_not_hide_the_question(engine: ReaderEngine, embedder: Embedder) -> None:
    asked = "Hello! I am writing about this town. Can you tell me who designed the lighthouse?"

    assert final(engine, embedder, asked, TOWN, FERRY).short_answer == "Ingrid Solberg"


@pytest.mark.parametrize(
    "question",
    ["Which Danish newspaper wrote about the keeper?", "Who is the editor of the newspaper of Oslo?"],
)
def test_no_gap_is_told_where_something_else_is_asked_for(
    engine: ReaderEngine, embedder: Embedder, question: str
) -> None:
    assert final(engine, embedder, question, TOWN, FERRY).reason is not Reason.GAP_IN_SOURCE


def test_each_part_of_a_question_is_answered_or_said_to_be_missing(engine: ReaderEngine, embedder: Embedder) -> None:
    both = final(engine, embedder, "Who designed the lighthouse, and how much is a ticket for the ferry?", TOWN, FERRY)
    one = final(engine, embedder, "Who designed the lighthouse, and when was the first concert?", TOWN, FERRY)

    assert both.short_answer == "Ingrid Solberg; 14 euros"
    assert [evidence.document for evidence in both.evidence] == ["0.txt", "1.txt"]
    assert both.text.endswith(f"{both.evidence[1].quote} [2]")
    assert one.short_answer == "Ingrid Solberg"
    assert one.text.endswith("[1] I did not find in the documents: When was the first concert?")


def test_a_name_that_the_source_leaves_out_is_a_gap(engine: ReaderEngine, embedder: Embedder) -> None:
    draft = final(engine, embedder, "Which local newspaper wrote about the keeper?", TOWN, FERRY)

    assert draft.reason is Reason.GAP_IN_SOURCE
    assert [evidence.quote for evidence in draft.evidence] == [TOWN[TOWN.index("The keeper") :]]


@pytest.mark.parametrize(
    "question", ["What is the Norwegian president's name?", "What is the name of Norway's president?"]
)
def test_a_name_is_asked_for_in_other_words_too(engine: ReaderEngine, embedder: Embedder, question: str) -> None:
    text = (
        "On Friday the mayor heads to Norway, where he is expected to meet the president (Labour Party) and Anton Lie."
    )

    assert final(engine, embedder, question, text).reason is Reason.GAP_IN_SOURCE


def test_which_is_not_told_by_a_phrase_without_its_name(engine: ReaderEngine, embedder: Embedder) -> None:
    nameless = "On Sunday evening the crowd in the old stadium cheered the Danish champion."
    common = "On Sunday evening the hunter in the old forest saw the red fox."

    assert final(engine, embedder, "Which player did the crowd cheer?", nameless).reason is Reason.GAP_IN_SOURCE
    assert final(engine, embedder, "Which animal did the hunter see?", common).short_answer == "red fox"


def test_what_stood_in_a_hole_is_a_gap_and_what_stands_beside_it_is_not(
    engine: ReaderEngine, embedder: Embedder
) -> None:
    holed = "Solberg, who in 1880 became the , married the painter Anton Lie in Bergen."

    assert final(engine, embedder, "What did Solberg become in 1880?", holed).reason is Reason.GAP_IN_SOURCE
    assert final(engine, embedder, "Whom did Solberg marry?", holed).reason is None


def test_two_documents_that_say_the_same_are_both_cited(engine: ReaderEngine, embedder: Embedder) -> None:
    other = "Ingrid Solberg designed the lighthouse of Varnholm when she was young."
    draft = final(engine, embedder, "Who designed the lighthouse of Varnholm?", TOWN, other)

    assert draft.short_answer == "Ingrid Solberg"
    assert {evidence.document for evidence in draft.evidence} == {"0.txt", "1.txt"}
    assert "[1] [2]" in draft.text


def test_the_same_question_gets_the_same_draft_in_any_company(engine: ReaderEngine, embedder: Embedder) -> None:
    first = final(engine, embedder, "Who designed the lighthouse of Varnholm?", TOWN, FERRY)
    final(engine, embedder, "What does a ticket cost?", FERRY)

    assert final(engine, embedder, "Who designed the lighthouse of Varnholm?", TOWN, FERRY) == first


def test_without_passages_it_refuses(engine: ReaderEngine) -> None:
    (draft,) = engine.answer("Who designed the lighthouse?", [])

    assert draft.reason is Reason.NOT_IN_DOCUMENTS


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("In which city did Donald Trump and Sanae Takaichi meet?", "Tokyo"),
        ("How long is Trump's trip to Asia?", "7-day"),
        ("Which political party does the Japanese prime minister belong to?", "Liberal Democratic Party"),
        ("What did Trump call Abe?", "great friend"),
    ],
)
def test_the_seed_article_is_read(engine: ReaderEngine, seed_index: DocumentIndex, question: str, short: str) -> None:
    *_, draft = engine.answer(question, seed_index.search(question))

    assert draft.short_answer == short


@pytest.mark.parametrize(
    "question",
    [
        "Which British newspaper reported that Trump and Takaichi watched a game on TV?",
        "Who is the Japanese star featured in the World Series game?",
        "Which player did the excerpt feature?",
        "Takaichi, who last Tuesday became the what?",
    ],
)
def test_the_holes_of_the_seed_article_are_gaps(engine: ReaderEngine, seed_index: DocumentIndex, question: str) -> None:
    *_, draft = engine.answer(question, seed_index.search(question))

    assert draft.reason is Reason.GAP_IN_SOURCE
    assert len(draft.evidence) == 1


# --- where an answer begins and ends --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pointed", "left"),
    [
        ("described Abe as a “great friend”adding that", "a “great friend", "great friend"),
        ("words (“Japan is back”).", "Japan is back”", "Japan is back"),
        ("On Wednesday (Oct 29), he left", "Wednesday (Oct 29", "Wednesday (Oct 29)"),
        ("(Liberal Democratic Party, right)", "(Liberal Democratic Party,", "Liberal Democratic Party"),
        ("a MAGA (Make America Great Again) cap", "MAGA (Make America Great Again", "MAGA (Make America Great Again)"),
        ("made in the U.S. in 1990", "the U.S.", "the U.S."),
        ("It cost $14.", "$14.", "$14"),
        ("the president (Democratic Party, center)", "(Democratic Party, center)", "Democratic Party, center"),
        ('He said "yes" at once', 'said "yes"', 'said "yes"'),
    ],
)
def test_an_answer_has_no_loose_ends(text: str, pointed: str, left: str) -> None:
    start = text.index(pointed)
    place = tidied(text, start, start + len(pointed))

    assert place is not None
    assert text[slice(*place)] == left


@pytest.mark.parametrize(
    ("text", "pointed"),
    [
        ("of Korea, center) and Chinese President", "Korea, center) and Chinese"),
        ("yes, “ ” no", "“ ”"),
        ("a . b", " . "),
    ],
)
def test_what_is_no_phrase_is_no_answer(text: str, pointed: str) -> None:
    start = text.index(pointed)

    assert tidied(text, start, start + len(pointed)) is None
