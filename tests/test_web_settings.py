"""Who answers in a browser: chosen or named on the real page, spoken to over real HTTP, shown as it is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import ui
from assistant import Assistant, Settings
from scripted import ScriptedServer, Turn
from webpage import serious

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SEEDS = Path(__file__).parent.parent / "seeds"
QUESTION = "Where did Trump and Takaichi meet?"
GOOD = "Trump and Takaichi met in Tokyo [{n}]."
Opens = Callable[..., "Page"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the seeds are indexed."""
    folder = tmp_path_factory.mktemp("settings")
    with Assistant.open(folder) as assistant:
        assistant.index(SEEDS)
    return folder


@pytest.fixture(scope="module")
def site(browser: Browser, data: Path) -> Iterator[str]:
    """A page for this machine alone: its address."""
    running = ui.launch(Settings(data_dir=data, llm_timeout=10), port=0, block=False)
    yield running.url
    running.close()


@pytest.fixture
def opens(browser: Browser, site: str) -> Iterator[Opens]:
    """Opens the page in a browser of its own."""
    contexts = []

    def person() -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        return _loaded(contexts[-1].new_page(), site)

    yield person
    for context in contexts:
        context.close()


def _loaded(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_selector("#engines input", state="attached")
    return page


def _says(reply: str, **more: Any) -> Callable[[dict[str, Any]], Turn]:
    """A model that answers `reply`, where {n} is the number of the passage that says where they met."""

    def turn(body: dict[str, Any]) -> Turn:
        asked = body["messages"][-1]["content"].replace("\n| ", " ")
        number = next((part.split("]")[0] for part in asked.split("\n[")[1:] if "met in Tokyo;" in part), "1")
        return Turn(reply.replace("{n}", number), **more)

    return turn


def _name(page: Page, llm: str) -> str:
    """Name a model in the settings; what the page says of it."""
    page.locator("[data-do=settings]").click()
    page.fill("#llm", llm)
    page.press("#llm", "Enter")
    page.wait_for_function("() => !['', 'Asking it …'].includes(document.querySelector('#checked').textContent)")
    return page.locator("#checked").inner_text()


def _ask(page: Page) -> str:
    """Ask; the line below the answer that says who made it."""
    before = page.locator("#transcript article").count()
    page.fill("#question", QUESTION)
    page.press("#question", "Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('#transcript article[data-state=done]').length > n", arg=before
    )
    return page.locator("#transcript .made").nth(before).inner_text()


def test_a_model_named_in_one_browser_answers_there_and_nowhere_else(opens: Opens) -> None:
    with ScriptedServer(_says(GOOD)) as server:
        llm = f"openai-like/scripted@{server.url}"
        one, two = opens(), opens()
        assert _name(one, llm) == "It answers, and is used from now on."
        assert len(server.requests) == 1
        assert "passages" not in str(server.requests[0]).lower()
        one.keyboard.press("Escape")
        assert "openai-like/scripted" in _ask(one)

        two.reload()
        two.wait_for_selector("#engines input", state="attached")
        assert two.locator("#engines input:checked").input_value() == "reader"
        assert llm not in two.content()
        assert _ask(two).startswith("reader")
        assert len(server.requests) == 2

        one.reload()
        one.wait_for_selector("#transcript article")
        one.locator("[data-do=settings]").click()
        assert one.locator("#engines input:checked").input_value() == llm
        one.get_by_label("sentences").check()
        one.get_by_role("button", name="Done").click()
        assert _ask(one).startswith("sentences")
        assert len(server.requests) == 2


WRONG = {
    "openai/gpt-4.1-mini": "set OPENAI_API_KEY in the environment",
    "openai-like/x@http://127.0.0.1:9/v1": "cannot be reached",
    "openai-like/x@http://me:hunter2@127.0.0.1:9/v1": "must hold no password",
    "llama-cpp/none.gguf": ".gguf",
    "<img src=x onerror='window.hacked = 1'>": "not \"<img src=x onerror='window.hacked = 1'>\"",
    "sk-proj-abcdefghijklmnopqrstuv123456": "must be openai/MODEL",
}


def test_what_is_wrong_with_a_name_is_said_at_once(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    page = opens()
    for llm, says in WRONG.items():
        said = _name(page, llm)
        assert says in said
        assert "\n" not in said
        assert not any(secret in said for secret in ("hunter2", "abcdefghijklmnop"))
        page.get_by_role("button", name="Done").click()
    with ScriptedServer([Turn(status=404, error={"message": "no such model"})]) as server:
        assert "is not known to the server" in _name(page, f"openai-like/x@{server.url}")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("localStorage.length") == 0
    assert page.locator("#engines input:checked").input_value() == "reader"


def test_axe_finds_nothing_serious_in_the_open_settings(browser: Browser, site: str) -> None:
    for look in ("light", "dark"):
        with browser.new_context(color_scheme=look) as context:  # type: ignore[arg-type]
            page = _loaded(context.new_page(), site)
            page.locator("[data-do=settings]").click()
            assert page.locator("#settings").is_visible()
            assert serious(page, {}) == [], look
            page.fill("#llm", "no-such-provider/model")
            page.press("#llm", "Enter")
            page.wait_for_function("() => document.querySelector('#checked').textContent.includes('no-such-provider')")
            assert serious(page, {}) == [], look


def test_elsewhere_only_what_the_operator_configured_answers(browser: Browser, data: Path) -> None:
    with ScriptedServer(_says(GOOD)) as configured, ScriptedServer([Turn("ready")]) as other:
        settings = Settings(data_dir=data, llm=f"openai-like/scripted@{configured.url}", llm_timeout=10)
        running = ui.launch(settings, port=0, auth="ann:one", block=False)
        try:
            page = browser.new_page()
            page.goto(running.url)
            page.get_by_label("username").fill("ann")
            page.get_by_label("password").fill("one")
            page.get_by_role("button", name="Login").click()
            page.wait_for_selector("#engines input", state="attached")
            page.locator("[data-do=settings]").click()
            offered = page.locator("#engines input").evaluate_all("all => all.map(one => one.value)")
            assert offered == ["openai-like/scripted", "reader", "sentences"]
            assert page.locator("#llm").is_hidden()
            assert configured.url not in page.content()
            llm = f"openai-like/x@{other.url}"
            page.evaluate("llm => assistantPage.send('check', { llm })", llm)
            page.wait_for_selector("#checked >> text=only on a page that serves this machine alone")
            page.evaluate("llm => assistantPage.send('ask', { question: 'x?', engine: llm })", llm)
            page.wait_for_selector("#toast >> text=only on a page that serves this machine alone")
            assert other.requests == []
            page.keyboard.press("Escape")
            assert "openai-like/scripted" in _ask(page)
            page.close()
        finally:
            running.close()


def test_chips_come_with_the_sentences_that_are_checked(opens: Opens) -> None:
    reply = f"{GOOD} They met in Osaka [{{n}}]. " + "They talk about a golden age of very many words " * 6 + "[{n}]."
    with ScriptedServer(_says(reply, pause=0.05)) as server:
        page = opens()
        _name(page, f"openai-like/scripted@{server.url}")
        page.keyboard.press("Escape")
        page.fill("#question", QUESTION)
        page.press("#question", "Enter")
        page.wait_for_selector("#live .provisional .unchecked")
        assert page.locator("#live .chip").count() == 0
        page.wait_for_selector("#live .provisional button.chip")
        page.wait_for_selector("#live .provisional .doubted")
        growing = page.locator("#live .provisional")
        assert growing.locator(".unchecked .chip, .unchecked .doubted").count() == 0
        assert growing.locator(".unchecked .sr").inner_text() == "(not checked yet:)"
        assert growing.locator(".unchecked").evaluate("one => getComputedStyle(one).fontStyle") == "italic"
        assert page.locator("#live article").get_attribute("aria-busy") == "true"
        box = growing.locator("button.chip").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, delay=200)
        page.wait_for_selector("#source mark.quote")
        assert "met in Tokyo;" in page.locator("#source mark.quote").first.inner_text()
        assert page.locator("#live article[data-state=asking]").count() == 1
        page.wait_for_selector("#transcript article[data-state=done]")
        assert page.locator("#middle .unchecked").count() == 0
        assert page.locator("#transcript .words .chip").count() >= 1
        assert "Osaka" in page.locator("#transcript .doubted").first.inner_text()


def test_another_sites_page_may_send_nothing(site: str) -> None:
    for path in ("gradio_api/queue/join", "gradio_api/call/ask"):
        for where in ("cross-site", "same-site"):
            assert httpx.post(f"{site}{path}", json={}, headers={"Sec-Fetch-Site": where}).status_code == 403
        assert httpx.post(f"{site}{path}", json={}, headers={"Sec-Fetch-Site": "same-origin"}).status_code != 403
        assert httpx.post(f"{site}{path}", json={}).status_code != 403
