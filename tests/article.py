"""The seed article's passages, as a search would hand them over, and small passages made up for one test."""

from __future__ import annotations

from pathlib import Path

from index import Embedder
from index.splitting import Splitter
from index.types import Match, Passage

ARTICLE = Path(__file__).parent.parent / "seeds" / "000_27f1a86d99aa40fa.txt"


def article_matches(embedder: Embedder) -> list[Match]:
    """The passages of the seed article in the order of its text."""
    text = ARTICLE.read_text(encoding="utf-8")
    spans = Splitter(embedder.count_tokens, embedder.limit).split(text)
    passages = [Passage(ARTICLE.name, "US and Japan", s.start, s.end, text[s.start : s.end]) for s in spans]
    return [Match(passage, 1.0, 0.5, 1.0) for passage in passages]


def passages(*texts: str) -> list[Match]:
    """One passage a text, each a document of its own."""
    found = [Passage(f"{n}.txt", f"{n}", 0, len(text), text) for n, text in enumerate(texts, 1)]
    return [Match(passage, 1.0, 0.5, 1.0) for passage in found]


def holding(matches: list[Match], words: str) -> int:
    """The marker's number of the passage that holds `words`."""
    return next(n for n, match in enumerate(matches, 1) if words in match.passage.text)
