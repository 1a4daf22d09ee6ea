"""The seam between finding and answering: who reads the matches and drafts the answer.

An engine is handed a question that stands alone and the matches for it, best first, and yields drafts: as many
partial ones as it likes, then exactly one with `final` set. It reads nothing else, keeps no state between
questions and never calls a draft an answer: `assistant.citing` checks it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from assistant.types import Draft, Question, Resolved
from index.types import Match


class Engine(Protocol):
    """What the chain asks of whoever drafts answers."""

    @property
    def name(self) -> str:
        """What `Answer.engine` shows."""
        ...

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """Draft an answer to `question` from `matches` alone; the last draft is final.

        Raises EngineError where the engine is out of order, never to say that the documents don't answer.
        """
        ...


@runtime_checkable
class Resolver(Protocol):
    """An engine that makes a follow-up stand alone by itself; for the others the rules of `assistant.question` do."""

    def resolve(self, asked: Question) -> Resolved:
        """The question completed from its history. Raises BadQuestion, EngineError."""
        ...
