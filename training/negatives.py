"""Questions without an answer, made from questions that have one; each function returns None where it cannot.

They stand in for the human-written unanswerable questions of SQuAD 2.0 train, which we don't have. Rules check
that no answer is left as far as rules can: what was taken away or brought in is compared with the whole context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from assistant.words import names
from training.corpora import Example

DRAWN = 8
_LONG_WORD = re.compile(r"\w{4,}")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


def elsewhere(example: Example, contexts: Sequence[str], random: Random) -> Example | None:
    """The question put to another context of its article, in which none of its answers stands.

    Of some contexts drawn, the one that shares most words with the question, as a search would return it.
    """
    wanted = [text.casefold() for text in example.texts]
    others = [
        context
        for context in random.sample(list(contexts), min(DRAWN, len(contexts)))
        if context != example.context and not any(text in context.casefold() for text in wanted)
    ]
    asked = _long_words(example.question)
    likest = max(others, key=lambda context: len(asked & _long_words(context)), default=None)
    return None if likest is None else replace(example, context=likest, answers=())


def exchanged(example: Example, contexts: Sequence[str], random: Random) -> Example | None:
    """The question with a name of it exchanged for one of the article that its context lacks, or a number changed."""
    here = example.context.casefold()
    numbers = list(_NUMBER.finditer(example.question))
    if numbers and random.random() < 0.6:
        number = random.choice(numbers)
        other = _other_number(number.group(), random)
        if other is not None and other not in here:
            return _with(example, number.start(), number.end(), other)
    mentioned = [name for name in names(example.question) if name.start > 0 and name.text.casefold() in here]
    if not mentioned or not contexts:
        return None
    name = random.choice(mentioned)
    answers = {text.casefold() for text in example.texts}
    found = [
        other.text
        for context in random.sample(list(contexts), min(3, len(contexts)))
        for other in names(context)
        if other.start > 0
        and other.text.casefold() not in here
        and other.text.casefold() not in answers
        and len(other.text.split()) <= 4
    ]
    return _with(example, name.start, name.end, random.choice(found)) if found else None


def hole(example: Example, random: Random) -> Example | None:
    """The context with the answer taken out of it wherever it stands, as a bad copy of a page loses its links.

    What is left is "the British newspaper, before" or "became the , congratulated": the sentence that would have
    answered stands there, and the right answer is that it is not said.
    """
    if not example.answers:
        return None
    start = min(place[0] for place in example.answers)
    end = max(place[1] for place in example.answers)
    answer = example.context[start:end]
    if len(answer.split()) > 7 or example.context.count(answer) > 2 or re.fullmatch(r"\W*", answer):
        return None
    keep_blank = random.random() < 0.5
    context = example.context
    for place in reversed([match.start() for match in re.finditer(re.escape(answer), context)]):
        after = context[place + len(answer) :]
        context = context[:place] + (after if keep_blank or not context[:place].endswith(" ") else after.lstrip(" "))
        if not keep_blank and after[:1] in ",.;:":
            context = context[:place].rstrip(" ") + after
    if any(text.casefold() in context.casefold() for text in example.texts):
        return None
    return replace(example, context=context, answers=())


def _long_words(text: str) -> set[str]:
    return set(_LONG_WORD.findall(text.casefold()))


def _with(example: Example, start: int, end: int, text: str) -> Example:
    return replace(example, question=example.question[:start] + text + example.question[end:], answers=())


def _other_number(number: str, random: Random) -> str | None:
    """A number of as many digits; a year stays within forty years of itself."""
    digits = number.replace(",", "").replace(".", "")
    if len(digits) == 4 and digits == number:
        return str(int(number) + random.choice([-1, 1]) * random.randint(2, 40))
    changed = "".join(random.choice("123456789") if c.isdigit() else c for c in number)
    return None if changed == number else changed
