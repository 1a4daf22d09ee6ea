"""The commands, through Typer's runner in this process; what only a real process shows is in test_cli_process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.cli import app
from conftest import ARTICLE, SEEDS

QUESTION = "Which cap did the 2 leaders sign?"
ABSENT = "How many moons does Jupiter have?"

Run = Callable[..., Result]


def command(data: Path) -> Run:
    def run(*args: str | Path, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, [*map(str, args), "--data-dir", str(data)], input=input, catch_exceptions=False)

    return run


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The command on a data folder that holds the seed article; for tests that only read."""
    run = command(tmp_path_factory.mktemp("seeded") / "data")
    assert run("index", SEEDS).exit_code == 0
    return run


@pytest.fixture
def fresh(tmp_path: Path) -> Run:
    return command(tmp_path / "data")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "cheese.txt").write_bytes("The dairy in Lund makes a blue cheese\r\ncalled Ädla.\r\n".encode())
    (notes / "boats.txt").write_text("The ferry to Ven leaves from Landskrona at noon.\n")
    return notes


def out(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def failure(result: Result) -> dict[str, str]:
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    error: dict[str, str] = json.loads(result.stderr)["error"]
    return error


# -- index


def test_index_tells_what_changed(fresh: Run, notes: Path) -> None:
    first = out(fresh("index", notes, "--json"))
    assert {**first, "seconds": 0} == {
        "added": 2,
        "changed": 0,
        "removed": 0,
        "renamed": 0,
        "unchanged": 0,
        "failed": [],
        "passages": 2,
        "seconds": 0,
    }
    (notes / "boats.txt").rename(notes / "ferries.txt")
    shutil.copy(SEEDS / ARTICLE, notes)
    again = out(fresh("index", notes, "--json"))
    assert [again[name] for name in ("added", "changed", "removed", "renamed", "unchanged")] == [1, 0, 0, 1, 1]


def test_several_paths_are_summed(fresh: Run, notes: Path) -> None:
    assert out(fresh("index", notes, SEEDS / ARTICLE, "--json"))["added"] == 3


def test_a_bad_file_is_named_and_the_rest_goes_on(fresh: Run, notes: Path) -> None:
    (notes / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")
    report = out(fresh("index", notes, "--json"))
    assert [failed["document"] for failed in report["failed"]] == ["broken.pdf"]
    assert report["failed"][0]["error"]
    shown = fresh("index", notes)
    assert shown.exit_code == 0
    assert "broken.pdf: " + report["failed"][0]["error"] in shown.stdout
    assert "2 unchanged" in shown.stdout


def test_only_bad_files_are_a_failure(fresh: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")
    result = fresh("index", tmp_path / "broken.pdf", "--json")
    assert failure(result)["type"] == "UnreadableFile"
    assert [failed["document"] for failed in json.loads(result.stdout)["failed"]] == ["broken.pdf"]


def test_a_missing_path_is_a_failure_and_changes_nothing(fresh: Run, notes: Path) -> None:
    assert failure(fresh("index", notes, notes / "nowhere", "--json"))["type"] == "MissingPath"
    assert failure(fresh("documents", "--json"))["type"] == "NoIndex"


def test_rebuild_embeds_the_stored_texts_anew(fresh: Run, notes: Path) -> None:
    fresh("index", notes)
    shutil.rmtree(notes)
    report = out(fresh("index", "--rebuild", "--json"))
    assert (report["changed"], report["passages"]) == (2, 2)
    assert out(fresh("search", "ferry", "-k", "1", "--json"))["passages"][0]["document"] == "boats.txt"


def test_what_was_removed_stays_away_until_again(fresh: Run, notes: Path) -> None:
    fresh("index", notes)
    assert out(fresh("remove", "boats.txt", "--json")) == {"removed": "boats.txt"}
    fresh("index", notes)
    assert [info["document"] for info in out(fresh("documents", "--json"))] == ["cheese.txt"]
    assert out(fresh("index", notes, "--again", "--json"))["added"] == 1
    assert failure(fresh("remove", "no such", "--json"))["type"] == "UnknownDocument"


# -- ask


def test_an_answer_is_json_whose_quotes_stand_in_the_text(seeded: Run) -> None:
    answer = out(seeded("ask", QUESTION, "--json"))
    assert list(answer)[:9] == [
        "id",
        "question",
        "standalone_question",
        "answered",
        "reason",
        "answer",
        "short_answer",
        "confidence",
        "citations",
    ]
    assert (answer["id"], answer["question"], answer["answered"], answer["reason"]) == (None, QUESTION, True, None)
    assert "MAGA" in answer["answer"]
    text = seeded("text", ARTICLE).stdout_bytes.decode("utf-8")
    assert answer["citations"]
    for citation in answer["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    for passage in answer["passages"]:
        assert text[passage["start"] : passage["end"]] == passage["text"]
    assert answer["seconds"].keys() == {"retrieve", "answer", "total"}


def test_a_refusal_is_no_failure(seeded: Run) -> None:
    answer = out(seeded("ask", ABSENT, "--json"))
    assert (answer["answered"], answer["reason"]) == (False, "not_in_documents")
    assert answer["citations"] == []
    assert answer["short_answer"] is None


def test_an_answer_for_people_shows_what_it_stands_on(seeded: Run) -> None:
    answer = out(seeded("ask", QUESTION, "--json"))
    shown = seeded("ask", QUESTION).stdout
    assert shown.startswith(answer["answer"])
    for cited in answer["citations"]:
        assert f"[{cited['number']}] {ARTICLE}, characters {cited['start']}–{cited['end']}" in shown
    assert answer["citations"][0]["quote"].split("\n")[0] in shown
    assert answer["engine"] in shown.splitlines()[-1]


def test_a_refusal_for_people_offers_the_closest_passages(seeded: Run) -> None:
    shown = seeded("ask", ABSENT).stdout
    assert "Closest, but not an answer:" in shown
    assert ARTICLE in shown


def test_a_question_may_come_from_standard_input(seeded: Run) -> None:
    assert out(seeded("ask", "-", "--json", input=QUESTION + "\n"))["question"] == QUESTION


def test_history_makes_a_follow_up_stand_alone(seeded: Run, tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "Where did the meeting take place?"},
        {"role": "assistant", "content": "In Tokyo."},
    ]
    (tmp_path / "said.json").write_text(json.dumps(turns))
    answer = out(seeded("ask", "And on what date?", "--history", tmp_path / "said.json", "--json"))
    assert "meeting" in answer["standalone_question"]
    (tmp_path / "said.json").write_text('{"role": "user"}')
    refused = seeded("ask", "And on what date?", "--history", tmp_path / "said.json", "--json")
    assert failure(refused)["type"] == "BadQuestion"


def test_ask_and_search_keep_to_the_documents_named(fresh: Run, notes: Path) -> None:
    fresh("index", notes)
    answer = out(fresh("ask", "What does the ferry do at noon?", "--document", "cheese.txt", "--json"))
    assert {passage["document"] for passage in answer["passages"]} == {"cheese.txt"}
    found = out(fresh("search", "ferry", "--document", "cheese.txt", "--json"))
    assert {passage["document"] for passage in found["passages"]} == {"cheese.txt"}
    assert failure(fresh("ask", "Why?", "--document", "none.txt", "--json"))["type"] == "UnknownDocument"


# -- batches


def test_a_batch_answers_in_order_and_bad_lines_in_their_place(seeded: Run, tmp_path: Path) -> None:
    lines = [
        b'\xef\xbb\xbf{"id": "first", "question": "In which city did they meet?"}\r',
        b"not json",
        b'{"id": "without"}',
        b"",
        b'{"id": 4, "question": "\\ud800"}',
        b'{"id": "latin", "question": "\xe9"}',
        b'{"id": "bad history", "question": "Why?", "history": [{"role": "judge", "content": "x"}]}',
        b'["a list"]',
        '{"id": "last", "question": "Who congratulated “whom”?", "history": []}'.encode(),
    ]
    (tmp_path / "questions.jsonl").write_bytes(b"\n".join(lines))
    result = seeded("ask", "--batch", tmp_path / "questions.jsonl")
    answers = [json.loads(line) for line in result.stdout.split("\n")[:-1]]
    assert result.exit_code == 1
    assert "6 of 8 lines failed" in result.stderr
    assert [answer["id"] for answer in answers] == ["first", None, "without", 4, None, "bad history", None, "last"]
    assert [set(answer) == {"id", "error"} for answer in answers] == [False, *[True] * 6, False]
    assert answers[-1]["question"] == "Who congratulated “whom”?"


def test_a_good_batch_exits_with_0_and_carries_history(seeded: Run) -> None:
    history = [{"role": "user", "content": "Where did the meeting take place?"}]
    line = json.dumps({"id": "x", "question": "And on what date?", "history": history})
    answer = out(seeded("ask", "--batch", "-", "--json", input=line))
    assert answer["id"] == "x"
    assert "meeting" in answer["standalone_question"]


def test_a_batch_without_an_index_fails_as_a_whole(fresh: Run) -> None:
    assert failure(fresh("ask", "--batch", "-", "--json", input='{"question": "Why?"}'))["type"] == "NoIndex"


def test_searches_come_in_batches_too(seeded: Run) -> None:
    lines = '{"id": 1, "query": "golf bag"}\n{"id": 2, "question": "rare earths"}\n'
    result = seeded("search", "--batch", "-", "-k", "2", input=lines)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [(row["id"], row["query"], len(row["passages"])) for row in found] == [
        (1, "golf bag", 2),
        (2, "rare earths", 2),
    ]


# -- search, documents, text


def test_search_gives_k_passages_best_first(seeded: Run) -> None:
    found = out(seeded("search", "golf bag", "-k", "3", "--json"))
    assert found.keys() == {"query", "passages"}
    assert [passage.keys() for passage in found["passages"]] == [{"document", "start", "end", "text", "score"}] * 3
    assert "golf bag" in found["passages"][0]["text"]
    shown = seeded("search", "golf bag", "-k", "3").stdout
    assert f"{ARTICLE}, characters {found['passages'][0]['start']}–" in shown.splitlines()[0]


def test_documents_are_listed(seeded: Run) -> None:
    (info,) = out(seeded("documents", "--json"))
    assert info.keys() == {"document", "title", "passages", "characters", "indexed_at"}
    assert info["characters"] == len((SEEDS / ARTICLE).read_text(encoding="utf-8"))
    shown = seeded("documents").stdout
    assert ARTICLE in shown
    assert info["title"] in shown


def test_text_is_exactly_what_citations_count_in(fresh: Run, notes: Path) -> None:
    fresh("index", notes)
    as_json = out(fresh("text", "cheese.txt", "--json"))
    assert as_json["document"] == "cheese.txt"
    assert fresh("text", "cheese.txt").stdout_bytes == as_json["text"].encode("utf-8")
    (passage,) = out(fresh("search", "cheese", "-k", "1", "--json"))["passages"]
    assert as_json["text"][passage["start"] : passage["end"]] == passage["text"]
    assert failure(fresh("text", "none", "--json"))["type"] == "UnknownDocument"


# -- options, usage, failures


def test_common_options_stand_before_or_after_the_command(
    seeded: Run, fresh: Run, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh("index", notes)
    runner, data = CliRunner(), str(tmp_path / "data")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "elsewhere"))
    before = runner.invoke(app, ["--json", "--data-dir", data, "documents"])
    after = runner.invoke(app, ["--data-dir", "nowhere", "documents", "--data-dir", data, "--json"])
    assert [info["document"] for info in out(before)] == ["boats.txt", "cheese.txt"]
    assert out(after) == out(before)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", data)
    assert out(runner.invoke(app, ["documents", "--json"])) == out(before)


@pytest.mark.parametrize(
    "args",
    [
        ["documents"],
        ["ask", "Who?"],
        ["search", "who"],
        ["text", "a.txt"],
        ["remove", "a.txt"],
        ["chat"],
        ["index", "--rebuild"],
    ],
    ids=lambda args: args[0],
)
def test_without_an_index_each_command_says_how_to_make_one(fresh: Run, tmp_path: Path, args: list[str]) -> None:
    assert failure(fresh(*args, "--json"))["type"] == "NoIndex"
    shown = fresh(*args)
    assert (shown.exit_code, shown.stderr.count("\n"), shown.stdout) == (1, 1, "")
    assert "assistant index" in shown.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "args",
    [
        ["ask"],
        ["ask", "Who?", "--batch", "-"],
        ["ask", "--batch", "no such file"],
        ["search"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "many"],
        ["index"],
        ["text"],
        ["remove"],
        ["dance"],
        ["documents", "--dance"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_apart(fresh: Run, args: list[str]) -> None:
    result = fresh(*args)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_setting_that_cannot_be_used_is_named(fresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_K", "many")
    error = failure(fresh("ask", "Who?", "--json"))
    assert error["type"] == "BadSetting"
    assert "ASSISTANT_K" in error["message"]


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path, notes: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = command(tmp_path / "file" / "data")("index", notes)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(tmp_path / "file") in result.stderr


def test_eval_hands_its_arguments_on() -> None:
    result = CliRunner().invoke(app, ["eval", "--help"])
    assert result.exit_code == 0
    assert "assistant eval" in result.stdout
    assert CliRunner().invoke(app, ["eval", "--no-such-option"]).exit_code == 2


def test_the_page_is_not_served_to_others_without_a_password(fresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSISTANT_WEB_AUTH", raising=False)
    error = failure(fresh("web", "--host", "0.0.0.0", "--json"))
    assert error["type"] == "BadSetting"
    assert "--auth" in error["message"]


# -- chat


def test_a_chat_follows_up_and_opens_citations(seeded: Run) -> None:
    script = f"{QUESTION}\n/open 1\n/open 9\n/documents\n/dance\nAnd on what date?\n/new\n/open 1\n/quit\nnever asked\n"
    result = seeded("chat", input=script)
    assert result.exit_code == 0
    cited = out(seeded("ask", QUESTION, "--json"))["citations"][0]
    first, opened, wrong, listed, unknown, follow_up, new, forgotten, *_ = result.stdout.split("\n> ")[1:]
    assert cited["quote"].split("\n")[0] in first
    assert f"»{cited['quote'].splitlines()[0]}" in opened
    assert "/open takes one of: 1" in wrong
    assert ARTICLE in listed
    assert "There is no /dance" in unknown
    assert follow_up.startswith("And on what date?")
    assert "new conversation" in new
    assert "nothing to open" in forgotten
    assert "never asked" not in result.stdout


def test_a_chat_in_json_is_one_answer_a_line(seeded: Run) -> None:
    result = seeded("chat", "--json", input="Where did the meeting take place?\n\n/documents\nAnd on what date?\n")
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert first["question"] == "Where did the meeting take place?"
    assert "meeting" in second["standalone_question"]
    assert ARTICLE in result.stderr
