"""Fitting the sentence engine's weights: the arithmetic by hand, and the command on a data set of a few sentences."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.engines.judgement import Judgement, Linear, shipped
from evals.calibrate import main, overlap
from evals.calibrate_fitting import Choice, area_under_roc, fit_choice, fit_yes_no


def test_a_choice_learns_which_feature_the_right_ones_have() -> None:
    choices = [Choice([{"good": 1.0, "noise": n % 3}, {"bad": 1.0, "noise": 1.0}], [True, False]) for n in range(30)]
    weights = fit_choice([*choices, Choice([{"good": 1.0}], [False])], ridge=1e-2)["weights"]
    assert weights["good"] > 0 > weights["bad"]
    assert fit_choice(choices, ridge=1e-2, rare=31)["weights"].keys() <= {"noise"}


def test_a_yes_or_no_learns_a_probability() -> None:
    rows = [{"x": float(n % 10)} for n in range(200)]
    right = [n % 10 >= 5 for n in range(200)]
    fitted = fit_yes_no(rows, right)
    model = Linear(fitted["weights"], fitted["bias"])
    assert model.probability({"x": 9.0}) > 0.9
    assert model.probability({"x": 0.0}) < 0.1


@pytest.mark.parametrize(
    ("scores", "area"), [([0.1, 0.2, 0.3, 0.4], 1.0), ([0.4, 0.3, 0.2, 0.1], 0.0), ([1, 4, 2, 3], 0.5)]
)
def test_the_area_under_roc_is_the_share_of_pairs_in_order(scores: list[float], area: float) -> None:
    assert area_under_roc(np.array(scores), np.array([False, False, True, True])) == pytest.approx(area)


def test_overlap_is_the_f1_of_words_without_articles_and_punctuation() -> None:
    assert overlap("The golf bag.", "a golf bag") == 1.0
    assert overlap("golf", "golf bag") == pytest.approx(2 / 3)
    assert overlap("", "golf bag") == 0.0


def article(name: str, place: str, year: int) -> dict[str, Any]:
    """An article of two invented paragraphs, three questions each."""
    facts = {
        f"{name} was born in {place} in {year}. Her brother {name}son sailed to Malta with two dogs.": [
            (f"Where was {name} born?", place),
            (f"When was {name} born?", str(year)),
            (f"Where did {name}son sail to?", "Malta"),
        ],
        f"The bridge of {place} has {year - 1000} stones. It was painted green by {name}son.": [
            (f"How many stones has the bridge of {place}?", str(year - 1000)),
            ("What colour was the bridge painted?", "green"),
            ("Who painted the bridge?", f"{name}son"),
        ],
    }
    return {
        "title": name,
        "paragraphs": [
            {
                "context": context,
                "qas": [
                    {"question": asked, "answers": [{"text": said, "answer_start": context.index(said)}]}
                    for asked, said in asked_of
                ],
            }
            for context, asked_of in facts.items()
        ],
    }


def test_the_command_writes_weights_that_the_engine_can_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = [("Inga", "Oslo", 1901), ("Berta", "Turin", 1907), ("Olga", "Cadiz", 1911), ("Petra", "Ghent", 1915)]
    train = [article(*person) for person in people]
    human = [article("Ursa", "Basel", 1921)]
    for paragraph in human[0]["paragraphs"]:
        for number, asked in enumerate(paragraph["qas"]):
            asked["is_impossible"] = number == 2
    for name, articles in (("train-v1.1.json.gz", train), ("dev-v2.0-A.json.gz", human)):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as file:
            json.dump({"data": articles}, file)
    out = tmp_path / "sentences.json"
    main(tmp_path, tmp_path / "work", risk=0.5, train=24, human=6, articles=4, out=out)
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert Judgement.from_dict(stored).threshold == stored["held out"]["threshold"]
    assert {one["file"] for one in stored["data"]} == {"train-v1.1.json.gz", "dev-v2.0-A.json.gz"}
    assert "risk and coverage" in json.loads(capsys.readouterr().out)


def test_what_ships_says_what_it_was_fitted_on() -> None:
    text = (Path(__file__).parent.parent / "assistant" / "engines" / "sentences.json").read_text(encoding="utf-8")
    stored = json.loads(text)
    assert {one["file"] for one in stored["data"]} == {"train-v1.1.json.gz", "dev-v2.0-A.json.gz"}
    assert all(len(one["sha256"]) == 64 for one in stored["data"])
    assert 0 < shipped().threshold < 1
    assert shipped().threshold == stored["held out"]["threshold"]
