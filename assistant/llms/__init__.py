"""Language models by name: which llama-index class stands for a setting, and what it needs.

    openai/gpt-4.1-mini                      anthropic/claude-sonnet-4-5        ollama/llama3.2
    openai-like/MODEL@http://host:8000/v1    huggingface/NAME-or-FOLDER         llama-cpp/FILE.gguf

Each provider is an extra and imported when it is named. Keys are read from the environment when a model is opened,
go to the provider's client alone and stand in no setting, message or repr. A key by itself switches nothing on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from assistant.errors import BadSetting, EngineError
from assistant.llms.outages import Place, without_keys
from assistant.llms.prompting import REPLY, reply_room

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

TIMEOUT = 120.0
"""Seconds that a reply may take unless ASSISTANT_LLM_TIMEOUT says otherwise."""

WINDOW = 4096
"""Tokens of the context window where neither the provider nor ASSISTANT_LLM_CONTEXT tells it."""

FORMS = (
    "openai/MODEL, anthropic/MODEL, ollama/MODEL, openai-like/MODEL@URL, huggingface/NAME-or-FOLDER or"
    " llama-cpp/FILE.gguf"
)
_IN_PROCESS = 512  # tokens of a reply: more would outlast ASSISTANT_LLM_TIMEOUT on a few cores
_NO_KEY = "none"  # what a server that wants no key is sent in its place
_HIDDEN = "set in the environment"  # what a llama-index object shows where its key would stand


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for: the model's name without its provider, and how to open it."""

    name: str
    model: str
    timeout: float
    context: int | None
    environment: Mapping[str, str]


def open_llm(
    name: str,
    *,
    timeout: float = TIMEOUT,
    context: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> LLM:
    """The llama-index LLM that `name` stands for, at temperature 0; no server is asked yet.

    `timeout` is in seconds, `context` the context window in tokens where the model's own is not known or too large.
    Raises BadSetting for a name of no known form, EngineError where an extra, a key or a file is missing.
    """
    wish = _Wish(name, _parts(name)[1], timeout, context, environment)
    return _PROVIDERS[_parts(name)[0]](wish)


def place(name: str, environment: Mapping[str, str] = os.environ) -> Place:
    """Where the model called `name` is reached, for messages. Raises BadSetting."""
    provider, model = _parts(name)
    if provider == "openai-like":
        model, address = _model_and_url(name)
        start = f"start the server, or correct the address in ASSISTANT_LLM ({address})"
        return Place(f"{provider}/{model}", address, "ASSISTANT_LLM_KEY", start)
    if provider == "ollama":
        host = _ollama_host(environment)
        return Place(name, host, "OLLAMA_API_KEY", "start it with `ollama serve`", f"run `ollama pull {model}`")
    return Place(name, "", {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}.get(provider, ""))


def window_of(llm: LLM, context: int | None = None) -> int:
    """The context window of `llm` in tokens, or `context` where that is given. Raises EngineError."""
    if context is not None:
        return context
    try:
        return llm.metadata.context_window
    except ValueError as error:
        raise EngineError(
            f"The context window of {getattr(llm, 'model', 'this model')} is not known:"
            " set ASSISTANT_LLM_CONTEXT to its tokens."
        ) from error


def counter(llm: LLM) -> Callable[[str], int]:
    """What counts the tokens of a text for `llm`: its own tokenizer in this process, else a common one."""
    own = getattr(llm, "count", None)
    if callable(own):
        return cast(Callable[[str], int], own)
    if llm.class_name() == "LlamaCPP_llm":
        tokens = cast(Any, llm)._model.tokenize
        return lambda text: len(tokens(text.encode("utf-8"), add_bos=False))
    from llama_index.core.utils import get_tokenizer

    encode = get_tokenizer()
    return lambda text: len(encode(text))


def _parts(name: str) -> tuple[str, str]:
    provider, _, model = name.strip().partition("/")
    if provider not in _PROVIDERS or not model:
        raise BadSetting(f"ASSISTANT_LLM (--llm) must be {FORMS}, not {without_keys(name)[:200]!r}.")
    return provider, model


def _imported(wish: _Wish, module: str) -> Any:
    """A module of the provider's extra."""
    try:
        return import_module(module)
    except ImportError as error:
        extra = wish.name.partition("/")[0]
        raise EngineError(f"{wish.name} needs an extra: pip install '.[{extra}]'") from error


def _key(wish: _Wish, variable: str) -> str:
    key = wish.environment.get(variable, "").strip()
    if not key:
        raise EngineError(f"{wish.name} needs a key: set {variable} in the environment.")
    return key


def _openai(wish: _Wish) -> LLM:
    llms = _imported(wish, "llama_index.llms.openai")
    key = _key(wish, "OPENAI_API_KEY")
    base = wish.environment.get("OPENAI_BASE_URL") or wish.environment.get("OPENAI_API_BASE") or None
    llm = _built(
        wish,
        lambda: llms.OpenAI(
            model=wish.model,
            temperature=0,
            max_tokens=reply_room(wish.context or 4 * REPLY),
            api_key=_HIDDEN,
            api_base=base,
            timeout=wish.timeout,
            max_retries=0,
            **_clients(wish, key, base),
        ),
    )
    try:
        llm.metadata.context_window  # noqa: B018 - it raises for a model that this release does not know
    except ValueError as error:
        raise EngineError(
            f"{wish.name} is not known to this release of llama-index: give ASSISTANT_LLM_KEY the key and name it"
            f" openai-like/{wish.model}@{base or 'https://api.openai.com/v1'}"
        ) from error
    return llm


def _openai_like(wish: _Wish) -> LLM:
    llms = _imported(wish, "llama_index.llms.openai_like")
    model, url = _model_and_url(wish.name)
    # The key and headers meant for OpenAI must not go to another server, so nothing is left to the client's defaults.
    key = wish.environment.get("ASSISTANT_LLM_KEY", "").strip() or _NO_KEY
    return _built(
        wish,
        lambda: llms.OpenAILike(
            model=model,
            temperature=0,
            max_tokens=reply_room(wish.context or WINDOW),
            api_key=_HIDDEN,
            api_base=url,
            api_version="none",
            is_chat_model=True,
            context_window=wish.context or WINDOW,
            timeout=wish.timeout,
            max_retries=0,
            **_clients(wish, key, url),
        ),
    )


def _clients(wish: _Wish, key: str, url: str | None) -> dict[str, Any]:
    """OpenAI's own clients, so that the key stands in them alone and not in the llama-index object."""
    openai = _imported(wish, "openai")
    known: dict[str, Any] = {"api_key": key, "base_url": url, "timeout": wish.timeout, "max_retries": 0}
    if wish.name.startswith("openai-like/"):
        known |= {"organization": "", "project": "", "default_headers": _only_own_headers(openai)}
    return {"openai_client": openai.OpenAI(**known), "async_openai_client": openai.AsyncOpenAI(**known)}


def _only_own_headers(openai: Any) -> dict[str, Any]:
    """Headers that take away what the client itself adds for OpenAI from the environment of the process."""
    custom = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    named = [line.partition(":")[0].strip() for line in custom if ":" in line]
    return dict.fromkeys(["OpenAI-Organization", "OpenAI-Project", *named], openai.Omit())


def _model_and_url(name: str) -> tuple[str, str]:
    """The model and the address in `openai-like/MODEL@URL`."""
    found = re.fullmatch(r"openai-like/(?P<model>.+?)@(?P<url>https?://.+)", name.strip())
    parts = urlsplit(found["url"]) if found else None
    if parts is not None and (parts.username or parts.password or parts.query):
        raise BadSetting("ASSISTANT_LLM must hold no password or key: put the server's key into ASSISTANT_LLM_KEY.")
    if found is None or parts is None or not parts.hostname:
        raise BadSetting("ASSISTANT_LLM must be openai-like/MODEL@URL, for example ...@http://localhost:8000/v1.")
    return found["model"], found["url"].rstrip("/")


def _anthropic(wish: _Wish) -> LLM:
    llms = _imported(wish, "llama_index.llms.anthropic")
    key = _key(wish, "ANTHROPIC_API_KEY")
    return _built(
        wish,
        lambda: llms.Anthropic(
            model=wish.model,
            temperature=0,
            max_tokens=reply_room(wish.context or 4 * REPLY),
            api_key=key,
            base_url=wish.environment.get("ANTHROPIC_BASE_URL") or None,
            timeout=wish.timeout,
            max_retries=0,
        ),
    )


def _ollama(wish: _Wish) -> LLM:
    llms = _imported(wish, "llama_index.llms.ollama")
    return _built(
        wish,
        lambda: llms.Ollama(
            model=wish.model,
            base_url=_ollama_host(wish.environment),
            temperature=0,
            # A model's full window can take more memory than there is, and eight passages need little of it.
            context_window=wish.context or 2 * WINDOW,
            request_timeout=wish.timeout,
            additional_kwargs={"num_predict": reply_room(wish.context or 2 * WINDOW)},
            is_function_calling_model=False,
        ),
    )


def _ollama_host(environment: Mapping[str, str]) -> str:
    host = environment.get("OLLAMA_HOST", "").strip() or "http://localhost:11434"
    return host if "://" in host else f"http://{host}"


def _huggingface(wish: _Wish) -> LLM:
    _imported(wish, "llama_index.llms.huggingface")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from assistant.llms.inprocess import InProcessLLM

    try:
        tokenizer = AutoTokenizer.from_pretrained(wish.model, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(wish.model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"{wish.name} cannot be loaded: name a folder with a transformers model, or fetch it first with"
            f" `hf download {wish.model}` ({type(error).__name__})."
        ) from error
    longest = getattr(model.config, "max_position_embeddings", None) or WINDOW
    build: Any = InProcessLLM
    llm: LLM = build(
        model=model,
        tokenizer=tokenizer,
        model_name=wish.model,
        tokenizer_name=wish.model,
        context_window=min(wish.context or longest, longest),
        max_new_tokens=min(_IN_PROCESS, longest // 4),
        generate_kwargs={"do_sample": False},
        is_chat_model=True,
    )
    return llm


def _llama_cpp(wish: _Wish) -> LLM:
    llms = _imported(wish, "llama_index.llms.llama_cpp")
    file = Path(wish.model).expanduser()
    if not file.is_file():
        raise EngineError(f"{wish.name}: there is no file {file}; ASSISTANT_LLM must be llama-cpp/FILE.gguf.")
    llm: Any = _built(
        wish,
        lambda: llms.LlamaCPP(
            model_path=str(file),
            temperature=0,
            max_new_tokens=min(_IN_PROCESS, (wish.context or WINDOW) // 4),
            context_window=wish.context or WINDOW,
            verbose=False,
        ),
    )
    if template := llm._model.metadata.get("tokenizer.chat_template"):
        llm.messages_to_prompt = _in_template(template, _imported(wish, "llama_cpp.llama_chat_format"))
    return cast("LLM", llm)


def _in_template(template: str, chat_format: Any) -> Callable[[Sequence[ChatMessage]], str]:
    """Messages in the chat template of a GGUF file, which llama-index does not look at."""
    written = chat_format.Jinja2ChatFormatter(template, eos_token="", bos_token="")  # llama.cpp puts its own in front

    def prompt(messages: Sequence[ChatMessage]) -> str:
        turns = [{"role": message.role.value, "content": str(message.content)} for message in messages]
        if "system" not in template:
            turns = [{"role": "user", "content": "\n\n".join(turn["content"] for turn in turns)}]
        return str(written(messages=turns).prompt)

    return prompt


def _built(wish: _Wish, build: Callable[[], LLM]) -> LLM:
    """The LLM, or one line on what its class did not like."""
    try:
        return build()
    except (ValueError, TypeError, OSError) as error:
        raise EngineError(f"{wish.name} cannot be opened: {' '.join(str(error).split())[:200]}") from error


_PROVIDERS: dict[str, Callable[[_Wish], LLM]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "ollama": _ollama,
    "openai-like": _openai_like,
    "huggingface": _huggingface,
    "llama-cpp": _llama_cpp,
}
