"""What embeds: "auto" takes a GPU where torch sees one, else the cores; or one of "cpu", "cuda", "cuda:1", …

Importing torch takes seconds, so "auto" looks for a GPU's driver first and asks torch only where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from index.errors import EmbeddingError

SETTING = "ASSISTANT_DEVICE"
AUTO, CPU = "auto", "cpu"
DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "C:/Windows/System32/nvcuda.dll")
"""What the drivers of NVIDIA (on Linux, in WSL, on Windows) and AMD leave behind: torch calls all of them CUDA."""


def check_device(device: str) -> None:
    """Raise EmbeddingError where `device` is none of the names above."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise EmbeddingError(f"{SETTING} must be auto, cpu, cuda or cuda:NUMBER, not {device!r}")


def gpu_driver() -> bool:
    """Whether there may be a GPU that torch can use; found without torch, at once."""
    return any(Path(place).exists() for place in DRIVERS)


def _gpus() -> int:
    """How many torch sees."""
    import torch

    return torch.cuda.device_count()


def chosen_gpu(device: str, driver: Callable[[], bool] = gpu_driver, gpus: Callable[[], int] = _gpus) -> str | None:
    """Torch's name of the GPU that `device` means, None for the cores. Raises EmbeddingError for one that is absent."""
    if device == CPU or (device == AUTO and not driver()):
        return None
    seen = gpus()
    if device == AUTO:
        return "cuda" if seen else None
    if int(device.partition(":")[2] or 0) >= seen:
        raise EmbeddingError(
            f"{SETTING}={device} is not among the {seen} GPUs that torch sees: correct it or take auto"
        )
    return device
