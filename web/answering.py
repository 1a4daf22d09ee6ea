"""Answers under way: each runs in a thread of its own, and whoever asked follows it a moment at a time.

Following in short stretches, instead of one stream from beginning to end, keeps a browser's few connections free: it
opens no more than six to one server, so with six answers streaming in six tabs, nothing else would get through. An
answer also survives a reload of its page, because it does not hang on the connection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from typing import cast

from assistant import Answer, Assistant, KnownError, Turn
from assistant.engines import Engine
from web import evidence
from web.conversations import AskedTurn, Conversations, UnknownConversation

STRETCH = 1.0
"""Seconds that one following lasts at most."""
STEP = 0.06
"""Seconds between two provisional answers: faster is not readable, and costs the browser its breath."""

BROKEN = "Something went wrong that nobody expected; the terminal says what."


class _UnderWay:
    """One answer in the making; `latest` is what there is of it."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.latest: Answer | None = None
        self.stopped = False
        self.over = False
        self.news = threading.Condition()

    def tell(self, latest: Answer | None = None, *, stopped: bool = False, over: bool = False) -> None:
        """Note what has changed, and wake whoever follows."""
        with self.news:
            self.latest = latest or self.latest
            self.stopped = self.stopped or stopped
            self.over = self.over or over
            self.news.notify_all()

    def newer(self, than: Answer | None, seconds: float) -> Answer | None:
        """What there is of the answer as soon as it is another than that, or it is over, or the time is."""
        with self.news:
            self.news.wait_for(lambda: self.over or self.latest is not than, timeout=seconds)
            return self.latest


class Answers:
    """Everything that is being answered right now, over all users; each sees only their own."""

    def __init__(self, assistant: Assistant, conversations: Conversations) -> None:
        self._assistant = assistant
        self._conversations = conversations
        self._under_way: dict[str, _UnderWay] = {}
        self._threads: set[threading.Thread] = set()

    def start(self, owner: str, turn: AskedTurn, history: Sequence[Turn], engine: str | Engine | None = None) -> None:
        """Begin to answer a turn; what comes of it is kept in the conversation, whether or not anybody follows."""
        job = self._under_way[turn.id] = _UnderWay(owner)
        work = (job, turn, tuple(history), engine)
        thread = threading.Thread(target=self._work, args=work, name="answer", daemon=True)
        self._threads.add(thread)
        thread.start()

    def follow(self, owner: str, turn: str, seconds: float = STRETCH) -> Iterator[Answer | None]:
        """What there is of an answer, None before there is anything, for some seconds or until it is over."""
        job = self._under_way.get(turn)
        if job is None or job.owner != owner:
            return
        until = time.monotonic() + seconds
        shown = job.latest
        yield shown
        while not job.over and (left := until - time.monotonic()) > 0:
            if (latest := job.newer(shown, left)) is not shown:
                yield (shown := latest)
                time.sleep(STEP)

    def latest(self, owner: str, turn: str) -> Answer | None:
        """What there is of an answer that is under way."""
        job = self._under_way.get(turn)
        return job.latest if job is not None and job.owner == owner else None

    def stop(self, owner: str, turn: str) -> AskedTurn:
        """Stop answering a turn; what was not finished is not kept. Raises UnknownConversation."""
        stopped = self._conversations.stop(owner, turn)
        if job := self._under_way.get(turn):
            job.tell(stopped=True)
        return stopped

    def close(self) -> None:
        """Stop everything and wait for it to end."""
        for job in list(self._under_way.values()):
            job.tell(stopped=True)
        for thread in list(self._threads):
            thread.join(timeout=5)

    def _work(self, job: _UnderWay, turn: AskedTurn, history: Sequence[Turn], engine: str | Engine | None) -> None:
        try:
            with suppress(UnknownConversation):  # deleted while it was being answered
                try:
                    self._answer(job, turn, history, engine)
                except KnownError as error:
                    self._conversations.fail(job.owner, turn.id, str(error))
                finally:  # unless it has come to another end, it broke
                    self._conversations.fail(job.owner, turn.id, BROKEN)
        finally:
            job.tell(over=True)
            del self._under_way[turn.id]
            self._threads.discard(threading.current_thread())

    def _answer(self, job: _UnderWay, turn: AskedTurn, history: Sequence[Turn], engine: str | Engine | None) -> None:
        documents = turn.documents or None
        answers = self._assistant.stream(turn.question, history=history, documents=documents, engine=engine)
        with closing(cast("Generator[Answer, None, None]", answers)):
            for answer in answers:
                if job.stopped:
                    return
                if answer.final:
                    kept = evidence.gather(answer, self._assistant)
                    self._conversations.finish(job.owner, turn.id, answer.to_dict(turn.id), kept)
                else:
                    job.tell(answer)
