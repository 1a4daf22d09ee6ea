"""The packaged all-MiniLM-L6-v2 in torch on a GPU, where many passages are to be embedded; the rest stays on the cores.

A question takes milliseconds on a core and loading torch takes seconds, so questions and a handful of sentences
are left to `index.minilm`. Tokens, weights and arithmetic (fp32) of passages are the same, and so are the vectors, but
for the last digits: an index does not show where it was embedded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.minilm import MiniLM, packaged_folder

MANY = 48  # texts worth the GPU
_TOKENS_A_RUN = 32_768


class MiniLMOnGpu(MiniLM):
    """As `MiniLM`; `gpu` says, when first needed, which torch device computes many passages (None: the cores do)."""

    def __init__(self, gpu: Callable[[], str | None]) -> None:
        super().__init__()
        self._gpu = gpu
        self._network: tuple[Any, str] | None = None
        self._cores_only = False
        self._one_at_a_time = Lock()

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, (texts, 384). Raises EmbeddingError for a text of more than `limit` word pieces."""
        if len(texts) < MANY or self._cores_only:
            return super().embed_passages(texts)
        tokens = [self._tokens(text) for text in texts]
        with self._one_at_a_time:
            network = self._loaded_network()
            if network is not None:
                vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
                for rows in _runs(tokens):
                    vectors[rows] = _means(*network, [tokens[row] for row in rows])
                return vectors
        return super().embed_passages(texts)

    def _loaded_network(self) -> tuple[Any, str] | None:
        if self._network is None and not self._cores_only:
            device = self._gpu()
            if device is None:
                self._cores_only = True
            else:
                self._network = _load(device), device
        return self._network


def _load(device: str) -> Any:
    """The network without its pooling; `MiniLM` has checked the weights by then."""
    import torch
    from transformers import BertModel

    network: Any = BertModel.from_pretrained(packaged_folder(), add_pooling_layer=False, dtype=torch.float32)
    return network.to(device).eval()


def _runs(tokens: Sequence[NDArray[np.int32]]) -> Iterator[list[int]]:
    """Row numbers by length, the longest first, in groups that hold _TOKENS_A_RUN with their padding."""
    rows = sorted(range(len(tokens)), key=lambda row: -len(tokens[row]))
    while rows:
        size = max(1, _TOKENS_A_RUN // len(tokens[rows[0]]))
        yield rows[:size]
        del rows[:size]


def _means(network: Any, device: str, tokens: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
    """Mean of each text's token states, to unit length, (texts, 384); padding counts nowhere."""
    import torch

    longest = max(len(ids) for ids in tokens)
    ids = torch.tensor(np.stack([np.pad(row, (0, longest - len(row))) for row in tokens]), device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in tokens], device=device)
    with torch.inference_mode():
        states = network(input_ids=ids, attention_mask=mask).last_hidden_state
        means = (states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return np.asarray(torch.nn.functional.normalize(means, dim=1).cpu().numpy(), dtype=np.float32)
