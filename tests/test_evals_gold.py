"""The gold questions on the seeds, and what is said of gold that cannot be used."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evals import datasets
from evals.questions import GoldError, load, seed_gold
from evals.runner import check_evidence
from index import DocumentIndex

HOLES = (
    "According to the British newspaper, before",
    "featuring the Japanese star.",
    "US presidency. , although some experts minimize its role.",
    "who last Tuesday (Oct 21) became the , congratulated",
    "“lasting friendship” with Abe, which was .",
    "meet the president (Democratic Party of Korea, center)",
    "and said he thought so.",
)
GOOD = {
    "id": "a",
    "question": "Who?",
    "history": [],
    "answerable": True,
    "answers": ["Ann"],
    "reason": None,
    "evidence": [{"document": "a.txt", "quote": "Ann came."}],
    "tags": ["fact"],
}


def test_there_are_enough_questions_of_every_kind() -> None:
    questions = load(seed_gold())
    tags = Counter(tag for question in questions for tag in question.tags)
    assert len(questions) >= 80
    for tag in (
        "fact",
        "paraphrase",
        "date",
        "number",
        "multi-sentence",
        "quotation",
        "follow-up",
        "false-premise",
        "absent",
    ):
        assert tags[tag] >= 5, tag
    assert all(question.history for question in questions if "follow-up" in question.tags)


def test_every_hole_of_the_article_is_asked_about() -> None:
    asked = [item.quote for q in load(seed_gold()) if q.reason == "gap_in_source" for item in q.evidence]
    for hole in HOLES:
        assert sum(hole in quote for quote in asked) >= 2, hole


def test_all_evidence_stands_in_the_text_that_citations_count_in(seed_index: DocumentIndex) -> None:
    check_evidence(load(seed_gold()), seed_index.text)


def test_every_answerable_question_has_evidence() -> None:
    assert [q.id for q in load(seed_gold()) if q.answerable and not q.evidence] == []


def test_evidence_that_is_not_there_is_named(tmp_path: Path, seed_index: DocumentIndex) -> None:
    article = seed_index.documents()[0].document
    row = GOOD | {"evidence": [{"document": article, "quote": "met in Kyoto"}]}
    with pytest.raises(GoldError, match=r"question 'a', evidence\[1\].*'met in Kyoto'"):
        check_evidence(load(_written(tmp_path, row)), seed_index.text)
    row = GOOD | {"evidence": [{"document": "b.txt", "quote": "met"}]}
    with pytest.raises(GoldError, match=r"question 'a', evidence:.*b\.txt"):
        check_evidence(load(_written(tmp_path, row)), seed_index.text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 7}, "field id: expected a text, not int"),
        ({"question": " "}, "field question: empty"),
        ({"answerable": "yes"}, "field answerable: expected true or false, not a text"),
        ({"answers": []}, "field answers: an answerable question needs"),
        ({"answers": ["Ann", ""]}, "field answers: expected texts that are not empty"),
        ({"answers": "Ann"}, "field answers: expected a list, not a text"),
        ({"reason": "not_in_documents"}, "field reason: an answerable question has none"),
        ({"answerable": False}, "field answers: an unanswerable question has none"),
        ({"answerable": False, "answers": [], "reason": "no"}, "field reason: expected one of not_in_documents"),
        ({"history": [{"role": "bot", "content": "x"}]}, r"field history\[1\].role: expected"),
        ({"history": ["x"]}, r"field history\[1\]: expected an object"),
        ({"history": [{"role": "user", "content": 1}]}, r"field history\[1\].content: expected a text"),
        ({"evidence": [{"document": "a.txt"}]}, r"field evidence\[1\]: expected an object"),
        ({"evidence": [{"document": "a.txt", "quote": " "}]}, r"field evidence\[1\].quote: expected a text"),
        (
            {"evidence": [{"document": "a.txt", "quote": "x", "alternatives": [3]}]},
            r"field evidence\[1\], field alternatives",
        ),
        ({"tagz": []}, "field tagz: no such field"),
    ],
)
def test_a_schema_error_names_the_line_and_the_field(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(GoldError, match=rf"gold\.jsonl, line 2, {message}"):
        load(_written(tmp_path, GOOD, GOOD | {"id": "b"} | change))


def test_missing_fields_doubled_ids_and_broken_lines_are_named(tmp_path: Path) -> None:
    short = {name: value for name, value in GOOD.items() if name != "question"}
    with pytest.raises(GoldError, match="line 1, field question: missing"):
        load(_written(tmp_path, short))
    with pytest.raises(GoldError, match="line 2, field id: 'a' is already the id of line 1"):
        load(_written(tmp_path, GOOD, GOOD))
    with pytest.raises(GoldError, match="line 1: expected an object, not a list"):
        load(_written(tmp_path, []))
    (tmp_path / "gold.jsonl").write_text(json.dumps(GOOD) + '\n\n{"id": ')
    with pytest.raises(GoldError, match="line 3: not JSON"):
        load(tmp_path / "gold.jsonl")
    (tmp_path / "gold.jsonl").write_text("\n")
    with pytest.raises(GoldError, match="holds no questions"):
        load(tmp_path / "gold.jsonl")
    with pytest.raises(GoldError, match="cannot be read"):
        load(tmp_path / "none.jsonl")


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(json.dumps(GOOD | {"question": "a\u2028b"}, ensure_ascii=False))
    assert load(tmp_path / "gold.jsonl")[0].question == "a\u2028b"


def test_the_hash_tells_other_gold_and_other_documents(tmp_path: Path) -> None:
    gold = _written(tmp_path, GOOD)
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("Ann came.")
    first = datasets.gold(gold, folder).hash
    assert datasets.gold(gold, folder).hash == first
    (folder / "a.txt").write_text("Ann came!")
    assert datasets.gold(gold, folder).hash != first
    (folder / "a.txt").write_text("Ann came.")
    assert datasets.gold(_written(tmp_path, GOOD | {"answers": ["Anne"]}), folder).hash != first


def _written(folder: Path, *rows: object) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
