"""The real page in a headless Chromium: asking, and what an answer shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import DESKTOP, PHONE, Site, ask, cite, in_view
from index import Embedder
from webpage import HOSTILE, serious, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_an_answer_opens_its_source_at_the_quote(site: Site) -> None:
    page = site.person()
    turn = ask(page, "Who is the captain of the Aurora?")
    chip = turn.locator(".words .chip").first
    quote = chip.get_attribute("data-quote")
    assert "Ingrid Solheim" in quote
    assert re.search(r"\d s$", turn.locator(".made").inner_text())
    assert "sentences" in turn.locator(".made").inner_text() or "scripted" in turn.locator(".made").inner_text()

    chip.hover()
    assert quote in page.locator("#tip").inner_text().replace("\n", " ")
    assert cite(page, chip) == quote
    assert in_view(page.locator("#source mark.quote").first)
    shown = page.locator("#source .document").text_content()
    text = site.assistant.text("ferries.md")
    assert shown == text
    tinted = page.locator("#source .passage, #source mark.quote").all_text_contents()
    assert "".join(tinted) in text
    assert len("".join(tinted)) > len(quote)
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.keyboard.press("Escape")
    assert page.locator("#source").is_hidden()
    assert page.evaluate("document.activeElement.className") == "chip"


def test_several_citations_lead_to_their_documents_and_pages(site: Site) -> None:
    page = site.person()
    turn = ask(page, "several: ferries, lighthouse, harbour office")
    chips = turn.locator(".words .chip")
    assert chips.count() >= 3
    seen = set()
    for number in range(chips.count()):
        chip = chips.nth(number)
        assert cite(page, chip) == chip.get_attribute("data-quote")
        assert in_view(page.locator("#source mark.quote").first)
        assert chip.get_attribute("aria-current") == "true"
        document = page.locator("#source section").get_attribute("data-document")
        seen.add(document)
        if document.endswith(".pdf"):
            pages = page.locator("#source .page").evaluate_all("all => all.map(one => one.ariaLabel)")
            assert pages == ["Page 1", "Page 2", "Page 3"]
            assert re.search(r"page [123]", page.locator("#source header").inner_text())
    assert len(seen) >= 3
    sibling = page.locator("#source .siblings .chip").first
    assert cite(page, sibling) == sibling.get_attribute("data-quote")


def test_a_refusal_looks_like_none_and_offers_what_is_near(site: Site) -> None:
    page = site.person()
    turn = ask(page, "refuse: what is the capital of Peru?")
    assert turn.locator(".refusal .label").inner_text() == "Not in the documents"
    assert turn.locator(".chip").count() == 0
    assert turn.locator(".closest h4").inner_text() == "Closest, but not an answer"
    turn.locator(".nearest").first.click()
    page.wait_for_selector("#source .passage")
    assert page.locator("#source mark.quote").count() == 0
    assert in_view(page.locator("#source .passage").first)
    assert "not an answer" in page.locator("#source header").inner_text()


def test_a_gap_is_shown_where_it_is(site: Site) -> None:
    page = site.person()
    turn = ask(page, "hole: who painted the lighthouse?")
    assert turn.locator(".gap .label").inner_text() == "The source has a gap here"
    holed = turn.locator(".holed")
    assert "painted by the Norwegian painter" in holed.inner_text()
    hole = holed.locator(".hole")
    assert hole.count() == 1
    before = hole.evaluate("hole => hole.previousSibling.textContent")
    assert before.endswith("the Norwegian painter")
    assert cite(page, turn.locator(".words .chip")).startswith("The lighthouse was painted")


def test_the_keyboard_asks_breaks_focuses_and_stops(site: Site) -> None:
    page = site.person()
    page.fill("#question", "slowly alpha")
    page.press("#question", "Shift+Enter")
    assert page.input_value("#question") == "slowly alpha\n"
    assert page.locator("#live article").count() == 0
    page.locator("#side h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "question"
    assert page.input_value("#question") == "slowly alpha\n"

    site.engine.held.set()
    page.fill("#question", "slowly alpha")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live .provisional >> text=alpha 3")
    assert page.locator("#live article").get_attribute("aria-busy") == "true"
    page.keyboard.press("Escape")
    page.wait_for_selector("#transcript .stopped")
    site.engine.held.clear()
    assert page.locator("#stop").is_hidden()
    page.wait_for_timeout(300)
    assert site.engine.closed[-1] == "slowly alpha"
    assert page.locator("#transcript article").get_attribute("data-state") == "stopped"


def test_a_hostile_document_shows_as_the_text_it_is(site: Site) -> None:
    name = "<img src=x onerror=alert(1)>.txt"
    site.assistant.upload(name, HOSTILE.encode())
    page = site.person()
    turn = ask(page, "quickly <script>window.hacked = 4</script> hostile sheet ferry nine")
    assert "<script>window.hacked = 4</script>" in turn.locator("h3").inner_text()
    page.locator("#documents .entry", has_text="onerror").click()
    page.wait_for_selector("#source .document")
    document = next(info.document for info in site.assistant.documents() if "onerror" in info.document)
    assert page.locator("#source .document").text_content() == site.assistant.text(document)
    turn = ask(page, "several: hostile sheet, ferry leaves, ticket costs")
    chip = turn.locator(".chip[data-where*='hostile']")
    assert cite(page, chip) == chip.get_attribute("data-quote")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#app img, #app script").count() == 0
    assert not any("elsewhere.example" in url for url in site.requested)


def test_an_empty_index_explains_itself_and_examples_come_from_the_documents(
    site: Site, browser: Browser, tmp_path: Path, embedder: Embedder
) -> None:
    with served(tmp_path, embedder, documents=False) as running:
        empty = Site(*running, browser, site.requested, site.errors, site.contexts)
        page = empty.person()
        assert "Nothing to ask yet" in page.locator("#transcript").inner_text()
        assert "assistant index" in page.locator("#transcript").inner_text()
        turn = ask(page, "Is anybody there?")
        assert turn.locator(".failed .label").inner_text() == "No answer"
        assert "assistant index" in turn.inner_text()

    page = site.person()
    page.wait_for_selector(".example")
    questions = page.locator(".example").all_inner_texts()
    assert "Who is the captain of the Aurora?" in questions or any("Aurora" in question for question in questions)
    page.locator(".example").first.click()
    page.wait_for_selector("#transcript article[data-state=done]")


def test_the_page_fits_a_phone_and_keeps_the_dark(site: Site) -> None:
    page = site.person(viewport=PHONE, color_scheme="dark", has_touch=True)
    assert page.evaluate("document.body.classList.contains('dark')")
    turn = ask(page, "Who is the captain of the Aurora?")
    assert cite(page, turn.locator(".words .chip").first) == turn.locator(".chip").first.get_attribute("data-quote")
    assert in_view(page.locator("#source mark.quote").first)
    sheet = page.locator("#source").bounding_box()
    assert sheet["width"] == PHONE["width"]
    assert 0 < sheet["y"] < PHONE["height"] / 2
    page.keyboard.press("Escape")
    assert page.locator("#side").is_hidden()
    page.locator(".top [data-do=toggle-side]").click()
    assert page.locator("#side").is_visible()
    page.keyboard.press("Escape")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    page.locator("[data-do=theme]").click()
    page.reload()
    page.wait_for_selector("#transcript article")
    assert not page.evaluate("document.body.classList.contains('dark')")


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious(site: Site, look: str) -> None:
    page = site.person(
        viewport=PHONE if look == "phone" else DESKTOP, color_scheme="dark" if look == "dark" else "light"
    )
    only = {"runOnly": ["color-contrast"]} if look == "dark" else {}
    page.wait_for_selector(".example")
    found = serious(page, only)
    if look != "phone":
        page.locator("#documents [data-choose]").first.check()
    ask(page, "several: ferries, lighthouse, harbour office")
    turn = ask(page, "refuse: what is the capital of Peru?")
    turn.locator("[data-do=judge][data-verdict=up]").click()
    page.wait_for_selector("[data-verdict=up][aria-pressed=true]")
    page.evaluate("document.querySelector('[data-do=choose-none]').click()")
    ask(page, "hole: who painted the lighthouse?")
    found += serious(page, only)
    cite(page, page.locator("#transcript .chip").last)
    found += serious(page, only)
    if look == "phone":
        page.keyboard.press("Escape")
        page.locator(".top [data-do=toggle-side]").click()
        found += serious(page, only)
    assert found == []
