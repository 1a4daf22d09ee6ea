"""Real text for the benchmarks, as files in a folder; it is never committed.

    python -m benchmarks.text articles FOLDER CHARACTERS [PATH…]
    python -m benchmarks.text paragraphs FOLDER FILES [PATH…]
    python -m benchmarks.text questions FILE.json NUMBER [PATH…]

From SQuAD files (.json, .json.gz) or from files and folders of .txt and .md. Where it does not suffice it is
repeated, each copy with a number in front, so that no two files are alike.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

HOME = Path(__file__).parent.parent
OWN = (HOME / "seeds", HOME / "docs", HOME / "README.md")
"""What there is to read where no text is given."""


@dataclass(frozen=True, slots=True)
class Article:
    """A text in paragraphs, and questions that it answers, where such are known."""

    paragraphs: tuple[str, ...]
    questions: tuple[str, ...] = ()


def articles(paths: Sequence[Path]) -> list[Article]:
    """Every article of the files and folders given, or of this project's own."""
    return [article for path in paths or OWN for article in _articles(path)]


def write_articles(found: Sequence[Article], folder: Path, characters: int) -> int:
    """One file an article, until so many characters are written; returns how many were."""
    folder.mkdir(parents=True)
    written = 0
    for number, text in enumerate(_repeated(["\n\n".join(article.paragraphs) for article in found])):
        if written >= characters:
            break
        part = text[: characters - written]
        (folder / f"{number:05}.txt").write_text(part, encoding="utf-8")
        written += len(part)
    return written


def write_paragraphs(found: Sequence[Article], folder: Path, files: int) -> int:
    """One file a paragraph, so many files, a hundred in a folder; returns their characters."""
    paragraphs = list(dict.fromkeys(text for article in found for text in article.paragraphs))
    written = 0
    for number, text in enumerate(islice(_repeated(paragraphs), files)):
        place = folder / f"{number // 100:03}" / f"{number:05}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        written += len(text)
    return written


def write_questions(found: Sequence[Article], file: Path, number: int) -> int:
    """A list of questions from all over the articles, or, where none are known, of how their paragraphs begin."""
    known = [question for article in found for question in article.questions]
    known = known or [" ".join(text.split()[:12]) for article in found for text in article.paragraphs]
    step = max(1, len(known) // number)
    asked = list(islice(_repeated(known[::step]), number))
    file.write_text(json.dumps(asked), encoding="utf-8")
    return sum(map(len, asked))


def _repeated(texts: Sequence[str]) -> Iterator[str]:
    yield from texts
    for copy in count(2):
        yield from (f"{copy}. {text}" for text in texts)


def _articles(path: Path) -> Iterator[Article]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in {".txt", ".md"}:
                yield from _articles(file)
    elif path.name.endswith((".json", ".json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            content = json.load(file)
        for article in content["data"]:
            yield Article(
                tuple(paragraph["context"] for paragraph in article["paragraphs"]),
                tuple(qa["question"].strip() for paragraph in article["paragraphs"] for qa in paragraph["qas"][:1]),
            )
    else:
        yield Article(tuple(part for part in path.read_text(encoding="utf-8").split("\n\n") if part.strip()))


if __name__ == "__main__":
    write = {"articles": write_articles, "paragraphs": write_paragraphs, "questions": write_questions}[sys.argv[1]]
    sources = articles([Path(path) for path in sys.argv[4:]])
    print(json.dumps({"characters": write(sources, Path(sys.argv[2]), int(sys.argv[3]))}))
