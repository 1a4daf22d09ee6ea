"""The stream of training examples: every corpus and every kind of negative at its share, in an order by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from training import corpora, negatives
from training.corpora import Example

SHARES = {
    "human": 0.16,
    "wiki": 0.40,
    "news": 0.11,
    "elsewhere": 0.05,
    "news elsewhere": 0.03,
    "exchanged": 0.07,
    "recombined": 0.08,
    "news recombined": 0.02,
    "inverted": 0.04,
    "hole": 0.02,
    "news hole": 0.02,
}
"""human: part A of SQuAD 2.0 dev without HELD_OUT, both answerable and not; wiki: SQuAD 1.1 train; news: QAMR."""


def held_out_news(example: Example) -> bool:
    """Whether a QAMR document is kept for validation: one in ten, told by its number."""
    return int("".join(c for c in example.article if c.isdigit()) or 0) % 10 == 7


class Mixture:
    """All training questions below a data folder, mixed."""

    def __init__(self, data: Path) -> None:
        self._human = [e for e in corpora.squad(data / "squad/dev-v2.0-A.json.gz") if e.article not in corpora.HELD_OUT]
        self._wiki = [e for e in corpora.squad(data / "squad/train-v1.1.json.gz") if e.answers]
        news = [e for e in corpora.qamr(data / "extra/qamr_wiki_dev_test.jsonl.gz") if e.answers]
        self._news = [e for e in news if not held_out_news(e)]
        self._contexts = dict(corpora.by_article(self._wiki + self._news))

    def examples(self, seed: int) -> Iterator[Example]:
        """Examples without end, the same for the same seed; each corpus is gone through before it begins again."""
        random = Random(seed)
        human, wiki, news = (_round(random, corpus) for corpus in (self._human, self._wiki, self._news))
        sources: dict[str, Callable[[], Example | None]] = {
            "human": lambda: next(human),
            "wiki": lambda: next(wiki),
            "news": lambda: next(news),
            "elsewhere": lambda: self._elsewhere(next(wiki), random),
            "news elsewhere": lambda: self._elsewhere(next(news), random),
            "exchanged": lambda: self._exchanged(next(wiki), random),
            "recombined": lambda: negatives.recombined(next(wiki), random),
            "news recombined": lambda: negatives.recombined(next(news), random),
            "inverted": lambda: negatives.inverted(next(wiki), random),
            "hole": lambda: negatives.hole(next(wiki), random),
            "news hole": lambda: negatives.hole(next(news), random),
        }
        while True:
            (kind,) = random.choices(list(SHARES), list(SHARES.values()))
            example = sources[kind]()
            if example is not None:
                yield replace(example, id=f"{kind}|{example.id}")

    def _elsewhere(self, example: Example, random: Random) -> Example | None:
        return negatives.elsewhere(example, self._contexts[example.article], random)

    def _exchanged(self, example: Example, random: Random) -> Example | None:
        return negatives.exchanged(example, self._contexts[example.article], random)


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


def _round(random: Random, corpus: list[Example]) -> Iterator[Example]:
    """The corpus again and again, in another order each time."""
    while True:
        yield from random.sample(corpus, len(corpus))
