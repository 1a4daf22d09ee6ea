"""The real page in a headless Chromium: several people, their conversations and their documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from browsing import Site, ask, cite, saved
from evals.questions import load
from index import Embedder
from webpage import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
