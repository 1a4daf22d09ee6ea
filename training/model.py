"""The reader in torch, for training: the packaged encoder with a head for the answer's start and end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from index.minilm import packaged_folder


class Reader(nn.Module):
    """BERT for spans (Devlin et al. 2018): position 0 stands for "no answer". The embeddings stay as they are."""

    def __init__(self, attention: str = "sdpa", dropout: float = 0.0) -> None:
        super().__init__()
        from transformers import BertModel

        self.bert = BertModel.from_pretrained(
            str(packaged_folder()),
            add_pooling_layer=False,
            attn_implementation=attention,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        self.bert.embeddings.requires_grad_(False)
        self.span_head = nn.Linear(384, 2)
        nn.init.normal_(self.span_head.weight, std=0.02)
        nn.init.zeros_(self.span_head.bias)

    def forward(self, ids: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Start and end logits, (texts, tokens, 2); -inf-like outside the context and position 0."""
        states = self.bert(input_ids=ids, token_type_ids=segments, attention_mask=mask).last_hidden_state
        logits: torch.Tensor = self.span_head(states).float()
        possible = (segments == 1) & (mask == 1)
        possible[:, 0] = True
        return logits.masked_fill(~possible[..., None], -1e4)

    def loss(
        self, batch: dict[str, torch.Tensor], taught: torch.Tensor | None = None, weight: float = 0.0
    ) -> torch.Tensor:
        """Mean cross-entropy of start and end; `weight` of it is with what teachers hold probable (see `probable`)."""
        logits = self(batch["ids"], batch["segments"], batch["mask"])
        entropy = nn.functional.cross_entropy
        marked = (entropy(logits[..., 0], batch["start"]) + entropy(logits[..., 1], batch["end"])) / 2
        if taught is None:
            return marked
        return (1 - weight) * marked + weight * entropy(logits, taught)

    @torch.no_grad()
    def probable(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """How probable it is that the answer starts, and ends, at each place: (texts, tokens, 2)."""
        logits: torch.Tensor = self(batch["ids"], batch["segments"], batch["mask"])
        return logits.softmax(dim=1)

    def weights(self) -> dict[str, torch.Tensor]:
        """What is trained, as an artifact names it: `encoder.*` and `span_head.*`."""
        kept = {name.removeprefix("bert."): tensor for name, tensor in self.state_dict().items()}
        return {name: t.detach() for name, t in kept.items() if name.startswith(("encoder.", "span_head."))}

    def take(self, weights: dict[str, torch.Tensor]) -> None:
        """Go on from an artifact's weights. Raises KeyError where it is not one of ours."""
        own = self.weights()
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(weights[name].float())


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file."""
    from safetensors.torch import load_file

    return dict(load_file(str(path)))


def write_weights(weights: dict[str, torch.Tensor], path: Path, note: dict[str, str] | None = None) -> None:
    """An artifact: fp16, but for the head, which is small and decides. Written whole or not at all."""
    from safetensors.torch import save_file

    small: dict[str, Any] = {
        name: tensor.float() if name.startswith("span_head") else tensor.half() for name, tensor in weights.items()
    }
    partial = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in small.items()}, str(partial), note)
    os.replace(partial, path)
