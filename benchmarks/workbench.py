"""What the benchmarks read: the same files, passages and questions for both sides, made once and kept."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import module


@dataclass
class Workbench:
    """A folder `out` of `files` small files, indexes of them, and `questions` questions; each is made when missing.

    `texts` are where the words come from (see `benchmarks.text`). They are read by processes of their own: a process
    inherits from the one that starts it the peak of its memory.
    `rounds` is how often everything is measured, and `characters` how much text is indexed each time; `rates` are the
    characters a second at which it was, by side, once that is measured. `tutorial` is False where the other side is
    left out.
    """

    texts: Sequence[Path]
    out: Path
    rounds: int
    characters: int
    files: int
    questions: int
    tutorial: bool = True
    rates: dict[str, float] = field(default_factory=dict)

    @property
    def documents(self) -> Path:
        """A paragraph a file."""
        return self._kept("documents")

    @property
    def data(self) -> Path:
        """This project's index of `documents`, in fp32."""
        return self._kept("index")

    @property
    def store(self) -> Path:
        """The tutorial's store of the same passages and vectors."""
        return self._kept("tutorial-store")

    @property
    def pipeline(self) -> Path:
        """The tutorial's IngestionPipeline with its docstore of `documents`."""
        return self._kept("tutorial-pipeline")

    @property
    def onnx(self) -> Path:
        """The model where Chroma's own embedding function looks for it."""
        return self.out / "onnx"

    @property
    def asked(self) -> Path:
        """The questions, a list in JSON."""
        return self.out / f"questions-{self.questions}.json"

    def prepare(self) -> None:
        """Make what is missing; nothing half made stays under its name."""
        self.out.mkdir(parents=True, exist_ok=True)
        module("text", "questions", self.asked, self.questions, *self.texts)
        with tempfile.TemporaryDirectory(dir=self.out) as made:
            aside = Path(made)
            if not self.documents.exists():
                say(f"writing {self.files} files")
                module("text", "paragraphs", aside / "documents", self.files, *self.texts)
                (aside / "documents").replace(self.documents)
            if not self.data.exists():
                say(f"indexing {self.files} files, once")
                module("ours", "index", self.documents, aside / "index", "fp32")
                (aside / "index").replace(self.data)
            if self.tutorial and not self.pipeline.exists():
                say("filling the tutorial's stores, once")
                shutil.rmtree(self.store, ignore_errors=True)
                # in place: Chroma's files name their folder
                module("tutorial", "prepare", self.documents, self.data, self.store, aside / "pipeline")
                (aside / "pipeline").replace(self.pipeline)
            if self.tutorial and not self.onnx.exists():
                say("exporting the model for Chroma's own function, once")
                module("tutorial", "export", aside / "onnx")
                (aside / "onnx").replace(self.onnx)

    def _kept(self, name: str) -> Path:
        return self.out / f"{name}-{self.files}"


def say(what: str) -> None:
    """What goes on, for whoever waits."""
    print(f"… {what}", file=sys.stderr, flush=True)
