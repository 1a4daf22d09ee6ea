"""The real page in a headless Chromium, from asking to taking things away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Assistant
from evals.questions import load
from index import Embedder
from webpage import HOSTILE, ScriptedEngine, serious, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")
pytestmark = pytest.mark.filterwarnings("ignore:::gradio")  # its own pandas is deprecated
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


@pytest.fixture(scope="module")
def server(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[tuple[str, Assistant, ScriptedEngine]]:
    with served(tmp_path_factory.mktemp("page"), embedder) as running:
        yield running


@pytest.fixture(scope="module")
def everything(server: tuple[str, Assistant, ScriptedEngine], browser: Browser) -> Site:
    return Site(*server, browser)


@pytest.fixture
def site(everything: Site) -> Iterator[Site]:
    yield everything
    while everything.contexts:
        everything.contexts.pop().close()
    assert everything.errors == []


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


def test_citations_belong_to_their_message_for_good(site: Site) -> None:
    page = site.person()
    turn = ask(page, "several: ferries, lighthouse, harbour office")
    shown = turn.locator(".words").inner_html()
    quotes = turn.locator(".words .chip").evaluate_all("chips => chips.map(chip => chip.dataset.quote)")
    assert len(quotes) >= 3
    for number in range(10):
        ask(page, f"quickly, question {number}")

    last = page.locator("#transcript article").last
    last.locator("[data-do=retry]").click()
    page.wait_for_function(
        "old => { const all = document.querySelectorAll('#transcript article');"
        " return all.length === 11 && all[10].dataset.turn !== old && document.querySelector('#stop').hidden; }",
        arg=last.get_attribute("data-turn"),
    )
    page.locator("#transcript [data-do=revise]").click()
    assert page.input_value("#question") == "quickly, question 9"
    page.fill("#question", "quickly, in other words")
    page.press("#question", "Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('#transcript h3')].some(one => one.textContent.includes('other words'))"
    )
    assert page.locator("#transcript article").count() == 11
    page.locator("#transcript [data-do=undo]").click()
    page.wait_for_function("() => document.querySelectorAll('#transcript article').length === 10")
    assert page.input_value("#question") == "quickly, in other words"

    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#transcript article').length === 10")
    first = page.locator("#transcript article").first
    assert first.locator(".words").inner_html() == shown
    for number, quote in enumerate(quotes):
        assert cite(page, first.locator(".words .chip").nth(number)) == quote

    exported = json.loads(saved(page, page.locator("[data-format=json]").click))
    assert [c["quote"] for c in exported["turns"][0]["answer"]["citations"]] == quotes
    markdown = saved(page, page.locator("[data-format=markdown]").click)
    assert all(f"[^1-{number}]" in markdown for number in range(1, len(quotes) + 1))
    assert markdown.count("[^1-1]") == 2


def test_a_citation_outlives_its_document(site: Site) -> None:
    site.assistant.upload(
        "short-lived.txt", b"The museum of knots\n\nThe museum of knots has 212 knots and one door.\n"
    )
    page = site.person()
    turn = ask(page, "quickly: museum of knots")
    quote = turn.locator(".chip").get_attribute("data-quote")
    assert "museum of knots" in quote.lower()

    row = page.locator("#documents li", has_text="knots")
    row.hover()
    row.locator("[data-do=remove]").click()
    page.locator("#ask-dialog-no").click()
    assert row.count() == 1
    row.hover()
    row.locator("[data-do=remove]").click()
    page.locator("#ask-dialog-yes").click()
    row.wait_for(state="detached")
    assert [info for info in site.assistant.documents() if "knots" in info.document] == []

    page.reload()
    chip = page.locator("#transcript .chip")
    assert cite(page, chip) == quote
    assert "is no longer among the documents" in page.locator("#source .notice").inner_text()


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


def test_eight_people_stream_at_once_and_stop_alone(site: Site) -> None:
    names = ["ash", "beech", "cedar", "elm", "fir", "hazel", "larch", "maple"]
    first = site.person()
    tabs = [site.opened(first.context.new_page()) for _ in range(6)]  # a browser has six connections for all its tabs
    people = dict(zip(names, [first, *tabs, site.person()], strict=True))
    site.engine.held.set()
    for name, page in people.items():
        ask(page, f"slowly {name}", wait=False)
    for name, page in people.items():
        page.wait_for_selector(f"#live .provisional >> text={name} 2")
    busy = [page.locator("#live article[data-state=asking]").count() for page in people.values()]
    assert busy == [1] * 8
    people["elm"].press("body", "Escape")
    people["elm"].wait_for_selector("#transcript .stopped")
    site.engine.held.clear()
    for name, page in people.items():
        others = set(names) - {name}
        if name != "elm":
            page.wait_for_selector("#transcript article[data-state=done]", timeout=20_000)
            assert f"{name} 20" in page.locator("#transcript .words").inner_text()
        assert page.locator("#transcript article").count() == 1
        assert not any(other in page.locator("#middle").inner_text() for other in others)


def test_browsers_share_the_list_but_nothing_that_is_under_way(site: Site) -> None:
    one, two = site.person(), site.person()
    one.locator("#documents [data-choose='ferries.md']").check()
    one.fill("#question", "half a thought")
    site.engine.held.set()
    ask(one, "slowly willow", wait=False)
    one.wait_for_selector("#live .provisional")
    one.fill("#question", "the next thought")
    two.reload()
    two.wait_for_selector("#conversations >> text=slowly willow")
    assert two.locator("#live article").count() == 0
    assert two.locator("#documents input:checked").count() == 0
    assert two.input_value("#question") == ""
    two.locator("#conversations .entry", has_text="slowly willow").first.click()
    two.wait_for_selector("#transcript article")
    assert two.locator("#live article").count() == 0
    one.keyboard.press("Escape")
    one.wait_for_selector("#transcript .stopped")
    site.engine.held.clear()
    assert one.input_value("#question") == "the next thought"
    one.reload()
    one.wait_for_selector("#documents input:checked")


def test_an_answer_goes_on_through_a_reload(site: Site) -> None:
    page = site.person()
    site.engine.held.set()
    ask(page, "slowly rowan", wait=False)
    page.wait_for_selector("#live .provisional >> text=rowan 3")
    page.reload()
    page.wait_for_selector("#live .provisional >> text=rowan")
    site.engine.held.clear()
    page.wait_for_selector("#transcript article[data-state=done]")
    assert cite(page, page.locator("#transcript .words .chip")) in site.assistant.text(
        page.locator("#source section").get_attribute("data-document")
    )


def test_chosen_documents_alone_are_asked(site: Site) -> None:
    page = site.person()
    page.locator("#documents [data-choose='lighthouses.txt']").check()
    assert page.locator("#scope-words").inner_text().startswith("Asking 1 of")
    turn = ask(page, "several: ferries, lighthouse, harbour office")
    assert turn.locator(".words .chip").count() == 1
    assert "Lighthouses" in turn.locator(".words .chip").get_attribute("data-where")
    assert "Asked of 1 document only" in turn.inner_text()
    page.locator("[data-do=choose-none]").click()
    turn = ask(page, "several: ferries, lighthouse, harbour office")
    assert turn.locator(".words .chip").count() >= 3


def test_files_are_uploaded_while_the_chat_goes_on(site: Site) -> None:
    page = site.person()
    long = "\n\n".join(f"Bell number {n} hangs in tower {n} and rings {n} times." for n in range(900))
    page.set_input_files(
        "#side input[type=file]",
        [
            {"name": "bells & <towers>.txt", "mimeType": "text/plain", "buffer": f"Bells\n\n{long}".encode()},
            {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 this is none"},
            {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""},
        ],
    )
    page.wait_for_selector("#jobs progress")
    turn = ask(page, "Who is the captain of the Aurora?")
    assert "Ingrid Solheim" in turn.inner_text()
    assert page.locator("#jobs .jobs").get_attribute("data-busy") == "true"
    page.wait_for_selector("#jobs .where >> text=/Indexing: [0-9]+ of [0-9]+/")
    page.wait_for_selector("#jobs .jobs[data-busy=false]", timeout=60_000)
    rows = page.locator("#jobs li").all_inner_texts()
    assert re.search(r"indexed: \d+ passages in", rows[0])
    assert page.locator("#jobs .failed").count() == 2
    assert all(len(reason.strip()) > 8 for reason in page.locator("#jobs .failed .where").all_inner_texts())
    page.locator("#documents .entry", has_text="bells & <towers>.txt").click()
    page.wait_for_selector("#source >> text=Bell number 0 hangs")
    assert "bells & <towers>.txt" in page.locator("#source header").inner_text()
    assert page.locator("#source [data-do=read]").count() == 1  # it goes on later
    page.locator("#source [data-do=read]").click()
    page.wait_for_selector("#source >> text=Bell number 899 hangs")


def test_dropped_files_are_indexed(site: Site) -> None:
    page = site.person()
    page.evaluate(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(['Kites\\n\\nThe red kite flew over Hardanger in 1931.'], 'kites.txt'));
            for (const name of ['dragover', 'drop'])
                document.dispatchEvent(new DragEvent(name, { dataTransfer: files, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_selector("#documents >> text=kites.txt")
    assert page.locator("#drop").is_hidden()


def test_conversations_are_found_renamed_and_deleted(site: Site) -> None:
    page = site.person()
    ask(page, "quickly: something about puffins")
    page.locator("[data-do=new]").click()
    page.wait_for_selector("#transcript .welcome")
    ask(page, "quickly: something about whales")
    page.fill("#find", "puffins")
    page.wait_for_function("() => document.querySelectorAll('#conversations li').length === 1")
    row = page.locator("#conversations li")
    row.hover()
    row.locator("[data-do=rename]").click()
    page.fill("#ask-dialog-text", "Birds <b>of</b> the north")
    page.keyboard.press("Enter")
    page.wait_for_selector("#conversations >> text=Birds <b>of</b> the north")
    page.fill("#find", "no such words anywhere")
    page.wait_for_selector("#conversations .empty")
    page.fill("#find", "birds")
    page.wait_for_selector("#conversations li")
    page.locator("#conversations .entry").click()
    page.wait_for_selector("#transcript >> text=puffins")
    assert page.locator("#title").inner_text() == "Birds <b>of</b> the north"
    row.hover()
    row.locator("[data-do=delete]").click()
    page.locator("#ask-dialog-yes").click()
    page.wait_for_selector("#transcript .welcome")
    page.wait_for_selector("#conversations .empty")


def test_feedback_becomes_draft_gold(site: Site, tmp_path: Path) -> None:
    page = site.person()
    turn = ask(page, "Who is the captain of the Aurora?")
    turn.locator("[data-do=judge][data-verdict=up]").click()
    page.wait_for_selector("[data-verdict=up][aria-pressed=true]")
    turn = ask(page, "refuse: how deep is the fjord?")
    turn.locator("[data-do=judge][data-verdict=down]").click()
    turn.locator("[data-do=note]").click()
    page.fill("#ask-dialog-text", "1,308 metres")
    page.locator("#ask-dialog-yes").click()
    page.wait_for_selector("[data-do=note] >> text=Change the note")
    page.reload()
    page.wait_for_selector("[data-verdict=up][aria-pressed=true]")

    file = tmp_path / "feedback.jsonl"
    file.write_text(saved(page, page.locator("[data-do=feedback]").click), encoding="utf-8")
    good, bad = load(file)[-2:]
    assert good.question == "Who is the captain of the Aurora?"
    assert "Ingrid Solheim" in good.evidence[0].quote
    assert (bad.answers, bad.history[0]) == (("1,308 metres",), ("user", "Who is the captain of the Aurora?"))


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


def test_with_sign_in_each_person_sees_only_their_own(
    site: Site, browser: Browser, tmp_path: Path, embedder: Embedder
) -> None:
    with served(tmp_path, embedder, auth="ann:one,bob:two") as running:
        closed = Site(*running, browser, site.requested, site.errors, site.contexts)
        ann, bob = closed.signed_in("ann", "one"), closed.signed_in("bob", "two")
        ask(ann, "quickly: something of Ann’s")
        bob.reload()
        bob.wait_for_selector("#conversations .empty")
        bob.goto(ann.url)  # the address of her conversation
        bob.reload()
        bob.wait_for_selector("#transcript .welcome")
        assert "Ann’s" not in bob.locator("#app").inner_text()
        turn = ann.locator("#transcript article").get_attribute("data-turn")
        bob.evaluate("turn => assistantPage.send('cite', { turn, number: '1' })", turn)
        bob.wait_for_selector("#toast >> text=no longer there")
        assert bob.locator("#source mark").count() == 0
        assert ann.locator("#conversations li").count() == 1


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


def test_no_page_asked_another_host_for_anything(everything: Site) -> None:
    assert len(everything.requested) > 100
    hosts = {url.split("/")[2] for url in everything.requested if not url.startswith(("data:", "blob:"))}
    assert {host.split(":")[0] for host in hosts} == {"127.0.0.1"}
