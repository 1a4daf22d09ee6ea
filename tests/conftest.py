"""What the tests share: the real embedding model, loaded once, an index of the seed article, and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index import DocumentIndex, Embedder, open_embedder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from web.screenshots import ARGUMENTS
    from webpage import chromium

    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
