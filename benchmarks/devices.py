"""How much faster does a GPU embed, and are the vectors the same? Beside this machine's cores, in one run.

    python -m benchmarks.devices [--text FILE.json.gz]

Real paragraphs, each embedded once by the cores and once by what ASSISTANT_DEVICE=auto finds, after a warm-up; as many
rounds as asked, the two taking turns. Prints characters a second of both with their spread, the ratio, the seconds the
GPU takes until its first vectors, and the smallest cosine between a paragraph's two vectors.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.text import articles
from index.devices import AUTO, chosen_gpu
from index.minilm import MiniLM
from index.minilm_gpu import MiniLMOnGpu
from index.windows import pieces


def run(
    text: Annotated[list[Path] | None, typer.Option(help="SQuAD, or files and folders; this project's own.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    passages: Annotated[int, typer.Option(min=1, help="How many are embedded at once.")] = 5000,
) -> None:
    """Embed on the cores and on the GPU."""
    gpu = chosen_gpu(AUTO)
    if gpu is None:
        raise SystemExit("torch sees no GPU here: nothing to compare the cores with")
    on_cores, on_gpu = MiniLM(), MiniLMOnGpu(lambda: gpu)
    paragraphs = (p for article in articles(text or []) for p in article.paragraphs)
    found = [piece for p in paragraphs for piece in pieces(p, on_cores.count_tokens, on_cores.limit)]
    texts = (found * (passages // len(found) + 1))[:passages]
    characters = sum(len(one) for one in texts)
    on_cores.embed_passages(texts[:100])
    began = time.perf_counter()
    on_gpu.embed_passages(texts[:100])
    first = time.perf_counter() - began
    rates: dict[str, list[float]] = {"cores": [], "gpu": []}
    vectors = {}
    for _ in range(rounds):
        for name, embedder in (("cores", on_cores), ("gpu", on_gpu)):
            began = time.perf_counter()
            vectors[name] = embedder.embed_passages(texts)
            rates[name].append(characters / (time.perf_counter() - began))
    ratios = [of_gpu / of_cores for of_gpu, of_cores in zip(rates["gpu"], rates["cores"], strict=True)]
    row = {
        "cores": os.cpu_count(),
        "passages": len(texts),
        "characters": characters,
        "characters_a_second": {name: [round(rate) for rate in measured] for name, measured in rates.items()},
        "gpu_to_cores": [round(ratio, 2) for ratio in sorted(ratios)],
        "first_vectors_seconds": round(first, 2),
        "smallest_cosine": float((vectors["cores"] * vectors["gpu"]).sum(axis=1).min()),
        "largest_difference": float(np.abs(vectors["cores"] - vectors["gpu"]).max()),
    }
    print(json.dumps(row))


if __name__ == "__main__":
    typer.run(run)
