"""The trained reader: where a passage answers a question, and how sure it is that it does; onnxruntime, no torch.

The packaged MiniLM's embeddings, six layers trained further for reading, and a head that marks where an answer
begins and ends; the first position stands for "no answer" (Devlin et al. 2018). `assistant/reader/MODEL_CARD.md` says
how it was trained and what it reaches.

Every window is computed by itself on one core, as many at once as there are cores: nothing is padded or masked,
and what is read from a passage cannot depend on the passages beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EngineError
from index.minilm import WEIGHTS as PACKAGED_WEIGHTS
from index.minilm import checked_tokenizer, cores, packaged_folder, session
from index.minilm_graph import IDS, SEGMENTS, span_logits_graph

FOLDER = Path(__file__).parent.parent / "reader"
WEIGHTS = "reader.safetensors"
CALIBRATION = "calibration.json"
REPAIR = "install the package again, or set ASSISTANT_ENGINE=sentences"

QUESTION_PIECES = 64
WINDOW_PIECES = 384
STRIDE_PIECES = 128
"""A longer question is read from its end; a longer passage in windows that overlap by STRIDE_PIECES."""

LONGEST_ANSWER = 30
"""Word pieces of an answer, as usual for SQuAD."""

ALTERNATIVES = 10
"""Spans kept of one passage."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of a passage, in code points, and its score: the span's logits less those of "no answer"."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Loaded:
    tokenizer: Any
    session: Any


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of a passage's word pieces behind the question: `offsets` are theirs, from position `first` on."""

    passage: int
    ids: NDArray[np.int32]
    first: int
    offsets: Sequence[tuple[int, int]]


class ReaderModel:
    """The reader of an artifact folder (see `available`); loaded once, when first used; threads may share it.

    `sha256` is what the weights must have; None: what they had when they were calibrated.
    """

    def __init__(self, folder: Path = FOLDER, sha256: str | None = None) -> None:
        self._folder = folder
        self._sha256 = sha256
        self._loaded: _Loaded | None = None
        self._loading = Lock()

    def read(self, question: str, texts: Sequence[str], alternatives: int = ALTERNATIVES) -> list[list[Candidate]]:
        """For each text its likeliest answers, best first; scores above 0 are those the reader itself believes in.

        Raises EngineError where the artifact is missing or damaged.
        """
        model = self._model()
        windows = [
            window for number, text in enumerate(texts) for window in _windows(model.tokenizer, question, text, number)
        ]
        with ThreadPoolExecutor(cores()) as pool:
            logits = list(pool.map(lambda window: _logits(model.session, window), windows))
        found: list[list[Candidate]] = [[] for _ in texts]
        for window, values in zip(windows, logits, strict=True):
            found[window.passage] += _candidates(window, values, alternatives)
        return [_best(candidates, alternatives) for candidates in found]

    def _model(self) -> _Loaded:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = _load(self._folder, self._sha256)
        return self._loaded


def available(folder: Path = FOLDER) -> bool:
    """Whether a reader was installed with the package: its weights and what they were calibrated to."""
    return (folder / WEIGHTS).is_file() and (folder / CALIBRATION).is_file()


def digest(folder: Path) -> str:
    """The SHA-256 of the weights in a folder."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(folder: Path, sha256: str | None) -> _Loaded:
    from safetensors.numpy import load_file

    try:
        if digest(folder) != (sha256 or json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))["sha256"]):
            raise EngineError(f"{WEIGHTS} of the reader is damaged: {REPAIR}")
        trained = {name: tensor.astype(np.float32) for name, tensor in load_file(folder / WEIGHTS).items()}
    except (OSError, KeyError, json.JSONDecodeError) as error:
        raise EngineError(f"the reader in {folder} cannot be read ({error}): {REPAIR}") from error
    packaged = packaged_folder()
    graph = span_logits_graph(packaged / PACKAGED_WEIGHTS, trained)
    return _Loaded(checked_tokenizer(packaged), session(graph, packaged, trained))


def _windows(tokenizer: Any, question: str, text: str, passage: int) -> Iterator[_Window]:
    """The passage behind the question, in one window where it fits into one."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    asked = tokenizer.encode(question, add_special_tokens=False).ids[-QUESTION_PIECES:]
    read = tokenizer.encode(text, add_special_tokens=False)
    room = WINDOW_PIECES - len(asked) - 3
    for start in range(0, max(1, len(read.ids) - STRIDE_PIECES), room - STRIDE_PIECES):
        ids = [cls, *asked, sep, *read.ids[start : start + room], sep]
        yield _Window(passage, np.array(ids, dtype=np.int32), len(asked) + 2, read.offsets[start : start + room])


def _logits(model: Any, window: _Window) -> NDArray[np.float32]:
    segments = np.zeros_like(window.ids)
    segments[window.first :] = 1
    (logits,) = model.run(None, {IDS: window.ids[None], SEGMENTS: segments[None]})
    return np.asarray(logits[0], dtype=np.float32)


def _candidates(window: _Window, logits: NDArray[np.float32], alternatives: int) -> list[Candidate]:
    """The spans of a window with the highest sums of logits, their word pieces as code points of the passage."""
    length = len(window.offsets)
    if not length:
        return []
    inside = logits[window.first : window.first + length]
    sums = inside[:, 0][:, None] + inside[:, 1][None, :]
    first, last = np.triu_indices(length)
    short = last - first < LONGEST_ANSWER
    first, last = first[short], last[short]
    scores = sums[first, last] - (logits[0, 0] + logits[0, 1])
    best = np.argsort(-scores, kind="stable")[: alternatives * 3]
    return [
        Candidate(window.offsets[first[one]][0], window.offsets[last[one]][1], round(float(scores[one]), 4))
        for one in best
    ]


def _best(candidates: Sequence[Candidate], alternatives: int) -> list[Candidate]:
    """The highest scored, each place once, best first."""
    ordered = sorted(candidates, key=lambda one: (-one.score, one.start, one.end))
    kept = {(one.start, one.end): one for one in reversed(ordered)}
    return sorted(kept.values(), key=lambda one: (-one.score, one.start, one.end))[:alternatives]
