"""What can be set from outside: read once at an entry point, passed down as plain arguments."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import BadSetting

ENGINES = ("reader", "sentences")
PRECISIONS = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, flat.

    `data_dir` is the folder that holds the index; `embedding_model` a sentence-transformers name or folder (None:
    the model that comes with the package), `embedding_precision` its arithmetic, "fp32" or "int8"; `k` how many
    passages are read for one question. `engine` is what answers without a language model: "reader" or "sentences"
    (None: the reader where its weights are installed).

    `llm` names the language model that writes the answers (None: the built-in engine does), in one of the forms of
    `assistant.llms`. `llm_timeout` is how many seconds its reply may take, `llm_context` its context window in tokens
    (None: as its provider says), `llm_prices` what a million tokens read and written cost. `tracing` is the URL of
    the OTLP endpoint that spans go to (None: nowhere). Keys are no settings: see `assistant.llms`.
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
        )


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
