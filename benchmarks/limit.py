"""What this machine's processor could do at best: multiply–adds a second in fp32, all cores together.

    python -m benchmarks.limit

The rate is the best of many products of square matrices, by numpy's BLAS and by onnxruntime, whichever is faster.
The limit of embedding is the model's multiply–adds for the passages' tokens, divided by it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

LAYERS, WIDTH, INNER = 6, 384, 1536  # all-MiniLM-L6-v2
_SIZE = 2048
_SECONDS = 2.0


def multiply_adds(tokens: Sequence[int]) -> int:
    """Of the matrix products for texts of so many tokens each: projections, feed-forward, and attention."""
    linear = LAYERS * (4 * WIDTH * WIDTH + 2 * WIDTH * INNER)
    return sum(length * linear + LAYERS * 2 * length * length * WIDTH for length in tokens)


def rates() -> dict[str, float]:
    """Multiply–adds a second, and a second of a core: {"numpy", "onnxruntime", "numpy core", "onnxruntime core"}."""
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    left, right = (np.random.default_rng(n).random((_SIZE, _SIZE), dtype=np.float32) for n in (0, 1))
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["left", "right"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.FLOAT, [_SIZE, _SIZE])],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, [_SIZE, _SIZE])],
        [numpy_helper.from_array(right, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    products = {"numpy": lambda: left @ right, "onnxruntime": lambda: session.run(None, {"left": left})}
    wall = {name: _SIZE**3 / _best(product, time.perf_counter) for name, product in products.items()}
    core = {f"{name} core": _SIZE**3 / _best(product, time.process_time) for name, product in products.items()}
    return wall | core


def _best(product: Callable[[], object], clock: Callable[[], float]) -> float:
    product()
    end, best = time.perf_counter() + _SECONDS, float("inf")
    while time.perf_counter() < end:
        started = clock()
        product()
        best = min(best, clock() - started)
    return best


if __name__ == "__main__":
    print(json.dumps(rates()))
