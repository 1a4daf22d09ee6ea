"""Public sets, read from small files in their formats."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from evals import datasets, retrieval, store
from evals.datasets import Mode
from evals.evidence import locate
from evals.metrics import counts, summary
from evals.questions import GoldError
from evals.retrieval import plain_sum
from evals.runner import run, write_texts
from index import DocumentIndex, Embedder, Match, Passage

RIVERS = "The Aare is a river. It rises in the Alps. It ends at Koblenz. It is 288 km long."
TOWNS = "Bern lies on the Aare. It has a bear park."
SQUAD: dict[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": "Aare/Rivers",
            "paragraphs": [
                {
                    "context": RIVERS,
                    "qas": [
                        {
                            "id": "1",
                            "question": " Where does the river Aare rise? ",
                            "answers": [
                                {"text": "the Alps", "answer_start": RIVERS.index("the Alps")},
                                {"text": "Alps", "answer_start": RIVERS.index("Alps")},
                            ],
                            "is_impossible": False,
                        },
                        {"id": "2", "question": "Who swam the Aare?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        },
        {
            "title": "Bern",
            "paragraphs": [
                {
                    "context": TOWNS,
                    "qas": [
                        {
                            "id": "3",
                            "question": "What kind of park has the town of Bern?",
                            "answers": [{"text": "bear park", "answer_start": TOWNS.index("bear park")}],
                        }
                    ],
                }
            ],
        },
    ],
}


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    path = tmp_path / "dev.json.gz"
    with gzip.open(path, "wt") as file:
        json.dump(SQUAD, file)
    return path


@pytest.fixture
def assistant(tmp_path: Path, embedder: Embedder) -> Assistant:
    from assistant.engines.sentences import SentenceEngine

    return Assistant(DocumentIndex.open(tmp_path / "data", embedder), SentenceEngine(embedder))


def test_squad_in_its_three_modes(squad: Path) -> None:
    reading, retrieval, whole = (datasets.squad(squad, mode) for mode in (Mode.READING, Mode.RETRIEVAL, Mode.OPEN))
    assert [q.id for q in reading.questions] == [q.id for q in whole.questions] == ["1", "2", "3"]
    assert [q.id for q in retrieval.questions] == ["1", "3"]
    assert retrieval.search_only
    first, second, _ = reading.questions
    assert first.question == "Where does the river Aare rise?"
    assert first.answers == ("the Alps", "Alps")
    assert first.documents == ("Aare_Rivers/0001.txt",)
    assert first.evidence[0].quote == "It rises in the Alps."
    assert not second.answerable
    assert second.documents == ("Aare_Rivers/0001.txt",)
    assert whole.questions[0].documents is None
    assert whole.questions[0].relevant == (("Aare_Rivers/0001.txt", 1),)
    assert reading.texts == {"Aare_Rivers/0001.txt": RIVERS, "Bern/0001.txt": TOWNS}
    assert len({reading.hash, retrieval.hash, whole.hash}) == 3


def test_questions_of_some_articles_on_the_whole_collection(squad: Path) -> None:
    chosen = datasets.squad(squad, Mode.OPEN, ["Bern"])
    assert [q.id for q in chosen.questions] == ["3"]
    assert len(chosen.texts or {}) == 2
    assert datasets.squad_titles(squad) == ["Aare/Rivers", "Bern"]
    with pytest.raises(GoldError, match="holds no questions on these articles"):
        datasets.squad(squad, Mode.OPEN, ["Basel"])


def test_squad_goes_through_the_whole_chain(squad: Path, tmp_path: Path, assistant: Assistant) -> None:
    reading = datasets.squad(squad, Mode.READING)
    assistant.index(write_texts(reading, tmp_path / "docs"))
    assert locate(reading.questions[0], assistant.text)[0].places == (
        ("Aare_Rivers/0001.txt", RIVERS.index("It rises"), RIVERS.index("It rises") + 21),
    )
    rows = run(assistant, reading, store.start(tmp_path, "r", {}, {}))
    assert not any(row.failed for row in rows)
    found = {place["document"] for row in rows[:2] for place in (row.answer or {})["passages"]}
    assert found == {"Aare_Rivers/0001.txt"}  # each question is put to its own paragraph

    retrieval = datasets.squad(squad, Mode.RETRIEVAL)
    rows = run(assistant, retrieval, store.start(tmp_path, "s", {}, {}))
    assert counts(rows) == {"found": 2}
    assert summary(rows)["recall@5"].value == 1
    assert "f1" not in summary(rows)
    assert summary(rows)["retrieve_p50"].value > 0


def test_squad_in_another_format_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"data": [{"title": "x"}]}')
    with pytest.raises(GoldError, match="not in SQuAD's format: 'paragraphs'"):
        datasets.squad(tmp_path / "a.json", Mode.OPEN)
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(GoldError, match="cannot be read as SQuAD JSON"):
        datasets.squad(tmp_path / "a.json", Mode.OPEN)
    with pytest.raises(GoldError, match="cannot be read as SQuAD JSON"):
        datasets.squad(tmp_path / "none.json", Mode.OPEN)


def test_a_beir_folder(tmp_path: Path, assistant: Assistant) -> None:
    folder = beir(tmp_path / "rivers", "query-id\tcorpus-id\tscore\nq1\tMED-1\t2\nq1\tMED/2\t0\nq2\tMED/2\t1\n")
    found = datasets.beir(folder)
    assert found.name == "rivers-test"
    assert found.texts == {"MED-1.txt": "Aare\n\n" + RIVERS, "MED_2.txt": TOWNS}
    assert [(q.id, q.relevant) for q in found.questions] == [
        ("q1", (("MED-1.txt", 2),)),
        ("q2", (("MED_2.txt", 1),)),
    ]
    assistant.index(write_texts(found, tmp_path / "docs"))
    rows = run(assistant, found, store.start(tmp_path, "b", {}, {}))
    assert summary(rows)["nDCG@10"].value == pytest.approx(1)


def test_a_broken_beir_folder_is_named_with_its_line(tmp_path: Path) -> None:
    folder = beir(tmp_path / "b", "q1\tMED-1\tmany\n")
    with pytest.raises(GoldError, match="no query"):
        datasets.beir(folder)  # the only line reads as a header
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tMED-1\n")
    with pytest.raises(GoldError, match=r"test\.tsv, line 2"):
        datasets.beir(folder)
    with pytest.raises(GoldError, match=r"dev\.tsv cannot be read"):
        datasets.beir(folder, "dev")
    (folder / "corpus.jsonl").write_text('{"_id": "a", "text": "x"}\n{"id": "b"}\n')
    with pytest.raises(GoldError, match=r"corpus\.jsonl, line 2: expected an object with \"_id\""):
        datasets.beir(folder)


def test_a_draw_is_the_same_for_the_same_seed(squad: Path) -> None:
    whole = datasets.squad(squad, Mode.OPEN)
    draws = [[q.id for q in whole.drawn(2, seed).questions] for seed in range(8)]
    assert draws == [[q.id for q in whole.drawn(2, seed).questions] for seed in range(8)]
    assert all(draw == sorted(draw) and len(draw) == 2 for draw in draws)
    assert len({tuple(draw) for draw in draws}) > 1
    assert whole.drawn(3, 1) is whole
    assert whole.drawn(2, 1).hash == whole.hash


def test_the_plain_sum_scales_each_side_over_its_own_results() -> None:
    def match(document: str, cosine: float, bm25: float) -> Match:
        return Match(Passage(document, "", 0, 1, "x"), 0, cosine, bm25)

    dense = [match("a", 0.75, 0), match("b", 0.5, 0), match("b", 0.375, 0), match("c", 0.25, 0)]
    keyword = [match("c", 0, 20), match("b", 0, 15), match("d", 0, 10)]
    # dense: a 1, b .5, c 0; BM25: c 1, b .5, d 0; halves: a, b and c .5, d 0; ties by name
    assert plain_sum(dense, keyword) == ["a", "b", "c", "d"]
    assert plain_sum(dense, [match("c", 0, 20), match("b", 0, 19)])[0] == "a"
    assert plain_sum([], [match("z", 0, 3)]) == ["z"]


def test_the_searches_side_by_side(squad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    retrieval.run(squad, squad, out=tmp_path / "runs")
    assert "2 questions, 2 paragraphs" in capsys.readouterr().out
    [written] = (tmp_path / "runs").glob("retrieval-*.json")
    figures = json.loads(written.read_text())["figures"]
    assert list(figures) == ["dense", "BM25", "plain sum", "hybrid"]
    assert figures["BM25"]["hit@5"] == {"value": [1, 1, 1], "ours_minus": [0, 0, 0]}
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"data": [{**SQUAD["data"][1], "title": "x"}]}).replace('"id": "3"', '"id": "9"'))
    with pytest.raises(GoldError, match="no answerable question in common"):
        retrieval.run(squad, other, out=tmp_path / "runs")


def beir(folder: Path, qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(
        json.dumps({"_id": "MED-1", "title": "Aare", "text": RIVERS})
        + "\n"
        + json.dumps({"_id": "MED/2", "title": "", "text": TOWNS})
        + "\n"
    )
    (folder / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "How long is the river?"}\n{"_id": "q2", "text": "bear park in Bern"}\n'
        '{"_id": "q3", "text": "nobody judged this"}\n'
    )
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder
