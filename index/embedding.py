"""Texts as unit vectors, near each other when they mean nearly the same: the seam to the embedding model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.devices import AUTO, CPU, check_device, chosen_gpu, gpu_driver
from index.errors import EmbeddingError
from index.minilm import MiniLM, Precision
from index.minilm_gpu import MiniLMOnGpu
from index.windows import mean_direction, pieces

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SETTING = "ASSISTANT_EMBEDDING_MODEL"
PACKAGED = {"all-minilm-l6-v2", "sentence-transformers/all-minilm-l6-v2"}
DECISIVE = {".safetensors", ".bin", ".json", ".txt", ".model"}
"""Suffixes of weights, configurations (prompts, pooling, …) and vocabularies."""
NO_LIMIT = 1_000_000
"""The `limit` of a model that names none, or a larger one."""


class Embedder(Protocol):
    """An embedding model. All vectors are float32 of unit length, compared by cosine; safe to share by threads."""

    @property
    def name(self) -> str:
        """What the model is called: its name on the Hugging Face Hub, or its folder's name."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def precision(self) -> str:
        """The arithmetic that passages are computed in: "fp32" or "int8"."""
        ...

    @property
    def weights_hash(self) -> str:
        """SHA-256, in hex, over what decides a vector: weights, and what else of the model's files changes it."""
        ...

    @property
    def limit(self) -> int:
        """The largest `count_tokens(text)` that is read whole."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens the model makes of the passage `text`, its special tokens and passage prompt included; never cut."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text, (texts, dimension). Raises EmbeddingError for a text beyond `limit`: none is cut."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, (dimension,). One beyond `limit` is read in pieces, their directions averaged."""
        ...


def open_embedder(model: str | None = None, precision: str = Precision.FP32, device: str = AUTO) -> Embedder:
    """The embedding model called `model`: a sentence-transformers folder, or a name that was downloaded before.

    None is the packaged all-MiniLM-L6-v2, the only one whose passages may be computed in another `precision`: "int8".
    It is computed on a `device` of `index.devices`; int8 always on the cores. Nothing is read until the embedder is
    first used, and never the network. Raises EmbeddingError for int8 of another model, or a device unheard of.
    """
    check_device(device)
    if model is None or model.lower() in PACKAGED:
        if precision != Precision.FP32 or device == CPU or (device == AUTO and not gpu_driver()):
            return MiniLM(precision=Precision(precision))
        return MiniLMOnGpu(lambda: chosen_gpu(device))
    if precision != Precision.FP32:
        raise EmbeddingError(
            f"{SETTING}={model} is computed in fp32 only: take ASSISTANT_EMBEDDING_PRECISION={precision} away"
        )
    return SentenceTransformerEmbedder(model, device)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, on the `device` of `index.devices`; its query and passage prompts are honoured.

    Loaded when first used, from its folder or from what is in the local Hugging Face cache; code that a model brings
    along is not run. One thread computes at a time: a tokenizer's settings are changed by each call.
    """

    precision = "fp32"

    def __init__(self, model: str, device: str = AUTO) -> None:
        self._named = model
        self._device = device
        self._lock = RLock()
        self._folder: Path | None = None
        self._loaded: SentenceTransformer | None = None
        self._hash: str | None = None

    @property
    def name(self) -> str:
        """The model's name on the Hub, or its folder's own name: an index may be moved together with its model."""
        folder = Path(self._named).expanduser()
        return folder.resolve().name if folder.is_dir() else self._named

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        dimension = self._model().get_embedding_dimension()
        if dimension is None:
            raise EmbeddingError(f"{self._named} does not say how long its vectors are: choose another {SETTING}")
        return dimension

    @property
    def weights_hash(self) -> str:
        """SHA-256 over the paths and contents of the model's weight, tokenizer and configuration files.

        The prompts are part of it: they stand in config_sentence_transformers.json.
        """
        with self._lock:
            if self._hash is None:
                self._hash = _hash_of(self._files())
            return self._hash

    @property
    def limit(self) -> int:
        """The model's max_seq_length: special tokens and prompt count on both sides of the comparison."""
        return self._limit("document")

    def count_tokens(self, text: str) -> int:
        """Tokens of the passage `text`, with special tokens and passage prompt, however many."""
        return self._count(text, self._passage_prompt(), "document")

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, (texts, dimension). Raises EmbeddingError for a text beyond `limit`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        longest = max(self.count_tokens(text) for text in texts)
        if longest > self.limit:
            raise EmbeddingError(
                f"a passage of {longest} tokens is more than the {self.limit} that {self._named} reads; "
                "split it, or nothing of its end would be found"
            )
        with self._lock:
            vectors = self._model().encode_document(
                list(texts), prompt=self._passage_prompt(), normalize_embeddings=True, show_progress_bar=False
            )
        return _checked(vectors, self._named)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The question's unit vector, (dimension,); one beyond the model's limit is read in pieces."""

        def count(piece: str) -> int:
            return self._count(piece, self._model().prompts["query"] or "", "query")

        parts = pieces(text, count, self._limit("query"))
        with self._lock:
            vectors = [
                self._model().encode_query(part, normalize_embeddings=True, show_progress_bar=False) for part in parts
            ]
        return mean_direction(list(_checked(np.stack(vectors), self._named)), [count(part) for part in parts])

    def _passage_prompt(self) -> str:
        """The first prompt that says anything of those the library looks for.

        The library itself takes "document" even where it is empty, which is what it makes of a missing one, and so
        leaves the "passage" prompt of a model without "document" unused.
        """
        prompts = self._model().prompts
        return next(filter(None, map(prompts.get, ("document", "passage", "corpus"))), "")

    def _limit(self, task: str) -> int:
        model = self._model()
        lengths = (model.max_seq_length, getattr(model[0], f"{task}_length", None), NO_LIMIT)
        return int(min(length for length in lengths if length is not None))

    def _count(self, text: str, prompt: str, task: str) -> int:
        uncut: Any = {"text": {"truncation": False, "verbose": False}}
        with self._lock:
            features = self._model().preprocess([text], prompt=prompt, task=task, processing_kwargs=uncut)
        return int(features["input_ids"].numel())

    def _files(self) -> Path:
        """The folder that holds the model's files."""
        if self._folder is None:
            self._folder = _folder_of(self._named)
        return self._folder

    def _model(self) -> SentenceTransformer:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._files(), self._named, self._device)
            return self._loaded


def _folder_of(model: str) -> Path:
    """`model` itself where it is a folder, else where the Hugging Face cache keeps the model of that name."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    repository = model if "/" in model else f"sentence-transformers/{model}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except HFValidationError as error:
        raise EmbeddingError(f"{SETTING}={model} is neither a folder nor the name of a model: correct it") from error
    except LocalEntryNotFoundError as error:
        raise EmbeddingError(
            f"{SETTING}={model} is neither a folder nor a model downloaded before: correct it, "
            f"or run `hf download {repository}` once"
        ) from error


def _load(folder: Path, named: str, device: str) -> SentenceTransformer:
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    try:
        with _no_progress_bar():
            return SentenceTransformer(
                str(folder),
                device=None if device == AUTO else chosen_gpu(device) or CPU,  # None: the library takes the best
                local_files_only=True,
                trust_remote_code=False,
                # a half-precision file would otherwise be computed in half precision
                model_kwargs={"dtype": torch.float32},
            )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise EmbeddingError(f"cannot load the model that {SETTING}={named} names: {reason}") from error


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Loading takes a moment and standard error belongs to whoever called; transformers' setting is put back."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _hash_of(folder: Path) -> str:
    """Over the names and contents of every file that may decide a vector; the model's other formats are left out."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if file.suffix in DECISIVE and name.parts[0] not in {"onnx", "openvino"}:
            with file.open("rb") as content:
                digest.update(f"{name.as_posix()} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _checked(vectors: NDArray[np.float32], named: str) -> NDArray[np.float32]:
    if not np.isfinite(vectors).all():
        raise EmbeddingError(f"{named} computes vectors that are no numbers: choose another {SETTING}")
    return np.asarray(vectors, dtype=np.float32)
