"""What the tests share: the real embedding model, loaded once, and an index of the seed article."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import DocumentIndex, Embedder, open_embedder

SEEDS = Path(__file__).parent.parent / "seeds"
ARTICLE = "000_27f1a86d99aa40fa.txt"


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return open_embedder()


@pytest.fixture
def index(tmp_path: Path, embedder: Embedder) -> Iterator[DocumentIndex]:
    with DocumentIndex.open(tmp_path / "data", embedder, lock_timeout=0.2) as index:
        yield index


@pytest.fixture(scope="session")
def seed_index(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[DocumentIndex]:
    with DocumentIndex.open(tmp_path_factory.mktemp("seed-index"), embedder) as index:
        index.sync(SEEDS)
        yield index
