"""What happens on each action of the page.

A handler is given the owner (the signed-in user, or "") and what the page sent, and returns the HTML of the panels
that change. It keeps nothing: which conversation is open, which documents are chosen and what is half typed are the
browser's own business, sent along when they matter.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant import (
    Answer,
    Assistant,
    BadQuestion,
    Document,
    DocumentInfo,
    KnownError,
    NoIndex,
    Reason,
    Turn,
    UnknownDocument,
)
from index.reading import SUFFIXES
from web import evidence, export, panels, reading, rendering
from web.answering import Answers
from web.choosing import Choices
from web.conversations import AskedTurn, Conversations, State, Verdict
from web.evidence import Place
from web.examples import Examples
from web.uploads import File, Uploads, jobs_html

Data = Mapping[str, Any]
Panels = dict[str, str]
"""HTML by the name of the panel; "reply" is not HTML but JSON for the scripts."""


class Handlers:
    """The actions of the page, on one assistant and one database of conversations."""

    def __init__(
        self,
        assistant: Assistant,
        conversations: Conversations,
        answers: Answers,
        choices: Choices,
        *,
        uploads: Uploads,
        examples: Examples,
    ) -> None:
        self._assistant = assistant
        self._conversations = conversations
        self._answers = answers
        self._choices = choices
        self._uploads = uploads
        self._examples = examples

    # -- conversations

    def start(self, owner: str, data: Data) -> Panels:
        """The page has loaded: fill it."""
        conversation = _word(data, "conversation")
        try:
            shown = self.show(owner, {**data, "conversation": conversation})
        except KnownError:  # deleted meanwhile
            shown = self.show(owner, {**data, "conversation": ""})
        return {**shown, "documents": panels.documents(self._documents())}

    def refresh(self, owner: str, data: Data) -> Panels:
        """Somebody has come back to this tab: the lists may have changed in another."""
        return {
            "documents": panels.documents(self._documents()),
            "conversations": self._list(owner, _word(data, "conversation"), _word(data, "query")),
        }

    def show(self, owner: str, data: Data) -> Panels:
        """Open a conversation, or none: an empty one."""
        conversation = _word(data, "conversation")
        if conversation:
            title = self._conversations.conversation(owner, conversation).title
            shown = _transcript(conversation, self._conversations.turns(owner, conversation))
        else:
            title = ""
            shown = panels.welcome(len(self._documents()), sorted(SUFFIXES))
        return {
            "transcript": shown,
            "conversations": self._list(owner, conversation, _word(data, "query")),
            "reply": _reply("shown", conversation=conversation, title=title, **self._choices.offered()),
        }

    def suggest(self, owner: str, data: Data) -> Panels:
        """Example questions for an empty conversation."""
        return {"examples": panels.examples(self._examples.questions())}

    def find(self, owner: str, data: Data) -> Panels:
        """Narrow the list of conversations down to those that hold some words."""
        return {"conversations": self._list(owner, _word(data, "conversation"), _word(data, "query"))}

    def rename(self, owner: str, data: Data) -> Panels:
        """Give a conversation another title."""
        self._conversations.rename(owner, _word(data, "conversation"), _word(data, "title"))
        return self.find(owner, {**data, "conversation": _word(data, "current")})

    def delete(self, owner: str, data: Data) -> Panels:
        """Delete a conversation."""
        gone, current = _word(data, "conversation"), _word(data, "current")
        self._conversations.delete(owner, gone)
        if gone == current:
            return self.show(owner, {**data, "conversation": ""})
        return self.find(owner, {**data, "conversation": current})

    # -- asking

    def ask(self, owner: str, data: Data) -> Panels:
        """Begin to answer a question in a conversation, a new one where none is named; the turn shows in `live`.

        `replace` names the last turn, which this one takes the place of: asked again, or with other words.
        """
        question, conversation = _word(data, "question"), _word(data, "conversation")
        if not question.strip():
            raise BadQuestion("Ask something: the question is empty.")
        engine = self._choices.engine(_word(data, "engine"))
        shown = {}
        if replaced := _word(data, "replace"):
            conversation = self._conversations.undo(owner, replaced).conversation
        before = self._conversations.turns(owner, conversation) if conversation else []
        if replaced:
            shown["transcript"] = _transcript(conversation, before)
        turn = self._conversations.begin(owner, question, _words(data, "documents"), conversation or None)
        self._answers.start(owner, turn, _history(before), engine)
        return {
            **shown,
            "live": rendering.waiting(turn),
            "conversations": self._list(owner, turn.conversation, _word(data, "query")),
        }

    def follow(self, owner: str, data: Data) -> Iterator[Panels]:
        """Stream an answer that is under way into `live`, for a moment; the page asks for the next."""
        turn = self._conversations.turn(owner, _word(data, "turn"))
        known = False
        for answer in self._answers.follow(owner, turn.id):
            known = True
            yield {"live": self._growing(turn, answer) if answer else rendering.waiting(turn)}
        turn = self._conversations.turn(owner, turn.id)
        if turn.state is State.ASKING and not known:  # of another process, perhaps, which is gone
            turn = self._answers.stop(owner, turn.id)
        if turn.state is not State.ASKING:
            yield {"live": rendering.turn_html(turn, last=True)}

    def stop(self, owner: str, data: Data) -> Panels:
        """Stop an answer."""
        return {"live": rendering.turn_html(self._answers.stop(owner, _word(data, "turn")), last=True)}

    def undo(self, owner: str, data: Data) -> Panels:
        """Take back the last turn of a conversation."""
        conversation = self._conversations.undo(owner, _word(data, "turn")).conversation
        return {"live": "", **self.show(owner, {**data, "conversation": conversation})}

    def judge(self, owner: str, data: Data) -> Panels:
        """Keep or forget a verdict on an answer, with a note."""
        verdict = Verdict(_word(data, "verdict")) if _word(data, "verdict") else None
        turn = self._conversations.judge(owner, _word(data, "turn"), verdict, _word(data, "note"))
        turns = self._conversations.turns(owner, turn.conversation)
        return {"transcript": _transcript(turn.conversation, turns)}

    # -- who answers

    def check(self, owner: str, data: Data) -> Panels:
        """See whether a language model that was named on the page answers; `trouble` says what to do if not."""
        name, trouble = _word(data, "llm").strip(), ""
        try:
            self._choices.check(name)
        except KnownError as error:
            trouble = str(error)
        return {"reply": _reply("checked", llm=name, trouble=trouble)}

    # -- sources and documents

    def cite(self, owner: str, data: Data) -> Panels:
        """Open the source at a citation of a turn."""
        turn, answer, kept = self._kept(owner, data)
        siblings = evidence.cited(answer, kept)
        place = next((p for p in siblings if str(p.number) == _word(data, "number")), None)
        gap = answer["reason"] == Reason.GAP_IN_SOURCE
        holes = evidence.missing(place, turn.question) if place and gap else ()
        return self._source(turn, place, siblings, holes)

    def near(self, owner: str, data: Data) -> Panels:
        """Open the source at a passage that was near, but no answer."""
        turn, answer, kept = self._kept(owner, data)
        places = dict(enumerate(evidence.offered(answer, kept)))
        return self._source(turn, places.get(int(_word(data, "number") or -1)))

    def read(self, owner: str, data: Data) -> Panels:
        """Open a document to read, at an offset."""
        document = self._assistant.document(_word(data, "document"))
        at = min(max(0, int(_word(data, "at") or 0)), len(document.text))
        return {"source": _fresh(reading.whole(document, at))}

    def remove(self, owner: str, data: Data) -> Panels:
        """Delete a document from the index."""
        self._assistant.remove(_word(data, "document"))
        return {"documents": panels.documents(self._documents())}

    def upload(self, files: Sequence[File]) -> Iterator[Panels]:
        """Index files that were sent, telling how far they have come."""
        finished = 0
        for jobs in self._uploads.run(files):
            shown = {"jobs": jobs_html(jobs)}
            if finished < (finished := sum(job.outcome is not None for job in jobs)):
                shown["documents"] = panels.documents(self._documents())
            yield shown

    # -- taking things away

    def export(self, owner: str, data: Data) -> Panels:
        """A conversation as a file."""
        conversation = self._conversations.conversation(owner, _word(data, "conversation"))
        turns = self._conversations.turns(owner, conversation.id)
        file = export.as_json if _word(data, "format") == "json" else export.as_markdown
        return _download(file(conversation, turns))

    def feedback(self, owner: str, data: Data) -> Panels:
        """All feedback as draft gold questions."""
        judged = self._conversations.judged(owner)
        return _download(export.as_gold(judged, lambda id: self._conversations.turns(owner, id)))

    # -- within

    def _kept(self, owner: str, data: Data) -> tuple[AskedTurn, dict[str, Any], dict[str, Any]]:
        turn = self._conversations.turn(owner, _word(data, "turn"))
        if turn.answer is None and (growing := self._answers.latest(owner, turn.id)):
            return turn, growing.to_dict(), evidence.gather(growing, self._assistant)
        if turn.answer is None or turn.evidence is None:
            raise UnknownDocument("This question has no answer to cite.")
        return turn, turn.answer, turn.evidence

    def _growing(self, turn: AskedTurn, answer: Answer) -> str:
        places = evidence.cited(answer.to_dict(), evidence.gather(answer, self._assistant))
        return rendering.provisional(turn, answer, places)

    def _source(
        self, turn: AskedTurn, place: Place | None, siblings: Sequence[Place] = (), holes: Sequence[int] = ()
    ) -> Panels:
        if place is None:
            raise UnknownDocument("This answer has no such citation.")
        return {"source": _fresh(reading.cited(place, self._document(place.document), turn.id, siblings, holes))}

    def _document(self, id: str) -> Document | None:
        try:
            return self._assistant.document(id)
        except (UnknownDocument, NoIndex):
            return None

    def _documents(self) -> list[DocumentInfo]:
        try:
            return self._assistant.documents()
        except NoIndex:
            return []

    def _list(self, owner: str, current: str, query: str) -> str:
        return panels.conversations(self._conversations.listed(owner, query), current, query)


def trouble(error: KnownError) -> Panels:
    """What went wrong, for the page to say."""
    return {"reply": _reply("trouble", message=str(error))}


def _transcript(conversation: str, turns: Sequence[AskedTurn]) -> str:
    return f'<div class="turns" data-conversation="{conversation}">{rendering.transcript(turns)}</div>'


def _history(turns: Sequence[AskedTurn]) -> list[Turn]:
    """What was said before, as the assistant reads it: only what was answered."""
    said = []
    for turn in turns:
        if turn.state is State.DONE and turn.answer is not None:
            said += [Turn("user", turn.question), Turn("assistant", str(turn.answer["answer"]))]
    return said


def _download(file: export.File) -> Panels:
    return {"reply": _reply("download", name=file.name, type=file.type, text=file.text)}


def _reply(kind: str, **values: Any) -> str:
    """A message to `page.js`; the number tells it from an equal one before."""
    return json.dumps({"kind": kind, "number": uuid.uuid4().hex, **values})


def _fresh(html: str) -> str:
    """HTML that differs from whatever was shown before, so that the page notices: it scrolls to what is marked."""
    return f'<div class="shown" data-shown="{uuid.uuid4().hex}">{html}</div>'


def _word(data: Data, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _words(data: Data, key: str) -> tuple[str, ...]:
    value = data.get(key)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
