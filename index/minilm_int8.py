"""all-MiniLM-L6-v2 with its matrix products in 8-bit integers: about 1.8 times as fast, nearly the same vectors.

The weights are rounded at each start, column by column, in a tenth of a second; what flows through the network is
rounded as it comes, by onnxruntime's own operators, with one scale for a whole run. So a run must hold one text only:
then its vector depends on no other. Attention, the activation and the normalisation stay in fp32.

One scale for all suits most numbers of this model and two kinds of them not at all, whatever the text: a few channels
of the normalised states, and one or two neurons of a layer's feed-forward, are ten times as large as the rest, on [CLS]
above all (Sun et al., "Massive Activations in Large Language Models", 2024). The channels are made smaller before
they are rounded and their weights larger by as much (SmoothQuant, Xiao et al. 2023); the neurons are computed apart,
in fp32 (LLM.int8(), Dettmers et al. 2022). `python -m benchmarks.precision` prints what this keeps of the search.

x86 processors without VNNI instructions (most from before 2019) add products of signed bytes in 16 bits, and
onnxruntime lets what is more be cut off. Whether it does is tried out; if so the weights are unsigned, which is exact
everywhere, and slower where both are. So a text has the same vector on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.minilm_graph import EMBEDDING_WIDTH, HEADS, PROJECTIONS, Graph

Floats = NDArray[np.float32]

BEFORE_ATTENTION = {99: 3, 63: 2, 157: 2}
BEFORE_FEED_FORWARD = {99: 8, 223: 3, 63: 2, 157: 2}
"""Large channels of the normalised states, and by how much they are made smaller."""

LARGE_NEURONS = ((856,), (607,), (1004, 218), (358,), (637,), (256,))
"""The neurons of each layer's feed-forward that are computed apart."""


def int8_token_states_graph(weights: Path) -> bytes:
    """The serialised graph, with the inputs and outputs of `minilm_graph.token_states_graph`; one text a run."""
    return _Int8Graph(weights, signed=not cuts_sums_off()).token_states()


@cache
def cuts_sums_off() -> bool:
    """Whether sums of products of signed bytes come out too small on this machine."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    width = 64
    largest = numpy_helper.from_array(np.full((width, 16), 127, dtype=np.int8), "largest")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["bytes", "largest"], ["sums"])],
        "sums",
        [helper.make_tensor_value_info("bytes", TensorProto.UINT8, [1, width])],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [1, 16])],
        [largest],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (sums,) = session.run(None, {"bytes": np.full((1, width), 255, dtype=np.uint8)})
    return bool(np.any(sums != 255 * 127 * width))


class _Int8Graph(Graph):
    """`Graph` with other products. Matrices are (in, out) here; unsigned weights are taken from a zero of 128."""

    def __init__(self, weights: Path, *, signed: bool) -> None:
        from safetensors import safe_open

        super().__init__(weights)
        self._zero = np.array(0, dtype=np.int8) if signed else np.array(128, dtype=np.uint8)
        self._read: Any = safe_open(weights, framework="np")

    def attended(self, name: str, states: str) -> str:
        """As in `Graph`, the three projections as one product."""
        matrix = np.concatenate([self._matrix(f"{name}.attention.self.{part}.weight") for part in PROJECTIONS], axis=1)
        bias = np.concatenate([self._read.get_tensor(f"{name}.attention.self.{part}.bias") for part in PROJECTIONS])
        smaller, matrix = self._evened(f"{name}.attention.self", states, matrix, BEFORE_ATTENTION)
        values, scale, zero = self._rounded(f"{name}.attention.self.weight", matrix)
        rounded = [f"{smaller}.{part}" for part in ("values", "scale", "zero")]
        self.node("DynamicQuantizeLinear", [smaller], *rounded, domain="")
        inputs = [rounded[0], values, self.constant(f"{name}.attention.self.bias", bias)]
        inputs += [rounded[1], scale, "", rounded[2], zero]
        return self.node("QAttention", inputs, f"{name}.attended", num_heads=HEADS)

    def fed_forward(self, name: str, states: str) -> str:
        """As in `Graph`; the large neurons are silent in the rounded products, and added afterwards."""
        large = list(LARGE_NEURONS[int(name.rpartition(".")[2])])
        up, down = self._matrix(f"{name}.intermediate.dense.weight"), self._matrix(f"{name}.output.dense.weight")
        bias = self._read.get_tensor(f"{name}.intermediate.dense.bias")
        apart = self._neurons(f"{name}.large", states, up[:, large], bias[large], down[large])
        up[:, large], bias[large] = 0, 0
        smaller, up = self._evened(f"{name}.intermediate", states, up, BEFORE_FEED_FORWARD)
        wide = self._rounded_product(f"{name}.intermediate", smaller, up)
        inputs = [wide, self.constant(f"{name}.intermediate.bias", bias)]
        active = self.node("BiasGelu", inputs, f"{name}.intermediate.active")
        narrow = self._rounded_product(f"{name}.output", active, down, self.weight(f"{name}.output.dense.bias"))
        return self.node("Add", [narrow, apart], f"{name}.all", domain="")

    def dense(self, name: str, left: str) -> str:
        """left · weightᵀ + bias, the factors rounded."""
        return self._rounded_product(name, left, self._matrix(f"{name}.weight"), self.weight(f"{name}.bias"))

    def _matrix(self, name: str) -> Floats:
        return np.array(self._read.get_tensor(name).T)

    def _neurons(self, name: str, states: str, up: Floats, bias: Floats, down: Floats) -> str:
        """What a few neurons of the feed-forward add, in fp32."""
        wide = self.node("MatMul", [states, self.constant(f"{name}.up", up)], f"{name}.wide", domain="")
        active = self.node("BiasGelu", [wide, self.constant(f"{name}.bias", bias)], f"{name}.active")
        return self.node("MatMul", [active, self.constant(f"{name}.down", down)], f"{name}.product", domain="")

    def _evened(self, name: str, states: str, matrix: Floats, large: Mapping[int, int]) -> tuple[str, Floats]:
        """The states with their large channels made smaller, and the matrix that makes up for it."""
        factors = np.ones(EMBEDDING_WIDTH, dtype=np.float32)
        for channel, factor in large.items():
            factors[channel] = factor
        smaller = self.node("Mul", [states, self.constant(f"{name}.evening", 1 / factors)], f"{name}.even", domain="")
        return smaller, matrix * factors[:, None]

    def _rounded_product(self, name: str, left: str, matrix: Floats, bias: str = "") -> str:
        inputs = [left, *self._rounded(f"{name}.weight", matrix), bias]
        return self.node("DynamicQuantizeMatMul", inputs, f"{name}.product")

    def _rounded(self, name: str, matrix: Floats) -> tuple[str, str, str]:
        """The matrix as integers of -127 to 127 around a zero point, each column's scale, and its zero point."""
        scale = np.maximum(np.abs(matrix).max(axis=0), np.finfo(np.float32).tiny) / 127
        values = (np.rint(matrix / scale) + self._zero).astype(self._zero.dtype)
        zeros = np.full(scale.shape, self._zero)
        parts = {"values": values, "scale": scale.astype(np.float32), "zero": zeros}
        first, second, third = (self.constant(f"{name}.{part}", array) for part, array in parts.items())
        return first, second, third
