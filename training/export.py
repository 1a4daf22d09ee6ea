"""`python -m training.export --weights RUN/reader.safetensors --out DIR`: makes what ships, or the mean of two runs.

A mean of the weights of two runs from the same beginning often does better than either (Wortsman et al. 2022, "Model
soups", https://arxiv.org/abs/2203.05482). Calibrate afterwards: the old calibration no longer fits and is not loaded.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from assistant.engines.reader_model import WEIGHTS, digest
from training.model import read_weights, write_weights

LARGEST = 30_000_000
"""Bytes that the artifact may have."""


def export(weights: Path, out: Path, other: Path | None = None, share: float = 0.5) -> str:
    """Write `weights` to the folder `out`, or (1 - share) of them and `share` of `other`; returns the SHA-256.

    Raises ValueError where the file would be too large to ship.
    """
    tensors = read_weights(weights)
    if other is not None:
        mixed_in = read_weights(other)
        tensors = {name: (1 - share) * t.float() + share * mixed_in[name].float() for name, t in tensors.items()}
    out.mkdir(parents=True, exist_ok=True)
    write_weights(tensors, out / WEIGHTS, {"format": "pt"})
    size = (out / WEIGHTS).stat().st_size
    if size > LARGEST:
        raise ValueError(f"{out / WEIGHTS} has {size} bytes, more than the {LARGEST} that may ship")
    return digest(out)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--other", type=Path, help="weights to mix in")
    parser.add_argument("--share", type=float, default=0.5, help="how much of them")
    parser.add_argument("--out", type=Path, required=True, help="the folder to ship, such as assistant/reader")
    given = parser.parse_args(arguments)
    print(export(given.weights, given.out, given.other, given.share))


if __name__ == "__main__":
    main()
