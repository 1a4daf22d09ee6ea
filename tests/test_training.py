"""Training: what is made of the data, and that a run can be stopped, gone on with and shipped. Tiny, in seconds."""

from __future__ import annotations

import gzip
import json
import shutil
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from assistant.engines.reader_model import CALIBRATION, FOLDER, WEIGHTS, ReaderModel, digest
from index import Embedder
from training import negatives
from training.corpora import Example, qamr, squad
from training.export import export
from training.fitting import choice, logistic, risk_coverage, threshold_for
from training.measuring import auroc, best_f1, scored
from training.packed import Packed, tensors

CONTEXT = "In 1874 the harbour of Varnholm was built by Ingrid Solberg. It was paid for by the town."
OTHER = "The ferry of Bergen leaves at noon. Anton Lie was its first captain in 1921."
HARBOUR = Example("1", "Varnholm", "Who built the harbour of Varnholm in 1874?", CONTEXT, ((45, 59),))


def example(**changed: object) -> Example:
    return Example(**{**{name: getattr(HARBOUR, name) for name in HARBOUR.__slots__}, **changed})  # type: ignore[arg-type]


# --- questions without an answer ------------------------------------------------------------------------------------


def test_a_hole_takes_the_answer_out_and_leaves_its_sentence() -> None:
    made = negatives.hole(HARBOUR, Random(1))

    assert made is not None
    assert made.answers == ()
    assert "Solberg" not in made.context
    assert "was built by" in made.context
    assert made.context.endswith("paid for by the town.")


def test_no_hole_is_made_where_the_answer_would_still_stand() -> None:
    again = CONTEXT + " Ingrid Solberg came back. Ingrid Solberg left."

    assert negatives.hole(example(context=again), Random(1)) is None


def test_another_context_has_none_of_the_answers() -> None:
    made = negatives.elsewhere(HARBOUR, [CONTEXT, OTHER], Random(1))

    assert made is not None
    assert (made.context, made.answers) == (OTHER, ())
    assert negatives.elsewhere(HARBOUR, [CONTEXT, OTHER + " Ingrid Solberg."], Random(1)) is None


def test_an_exchanged_question_asks_for_what_its_context_does_not_know() -> None:
    for seed in range(8):
        made = negatives.exchanged(HARBOUR, [OTHER], Random(seed))
        assert made is not None
        new = set(made.question.split()) - set(HARBOUR.question.split())
        assert new
        assert not any(word.strip("?") in CONTEXT for word in new)


def test_a_recombined_question_is_made_of_words_of_its_own_context() -> None:
    town = example(context=CONTEXT + " In 1921 a railway from Bergen was added, with tunnels and towers.")
    made = [negatives.recombined(town, Random(seed)) for seed in range(20)]

    assert all(one is not None and one.answers == () and one.context == town.context for one in made)
    assert {one.question for one in made if one is not None} == {
        "Who built the harbour of Varnholm in 1921?",
        "Who built the harbour of Bergen in 1874?",
    }
    assert negatives.recombined(HARBOUR, Random(1)) is None
    walls = example(
        question="Who built the walls of the town?",
        context="The walls were built by Ingrid with gates.",
        answers=((24, 30),),
    )
    assert (made := negatives.recombined(walls, Random(1))) is not None
    assert made.question == "Who built the gates of the town?"


def test_an_inverted_question_is_negated_or_asks_for_the_opposite() -> None:
    first = example(question="Where was the first harbour of the coast built?")
    made = {one.question for seed in range(40) if (one := negatives.inverted(first, Random(seed)))}

    assert made == {
        "Where wasn't the first harbour of the coast built?",
        "Where was the last harbour of the coast built?",
        "Where was the first harbour of the coast demolished?",
    }
    assert negatives.inverted(example(question="Who paid for it?"), Random(1)) is None
    assert (
        negatives.inverted(example(question="Who was first?", context=OTHER + " She was the last."), Random(1)) is None
    )


# --- packed, windows and batches --------------------------------------------------------------------------------------


def test_the_window_holds_the_answer_wherever_it_is_cut() -> None:
    text = "Rain fell on the island. " * 60 + CONTEXT + " Snow fell on the island." * 60
    start = text.index("Ingrid Solberg")
    packed = Packed.of([("wiki", example(context=text, answers=((start, start + 14),))), ("hole", example(answers=()))])
    tokenizer = ReaderModel()._model().tokenizer
    windows = packed.windows(np.array([0] * 20 + [1]), 128, np.random.default_rng(3))
    batch = tensors(windows, torch.from_numpy(packed.pieces.astype("int32")))

    marked = [batch[name][:20].tolist() for name in ("start", "end")]
    for row, first, last in zip(batch["ids"], *marked, strict=False):
        assert tokenizer.decode(row[first : last + 1].tolist()) == "ingrid solberg"
    assert len(set(marked[0])) > 5
    assert windows.lengths.max() <= 128
    assert (batch["start"][20], batch["end"][20]) == (0, 0)
    read = tokenizer.decode(batch["ids"][20][batch["mask"][20] == 1].tolist(), skip_special_tokens=False)
    assert read == f"[CLS] {HARBOUR.question.lower()} [SEP] {CONTEXT.lower()} [SEP]"
    assert batch["segments"][20].sum() == (batch["mask"][20].sum() - batch["ids"][20].tolist().index(102) - 1)


def test_kinds_are_drawn_at_their_shares_and_gone_through_before_they_begin_again(tmp_path: Path) -> None:
    made = [("wiki", example(question=f"Who built harbour {n}?")) for n in range(40)]
    made += [("hole", example(question="Who built it?", answers=()))]
    Packed.of(made).write(tmp_path / "mixture.npz")
    packed = Packed.read(tmp_path / "mixture.npz")
    shares = {"wiki": 0.75, "hole": 0.25, "news": 5.0}

    drawn = np.concatenate(list(islice(packed.drawn(shares, 20, seed=4), 20)))

    counts = np.bincount(drawn, minlength=41)
    assert counts[40] == pytest.approx(100, abs=30)
    assert counts[:40].max() - counts[:40].min() <= 1
    assert packed.counts() == {"wiki": 40, "hole": 1}


def test_batches_after_a_stop_are_those_that_would_have_come() -> None:
    packed = Packed.of([("wiki", example(question="Who " + "really " * n + "built it?")) for n in range(40)])
    whole = list(islice(packed.batches({"wiki": 1.0}, 4, 96, seed=2), 40))
    later = list(islice(packed.batches({"wiki": 1.0}, 4, 96, seed=2, skip=25), 15))

    for one, other in zip(whole[25:], later, strict=True):
        np.testing.assert_array_equal(one.cut, other.cut)


# --- measures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "em", "f1"),
    [("the Ingrid Solberg", 1, 1), ("Solberg", 0, 2 / 3), ("Lie", 0, 0), ("", 0, 0), ("ingrid solberg.", 1, 1)],
)
def test_em_and_f1_are_those_of_squad(text: str, em: float, f1: float) -> None:
    assert scored(HARBOUR, text) == (em, pytest.approx(f1))


def test_no_answer_to_a_question_without_one_is_right() -> None:
    assert scored(example(answers=()), "") == (1, 1)
    assert scored(example(answers=()), "Lie") == (0, 0)


def test_the_oracle_and_the_area_by_hand() -> None:
    scores, answerable = np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, False, True, False])

    assert best_f1(scores, answerable, np.array([1.0, 0.0, 0.5, 0.0])) == (75.0, 3.0)
    assert auroc(scores, answerable) == 0.75


def test_a_logistic_fit_finds_the_odds_and_a_choice_the_better_row() -> None:
    random = Random(1)
    rows = [{"x": random.gauss(0, 1), "noise": random.gauss(0, 1)} for _ in range(3000)]
    right = [random.random() < 1 / (1 + np.exp(-2 * row["x"] + 1)) for row in rows]
    model = logistic(rows, right)
    assert model.weights["x"] == pytest.approx(2, abs=0.25)
    assert model.weights["noise"] == pytest.approx(0, abs=0.15)
    assert model.bias == pytest.approx(-1, abs=0.2)

    groups = [([{"x": 1.0, "y": 0.3}, {"x": 0.0, "y": 0.3}, {"x": -1.0, "y": 0.1}], [1.0, 0.0, 0.0])] * 20
    chosen = choice(groups, ["x", "y"])
    assert chosen.score({"x": 1.0, "y": 0.3}) > chosen.score({"x": 0.0, "y": 0.3})


def test_the_threshold_keeps_the_risk() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])

    assert threshold_for(confidence, right, 0.25) == 0.6
    assert threshold_for(confidence, right, 0.0) == 0.8
    assert threshold_for(confidence, ~right, 0.0) == 1.0
    assert risk_coverage(confidence, right)[-1] == {"coverage": 1.0, "threshold": 0.5, "risk": 0.4}


# --- data, a run, and what ships ------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in miniature: two articles to train on, one that is held out, three sentences of QAMR."""

    def qa(id: str, question: str, answer: str, context: str, impossible: bool = False) -> dict[str, object]:
        answers = [] if impossible else [{"text": answer, "answer_start": context.index(answer)}]
        return {"id": id, "question": question, "answers": answers, "is_impossible": impossible}

    def article(title: str) -> dict[str, object]:
        asked = [
            qa("a", "Who built the harbour?", "Ingrid Solberg", CONTEXT),
            qa("b", "Who sank it?", "", CONTEXT, True),
        ]
        other = [qa("c", "Who was captain in 1921?", "Anton Lie", OTHER)]
        paragraphs = [{"context": CONTEXT, "qas": asked}, {"context": OTHER, "qas": other}]
        return {"title": title, "paragraphs": paragraphs}

    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        with gzip.open(tmp_path / path, "wt", encoding="utf-8") as file:
            file.write(text)

    write("squad/train-v1.1.json.gz", json.dumps({"data": [article("Harbours"), article("Ferries")]}))
    write(
        "squad/dev-v2.0-A.json.gz",
        json.dumps({"data": [article("Normans"), article("Warsaw"), article("Yuan_dynasty")]}),
    )
    write("squad/dev-v2.0-B.json.gz", json.dumps({"data": [article("Rhine")]}))
    write("squad/dev-v1.1.json.gz", json.dumps({"data": [article("Rhine"), article("Warsaw")]}))
    rows = [
        {"id": f"{d}.{s}", "title": f"news:{d}:1:{s}", "question": "Who was it that built it?", "context": context}
        | {"answers": [{"text": "Ingrid Solberg", "start": context.index("Ingrid")}]}
        for d in (11, 17)
        for s, context in enumerate(["It was Ingrid Solberg.", CONTEXT, "So said Ingrid Solberg herself."])
    ]
    write("extra/qamr_wiki_dev_test.jsonl.gz", "\n".join(json.dumps(row) for row in rows))
    return tmp_path


def test_answers_stand_where_the_corpora_say(data: Path) -> None:
    read = squad(data / "squad/dev-v2.0-A.json.gz") + qamr(data / "extra/qamr_wiki_dev_test.jsonl.gz")

    assert {text for one in read for text in one.texts} == {"Ingrid Solberg", "Anton Lie"}
    assert max(len(one.context) for one in read if one.article.startswith("news")) > len(CONTEXT) + 40
    assert [one.answers for one in read if one.id == "b"] == [(), (), ()]


def test_what_is_held_out_is_never_trained_on(data: Path) -> None:
    from training.mixture import Mixture, validation

    trained = list(Mixture(data).examples(seed=1))

    assert {one.article for _, one in trained} == {"Harbours", "Ferries", "Normans", "news:11"}
    assert all(not one.answers for kind, one in trained if kind not in {"human", "wiki", "news"})
    assert {one.context for kind, one in trained if kind == "retrieved" and "captain" in one.question} == {CONTEXT}
    assert trained == list(Mixture(data).examples(seed=1))
    held_out = validation(data, limit=10)
    assert {one.article for examples in held_out.values() for one in examples} == {
        "Warsaw",
        "Yuan_dynasty",
        "news:17",
    }


def test_a_stopped_run_goes_on_and_its_weights_ship(data: Path, tmp_path: Path) -> None:
    from training import mixture
    from training.reader import main

    words = ["--data", str(data), "--out", str(tmp_path / "run"), "--init", str(FOLDER / WEIGHTS)]
    words += [
        "--teacher",
        str(FOLDER / WEIGHTS),
        "--dropout",
        "0.1",
        "--batch",
        "2",
        "--longest",
        "96",
        "--threads",
        "1",
        "--validate",
        "4",
    ]
    main([*words, "--examples", "4"])
    main([*words, "--examples", "8", "--rate", "1e-4", "--head-rate", "1e-4"])
    log = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]

    assert [(row["what"], row["steps"]) for row in log] == [("begin", 0), ("end", 2), ("begin", 2), ("end", 4)]
    assert all(np.isfinite(row["loss"]) for row in log if row["what"] == "end")
    stopped = torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)
    assert {group["base"] for group in stopped["optimiser"]["param_groups"]} == {1e-4}
    mixture.main(["--data", str(data), "--out", str(tmp_path / "apart.npz")])
    apart, own = (Packed.read(tmp_path / name) for name in ("apart.npz", "run/mixture.npz"))
    assert apart.counts() == own.counts()

    export(tmp_path / "run/reader.safetensors", tmp_path / "shipped", other=FOLDER / WEIGHTS, share=0.5)
    assert (tmp_path / "shipped" / WEIGHTS).stat().st_size == pytest.approx((FOLDER / WEIGHTS).stat().st_size, rel=0.01)


def test_a_reader_is_calibrated_and_evaluated(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], embedder: Embedder
) -> None:
    from training import calibrate, evaluate

    shutil.copytree(FOLDER, tmp_path / "reader")
    (tmp_path / "reader" / CALIBRATION).unlink()  # as training.export leaves it
    words = ["--data", str(data), "--reader", str(tmp_path / "reader")]
    calibrate.main([*words, "--questions", "12", "--risk", "0.9"])
    stored = json.loads((tmp_path / "reader" / CALIBRATION).read_text(encoding="utf-8"))
    assert (stored["sha256"], stored["fitted"]["risk"]) == (digest(FOLDER), 0.9)
    assert stored["fitted"]["questions"] == 6

    capsys.readouterr()
    evaluate.main(words)
    given, searched = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (given["given paragraph"]["questions"], given["given paragraph"]["unanswerable"]) == (3, 1)
    assert given["given paragraph"]["answerable, forced"]["f1"] > 0
    chosen = given["given paragraph"]["at the threshold chosen on validation"]
    assert 0 <= chosen["em"] <= chosen["f1"] <= given["given paragraph"]["oracle best_f1"]
    assert searched["open"]["questions"] == 2


def test_a_reader_learns_what_its_teachers_hold_probable() -> None:
    from training.model import Reader, read_weights

    teacher, pupil = Reader(), Reader()
    teacher.take(read_weights(FOLDER / WEIGHTS))
    packed = Packed.of([("wiki", HARBOUR)])
    batch = tensors(
        packed.windows(np.array([0]), 96, np.random.default_rng(0)), torch.from_numpy(packed.pieces.astype("int32"))
    )
    taught = teacher.probable(batch)
    entropy = float(-(taught * taught.clamp_min(1e-30).log()).sum(dim=1).mean())

    assert taught.sum(dim=1).tolist() == [pytest.approx([1.0, 1.0])]
    with torch.no_grad():
        assert float(teacher.loss(batch, taught, 1.0)) == pytest.approx(entropy, abs=1e-5)  # the least there is
        assert float(pupil.loss(batch, taught, 1.0)) > entropy + 0.5
        assert float(pupil.loss(batch, taught, 0.0)) == pytest.approx(float(pupil.loss(batch)))


def test_what_ships_computes_what_was_trained() -> None:
    """The graph in onnxruntime against the model in torch."""
    from training.measuring import read_spans
    from training.model import Reader, read_weights

    torch.manual_seed(0)
    trained = Reader()
    trained.take(read_weights(FOLDER / WEIGHTS))
    examples = [HARBOUR, example(question="When does the ferry leave?", context=OTHER)]
    shipped = [ReaderModel().read(one.question, [one.context])[0][0] for one in examples]

    for one, read, candidate in zip(examples, read_spans(trained, examples), shipped, strict=True):
        assert read.text == one.context[candidate.start : candidate.end]
        assert read.score == pytest.approx(candidate.score, abs=2e-3)
