"""Example questions, made from the indexed documents' own sentences.

A sentence that says who did something, when something was founded or what something is, is turned into the
question it answers, by moving no more than its first words. A question is offered only if a search for it finds
the sentence it was made from first.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest

from assistant import Assistant, DocumentInfo, KnownError
from index.splitting import sentences

OFFERED = 4
READ = 12
"""Documents that are read for examples, and how much of each."""
CHARACTERS = 20_000
TRIED = 24
"""Questions that are searched for at most."""

_SUBJECT = r"(?P<name>[A-Z][^,;:()“”\"]{1,60}?)"
_DOING = (
    "said|stated|described|announced|promised|thanked|signed|gave|told|called|wrote|founded|invented|discovered|designed"
    "|composed|directed|painted|built|developed|introduced|proposed|published|created|established|defeated|won|ruled"
    "|married|conquered|translated|argued|predicted|formulated|commissioned|recorded|produced"
    "|received|joined|visited|congratulated|criticized|criticised|accused|ordered|appointed|met"
)
_WHO = re.compile(
    rf"^{_SUBJECT} (?:also |later |first |then |finally |once )?(?P<rest>(?:{_DOING}) [^,;:()]{{12,110}}?)"
    r"(?:(?<=”)|(?= (?:stating|adding|saying|while|which|who|where|when|after|before|because|if) )|[,;:.(])"
)
_WHEN = re.compile(
    rf"^{_SUBJECT} (?P<verb>was|were) (?P<done>\w+ed|born|built|founded|held|written|made|begun|sold)\b[^,;]{{0,50}}?"
    r" (?:in|on) (?:\w+ ){0,4}\d{4}\b"
)
_WHERE = re.compile(
    rf"^{_SUBJECT} (?P<verb>is|are|was|were) (?P<done>located|situated|based|headquartered) (?:in|on|at|near) "
)
_WHAT = re.compile(
    r"^(?:(?P<name>[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*)|(?P<thing>The [^,;:()“”\"]{4,60}?))"
    r" (?P<verb>is|are|was|were) (?:an? |one of |the |to |“|\"|[A-Z]\w+ [A-Z])"
)
_PERSON = re.compile(
    r"(?:^|\b(?:is|was|are|were) (?:an? |the |one of )[^.]{0,60}?\b)(?:president|minister|player|writer|author|actor"
    r"|actress|king|queen|emperor|general|scientist|physicist|mathematician|poet|singer|composer|painter|politician"
    r"|philosopher|leader|engineer|inventor|explorer|director|bishop|monk|nobleman|lawyer|coach|astronaut|economist|chemist|biologist"
    r"|archeologist|archaeologist|historian|journalist|footballer|conqueror|ruler)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"The (?:\w+ )?(?:captain|president|minister|mayor|king|queen|head|director|author|founder|leader|chair\w*) "
)
_TELLING = re.compile(r"[A-Z\d“]")
"""What makes a question one about these documents and no others: a name, a number, a quotation."""
_CLAUSE = re.compile(
    r"\b(?:who|which|that|whose|this|these|those|his|her|its|their|is|are|was|were|has|had|if|when|because|although|what"
    r"|not|and|or|but)\b"
)
_OPENERS = (
    "This That These Those It He She They We I You There Here His Her Its Their In On At After Before When While As If"
    " But And For What Who How Some Many Most Other Another Each All Both One"
)
"""Words that begin a sentence whose subject stands elsewhere."""


class Examples:
    """Example questions for whatever is indexed; made once for each set of documents."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = threading.Lock()
        self._made_for: tuple[DocumentInfo, ...] = ()
        self._made: list[str] = []

    def questions(self) -> list[str]:
        """Up to four questions that the documents answer; none where nothing is indexed, or nothing lends itself."""
        try:
            listed = tuple(self._assistant.documents())
            with self._lock:
                if listed != self._made_for:
                    self._made = self._make(listed)
                    self._made_for = listed
                return self._made
        except KnownError:  # nothing indexed yet, or being rebuilt: the page does without
            return []

    def _make(self, listed: Sequence[DocumentInfo]) -> list[str]:
        by_document = [self._candidates(info.document) for info in listed[:READ]]
        mixed = (made for row in zip_longest(*by_document) for made in row if made is not None)
        found: list[str] = []
        for question, document, offset in islice(mixed, TRIED):
            best = self._assistant.search(question, 1)
            if best and best[0].passage.document == document and best[0].passage.start <= offset < best[0].passage.end:
                found.append(question)
            if len(found) == OFFERED:
                break
        return found

    def _candidates(self, document: str) -> Iterator[tuple[str, str, int]]:
        """Questions on one document, with the document and the offset of the sentence; kinds take turns."""
        text = self._assistant.text(document)[:CHARACTERS]
        made: dict[str, list[tuple[str, str, int]]] = {}
        for span in sentences(text):
            asked = question_from(" ".join(text[span.start : span.end].split()))
            if asked:
                made.setdefault(asked.split()[0], []).append((asked, document, span.start))
        rows = zip_longest(*made.values())
        return (entry for entry in chain.from_iterable(rows) if entry is not None)


def question_from(sentence: str) -> str | None:
    """The question that a sentence answers, where its form is plain enough to say."""
    if not 40 <= len(sentence) <= 400 or sentence.split(maxsplit=1)[0].strip("“\"'") in _OPENERS.split():
        return None
    if (match := _WHEN.match(sentence)) and _plain(match["name"]):
        return f"When {match['verb']} {_inside(match['name'])} {match['done']}?"
    if (match := _WHERE.match(sentence)) and _plain(match["name"]):
        return f"Where {match['verb']} {_inside(match['name'])} {match['done']}?"
    if (match := _WHO.match(sentence)) and _plain(match["name"]) and _TELLING.search(match["rest"]):
        return f"Who {match['rest'].strip()}?"
    if match := _WHAT.match(sentence):
        subject = match["name"] or match["thing"]
        if _plain(subject) and (match["name"] or len(subject.split()) > 3):
            named = match["name"] and _PERSON.search(sentence)
            word = "Who" if named or _ROLE.match(subject) else "What"
            return f"{word} {match['verb']} {_inside(subject)}?"
    return None


def _plain(subject: str) -> bool:
    """Whether a subject is a noun phrase without a clause in it; two names joined by "and" will do."""
    return not _CLAUSE.search(re.sub(r"(?<=[a-z]) and (?=[A-Z])", " ", subject))


def _inside(subject: str) -> str:
    return "the " + subject[4:] if subject.startswith("The ") else subject
