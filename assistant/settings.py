"""What can be set from outside: read once at an entry point, passed down as plain arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import BadSetting


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, flat.

    `data_dir` is the folder that holds the index; `embedding_model` a sentence-transformers name or folder (None:
    the model that comes with the package); `k` how many passages are read for one question.
    """

    data_dir: Path = Path(".assistant")
    embedding_model: str | None = None
    k: int = 8

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of `ASSISTANT_DATA_DIR`, `ASSISTANT_EMBEDDING_MODEL` and `ASSISTANT_K`.

        An empty variable counts as unset. Raises BadSetting, naming the variable.
        """
        default = cls()
        data_dir = environment.get("ASSISTANT_DATA_DIR", "").strip()
        return cls(
            data_dir=Path(data_dir).expanduser() if data_dir else default.data_dir,
            embedding_model=environment.get("ASSISTANT_EMBEDDING_MODEL", "").strip() or None,
            k=_positive("ASSISTANT_K", environment.get("ASSISTANT_K", "").strip(), default.k),
        )


def _positive(name: str, value: str, default: int) -> int:
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise BadSetting(f"{name} must be a whole number above 0, not {value!r}.")
    return int(value)
