"""A fresh process for each thing that is measured: how long it took, its largest memory, and what it says of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall-clock `seconds` from start to exit, the peak of resident memory in MiB, and what was printed."""

    seconds: float
    memory: float
    figures: dict[str, Any]
    errors: str


def module(name: str, *arguments: object) -> Measured:
    """Run `python -m benchmarks.NAME ARGUMENTS`, whose last line of output is a JSON object."""
    return command([sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)], figures=True)


def command(arguments: Sequence[str], *, figures: bool = False) -> Measured:
    """Run a command with no settings of the assistant in its environment. Raises CalledProcessError."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    environment |= {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(list(arguments), stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)  # the usage of this very process
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said, complained = (_whole(file) for file in (output, errors))
    if process.returncode:
        sys.stderr.write(complained[-2000:])
        raise subprocess.CalledProcessError(process.returncode, list(arguments))
    return Measured(seconds, usage.ru_maxrss / 1024, json.loads(said.splitlines()[-1]) if figures else {}, complained)


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
