"""A run from the questions to its files: crashes counted apart, resumed where it stood, compared, written out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from assistant import Assistant, Reason
from assistant.types import Draft, Evidence
from evals import datasets, store
from evals.cli import app
from evals.metrics import counts, summary
from evals.runner import run
from evals.scoring import Outcome, Row
from index import DocumentIndex, Embedder, Match

TEXT = "Ann met Bob in Oslo on 3 May. They signed a pact on fish. According to the , it was cold."
ROWS: list[dict[str, Any]] = [
    {
        "id": "where",
        "question": "Where did Ann meet Bob?",
        "history": [],
        "answerable": True,
        "answers": ["Oslo"],
        "reason": None,
        "evidence": [{"document": "a.txt", "quote": "Ann met Bob in Oslo on 3 May."}],
        "tags": ["fact"],
    },
    {
        "id": "when",
        "question": "And when?",
        "history": [{"role": "user", "content": "Where did Ann meet Bob?"}, {"role": "assistant", "content": "Oslo"}],
        "answerable": True,
        "answers": ["3 May"],
        "reason": None,
        "evidence": [{"document": "a.txt", "quote": "Ann met Bob in Oslo on 3 May."}],
        "tags": ["date", "follow-up"],
    },
    {
        "id": "who-says",
        "question": "According to whom was it cold?",
        "history": [],
        "answerable": False,
        "answers": [],
        "reason": "gap_in_source",
        "evidence": [{"document": "a.txt", "quote": "According to the , it was cold."}],
        "tags": ["hole"],
    },
    {
        "id": "wine",
        "question": "How much wine was drunk?",
        "history": [],
        "answerable": False,
        "answers": [],
        "reason": "not_in_documents",
        "evidence": [],
        "tags": ["absent"],
    },
]


class Scripted:
    """Says what it was told to, in order; an exception among the drafts is raised."""

    name = "scripted"

    def __init__(self, *drafts: Draft | Exception) -> None:
        self.drafts = list(drafts)
        self.asked: list[str] = []

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        self.asked.append(question)
        draft = self.drafts.pop(0)
        if isinstance(draft, Exception):
            raise draft
        yield draft


def cites(quote: str) -> tuple[Evidence, ...]:
    start = TEXT.index(quote)
    return (Evidence("a.txt", start, start + len(quote), quote),)


MEETING = cites("Ann met Bob in Oslo on 3 May.")
OSLO = Draft("They met in Oslo. [1]", MEETING, "Oslo", confidence=0.9)
MAY = Draft("On 3 May. [1]", MEETING, "3 May", confidence=0.8)
GAP = Draft("The text has a gap. [1]", cites("According to the , it was cold."), reason=Reason.GAP_IN_SOURCE)
NOTHING = Draft("Not there.", reason=Reason.NOT_IN_DOCUMENTS, confidence=0.1)


@pytest.fixture
def dataset(tmp_path: Path) -> datasets.Dataset:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(TEXT)
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return datasets.gold(tmp_path / "gold.jsonl", tmp_path / "docs")


@pytest.fixture
def documents(dataset: datasets.Dataset, index: DocumentIndex) -> DocumentIndex:
    assert dataset.folder
    index.sync(dataset.folder)
    return index


def kept(folder: Path) -> store.Run:
    return store.start(folder / "runs", "gold", {"dataset": {"hash": "0"}}, {})


def asked(documents: DocumentIndex, dataset: datasets.Dataset, folder: Path, *drafts: Draft | Exception) -> list[Row]:
    return run(Assistant(documents, Scripted(*drafts)), dataset, kept(folder))


def test_a_perfect_run(documents: DocumentIndex, dataset: datasets.Dataset, tmp_path: Path) -> None:
    rows = asked(documents, dataset, tmp_path, OSLO, MAY, GAP, NOTHING)
    assert counts(rows) == {"right": 4}
    figures = summary(rows)
    for name in ("right", "em", "f1", "citation_precision", "citation_recall", "verbatim", "gap", "reason", "hit@1"):
        assert figures[name].value == 1, name
    assert [row.why for row in rows] == [""] * 4
    cited = rows[0].cited[0]
    assert cited["before"] + cited["quote"] + cited["after"] == TEXT


def test_wrong_refused_and_crashed_are_told_apart(
    documents: DocumentIndex, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    elsewhere = Draft("In Oslo. [1]", cites("They signed a pact on fish."), "Rome", confidence=0.9)
    rows = asked(documents, dataset, tmp_path, elsewhere, NOTHING, OSLO, ZeroDivisionError("oh"))
    assert [row.outcome for row in rows] == [Outcome.WRONG, Outcome.REFUSED, Outcome.WRONG, Outcome.FAILED]
    assert "the short answer does not" in rows[0].why
    assert "cites something else than the evidence" in rows[0].why
    assert "the first passage found held the evidence" in rows[0].why
    assert "refused (not_in_documents), though the documents answer it" in rows[1].why
    assert "in a gap of the source" in rows[2].why
    assert rows[3].error is not None
    assert rows[3].error["type"] == "ZeroDivisionError"
    assert "in answer" in rows[3].error["trace"]
    figures = summary(rows)
    assert figures["right"].value == 0
    assert figures["refused"].value == pytest.approx(1 / 3)  # the crash is in no denominator
    assert figures["citation_precision"].value == figures["citation_recall"].value == 0


def test_a_refusal_for_another_reason_is_right_but_no_gap_told(
    documents: DocumentIndex, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    rows = asked(documents, dataset, tmp_path, OSLO, MAY, NOTHING, NOTHING)
    assert rows[2].outcome is Outcome.RIGHT
    assert "for another reason (not_in_documents instead of gap_in_source)" in rows[2].why
    assert summary(rows)["gap"].value == 0
    assert summary(rows)["reason"].value == 0.5


def test_a_run_goes_on_where_it_stood(documents: DocumentIndex, dataset: datasets.Dataset, tmp_path: Path) -> None:
    first = kept(tmp_path)
    engine = Scripted(OSLO, MAY, GAP, NOTHING)

    def stop_after_two(row: Row) -> None:
        if row.id == "when":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Assistant(documents, engine), dataset, first, progress=stop_after_two)
    with (first.folder / store.RESULTS).open("a") as file:
        file.write('{"id": "who-sa')  # and the machine went down while it wrote
    assert store.resume(tmp_path / "runs", "gold", {"dataset": {"hash": "1"}}) is None
    second = store.resume(tmp_path / "runs", "gold", {"dataset": {"hash": "0"}})
    assert second is not None
    seen: list[str] = []
    rows = run(Assistant(documents, engine), dataset, second, progress=lambda row: seen.append(row.id))
    assert seen == [row.id for row in rows] == ["where", "when", "who-says", "wine"]
    assert len(engine.asked) == 4  # nothing was asked twice
    assert counts(rows) == {"right": 4}
    assert [row.id for row in store.read(first.folder).rows()] == seen


def test_a_line_broken_in_the_middle_is_no_run(tmp_path: Path) -> None:
    broken = kept(tmp_path)
    (broken.folder / store.RESULTS).write_text('{"id":\n{}\n')
    with pytest.raises(store.RunError, match=r"results\.jsonl, line 1 is broken"):
        broken.rows()
    with pytest.raises(store.RunError, match="is not a run"):
        store.read(tmp_path)
    with pytest.raises(store.RunError, match="no run in"):
        store.find(tmp_path / "runs", "nothing")


def test_the_revision_is_that_of_the_checkout_and_absent_outside(tmp_path: Path) -> None:
    assert store.revision(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "assistant").mkdir()
    (tmp_path / "assistant" / "a.py").write_text("1")
    (tmp_path / "README").write_text("1")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    clean = store.revision(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    (tmp_path / "README").write_text("2")
    assert store.revision(tmp_path) == clean  # it decides nothing
    (tmp_path / "assistant" / "a.py").write_text("2")
    changed = store.revision(tmp_path)
    assert changed is not None
    assert changed.startswith(f"{clean}+")


def test_what_was_fitted_is_told_with_what_its_file_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    written = {"threshold": 0.4, "fitted on": {"file": "a.json.gz", "n": 9}, "rank": {"weights": {"x": 1}}, "v": [1]}
    (tmp_path / "reader" / "c.json").write_text(json.dumps(written))
    found = store.fitted(tmp_path)["reader/c.json"]
    assert len(found.pop("file's sha256")) == 64
    assert found == {"threshold": 0.4, "fitted on": {"file": "a.json.gz", "n": 9}, "rank": {}}


def test_what_is_known_of_the_machine_does_not_name_it() -> None:
    known = store.machine()
    assert set(known) == {"system", "processor", "cores", "python"}
    assert store.key({"a": 1, "b": 2}) == store.key({"b": 2, "a": 1})


class TestCommand:
    """`python -m evals`, on the gold above."""

    @pytest.fixture
    def evals(
        self, tmp_path: Path, dataset: datasets.Dataset, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
    ) -> Any:
        """Runs the command with the drafts as the engine's answers."""
        base = ["--gold", str(tmp_path / "gold.jsonl"), "--docs", str(dataset.folder), "--out", str(tmp_path / "runs")]

        def invoke(*arguments: str, drafts: Sequence[Draft | Exception] = (OSLO, MAY, GAP, NOTHING)) -> Any:
            def opened(data_dir: Path, *, settings: object) -> Assistant:
                return Assistant(DocumentIndex.open(data_dir, embedder), Scripted(*drafts))

            monkeypatch.setattr(Assistant, "open", opened)
            monkeypatch.setattr(store, "revision", lambda: "abc")  # whoever edits the code meanwhile
            return CliRunner().invoke(app, [*base, *arguments])

        return invoke

    def test_it_writes_figures_a_report_and_junit(self, evals: Any) -> None:
        done = evals("--json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert found["counts"] == {"right": 4}
        assert found["metrics"]["f1"] == [1, 1, 1]
        assert found["run"]["config"]["dataset"]["questions"] == 4
        assert found["run"]["config"]["index"]["model"]
        folder = Path(found["folder"])
        assert json.loads((folder / "summary.json").read_text())["metrics"] == found["metrics"]
        assert "Of 4 questions 4 right" in (folder / "report.html").read_text()
        suite = ElementTree.parse(folder / "junit.xml").getroot()
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "0", "0")

    def test_a_crash_is_exit_code_1_and_an_error_for_junit(self, evals: Any, tmp_path: Path) -> None:
        done = evals(drafts=(OSLO, NOTHING, GAP, ValueError("a \x00 b")))
        assert done.exit_code == 1
        assert "crashed: wine: ValueError" in done.output
        [written] = (tmp_path / "runs").glob("*/junit.xml")
        suite = ElementTree.parse(written).getroot()
        assert (suite.get("failures"), suite.get("errors")) == ("1", "1")
        assert [found.get("type") for found in suite.iter("failure")] == ["refused"]
        assert [found.get("type") for found in suite.iter("error")] == ["ValueError"]

    def test_two_runs_are_compared(self, evals: Any, tmp_path: Path) -> None:
        evals()
        evals(drafts=(OSLO, NOTHING, GAP, OSLO))
        first = min((tmp_path / "runs").glob("*-gold-*"))
        arguments = ["compare", first.name[:-1], "latest", "--out", str(tmp_path / "runs")]
        found = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
        assert found["flips"] == [
            {"id": "when", "before": "right", "after": "refused"},
            {"id": "wine", "before": "right", "after": "wrong"},
        ]
        assert found["changes"]["right"]["growth"][0] == -0.5
        shown = CliRunner().invoke(app, arguments)
        assert "2 flipped" in shown.output
        assert "right → wrong  wine: How much wine was drunk?" in shown.output

    def test_the_gate_holds_a_run_against_a_baseline_of_ones_own(self, evals: Any, tmp_path: Path) -> None:
        own = ["--baseline", str(tmp_path / "mine.json")]
        assert "no baseline to compare with" in str(evals("--gate", *own).exception)
        assert evals("--update-baseline", *own).exit_code == 0
        passed = evals("--gate", *own)
        assert (passed.exit_code, "The gate passes." in passed.output) == (0, True)
        fell = evals("--gate", *own, drafts=(OSLO, MAY, OSLO, NOTHING))
        assert fell.exit_code == 1
        assert "gate: a gap in the source is no longer told as one: who-says" in fell.output
        (tmp_path / "docs" / "a.txt").write_text(TEXT + " Bye.")
        assert "not those of the baseline" in str(evals("--gate", *own).exception)

    def test_a_run_with_a_crash_becomes_no_baseline(self, evals: Any, tmp_path: Path) -> None:
        own = ["--update-baseline", "--baseline", str(tmp_path / "mine.json")]
        done = evals(*own, drafts=(OSLO, MAY, GAP, ValueError("x")))
        assert "a run with crashes is no baseline: wine" in str(done.exception)
        assert not (tmp_path / "mine.json").exists()

    def test_limit_draws_the_same_questions_for_the_same_seed(self, evals: Any) -> None:
        two = ["--limit", "2", "--json"]
        drawn = [json.loads(evals(*two, "--seed", seed).stdout) for seed in ("5", "5")]
        assert drawn[0]["questions"] == 2
        assert drawn[0]["counts"] == drawn[1]["counts"]
        assert drawn[0]["run"]["config"]["dataset"]["seed"] == 5

    def test_resume_goes_on_and_a_plain_run_starts_anew(self, evals: Any, tmp_path: Path) -> None:
        evals()
        done = evals("--resume", drafts=())  # nothing is left to ask
        assert (done.exit_code, len(list((tmp_path / "runs").glob("*-gold-*")))) == (0, 1)
        evals()
        assert len(list((tmp_path / "runs").glob("*-gold-*"))) == 2

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--squad", "x.json"], "exclude each other"),
            (["--articles-of", "x.json"], "belongs to --squad"),
            (["--gate"], "name another with --baseline"),
            (["--gate", "--baseline", "b.json", "--limit", "1"], "leave --limit out"),
            (["--limit", "0"], "--limit"),
        ],
    )
    def test_wrong_usage_is_exit_code_2(self, evals: Any, arguments: list[str], message: str) -> None:
        done = evals(*arguments)
        assert done.exit_code == 2
        assert message in " ".join(done.output.replace("│", " ").split())

    def test_an_unknown_setting_is_named(self, evals: Any) -> None:
        assert "NAME is one of embedding_model, k" in str(evals("--setting", "colour=red").exception)
