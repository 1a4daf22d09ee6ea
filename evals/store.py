"""Runs on disk: a folder each, with what was asked of what (run.json) and one line a question (results.jsonl).

Lines are only ever appended, so a run that was stopped goes on where it stood. A run is known by its key: the hash
of everything that decides its results. Only a run with the same key is resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from evals.scoring import Row
from index.errors import KnownError

MANIFEST = "run.json"
RESULTS = "results.jsonl"
DECISIVE = (":/assistant", ":/index", ":/evals/*.py")


class RunError(KnownError):
    """A stored run that is missing, broken or does not fit; the message says which."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its folder, and its manifest: "config" decides the results, the rest only describes them."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What names it on the command line."""
        return self.folder.name

    def rows(self) -> list[Row]:
        """What is known so far. A last line that was cut off by a crash is left out."""
        return [Row.from_dict(line) for line in self._lines()]

    def append(self, row: Row) -> None:
        """Add a question's row, on disk before this returns."""
        with (self.folder / RESULTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row.to_dict(), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def mend(self) -> None:
        """Take away a last line that was cut off, so that the next one starts anew."""
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in self._lines()]
        replacement = self.folder / f"{RESULTS}.new"
        replacement.write_text("".join(lines), encoding="utf-8")
        replacement.replace(self.folder / RESULTS)

    def _lines(self) -> Iterator[dict[str, Any]]:
        path = self.folder / RESULTS
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        for number, line in enumerate(lines, start=1):
            try:
                if line:
                    yield json.loads(line)
            except json.JSONDecodeError as error:
                if number < len(lines):
                    raise RunError(f"{path}, line {number} is broken: {error}") from error


def start(root: Path, name: str, config: Mapping[str, Any], about: Mapping[str, Any]) -> Run:
    """A new run's folder. `config` decides the results, `about` only describes them."""
    now = datetime.now(UTC)
    folder = root / f"{now:%Y%m%dT%H%M%S.%f}-{name}-{key(config)[:8]}"  # microseconds: names sort as runs began
    folder.mkdir(parents=True)
    manifest = {"name": name, "started": now.isoformat(timespec="seconds"), "config": config, **about}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    return Run(folder, manifest)


def resume(root: Path, name: str, config: Mapping[str, Any]) -> Run | None:
    """The latest run of exactly this configuration, ready to go on; None where there is none."""
    folders = sorted(root.glob(f"*-{name}-*{key(config)[:8]}"))
    for folder in reversed(folders):
        run = read(folder)
        if key(run.manifest["config"]) == key(config):
            run.mend()
            return run
    return None


def read(folder: Path) -> Run:
    """A stored run. Raises RunError."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        _ = manifest["config"], manifest["name"]
    except OSError as error:
        raise RunError(f"{folder} is not a run: {MANIFEST} cannot be read ({error.strerror})") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise RunError(f"{path} is broken: {error}") from error
    return Run(folder, manifest)


def find(root: Path, name: str) -> Run:
    """A run by its folder, or by the beginning of its name under `root`; "latest" is the last one."""
    if Path(name).is_dir():
        return read(Path(name))
    known = sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))
    fitting = known[-1:] if name == "latest" else [path for path in known if path.name.startswith(name)]
    if len(fitting) != 1:
        what = "no run" if not fitting else f"{len(fitting)} runs"
        raise RunError(f"{what} in {root} called {name!r}: name its folder, or the beginning of its name")
    return read(fitting[0])


def key(config: Mapping[str, Any]) -> str:
    """The hash of a configuration, the same for the same content."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def machine() -> dict[str, Any]:
    """The kind of machine this is, so that latencies are compared on like machines only; not which one it is."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
    }


def revision(folder: Path = Path(__file__).parent) -> str | None:
    """The checkout's git revision; None outside a checkout.

    Where files that decide the results were changed since, "+" and the beginning of the change's hash follow.
    """

    def git(*arguments: str) -> str | None:
        try:
            run = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
        except FileNotFoundError:  # no git here
            return None
        return run.stdout.strip() if run.returncode == 0 else None

    head = git("rev-parse", "HEAD")
    changed = git("diff", "HEAD", "--", *DECISIVE) if head else None
    return f"{head}+{hashlib.sha256(changed.encode()).hexdigest()[:8]}" if changed else head


def fitted(package: Path | None = None) -> dict[str, dict[str, Any]]:
    """What was fitted on data, by its JSON file in the assistant: its hash, and what the file says of itself."""
    package = package or Path(str(files("assistant")))
    found = {}
    for path in sorted(package.rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        said = _plain(content) if isinstance(content, dict) else {}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(package).as_posix()] = {"file's sha256": digest, **said}
    return found


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The texts and numbers of nested objects, without lists of weights and the like."""
    return {
        name: _plain(value) if isinstance(value, dict) else value
        for name, value in content.items()
        if isinstance(value, str | int | float | dict) and name != "weights"
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
