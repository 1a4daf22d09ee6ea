"""all-MiniLM-L6-v2 as an ONNX graph that reads its weights from the packaged safetensors file.

The graph holds the operations and refers to each weight by its place in `model.safetensors`, so it is a few dozen
kilobytes, built in milliseconds at each start; onnxruntime maps the file into memory. Nothing is exported, copied
or cached, so there is nothing that could be stale, half written or altered.

It reads texts of one length, without padding: there is no attention mask, and none that could be wrong.
Operators of the domain `com.microsoft` are onnxruntime's fused ones for BERT; the activation is the exact (erf) GELU.
The model: Wang et al., MiniLM (2020), https://arxiv.org/abs/2002.10957, a BERT (Devlin et al., 2018).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYERS = 6
HEADS = 12
EPSILON = 1e-12
"""`num_hidden_layers`, `num_attention_heads` and `layer_norm_eps` of the packaged config.json."""

EMBEDDING_WIDTH = 384
IDS = "ids"
SEGMENTS = "segments"
FUSED = "com.microsoft"
GIVEN = "given to the session"
PROJECTIONS = ("query", "key", "value")


def token_states_graph(weights: Path) -> bytes:
    """The serialised graph: `ids` int32 (texts, tokens) in, the last layer's float32 (texts, tokens, 384) out.

    `weights` is the model's safetensors file; onnxruntime must be told its folder, for the graph names only the file.
    """
    return Graph(weights).token_states()


def span_logits_graph(weights: Path, trained: Mapping[str, NDArray[np.float32]]) -> bytes:
    """The serialised graph: `ids` and `segments` int32 (texts, tokens) in, float32 (texts, tokens, 2) out.

    What comes out are the logits of each token beginning and ending an answer. `trained` holds the tensors that take
    the place of the packaged ones of the same names, and the head: `span_head.weight` (2, 384), `span_head.bias` (2).
    The graph only names them: a session must be given them, too. The embeddings stay in `weights`.
    """
    graph = Graph(weights, trained)
    states = graph.encoder(graph.embeddings(SEGMENTS))
    product = graph.product(states, "span_head.weight")
    logits = graph.node("Add", [product, graph.weight("span_head.bias")], "logits", domain="")
    return graph.serialised(logits, [IDS, SEGMENTS], 2)


class Graph:
    """Collects nodes and the weights they name."""

    def __init__(self, weights: Path, trained: Mapping[str, NDArray[np.float32]] | None = None) -> None:
        self._file = weights.name
        self._tensors, self._data_start = _safetensors_header(weights)
        self._trained = trained or {}
        self._nodes: list[Any] = []
        self._initializers: dict[str, Any] = {}

    def token_states(self) -> bytes:
        """The whole graph, from the ids to the last layer's states."""
        states = self.embeddings(self.node("Sub", [IDS, IDS], SEGMENTS, domain=""))
        return self.serialised(self.encoder(states), [IDS], EMBEDDING_WIDTH)

    def embeddings(self, segments: str) -> str:
        """Word, position and segment embeddings, summed and normalised."""
        inputs = [IDS, segments]
        inputs += [self.weight(f"embeddings.{kind}_embeddings.weight") for kind in ("word", "position", "token_type")]
        inputs += [self.weight("embeddings.LayerNorm.weight"), self.weight("embeddings.LayerNorm.bias")]
        return self.node("EmbedLayerNormalization", inputs, "embeddings", "unused_mask_index", epsilon=EPSILON)

    def encoder(self, states: str) -> str:
        """All layers, one after another."""
        for layer in range(LAYERS):
            states = self.encoder_layer(f"encoder.layer.{layer}", states)
        return states

    def encoder_layer(self, name: str, states: str) -> str:
        """Self-attention and feed-forward, each added to its input and normalised (post-norm BERT)."""
        attended = self.dense(f"{name}.attention.output.dense", self.attended(name, states))
        states = self.add_and_normalise(f"{name}.attention.output", attended, states)
        return self.add_and_normalise(f"{name}.output", self.fed_forward(name, states), states)

    def attended(self, name: str, states: str) -> str:
        """What each token takes from all of them, all heads side by side."""
        projected = [self.product(states, f"{name}.attention.self.{part}.weight") for part in PROJECTIONS]
        biases = [self.weight(f"{name}.attention.self.{part}.bias") for part in PROJECTIONS]
        bias = self.node("Concat", biases, f"{name}.attention.bias", domain="", axis=0)
        return self.node("MultiHeadAttention", [*projected, bias], f"{name}.attended", num_heads=HEADS)

    def fed_forward(self, name: str, states: str) -> str:
        """The two products of the feed-forward, the activation between them."""
        wide = self.product(states, f"{name}.intermediate.dense.weight")
        active = self.node("BiasGelu", [wide, self.weight(f"{name}.intermediate.dense.bias")], f"{name}.intermediate")
        return self.dense(f"{name}.output.dense", active)

    def add_and_normalise(self, name: str, added: str, skipped: str) -> str:
        """LayerNorm(added + skipped).

        onnxruntime's fused SkipLayerNormalization takes five times as long as these and the bias by themselves: a
        thirteenth of all that a text costs.
        """
        total = self.node("Add", [added, skipped], f"{name}.sum", domain="")
        inputs = [total, self.weight(f"{name}.LayerNorm.weight"), self.weight(f"{name}.LayerNorm.bias")]
        return self.node("LayerNormalization", inputs, f"{name}.normalised", domain="", epsilon=EPSILON)

    def dense(self, name: str, left: str) -> str:
        """left · weightᵀ + bias."""
        product = self.product(left, f"{name}.weight")
        return self.node("Add", [product, self.weight(f"{name}.bias")], name, domain="")

    def product(self, left: str, weight: str) -> str:
        """left · weightᵀ: PyTorch keeps a linear layer's weight as (out, in)."""
        return self.node("FusedMatMul", [left, self.weight(weight)], f"{weight}.product", transB=1)

    def weight(self, name: str) -> str:
        """The tensor `name`: a trained one, or one of the safetensors file; the graph says only where it is."""
        if name in self._trained:
            self._refer(name, self._trained[name].shape, {"location": GIVEN})
        else:
            entry = self._tensors[name]
            start, end = entry["data_offsets"]
            place = {"location": self._file, "offset": self._data_start + start, "length": end - start}
            self._refer(name, entry["shape"], place)
        return name

    def _refer(self, name: str, shape: Sequence[int], place: Mapping[str, object]) -> None:
        from onnx import TensorProto

        if name not in self._initializers:
            tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
            self._initializers[name] = tensor

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """A tensor that travels inside the graph."""
        from onnx import numpy_helper

        self._initializers.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: list[str], *outputs: str, domain: str = FUSED, **attributes: Any) -> str:
        """Add an operation; returns the name of its first output."""
        from onnx import helper

        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def serialised(self, output: str, inputs: Sequence[str], width: int) -> bytes:
        """The model whose only output is `output`, `width` numbers a token."""
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "tokens"]) for name in inputs],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["texts", "tokens", width])],
            list(self._initializers.values()),
        )
        operators = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=8)
        return bytes(model.SerializeToString())


def _safetensors_header(path: Path) -> tuple[dict[str, Any], int]:
    """Each tensor's dtype, shape and data offsets, and the byte at which the data begins.

    Format: https://huggingface.co/docs/safetensors (8 bytes length, little-endian, then that much JSON).
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length)), 8 + length
