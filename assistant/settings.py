"""What can be set from outside: read once at an entry point, passed down as plain arguments."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from assistant.errors import BadSetting
from index.vector_server import ChromaServer

ENGINES = ("reader", "sentences")
PRECISIONS = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, flat.

    `data_dir` is the folder that holds the index; `embedding_model` a sentence-transformers name or folder (None:
    the model that comes with the package), `embedding_precision` its arithmetic for passages, "fp32" or "int8"; `k`
    how many passages are found for one question (the built-in reader reads the best five of them). `engine` is what
    answers without a language model: "reader" or "sentences" (None: the reader where its weights are installed).

    `llm` names the language model that writes the answers (None: the built-in engine does), in one of the forms of
    `assistant.llms`. `llm_timeout` is how many seconds its reply may take, `llm_context` its context window in tokens
    (None: as its provider says), `llm_prices` what a million tokens read and written cost. `tracing` is the URL of
    the OTLP endpoint that spans go to (None: nowhere). Keys of language models are no settings: see `assistant.llms`.

    `chroma_url` is a Chroma server that holds the vectors in the data folder's stead (None: the folder does);
    `chroma_headers`, `chroma_api_key`, `chroma_tenant`, `chroma_database` and `chroma_certificates` are what
    `index.ChromaServer` says. Neither headers nor key are shown. `device` is what embeds: see `index.devices`.
    """

    data_dir: Path = Path(".assistant")
    embedding_model: str | None = None
    k: int = 8
    embedding_precision: str = "fp32"
    engine: str | None = None
    llm: str | None = None
    llm_timeout: float = 120.0
    llm_context: int | None = None
    llm_prices: tuple[float, float] | None = None
    tracing: str | None = None
    chroma_url: str | None = None
    chroma_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    chroma_api_key: str | None = field(default=None, repr=False)
    chroma_tenant: str | None = None
    chroma_database: str | None = None
    chroma_certificates: str | None = None
    device: str = "auto"

    @property
    def chroma(self) -> ChromaServer | None:
        """The server that holds the vectors, or None where the data folder does."""
        if self.chroma_url is None:
            return None
        return ChromaServer(
            self.chroma_url,
            self.chroma_headers,
            self.chroma_api_key,
            self.chroma_tenant,
            self.chroma_database,
            self.chroma_certificates,
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of `ASSISTANT_DATA_DIR`, `ASSISTANT_LLM_TIMEOUT` and so on: each field's name in capitals.

        An empty variable counts as unset. Raises BadSetting, naming the variable.
        """
        default = cls()
        data_dir = environment.get("ASSISTANT_DATA_DIR", "").strip()
        return cls(
            data_dir=Path(data_dir).expanduser() if data_dir else default.data_dir,
            embedding_model=environment.get("ASSISTANT_EMBEDDING_MODEL", "").strip() or None,
            embedding_precision=_one_of(
                "ASSISTANT_EMBEDDING_PRECISION",
                environment.get("ASSISTANT_EMBEDDING_PRECISION", "").strip(),
                PRECISIONS,
            )
            or default.embedding_precision,
            k=_positive("ASSISTANT_K", environment.get("ASSISTANT_K", "").strip(), default.k),
            engine=_one_of("ASSISTANT_ENGINE", environment.get("ASSISTANT_ENGINE", "").strip(), ENGINES),
            llm=environment.get("ASSISTANT_LLM", "").strip() or None,
            llm_timeout=float(
                _positive("ASSISTANT_LLM_TIMEOUT", environment.get("ASSISTANT_LLM_TIMEOUT", "").strip(), 120)
            ),
            llm_context=_positive("ASSISTANT_LLM_CONTEXT", environment.get("ASSISTANT_LLM_CONTEXT", "").strip(), 0)
            or None,
            llm_prices=_prices(environment.get("ASSISTANT_LLM_PRICES", "").strip()),
            tracing=environment.get("ASSISTANT_TRACING", "").strip() or None,
            device=environment.get("ASSISTANT_DEVICE", "").strip() or default.device,
            **_chroma(environment),
        )


def _chroma(environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a Chroma server. Their values are secret or may hold what is: no message repeats one."""
    given = {
        name: environment.get(f"ASSISTANT_{name.upper()}", "").strip() or None
        for name in (f.name for f in fields(Settings))
        if name.startswith("chroma_")
    }
    url = given["chroma_url"]
    if url is None:
        for name, value in given.items():
            if value is not None:
                raise BadSetting(
                    f"ASSISTANT_{name.upper()} is for a Chroma server: set ASSISTANT_CHROMA_URL too"
                    " (Chroma Cloud is https://api.trychroma.com)."
                )
    elif not re.fullmatch(r"https?://[^/?#@\s]+(/[^?#@\s]*)?", url):
        raise BadSetting(
            "ASSISTANT_CHROMA_URL must be http://HOST:PORT or https://HOST, without a password:"
            " ASSISTANT_CHROMA_HEADERS is for that."
        )
    headers = given["chroma_headers"]
    return given | {"chroma_url": url and url.rstrip("/"), "chroma_headers": _headers(headers) if headers else {}}


def _headers(value: str) -> dict[str, str]:
    """HTTP headers: '{"Authorization": "Bearer …"}'."""
    try:
        headers = json.loads(value)
    except ValueError:  # whose message would show the value
        headers = None
    if not (isinstance(headers, dict) and all(isinstance(text, str) for text in headers.values())):
        raise BadSetting('ASSISTANT_CHROMA_HEADERS must be JSON of names and texts, as {"Authorization": "Bearer …"}.')
    return headers


def _prices(value: str) -> tuple[float, float] | None:
    """What a million tokens read and written cost: "0.15/0.60"."""
    if not value:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)", value)
    if found is None:
        raise BadSetting(
            f"ASSISTANT_LLM_PRICES must be READ/WRITTEN for a million tokens, as 0.15/0.60, not {value!r}."
        )
    return float(found[1]), float(found[2])


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> str | None:
    if value and value not in choices:
        raise BadSetting(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value or None


def _positive(name: str, value: str, default: int) -> int:
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise BadSetting(f"{name} must be a whole number above 0, not {value!r}.")
    return int(value)
