"""`python -m training.mixture --data DIR --out FILE`: every corpus and every kind of negative, packed for training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from training import corpora, negatives
from training.corpora import Example
from training.packed import Packed
from training.retrieved import Retrieved

SHARES = {
    "human": 0.06,
    "wiki": 0.44,
    "news": 0.11,
    "retrieved": 0.12,
    "news elsewhere": 0.03,
    "exchanged": 0.04,
    "recombined": 0.07,
    "news recombined": 0.02,
    "inverted": 0.03,
    "hole": 0.01,
    "news hole": 0.02,
}
"""How much of each kind is learnt. human: part A of SQuAD 2.0 dev without HELD_OUT, both answerable and not; wiki:
SQuAD 1.1 train; news: QAMR; the others are negatives made from these."""


def held_out_news(example: Example) -> bool:
    """Whether a QAMR document is kept for validation: one in ten, told by its number."""
    return int("".join(c for c in example.article if c.isdigit()) or 0) % 10 == 7


class Mixture:
    """All training questions below a data folder, and the negatives made from them."""

    def __init__(self, data: Path) -> None:
        self._human = [e for e in corpora.squad(data / "squad/dev-v2.0-A.json.gz") if e.article not in corpora.HELD_OUT]
        self._wiki = [e for e in corpora.squad(data / "squad/train-v1.1.json.gz") if e.answers]
        news = [e for e in corpora.qamr(data / "extra/qamr_wiki_dev_test.jsonl.gz") if e.answers]
        self._news = [e for e in news if not held_out_news(e)]
        self._contexts = dict(corpora.by_article(self._wiki + self._news))

    def examples(self, seed: int) -> Iterator[tuple[str, Example]]:
        """Each example with its kind, the same for the same seed: every question once, and each negative of it."""
        random = Random(seed)
        retrieved = Retrieved(self._wiki)
        made: dict[str, tuple[list[Example], Callable[[Example], Example | None]]] = {
            "human": (self._human, lambda e: e),
            "wiki": (self._wiki, lambda e: e),
            "news": (self._news, lambda e: e),
            "news elsewhere": (self._news, lambda e: negatives.elsewhere(e, self._contexts[e.article], random)),
            "exchanged": (self._wiki, lambda e: negatives.exchanged(e, self._contexts[e.article], random)),
            "recombined": (self._wiki, lambda e: negatives.recombined(e, random)),
            "news recombined": (self._news, lambda e: negatives.recombined(e, random)),
            "inverted": (self._wiki, lambda e: negatives.inverted(e, random)),
            "hole": (random.sample(self._wiki, len(self._wiki) // 8), lambda e: negatives.hole(e, random)),
            "news hole": (self._news, lambda e: negatives.hole(e, random)),
        }
        for kind, (corpus, make) in made.items():
            for example in corpus:
                found = make(example)
                if found is not None:
                    yield kind, found
        for example in self._wiki:
            for found in retrieved.negatives(example):
                yield "retrieved", found


def validation(data: Path, limit: int, seed: int = 7) -> dict[str, list[Example]]:
    """What no training example comes from, by name: human-written questions on HELD_OUT; news with and without holes.

    At most `limit` questions of the first and half as many of the others.
    """
    random = Random(seed)
    human = [e for e in corpora.squad(data / "squad/dev-v2.0-A.json.gz") if e.article in corpora.HELD_OUT]
    news = [e for e in corpora.qamr(data / "extra/qamr_wiki_dev_test.jsonl.gz") if e.answers and held_out_news(e)]
    drawn = random.sample(news, min(limit, len(news)))
    half = len(drawn) // 2
    holes = [made for e in drawn[half:] if (made := negatives.hole(e, random)) is not None]
    return {"human": random.sample(human, min(limit, len(human))), "news and holes": drawn[:half] + holes}


def packed(data: Path, file: Path) -> Packed:
    """The mixture of a data folder, packed in a file, which is made where there is none."""
    if not file.exists():
        Packed.of(Mixture(data).examples(seed=1)).write(file)
    return Packed.read(file)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and pack."""
    parser = argparse.ArgumentParser(prog="python -m training.mixture", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with squad/ and extra/")
    parser.add_argument("--out", type=Path, required=True, help="the file to write, .npz")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    packed = Packed.of(Mixture(given.data).examples(given.seed))
    packed.write(given.out)
    print(json.dumps(packed.counts()))


if __name__ == "__main__":
    main()
