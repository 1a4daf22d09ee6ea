"""Kills `assistant index` with SIGKILL at random moments and says whether the index was ever wrong.

    python -m benchmarks.kill --rounds 50
    python -m benchmarks.kill --rounds 50 --server http://127.0.0.1:8000     # a `chroma run`, for the vectors

A folder of small invented documents changes before each round (some rewritten, renamed, removed, added, two of
them twins). A real `assistant index` is started on it and killed at a random moment after it has begun to write.
Meanwhile this process reads the same index and holds what it sees against every state that may have been committed.
Now and then a sync is let finish, and then the index must hold exactly the right passages. Prints one JSON object;
`problems` is empty where all went well, and the exit code says so. No timing is measured here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from index import ChromaServer, DocumentIndex, Embedder, open_embedder
from index.errors import KnownError, NoIndex, UnknownDocument
from index.splitting import Splitter

COMMAND = Path(sys.executable).with_name("assistant")
_EVERYTHING = 10_000  # more passages than there are


@dataclass
class Outcome:
    """`killed` syncs of `rounds` (the others were done first), `reads` meanwhile, and what was wrong."""

    rounds: int = 0
    killed: int = 0
    settled: int = 0
    reads: int = 0
    problems: list[str] = field(default_factory=list)


class Folder:
    """Small invented documents on disk, and which of their states an index may show."""

    def __init__(self, root: Path, random: Random, size: int) -> None:
        self._root = root
        self._random = random
        self._made = 0
        self.texts: dict[str, str] = {}
        self._states: list[dict[str, str]] = []
        root.mkdir()
        for _ in range(size - 1):
            self._write(self._new_name())
        self._write(self._new_name(), self.texts[min(self.texts)])
        self.settled(empty=True)

    def change(self) -> None:
        """Rewrite four documents, rename two, remove two and add three; one of them is another's twin."""
        names = self._random.sample(sorted(self.texts), 8)
        for name in names[:4]:
            self._write(name)
        for name in names[4:6]:
            new = self._new_name()
            os.rename(self._root / name, self._root / new)
            self.texts[new] = self.texts.pop(name)
        for name in names[6:]:
            os.remove(self._root / name)
            del self.texts[name]
        for twin in (None, None, self.texts[names[0]]):
            self._write(self._new_name(), twin)
        self._states.append(dict(self.texts))

    def settled(self, *, empty: bool = False) -> None:
        """From now on the index holds what is on disk, or nothing at all."""
        self._states = [{}, dict(self.texts)] if empty else [dict(self.texts)]

    def versions(self, name: str) -> set[str]:
        """The texts under which the index may know this name."""
        return {state[name] for state in self._states if name in state}

    def steady(self) -> dict[str, str]:
        """The documents that every state since the last settling has, by name."""
        first, *rest = self._states
        return {name: text for name, text in first.items() if all(state.get(name) == text for state in rest)}

    def lasting(self) -> set[str]:
        """The texts that every state has, under whichever name."""
        return set.intersection(*(set(state.values()) for state in self._states))

    def _new_name(self) -> str:
        self._made += 1
        return f"{'deep/' if self._made % 3 else ''}note {self._made}.txt"

    def _write(self, name: str, text: str | None = None) -> None:
        self.texts[name] = text or self._invent()
        path = self._root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.texts[name], encoding="utf-8", newline="")

    def _invent(self) -> str:
        """A text whose first word stands in no other."""
        words = [_word(self._random, 6), *(_word(self._random, 2) for _ in range(self._random.randint(20, 200)))]
        return "".join(f"{word}.\n" if n % 9 == 8 else f"{word} " for n, word in enumerate(words))


def _word(random: Random, syllables: int) -> str:
    return "".join(random.choice("bdfgklmnprtvz") + random.choice("aiou") for _ in range(syllables))


def seen(index: DocumentIndex, folder: Folder, random: Random) -> Iterator[str]:
    """What one look at the index shows that no committed state can have."""
    steady, lasting = folder.steady(), folder.lasting()
    try:
        names = [info.document for info in index.documents()]
    except NoIndex:
        if lasting:
            yield "there is no index any more"
        return
    if len(names) != len(set(names)):
        yield f"documents are listed twice: {names}"
    if missing := steady.keys() - set(names):
        yield f"documents are missing: {sorted(missing)}"
    for name in names:
        if not folder.versions(name):
            yield f"{name} is listed and was never indexed"
    if names:
        name = random.choice(names)
        try:
            if index.text(name) not in folder.versions(name):
                yield f"{name} has a text that it never had"
        except UnknownDocument:
            if name in steady:
                yield f"{name} was listed and cannot be read"
    if lasting:
        word = random.choice(sorted(lasting)).split()[0]
        if not any(word in match.passage.text.split() for match in index.search(word, k=10)):
            yield f"{word} is in a document that was there all the time, and is not found"


def settled(index: DocumentIndex, folder: Folder, embedder: Embedder) -> Iterator[str]:
    """What is wrong with the index of a finished sync: everything must be there, once, and nothing else."""
    yield from index.check()
    listed = {info.document for info in index.documents()}
    if listed != folder.texts.keys():
        yield f"the list of documents is wrong: {sorted(listed ^ folder.texts.keys())}"
        return
    splitter = Splitter(embedder.count_tokens, limit=embedder.limit)
    expected = {
        (name, span.start, span.end, text[span.start : span.end])
        for name, text in folder.texts.items()
        for span in splitter.split(text)
    }
    found = [
        (match.passage.document, match.passage.start, match.passage.end, match.passage.text)
        for match in index.search_dense("anything", k=_EVERYTHING)
    ]
    if len(found) != len(set(found)) or set(found) != expected:
        yield f"{len(found)} passages, {len(set(found))} different, {len(set(found) & expected)} of {len(expected)}"
    for name, text in folder.texts.items():
        if index.text(name) != text:
            yield f"the text of {name} is an old one"
        twins = {other for other in folder.texts if folder.texts[other] == text}
        by_word = [match.passage.document for match in index.search_keyword(text.split()[0], k=_EVERYTHING)]
        if sorted(by_word) != sorted(twins):
            yield f"the word of {name} is found in {by_word}"
    for document, start, end, text in sorted(expected):
        in_chroma = index.search_dense(text, k=1, documents=[document])
        in_catalogue = index.search(text, k=_EVERYTHING, documents=[document])
        for matches in (in_chroma, in_catalogue):
            if not any(match.passage.start == start and match.cosine > 0.99 for match in matches):
                yield f"the vector of {document} {start}–{end} is not its own"


def run(rounds: int, *, seed: int = 0, settle: int = 4, size: int = 30, server: str | None = None) -> Outcome:
    """Kill `rounds` syncs; every `settle` rounds, and at the end, let one finish and look at everything."""
    random = Random(seed)
    embedder = open_embedder()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Folder(Path(scratch) / "documents", random, size)
        trial = Trial(Path(scratch), folder, random, embedder, ChromaServer(server) if server else None)
        for number in range(1, rounds + 1):
            trial.outcome.rounds = number
            trial.sync(kill=True)
            if number % settle == 0 or number == rounds:
                trial.sync(kill=False)
            folder.change()
    return trial.outcome


class Trial:
    """One folder, one index, and syncs that are killed or not."""

    def __init__(
        self, scratch: Path, folder: Folder, random: Random, embedder: Embedder, server: ChromaServer | None
    ) -> None:
        self.outcome = Outcome()
        self._documents = scratch / "documents"
        self._data = scratch / "data"
        self._folder = folder
        self._random = random
        self._embedder = embedder
        self._server = server
        self._working = 1.5  # seconds from where a sync begins to write to its end; each that finishes corrects it

    def sync(self, *, kill: bool) -> None:
        """Run `assistant index` and read meanwhile; where it ends by itself, check everything."""
        command = [str(part) for part in (COMMAND, "index", self._documents, "--data-dir", self._data, "--json")]
        env = {**os.environ, "ASSISTANT_CHROMA_URL": self._server.url if self._server else ""}
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        patience = self._random.uniform(0, self._working)
        began: float | None = None
        with self._opened() as old:
            while process.poll() is None:
                now = time.monotonic()
                if began is None:
                    began = now if self._writer() == process.pid else None
                elif kill and now - began > patience:
                    process.kill()
                    break
                self._look(old)
                self._look()
                time.sleep(0.02)  # leaves the processor to the sync
            _, errors = process.communicate()
            if process.returncode == 0:
                if began is not None:
                    self._working = time.monotonic() - began
                self._settle(old)
            elif process.returncode < 0:
                self.outcome.killed += 1
                self._look(old)
            else:
                self._complain(f"assistant index failed: {errors.strip()}")

    def _opened(self) -> DocumentIndex:
        return DocumentIndex.open(self._data, self._embedder, server=self._server)

    def _writer(self) -> int | None:
        """The process that holds the writer's lock, or held it last."""
        try:
            return int((self._data / "writer").read_text())
        except (FileNotFoundError, ValueError):  # nobody yet, or it is just being written
            return None

    def _look(self, index: DocumentIndex | None = None) -> None:
        """Read through an index that is open, or open it afresh."""
        self.outcome.reads += 1
        try:
            with nullcontext(index) if index else self._opened() as opened:
                for problem in seen(opened, self._folder, self._random):
                    self._complain(problem)
        except KnownError as error:
            self._complain(f"a read failed: {type(error).__name__}: {error}")

    def _settle(self, index: DocumentIndex) -> None:
        self.outcome.settled += 1
        self._folder.settled()
        for problem in settled(index, self._folder, self._embedder):
            self._complain(problem)

    def _complain(self, problem: str) -> None:
        told = f"round {self.outcome.rounds}: {problem}"
        if told not in self.outcome.problems:
            self.outcome.problems.append(told)


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settle", type=int, default=4, help="let a sync finish every so many rounds")
    parser.add_argument("--server", help="a Chroma server that holds the vectors")
    options = parser.parse_args()
    outcome = run(options.rounds, seed=options.seed, settle=options.settle, server=options.server)
    print(json.dumps(asdict(outcome), indent=2))
    sys.exit(1 if outcome.problems else 0)


if __name__ == "__main__":
    main()
