"""What the tests in a browser share: who browses, and what people do on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import Assistant
from webpage import ScriptedEngine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Site:
    """A server, a browser, and every address that any of its pages has asked for."""

    url: str
    assistant: Assistant
    engine: ScriptedEngine
    browser: Browser
    requested: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def person(self, **options: Any) -> Page:
        """A browser of its own: no cookie or storage shared with the others."""
        context = self.browser.new_context(**{"viewport": DESKTOP, "accept_downloads": True, **options})
        self.contexts.append(context)
        context.on("request", lambda request: self.requested.append(request.url))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        return self.opened(context.new_page())

    def signed_in(self, user: str, password: str) -> Page:
        """A browser of its own in which somebody has signed in."""
        context = self.browser.new_context(viewport=DESKTOP)
        self.contexts.append(context)
        context.on("request", lambda request: self.requested.append(request.url))
        page = context.new_page()
        page.goto(self.url)
        page.get_by_label("username").fill(user)
        page.get_by_label("password").fill(password)
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector("#transcript .welcome")
        return page

    def opened(self, page: Page) -> Page:
        """The page, loaded."""
        page.goto(self.url)
        page.wait_for_selector("#transcript .welcome, #transcript article")
        page.wait_for_selector("#documents .entries, #documents .empty", state="attached")
        return page


def ask(page: Page, question: str, *, wait: bool = True) -> Locator:
    """Ask, and wait until the turn stands in the transcript; returns the turn."""
    turns = page.locator("#transcript article")
    before = turns.count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    if wait:
        page.wait_for_function(
            "n => document.querySelectorAll('#transcript article').length > n"
            " && document.querySelector('#stop').hidden",
            arg=before,
        )
    return turns.nth(before)


def marked(page: Page) -> str:
    """The text that is highlighted in the source panel."""
    return "".join(page.locator("#source mark.quote").evaluate_all("marks => marks.map(mark => mark.textContent)"))


def in_view(element: Locator) -> bool:
    """Whether an element lies in the window, and nothing lies over its beginning."""
    return element.evaluate(
        """async element => {
            await new Promise(done => setTimeout(done, 150));
            const box = element.getClientRects()[0];
            const top = document.elementFromPoint(box.left + 4, box.top + box.height / 2);
            return box.top >= 0 && box.bottom <= innerHeight && (element.contains(top) || top.contains(element));
        }"""
    )


def cite(page: Page, chip: Locator) -> str:
    """Click a chip; the text that is highlighted then."""
    before = (
        page.locator("#source .shown").get_attribute("data-shown") if page.locator("#source .shown").count() else ""
    )
    chip.click()
    page.wait_for_function(
        "old => document.querySelector('#app').dataset.source === 'open'"
        " && document.querySelector('#source .shown').dataset.shown !== old",
        arg=before,
    )
    return marked(page)


def saved(page: Page, act: Callable[[], None]) -> str:
    """What is in the file that an act makes the browser save."""
    with page.expect_download() as download:
        act()
    return Path(download.value.path()).read_text(encoding="utf-8")
