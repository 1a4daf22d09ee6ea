"""What the tests share: the real embedding model, loaded once, an index of the seed article, and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index import DocumentIndex, Embedder, open_embedder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from browsing import Site

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
    pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")
    from playwright.sync_api import sync_playwright

    from web.screenshots import ARGUMENTS
    from webpage import chromium

    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def everything(browser: Browser, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Site]:
    """A running page; whatever its browsers asked for came from this machine."""
    from browsing import Site
    from webpage import served

    with served(tmp_path_factory.mktemp("page"), embedder) as running:
        site = Site(*running, browser)
        yield site
    hosts = {url.split("/")[2].split(":")[0] for url in site.requested if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}


@pytest.fixture
def site(everything: Site) -> Iterator[Site]:
    """The same page for each test, with none of the others' browsers."""
    yield everything
    while everything.contexts:
        everything.contexts.pop().close()
    assert everything.errors == []
