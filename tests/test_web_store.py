"""What is kept of conversations: in whose name, across restarts, and how it is taken away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Answer, Citation, Document, EngineError, Match, Passage, Reason
from evals.questions import load
from index.errors import UnknownDocument
from web import evidence, export, reading, rendering
from web.answering import BROKEN, Answers
from web.conversations import AskedTurn, Conversations, State, UnknownConversation, Verdict

TEXT = "The opening line.\nThe keeper *was* Peder [Berg](http://elsewhere.example) until 2005.\nThe last line.\n"
QUOTE = TEXT.split("\n")[1]
START = TEXT.index(QUOTE)


class Shelf:
    """A library of one document, which may be gone."""

    def __init__(self, text: str | None = TEXT) -> None:
        self.text = text

    def document(self, id: str) -> Document:
        if self.text is None:
            raise UnknownDocument(id)
        return Document(id, "Light <houses>", self.text, (0, START))


def answer(*, matched: bool = True, reason: Reason | None = None) -> Answer:
    passage = Passage("a.txt", "Light <houses>", 0, len(TEXT) - 1, TEXT[:-1], 1)
    citation = Citation(1, "a.txt", "Light <houses>", 2, START, START + len(QUOTE), QUOTE)
    return Answer(
        "Who kept it?",
        "Who kept it?",
        "1. It was Peder Berg [1], not [7] <b>.",
        short_answer=None if reason else "Peder Berg",
        citations=() if reason is Reason.NOT_IN_DOCUMENTS else (citation,),
        reason=reason,
        matches=(Match(passage, 0.9, 0.5, 2.0),) if matched else (),
        engine="sentences",
    )


def kept(
    store: Conversations, said: Answer, owner: str = "", conversation: str | None = None, shelf: Shelf | None = None
) -> AskedTurn:
    turn = store.begin(owner, said.question, (), conversation)
    return store.finish(owner, turn.id, said.to_dict(turn.id), evidence.gather(said, shelf or Shelf()))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    store = Conversations(tmp_path / "kept" / "conversations.sqlite")
    yield store
    store.close()


def test_a_restart_keeps_everything_but_what_was_under_way(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    store = Conversations(path)
    done = kept(store, answer())
    store.begin("", "And then?", ("a.txt",), done.conversation)
    store.close()
    store = Conversations(path)
    first, second = store.turns("", done.conversation)
    assert first == done
    assert (second.state, second.documents) == (State.STOPPED, ("a.txt",))
    store.close()


def test_each_user_sees_only_their_own(store: Conversations) -> None:
    turn = kept(store, answer(), "ann")
    store.judge("ann", turn.id, Verdict.UP)
    assert store.listed("bob") == store.listed("") == []
    assert store.judged("bob") == []
    for attempt in (
        lambda: store.turn("bob", turn.id),
        lambda: store.turns("bob", turn.conversation),
        lambda: store.conversation("bob", turn.conversation),
        lambda: store.begin("bob", "May I?", (), turn.conversation),
        lambda: store.rename("bob", turn.conversation, "Mine"),
        lambda: store.delete("bob", turn.conversation),
        lambda: store.undo("bob", turn.id),
        lambda: store.judge("bob", turn.id, Verdict.DOWN),
        lambda: store.stop("bob", turn.id),
    ):
        with pytest.raises(UnknownConversation):
            attempt()
    assert [turn.id for turn in store.judged("ann")] == [turn.id]


def test_a_stopped_turn_stays_stopped_and_an_answered_one_answered(store: Conversations) -> None:
    said = answer()
    turn = store.begin("", "Who?")
    assert store.stop("", turn.id).state is State.STOPPED
    late = store.finish("", turn.id, said.to_dict(), evidence.gather(said, Shelf()))
    assert (late.state, late.answer) == (State.STOPPED, None)
    done = kept(store, said)
    assert store.stop("", done.id) == done


def test_only_the_last_turn_can_be_taken_back(store: Conversations) -> None:
    first = kept(store, answer())
    second = kept(store, answer(), conversation=first.conversation)
    with pytest.raises(UnknownConversation):
        store.undo("", first.id)
    assert store.undo("", second.id) == second
    assert store.turns("", first.conversation) == [first]


def test_conversations_are_searched_by_all_words_in_titles_questions_and_answers(store: Conversations) -> None:
    turn = kept(store, answer())
    store.rename("", turn.conversation, "100% lamps_and oil")
    other = store.begin("", "Nothing of the kind")
    assert [entry.id for entry in store.listed("")] == [other.conversation, turn.conversation]
    for query in ("100%", "lamps_and", "KEPT oil", "peder berg"):
        assert [entry.id for entry in store.listed("", query)] == [turn.conversation]
    assert store.listed("", "lampsXand") == store.listed("", "peder nobody") == store.listed("", "engine") == []


def test_a_long_or_broken_question_makes_a_short_title(store: Conversations) -> None:
    turn = store.begin("", "word " * 60 + "\ud800")
    title = store.conversation("", turn.conversation).title
    assert len(title) <= 82
    assert title.endswith("word …")
    assert "?" in turn.question


@pytest.mark.parametrize("matched", [True, False], ids=["in a matched passage", "elsewhere"])
def test_a_citation_shows_what_it_showed(store: Conversations, *, matched: bool) -> None:
    turn = kept(store, answer(matched=matched))
    (place,) = evidence.cited(turn.answer, turn.evidence)
    assert place.quote == QUOTE
    now = reading.cited(place, Shelf().document("a.txt"), turn.id)
    assert "Light &lt;houses&gt;" in now
    assert "page 2" in now
    changed = reading.cited(place, Shelf(TEXT.replace("Peder", "Pål")).document("a.txt"), turn.id)
    gone = reading.cited(place, None, turn.id)
    assert "has changed" in changed
    assert "no longer" in gone
    for shown in (now, changed, gone):
        assert '<mark class="quote">The keeper *was* Peder [Berg](http://elsewhere.example) until 2005.</mark>' in shown


def test_a_document_taken_away_before_the_answer_was_kept_leaves_the_quote(store: Conversations) -> None:
    turn = kept(store, answer(matched=False), shelf=Shelf(None))
    (place,) = evidence.cited(turn.answer, turn.evidence)
    assert (place.quote, place.passage) == (QUOTE, QUOTE)


def test_only_markers_of_citations_become_chips(store: Conversations) -> None:
    shown = rendering.turn_html(kept(store, answer()), last=True)
    assert shown.count('class="chip"') == 1
    assert "not [7] &lt;b&gt;." in shown


def test_markdown_holds_footnotes_and_nothing_that_acts(store: Conversations) -> None:
    turn = kept(store, answer())
    kept(store, answer(reason=Reason.NOT_IN_DOCUMENTS), conversation=turn.conversation)
    store.stop("", store.begin("", "# Stop", (), turn.conversation).id)
    file = export.as_markdown(store.conversation("", turn.conversation), store.turns("", turn.conversation))
    assert file.name == "Who-kept-it.md"
    assert "1\\. It was Peder Berg [^1-1], not \\[7\\] \\<b\\>." in file.text
    assert "[^1-1]: “The keeper \\*was\\* Peder \\[Berg\\]\\(http://elsewhere.example\\) until 2005.”" in file.text
    assert "Closest, but not an answer:" in file.text
    assert "## \\# Stop\n\n*Not answered.*" in file.text


def test_json_holds_what_the_command_line_writes(store: Conversations) -> None:
    turn = kept(store, answer())
    store.judge("", turn.id, Verdict.DOWN, "no ")
    turns = store.turns("", turn.conversation)
    file = export.as_json(store.conversation("", turn.conversation), turns)
    (exported,) = json.loads(file.text)["turns"]
    assert exported["answer"] == json.loads(json.dumps(answer().to_dict(turn.id)))
    assert exported["feedback"] == {"verdict": "down", "note": "no"}


def test_feedback_is_gold_in_draft(store: Conversations, tmp_path: Path) -> None:
    good = kept(store, answer())
    store.judge("", good.id, Verdict.UP)
    refused = kept(store, answer(reason=Reason.GAP_IN_SOURCE), conversation=good.conversation)
    store.judge("", refused.id, Verdict.UP)
    bad = kept(store, answer(), conversation=good.conversation)
    store.judge("", bad.id, Verdict.DOWN, "Pål Berg")
    unsaid = kept(store, answer(), conversation=good.conversation)
    store.judge("", unsaid.id, Verdict.UP)
    store.judge("", unsaid.id, None)

    file = tmp_path / "gold.jsonl"
    file.write_text(export.as_gold(store.judged(""), lambda id: store.turns("", id)).text, encoding="utf-8")
    one, two, three = load(file)
    assert (one.answers, one.evidence[0].quote, one.history) == (("Peder Berg",), QUOTE, ())
    assert (two.answerable, two.reason) == (False, "gap_in_source")
    assert two.history == (("user", "Who kept it?"), ("assistant", "1. It was Peder Berg [1], not [7] <b>."))
    assert (three.answers, three.evidence) == (("Pål Berg",), ())
    assert all("draft" in gold.tags for gold in (one, two, three))


class Answering:
    """An assistant that streams as it is told, and remembers whether it was stopped."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.go_on = threading.Event()
        self.fails = fails
        self.closed = False

    def stream(self, text: str, **options: object) -> Iterator[Answer]:
        try:
            yield Answer(text, text, "It was", final=False)
            self.go_on.wait(10)
            if self.fails:
                raise self.fails
            yield answer()
        except GeneratorExit:
            self.closed = True
            raise

    def document(self, id: str) -> Document:
        return Shelf().document(id)


def test_an_answer_is_followed_stretch_by_stretch_until_it_is_over(store: Conversations) -> None:
    assistant = Answering()
    answers = Answers(assistant, store)  # type: ignore[arg-type]
    turn = store.begin("ann", "Who kept it?")
    answers.start("ann", turn, ())
    first = [shown.text for shown in answers.follow("ann", turn.id, 0.3) if shown]
    assert first == ["It was"]
    assert list(answers.follow("bob", turn.id, 0.3)) == []
    assert [shown.text for shown in answers.follow("ann", turn.id, 0.1) if shown] == ["It was"]
    assistant.go_on.set()
    list(answers.follow("ann", turn.id, 10))
    answers.close()
    assert store.turn("ann", turn.id).state is State.DONE
    assert list(answers.follow("ann", turn.id)) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (EngineError("the engine is out of order: restart it"), "the engine is out of order: restart it"),
        (RuntimeError("nobody thought of this"), BROKEN),
        (None, None),
    ],
    ids=["failing", "broken", "stopped"],
)
def test_an_answer_that_does_not_come_leaves_its_reason(
    store: Conversations, fails: Exception | None, why: str | None
) -> None:
    assistant = Answering(fails=fails)
    answers = Answers(assistant, store)  # type: ignore[arg-type]
    turn = store.begin("", "Who kept it?")
    answers.start("", turn, ())
    if not fails:
        assert answers.stop("", turn.id).state is State.STOPPED
    assistant.go_on.set()
    answers.close()
    kept = store.turn("", turn.id)
    assert (kept.state, kept.error) == (State.FAILED if why else State.STOPPED, why)
    assert assistant.closed is (why is None)


def test_a_conversation_may_be_deleted_while_it_is_answered(store: Conversations) -> None:
    assistant = Answering()
    answers = Answers(assistant, store)  # type: ignore[arg-type]
    turn = store.begin("", "Who kept it?")
    answers.start("", turn, ())
    store.delete("", turn.conversation)
    assistant.go_on.set()
    answers.close()
    assert store.listed("") == []
