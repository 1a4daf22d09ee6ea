"""`make bench` at its smallest, on this project's side alone: it runs, and what it writes can be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import devices
from benchmarks.ratios import quicker, share, table


def test_a_section_prints_a_table_and_writes_its_figures(tmp_path: Path) -> None:
    (tmp_path / "harbour.txt").write_text(
        "The harbour was closed in winter.\n\nThe pilots went home to their villages."
    )
    sizes = ["--rounds", "1", "--files", "3", "--questions", "2", "--only", "askers"]
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--text",
        str(tmp_path / "harbour.txt"),
        "--out",
        str(tmp_path / "out"),
    ]

    done = subprocess.run(
        [*command, *sizes], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )

    written = json.loads((tmp_path / "out" / "bench.json").read_text())
    (line,) = written["lines"]
    assert line["ratio"]["middle"] > 0
    assert line["what"] in done.stdout
    assert written["sizes"]["questions"] == 2
    assert (
        len(list((tmp_path / "out" / "documents-3").rglob("*.txt"))) == 3
    )  # repeated, as there are but two paragraphs


def test_a_ratio_is_of_runs_of_one_round() -> None:
    line = quicker("search", ours=[1.0, 2.0, 4.0], theirs=[4.0, 10.0, 12.0], aim=4.0)
    assert (line.ratio.middle, line.ratio.low, line.ratio.high, line.met) == (4.0, 3.0, 5.0, True)

    memory = share("memory", ours=[300.0], theirs=[400.0], aim=0.6, at_most=True)
    assert memory.met is False
    assert "≤ 0.6 not met" in table([line, memory])


def test_a_gpu_is_measured_beside_the_cores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "chosen_gpu", lambda device: "cpu")  # torch on the cores stands in for it
    devices.run(rounds=2, passages=60)
    found = json.loads(capsys.readouterr().out)
    assert found["passages"] == 60
    assert len(found["gpu_to_cores"]) == len(found["characters_a_second"]["gpu"]) == 2
    assert found["smallest_cosine"] == pytest.approx(1.0, abs=1e-5)

    monkeypatch.setattr(devices, "chosen_gpu", lambda device: None)
    with pytest.raises(SystemExit, match="no GPU"):
        devices.run()
