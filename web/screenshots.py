"""The pictures of the page in the README: `python -m web.screenshots docs/images`.

Indexes the seed documents in a folder of its own, asks them what stands here, and photographs what the page shows.
Needs playwright (`pip install '.[dev]'`) and a Chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import Assistant, KnownError, Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SEEDS = Path(__file__).parent.parent / "seeds"
ANSWERED = "Who described Abe as a “great friend”?"
REFUSED = "Which newspaper reported on the baseball broadcast?"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


class NoBrowser(KnownError):
    """There is no Chromium to drive."""


def chromium() -> str:
    """Where a Chromium is. Raises NoBrowser, saying how to come by one."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("no Chromium on PATH: install it (Debian: apt-get install chromium), or name it in CHROMIUM")
    return found


def take(folder: Path) -> list[Path]:
    """Write the pictures into a folder; returns their paths."""
    from playwright.sync_api import sync_playwright

    import ui

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        settings = Settings(data_dir=Path(data))
        with Assistant.open(settings=settings) as assistant:
            assistant.index(SEEDS)
            running = ui.launch(settings, port=0, block=False, assistant=assistant)
            browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            try:
                taken = [_desktop(browser, running.url, folder, scheme) for scheme in ("light", "dark")]
                taken += [_phone(browser, running.url, folder, scheme) for scheme in ("light", "dark")]
            finally:
                browser.close()
                running.close()
    return [picture for pictures in taken for picture in pictures]


def _desktop(browser: Browser, url: str, folder: Path, scheme: str) -> list[Path]:
    page = _opened(browser, url, viewport=DESKTOP, color_scheme=scheme)
    page.wait_for_selector(".example")
    pictures = [_picture(page, folder / f"welcome-{scheme}.png")]
    _ask(page, ANSWERED)
    _ask(page, REFUSED)
    page.locator("#transcript .chip").first.click()
    page.wait_for_selector("#source mark.quote")
    return [*pictures, _picture(page, folder / f"source-{scheme}.png")]


def _phone(browser: Browser, url: str, folder: Path, scheme: str) -> list[Path]:
    page = _opened(browser, url, viewport=PHONE, color_scheme=scheme, has_touch=True)
    _ask(page, ANSWERED)
    pictures = [_picture(page, folder / f"phone-{scheme}.png")]
    page.locator("#transcript .chip").first.click()
    page.wait_for_selector("#source mark.quote")
    return [*pictures, _picture(page, folder / f"phone-source-{scheme}.png")]


def _opened(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    page.wait_for_selector("#transcript .welcome")
    return page


def _ask(page: Page, question: str) -> None:
    before = page.locator("#transcript article").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('#transcript article').length > n && document.querySelector('#stop').hidden",
        arg=before,
    )


def _picture(page: Page, path: Path) -> Path:
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures; 0 when they are taken."""
    parser = argparse.ArgumentParser(prog="python -m web.screenshots", description="Take pictures of the page.")
    parser.add_argument("folder", type=Path, help="where to write them")
    try:
        for picture in take(parser.parse_args(arguments).folder):
            print(picture)
    except KnownError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
