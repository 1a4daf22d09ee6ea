"""A follow-up made to stand alone by the language model; the rules of `assistant.question` wherever it fails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant import question
from assistant.checking.naming import Names, claimed_names, missing_from
from assistant.checking.numbers import number_is_borne_out, numbers
from assistant.llms import replies
from assistant.llms.outages import Outage
from assistant.llms.prompting import Message
from assistant.llms.talking import Said, Talker
from assistant.types import Question

PATIENCE = 20.0
"""Seconds that rewriting may take: longer is not worth waiting for, the rules answer at once."""


def resolve(asked: Question, messages: Sequence[Message], talker: Talker) -> tuple[str, Said]:
    """The question's text completed from its history, so that it stands alone, and what the model said to `messages`.

    The model's wording is taken if it is one question that names nothing new; otherwise the rules'.
    Raises BadQuestion as `assistant.question.resolve` does.
    """
    by_rules = question.resolve(asked)
    said = Said()
    try:
        for newest in talker.say(messages, PATIENCE):
            said = newest
    except Outage:
        return by_rules, said
    rewritten = replies.visible(said.text).strip(' \n"“”`*')
    return (rewritten if _is_faithful(rewritten, asked) else by_rules), said


def _is_faithful(rewritten: str, asked: Question) -> bool:
    """Whether this is one line that asks something, and has every name and number from the conversation."""
    if not rewritten or "\n" in rewritten or len(rewritten) > min(question.LONGEST, 400 + 2 * len(asked.text)):
        return False
    if re.search(r"\[\d+\]", rewritten) or not re.search(r"\w", rewritten):
        return False
    said = "\n".join([*(turn.content for turn in asked.history), asked.text])
    known, stated = Names.of(said), numbers(said)
    named = [rewritten[span.start : span.end] for span in claimed_names(rewritten, said.casefold())]
    return not any(missing_from(name, known) for name in named) and all(
        number_is_borne_out(number, stated) for number in numbers(rewritten)
    )
