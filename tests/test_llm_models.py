"""A real language model in this process, and the same one behind a server that somebody else wrote."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import active_count
from typing import Any

import pytest

from article import article_matches
from assistant.engines.llm import LlmEngine
from assistant.engines.sentences import SentenceEngine
from assistant.errors import EngineError
from assistant.llms import open_llm, place
from assistant.llms.outages import Outage
from assistant.llms.prompting import Message
from assistant.llms.talking import Talker
from assistant.types import Draft
from index import Embedder
from tiny_model import make_model

SAID = "Trump and Takaichi met in Tokyo [1]."
QUESTION = "Where did Trump and Takaichi meet?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"), SAID)


@pytest.fixture(scope="module")
def served(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `transformers serve` with the model, offline."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(sys.executable).with_name("transformers")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path_factory.mktemp("hf"))}
    command = [script, "serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(20)


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 90
    while time.monotonic() < ends and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("transformers serve did not start")


def _ask(name: str, embedder: Embedder, **options: Any) -> list[Draft]:
    engine = LlmEngine(
        lambda: open_llm(name, environment={}),
        place(name, {}),
        embedder,
        SentenceEngine(embedder),
        timeout=60,
        **options,
    )
    drafts = list(engine.answer(QUESTION, article_matches(embedder)))
    engine.close()
    return drafts


def test_a_model_in_this_process_answers(model: Path, embedder: Embedder) -> None:
    *partial, draft = _ask(f"huggingface/{model}", embedder)
    assert draft.text == SAID
    assert draft.notice is None
    assert draft.evidence[0].quote.startswith("Donald Trump and Sanae Takaichi met in Tokyo")
    assert "Trump and Takaichi met" in {text[: len("Trump and Takaichi met")] for text in (d.text for d in partial)}
    assert draft.usage is not None
    assert 500 < draft.usage.tokens_in <= 4096
    assert draft.usage.tokens_out < 60
    assert draft.usage.first_token is not None


def test_the_same_model_answers_through_transformers_serve(model: Path, served: str, embedder: Embedder) -> None:
    *_, draft = _ask(f"openai-like/{model}@{served}", embedder)
    assert draft.notice is None
    assert draft.text == SAID
    assert draft.usage is not None
    assert draft.usage.tokens_in > 500
    assert 0 < draft.usage.tokens_out < 60


def test_a_server_without_this_model_says_so(served: str, embedder: Embedder) -> None:
    *_, draft = _ask(f"openai-like/another@{served}", embedder)
    assert draft.engine == "sentences"
    assert draft.notice is not None


def test_leaving_stops_the_generation(model: Path) -> None:
    name = f"huggingface/{model}"
    llm: Any = open_llm(name, environment={})
    llm.generate_kwargs["min_new_tokens"] = llm.max_new_tokens = 4000
    talker = Talker(llm, place(name), 60)
    before = active_count()
    saying = talker.say([Message("user", "hello")])
    for said in saying:
        if said.text:
            break
    saying.close()
    ends = time.monotonic() + 2  # far less than 4,000 tokens take
    while active_count() > before + 1 and time.monotonic() < ends:  # the loop's thread stays
        time.sleep(0.05)
    assert active_count() <= before + 1
    talker.close()


def test_what_fails_while_it_generates_is_heard(model: Path) -> None:
    name = f"huggingface/{model}"
    llm: Any = open_llm(name, environment={})
    llm.generate_kwargs["top_k"] = "no number"
    llm.generate_kwargs["do_sample"] = True
    talker = Talker(llm, place(name), 30)
    with pytest.raises(Outage, match="could not be read"):
        list(talker.say([Message("user", "hello")]))
    talker.close()


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        open_llm(f"huggingface/{tmp_path}", environment={})
