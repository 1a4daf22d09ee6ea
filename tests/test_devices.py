"""Which device embeds, and that a GPU's path gives the vectors of the cores (torch on the cores stands in for it)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from index import Embedder, devices, open_embedder
from index.errors import EmbeddingError
from index.minilm import MiniLM
from index.minilm_gpu import MANY, MiniLMOnGpu


def never() -> int:
    raise AssertionError("torch was asked for nothing")


@pytest.mark.parametrize(
    ("device", "driver", "gpus", "chosen"),
    [("auto", True, 2, "cuda"), ("auto", True, 0, None), ("cuda", True, 1, "cuda"), ("cuda:1", False, 2, "cuda:1")],
)
def test_a_gpu_is_taken_where_torch_sees_one(device: str, driver: bool, gpus: int, chosen: str | None) -> None:
    assert devices.chosen_gpu(device, lambda: driver, lambda: gpus) == chosen


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_without_a_driver_or_by_wish_torch_is_not_even_asked(device: str) -> None:
    assert devices.chosen_gpu(device, lambda: False, never) is None


def test_a_gpu_that_is_not_there_is_an_error_that_names_the_setting() -> None:
    with pytest.raises(EmbeddingError, match=r"ASSISTANT_DEVICE=cuda:1 .* 1 GPUs"):
        devices.chosen_gpu("cuda:1", lambda: True, lambda: 1)
    with pytest.raises(EmbeddingError, match="ASSISTANT_DEVICE must be"):
        open_embedder(device="gpu")


def test_the_driver_decides_what_opens_the_packaged_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "DRIVERS", (sys.executable,))  # something that is there
    assert isinstance(open_embedder(), MiniLMOnGpu)
    for on_cores in (open_embedder(device="cpu"), open_embedder(precision="int8")):
        assert type(on_cores) is MiniLM
    monkeypatch.setattr(devices, "DRIVERS", ("/no/such/driver",))
    assert type(open_embedder()) is MiniLM


def test_torch_gives_the_vectors_of_the_cores_whatever_stands_beside_a_text(embedder: Embedder) -> None:
    texts = [f"Note {n}: " + "the ferry leaves at noon; 🙂 " * (n % 9) for n in range(MANY)]
    torch = MiniLMOnGpu(lambda: "cpu")
    np.testing.assert_allclose(torch.embed_passages(texts), embedder.embed_passages(texts), atol=1e-5)
    assert torch.precision == embedder.precision
    assert torch.weights_hash == embedder.weights_hash
    with pytest.raises(EmbeddingError, match="256"):
        torch.embed_passages(["word " * 300] * MANY)


def test_where_torch_sees_no_gpu_the_cores_compute(embedder: Embedder) -> None:
    texts = [f"Note {n}." for n in range(MANY)]
    np.testing.assert_array_equal(MiniLMOnGpu(lambda: None).embed_passages(texts), embedder.embed_passages(texts))


def test_questions_and_a_few_sentences_never_load_torch() -> None:
    program = (
        "import sys; from index.minilm_gpu import MiniLMOnGpu; model = MiniLMOnGpu(lambda: 'cuda');"
        "model.embed_query('When?'); model.embed_passages(['At noon.']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
