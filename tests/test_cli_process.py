"""The installed command as the shell runs it: encodings, pipes, signals, and what is imported when."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from conftest import ARTICLE, SEEDS

COMMAND = str(Path(sys.executable).with_name("assistant"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    data = str(tmp_path_factory.mktemp("process") / "data")
    subprocess.run([COMMAND, "index", str(SEEDS), "--data-dir", data], check=True, capture_output=True)
    return data


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, **changes}


def test_output_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "ost.txt").write_text("Käse „aus Österreich“ 🧀 kostet drei Euro.", encoding="utf-8")
    (notes / os.fsdecode(b"broken \xff name.txt")).write_bytes(b"A file whose name is not text.")
    env = environment(LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", ASSISTANT_DATA_DIR=str(tmp_path / "data"))

    def run(*args: str) -> bytes:
        result = subprocess.run([COMMAND, *args], env=env, capture_output=True, check=True)
        assert result.stderr == b""
        return result.stdout

    assert json.loads(run("index", str(notes), "--json"))["added"] == 2
    assert run("text", "ost.txt") == "Käse „aus Österreich“ 🧀 kostet drei Euro.".encode()
    assert "Käse „aus Österreich“ 🧀" in run("search", "Käse").decode("utf-8")
    (broken,) = (info["document"] for info in json.loads(run("documents", "--json")) if "broken" in info["document"])
    assert run("text", broken) == b"A file whose name is not text."
    assert b"broken" in run("documents")


def test_a_question_that_is_not_text_is_answered_or_refused(data: str) -> None:
    result = subprocess.run(
        [COMMAND, "ask", b"Who met in Tokyo\xff?", "--data-dir", data, "--json"], capture_output=True, check=True
    )
    assert json.loads(result.stdout)["question"] == "Who met in Tokyo\ufffd?"


@pytest.mark.parametrize("args", [["text", ARTICLE], ["documents"]], ids=" ".join)
def test_a_closed_pipe_is_quiet(data: str, args: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        result = subprocess.run(
            [COMMAND, *args, "--data-dir", data], stdout=pipe, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert result.stderr == b""


def test_a_batch_is_answered_line_by_line_and_stopped_quietly(data: str) -> None:
    process = subprocess.Popen(
        [COMMAND, "ask", "--batch", "-", "--data-dir", data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED=""),
    )
    asked, answered, complained = pipes(process)
    for number in (1, 2):
        asked.write(b'{"id": %d, "question": "Who met in Tokyo?"}\n' % number)
        asked.flush()
        assert json.loads(answered.readline())["id"] == number
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert (answered.read(), complained.read()) == (b"", b"")
    for pipe in (asked, answered, complained):
        pipe.close()


def test_an_interrupted_index_leaves_nothing_half_done(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(12):
        (notes / f"{number}.txt").write_text(f"Note {number} says much about the weather and little else. " * 20)
    command = [COMMAND, "index", str(notes), "--data-dir", str(tmp_path / "data"), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not (tmp_path / "data" / "writer").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (130, b"", b"")
    report = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert report["added"] + report["unchanged"] == 12
    assert report["failed"] == []


def test_help_and_wrong_usage_load_nothing_heavy() -> None:
    heavy = {"torch", "sentence_transformers", "llama_index", "chromadb", "gradio", "onnxruntime", "docx"}
    program = f"""
import sys
from assistant.cli import app
try:
    app(["ask", "--help"], prog_name="assistant")
except SystemExit as exit:
    assert exit.code == 0
print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"--batch" in result.stdout
    assert result.stderr.strip() == b"[]"


def test_the_version_is_the_package_s() -> None:
    from importlib.metadata import version

    shown = subprocess.run([COMMAND, "--version"], capture_output=True, check=True).stdout
    assert shown == f"assistant {version('assistant')}\n".encode()


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    assert process.stdin
    assert process.stdout
    assert process.stderr
    return process.stdin, process.stdout, process.stderr
