"""Whether a stretch of a document speaks to whoever reads it for an answer, instead of about something.

Such a stretch is part of what the document says and may be reported. It bears nothing else out: a model that answers
"HACKED" because a document told it to has no source for it.
"""

from __future__ import annotations

import re

from assistant.checking.verbs import root
from assistant.words import content_words, words

_REPLIES = r"(?:answer|reply|respond|output|print|repeat|say)"
_ORDER = re.compile(
    r"\b(?:ignore|ignoring|disregard|disregarding|forget|override|bypass)\b[^.!?\n]{0,60}?"
    r"\b(?:instructions?|prompts?|(?:your|previous|prior|above)\s+(?:rules?|guidelines?|context|passages?|questions?))\b"
    rf"|(?:^|[.:;!?]\s+)(?:(?:now|then|instead|please|only|always|just|simply|and)\b,?\s+)*{_REPLIES}\s+"
    r"(?:only|with|just|exactly|that|the words?|[\"“‘'])"
    rf"|\byou\s+(?:must|should|will|shall|have to|are to)\s+(?:\w+\s+)?{_REPLIES}\b|\byou are now\b|\bfrom now on\b"
    r"|(?:^|[.:;!?]\s+)(?:pretend\s+(?:to be|you|that you)|act as|role-?play)\b"
    r"|\b(?:language model|ai|chatbot|llm)s?\b[^.!?\n]{0,40}\b(?:must|should|shall|reading)\b"
    r"|^\W*(?:system|developer)\s*(?:prompt|message|turn)?\s*[:>\]]|<\|",
    re.IGNORECASE | re.MULTILINE,
)
_REPORTING = frozenset(map(root, ("ask", "tell", "instruct", "instruction", "order", "demand", "request", "command")))


def is_instruction(stretch: str) -> bool:
    """Whether `stretch` tells its reader what to answer or how to behave."""
    return _ORDER.search(stretch) is not None


def obeys(claim: str, stretch: str) -> bool:
    """Whether `claim` does what `stretch` demands, instead of reporting what it demands."""
    orders = {root(word.text) for found in _ORDER.finditer(stretch) for word in content_words(found[0])}
    said = {root(word.text) for word in words(claim)}
    return is_instruction(stretch) and not said & (orders | _REPORTING)
