"""Every provider's class constructed for real, and what is said where something is missing."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from article import article_matches
from assistant.engines.llm import LlmEngine
from assistant.engines.sentences import SentenceEngine
from assistant.errors import BadSetting, EngineError
from assistant.llms import open_llm, place, window_of
from assistant.llms.outages import without_keys
from assistant.types import Draft
from index import Embedder
from scripted import ScriptedServer, Turn

KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"
ENVIRONMENT = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "ASSISTANT_LLM_KEY": KEY}
GOOD = "Trump and Takaichi met in Tokyo on October 28, 2025 [1]."
REMOTE = [
    ("openai/gpt-4.1-mini", "OpenAI", 1_047_576),
    ("openai/gpt-5-mini", "OpenAI", 400_000),
    ("anthropic/claude-sonnet-4-5", "Anthropic", 200_000),
    ("ollama/llama3.2", "Ollama", 8_192),
    ("openai-like/org/model@http://127.0.0.1:9/v1", "OpenAILike", 4_096),
]


@pytest.mark.parametrize(("name", "kind", "window"), REMOTE)
def test_a_model_is_opened_by_its_name_without_asking_a_server(name: str, kind: str, window: int) -> None:
    llm = open_llm(name, environment=ENVIRONMENT)
    assert type(llm).__name__ == kind
    assert window_of(llm) == window
    assert window_of(llm, 2048) == 2048


@pytest.mark.parametrize("name", [name for name, _, _ in REMOTE])
def test_a_key_stands_in_no_repr_export_or_payload(name: str) -> None:
    llm = open_llm(name, environment=ENVIRONMENT)
    shown = [repr(llm), str(llm), llm.to_json(), str(llm.to_dict()), str(llm.to_payload()), str(llm.model_dump())]
    assert not any(KEY in text for text in shown)
    assert KEY not in repr(place(name, ENVIRONMENT))


@pytest.mark.parametrize(
    ("name", "environment", "says"),
    [
        ("openai/gpt-4.1-mini", {}, "OPENAI_API_KEY"),
        ("openai/gpt-4.1-mini", {"OPENAI_API_KEY": "  "}, "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", {}, "ANTHROPIC_API_KEY"),
        ("openai/no-such-model", ENVIRONMENT, "openai-like/no-such-model@https://api.openai.com/v1"),
        ("llama-cpp/model.gguf", {}, "pip install '.[llama-cpp]'"),
        ("huggingface/no/such-model", {}, "hf download no/such-model"),
    ],
)
def test_what_is_missing_is_said_in_one_line_with_its_remedy(name: str, environment: dict[str, str], says: str) -> None:
    with pytest.raises(EngineError) as error:
        open_llm(name, environment=environment)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama", "openai_like", "huggingface"])
def test_a_missing_extra_is_named(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"llama_index.llms.{provider}", None)
    name = {"openai_like": "openai-like/m@http://localhost:1/v1"}.get(provider, f"{provider}/m")
    extra = provider.replace("_", "-")
    with pytest.raises(EngineError, match=rf"pip install '\.\[{extra}\]'"):
        open_llm(name, environment=ENVIRONMENT)


@pytest.mark.parametrize(
    "name",
    ["", "gpt-4", "openai/", "mistral/large", "openai-like/m", "openai-like/m@host:80", "openai-like/@http://h/v1"],
)
def test_a_name_of_no_known_form_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match="ASSISTANT_LLM"):
        open_llm(name, environment=ENVIRONMENT)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadSetting) as error:
        open_llm("openai-like/m@http://user:hunter2@localhost/v1", environment={})
    assert "hunter2" not in str(error.value)
    assert "ASSISTANT_LLM_KEY" in str(error.value)


def test_an_unknown_window_is_asked_for() -> None:
    llm = open_llm("anthropic/claude-of-next-year", environment=ENVIRONMENT)
    assert window_of(llm, 100_000) == 100_000
    with pytest.raises(EngineError, match="ASSISTANT_LLM_CONTEXT"):
        window_of(llm)


def test_what_looks_like_a_key_is_left_out_of_messages() -> None:
    told = f"Incorrect API key provided: {KEY}, or sk-ab***xyz; ask my-own-key-1 about it"
    cleaned = without_keys(told, {"MY_KEY": "my-own-key-1"})
    assert cleaned == "Incorrect API key provided: …, or …; ask … about it"


def _answer(name: str, environment: dict[str, str], embedder: Embedder) -> Draft:
    engine = LlmEngine(
        lambda: open_llm(name, environment=environment),
        place(name, environment),
        embedder,
        SentenceEngine(embedder),
        timeout=10,
    )
    *_, draft = engine.answer("Where did Trump and Takaichi meet?", article_matches(embedder))
    engine.close()
    return draft


def _environment(server: ScriptedServer) -> dict[str, str]:
    return {
        **ENVIRONMENT,
        "OPENAI_BASE_URL": server.url,
        "ANTHROPIC_BASE_URL": server.host,
        "OLLAMA_HOST": server.host.removeprefix("http://"),
    }


@pytest.mark.parametrize("name", ["openai/gpt-4.1-mini", "anthropic/claude-sonnet-4-5", "ollama/llama3.2"])
class TestOnTheirOwnWire:
    """The providers' own protocols, through llama-index's classes and the providers' clients."""

    def test_an_answer_is_checked_and_its_tokens_counted(
        self, name: str, embedder: Embedder, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with ScriptedServer([Turn(GOOD)]) as server:
            draft = _answer(name, _environment(server), embedder)
        assert draft.text == GOOD
        assert draft.usage is not None
        assert (draft.usage.tokens_in, draft.usage.tokens_out) == (700, 40)
        assert KEY not in caplog.text
        assert KEY not in str(server.requests)

    def test_a_cut_connection_is_noticed(self, name: str, embedder: Embedder) -> None:
        with ScriptedServer([Turn(GOOD, cut=5)]) as server:
            draft = _answer(name, _environment(server), embedder)
        assert "broke off" in (draft.notice or "")
        assert draft.engine == "sentences"

    def test_an_unknown_model_names_the_remedy(self, name: str, embedder: Embedder) -> None:
        with ScriptedServer([Turn(status=404, error={"message": "not found"})]) as server:
            draft = _answer(name, _environment(server), embedder)
        remedy = "ollama pull llama3.2" if name.startswith("ollama/") else "ASSISTANT_LLM"
        assert remedy in (draft.notice or "")


def test_a_key_alone_switches_nothing_on_and_imports_nothing(tmp_path: Path) -> None:
    """In a process of its own: with keys in the environment no LLM is opened and no provider's code is loaded."""
    code = (
        "import sys, assistant\n"
        f"with assistant.Assistant.open({str(tmp_path)!r}) as a:\n"
        "    a.index('seeds'); answer = a.ask('Where did Trump and Takaichi meet?')\n"
        "assert answer.engine in ('reader', 'sentences'), answer.engine\n"
        "assert not {'openai', 'anthropic', 'ollama'} & set(sys.modules)\n"
        "assert not any(name.startswith('llama_index.llms') for name in sys.modules)\n"
    )
    environment = {"PATH": "", "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:9"}
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
