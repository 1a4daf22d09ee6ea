"""A follow-up made to stand alone: what it leaves out or points at is taken from the conversation before it.

No language model: a small grammar of how people follow up. A question that already stands alone is left as it is.
Three kinds are completed, each from the user's question before and, where that names nothing fit, its answer:

- one that is only a question word or phrase ("Why?", "And on what date?", "Who else?")
- one that exchanges a part of the question before ("What about China?")
- one that points back with a pronoun ("How old is she?", "Who signed it?")
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.errors import BadQuestion
from assistant.types import Question, Turn
from assistant.words import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    POSSESSIVES,
    PREPOSITIONS,
    QUESTION_WORDS,
    Word,
    names,
    word_set,
    words,
)

LONGEST = 2000  # characters; far beyond any question, far below what would stall the search

_OPENING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|also|then|thanks|thank you|well|now|hmm|sorry|right)\b[\s,.!:-]*)+", re.IGNORECASE
)
_EXCHANGE = re.compile(
    r"^(?:(?:and |but )?(?:what|how) about|and what of|and|or|what of)\s+(?P<part>.+?)\s*\??$", re.IGNORECASE
)
_MORE = re.compile(
    r"^(?:tell me more|more|more details?|go on|continue|elaborate|anything else|what else|say more|give me more"
    r"(?: details)?|can you elaborate|explain(?: further)?)(?:\s+please)?\s*[?.!]*$",
    re.IGNORECASE,
)
_SENTENCE_VERBS = AUXILIARIES | word_set(
    "happened happens won lost made gave took got went came said says led ran held met wrote built began"
    " became left kept found told paid sent sold bought broke chose drew fell fought grew knew rose saw"
    " spoke stood taught thought wore means mean"
)
_SINGULAR_PERSON = word_set("he she him his her hers himself herself")
_PLURAL = word_set("they them their theirs themselves")
_THING = word_set("it its itself")
_POINTING = word_set("this that these those")
_OWNING = word_set("his her its their")
_PLACE_PREPOSITIONS = ("in", "at", "to", "from", "near", "on")


def resolve(question: Question) -> str:
    """The question's text, completed from its history so that it stands alone; unchanged where it already does.

    Raises BadQuestion for an empty or overlong text and for a turn whose role is neither "user" nor "assistant".
    """
    text = _checked(question.text)
    for turn in question.history:
        if turn.role not in {"user", "assistant"}:
            raise BadQuestion(f'A turn\'s role must be "user" or "assistant", not {turn.role!r}.')
    return _completed(text, question.history)


def _checked(text: str) -> str:
    text = " ".join(text.split())
    if not any(character.isalnum() for character in text):
        raise BadQuestion("The question is empty: ask something, for example: Who signed the agreement?")
    if len(text) > LONGEST:
        raise BadQuestion(f"The question has {len(text)} characters: ask in at most {LONGEST}.")
    return text


def _completed(text: str, history: Sequence[Turn]) -> str:
    asked = next((i for i in range(len(history) - 1, -1, -1) if history[i].role == "user"), None)
    if asked is None or not history[asked].content.strip():
        return text
    before = _completed(" ".join(history[asked].content.split())[:LONGEST], history[:asked])
    answer = re.sub(r"\s?\[\d+\]", "", " ".join(turn.content for turn in history[asked + 1 :]))
    said = _OPENING.sub("", text)
    if not words(said):
        return text
    if _MORE.match(said):
        return f"Tell me more about {_topic(before)}."
    if phrase := _bare_phrase(said):
        return _asked_again(phrase, before, answer)
    if (exchange := _EXCHANGE.match(text)) and not _has_verb(exchange["part"]):
        return _exchanged(before, exchange["part"])
    pointed = _without_pronouns(said, before, answer)
    return pointed[0].upper() + pointed[1:] if pointed != text else text


# --- only a question phrase -----------------------------------------------------------------------------------


def _bare_phrase(text: str) -> str | None:
    """The text, if it is a question phrase without a clause: "On what date", "Who else", "Why not"."""
    tokens = words(text)
    start = 1 if tokens[0].lower in PREPOSITIONS and len(tokens) > 1 else 0
    if tokens[start].lower not in QUESTION_WORDS or len(tokens) > start + 6 or _has_verb(text):
        return None
    rest = tokens[start + 1 :]
    asks_who = tokens[start].lower in {"who", "whom", "when", "where", "why"}
    if asks_who and any(token.lower not in {"else", "exactly", "not", "then"} for token in rest):
        return None  # "Who signed": a verb that no list knows
    if any(token.lower in {"about", "of"} for token in rest[:1]):
        return None  # "What about China"
    return text.rstrip(" ?.!")


def _has_verb(text: str) -> bool:
    return any(
        token.lower in _SENTENCE_VERBS or (len(token.text) > 4 and token.lower.endswith("ed")) for token in words(text)
    )


def _asked_again(phrase: str, before: str, answer: str) -> str:
    """The question before with this question phrase in place of its own."""
    phrase = phrase[0].upper() + phrase[1:]
    clause = before.rstrip(" ?.!")
    tokens = words(clause)
    auxiliary = next((i for i, token in enumerate(tokens) if token.lower in AUXILIARIES), None)
    asks = next((i for i, token in enumerate(tokens) if token.lower in QUESTION_WORDS), None)
    if asks is None:
        if auxiliary == 0:  # "Did they sign it?"
            return f"{phrase} {clause[0].lower()}{clause[1:]}?"
        return f"{phrase}, about {_topic(before)}?"
    ends_in_else = re.search(r"\belse$", phrase, re.IGNORECASE)
    of_subject = auxiliary is None or _asks_for_subject(tokens, asks, auxiliary)
    after = _phrase_end(tokens, asks, auxiliary)
    rest = clause[tokens[after].start :] if after < len(tokens) else ""
    if ends_in_else or not of_subject or _same_role(phrase, tokens[asks]):
        return f"{phrase} {rest}?".replace(" ?", "?")
    found = names(answer)
    return f"{phrase} was it that {found[0].text if found else 'someone'} {rest}?"


def _phrase_end(tokens: Sequence[Word], asks: int, auxiliary: int | None) -> int:
    """The index of the first word after the question phrase: "In which city | did they meet"."""
    if auxiliary is not None and auxiliary > asks:
        return auxiliary
    plain = tokens[asks].lower in {"who", "whom", "when", "where", "why", "what"}
    return asks + 1 if plain else min(asks + 2, len(tokens))


def _asks_for_subject(tokens: Sequence[Word], asks: int, auxiliary: int) -> bool:
    """Whether the question phrase is itself the subject: "Who has signed …" against "What has she signed"."""
    following = tokens[auxiliary + 1 : auxiliary + 2]
    if not following or tokens[asks].lower in {"when", "where", "why", "how", "whom"}:
        return False
    one = following[0]
    names_something = one.is_capitalised or one.lower in DETERMINERS | POSSESSIVES | (FUNCTION_WORDS - PREPOSITIONS)
    if tokens[auxiliary].lower in {"do", "does", "did"}:
        return False
    return not names_something


def _same_role(phrase: str, asked: Word) -> bool:
    """Whether both ask for the same part of the clause, so that one can stand for the other."""
    nouns = {"who", "what", "which", "whom"}
    first = words(phrase)[0].lower
    return first in nouns and asked.lower in nouns


def _topic(question: str) -> str:
    """What a question is about: its words without the question phrase and the request around them."""
    clause = question.rstrip(" ?.!")
    clause = re.sub(
        r"^(?:please\s+)?(?:tell me (?:more )?about|describe|explain|summari[sz]e|list|what do you know about)\s+",
        "",
        clause,
        flags=re.IGNORECASE,
    )
    tokens = words(clause)
    start = 0
    grammar = QUESTION_WORDS | AUXILIARIES | PREPOSITIONS
    while start < len(tokens) - 1 and tokens[start].lower in grammar:
        start += 1
    while len(tokens) > start + 1 and tokens[-1].lower in grammar:
        tokens = tokens[:-1]
    return clause[tokens[start].start : tokens[-1].end] if tokens else clause


# --- a part exchanged -----------------------------------------------------------------------------------------


def _exchanged(before: str, part: str) -> str:
    """The question before, about `part` instead of what it named last; added to it where it named nothing alike."""
    clause = before.rstrip(" ?.!")
    if re.search(r"\d", part) and (numbers := list(re.finditer(r"\b\d[\d.,:]*\b", clause))):
        return f"{clause[: numbers[-1].start()]}{part}{clause[numbers[-1].end() :]}?"
    bare = _OPENING.sub("", clause)
    token = words(part)[0]
    if not token.is_function and (named := names(clause)):
        last = named[-1]
        return f"{clause[: last.start]}{part}{clause[last.end :]}?"
    if token.lower in PREPOSITIONS:  # "And in Canada?" takes the place of what the same preposition brought in
        pattern = rf"\b{re.escape(token.lower)}\s+(?:the\s+)?[\w-]+(?:\s+[A-Z][\w-]+)*$"
        if found := re.search(pattern, clause, re.IGNORECASE):
            return f"{clause[: found.start()]}{part}?"
        return f"{clause} {part}?"
    if (noun_phrase := _last_noun_phrase(clause)) is not None:
        start, end = noun_phrase
        return f"{clause[:start]}{part}{clause[end:]}?"
    return f"{bare} {part}?"


def _last_noun_phrase(clause: str) -> tuple[int, int] | None:
    found = re.search(r"\b(?:the|a|an|his|her|its|their)\s+[\w-]+(?:\s+[\w-]+)?$", clause)
    return found.span() if found else None


# --- pronouns -------------------------------------------------------------------------------------------------


def _without_pronouns(text: str, before: str, answer: str) -> str:
    """The text with each pronoun that points out of it replaced by what it points at, as far as that is known."""
    tokens = words(text)
    parts: list[str] = []
    at = 0
    for index, token in enumerate(tokens):
        named = _pointed_at(tokens, index, text, before, answer)
        if named is None:
            continue
        parts += [text[at : token.start], named]
        at = token.end
    return "".join([*parts, text[at:]])


def _pointed_at(tokens: Sequence[Word], index: int, text: str, before: str, answer: str) -> str | None:
    token = tokens[index]
    lower = token.lower
    named_here = [name for name in names(text) if name.end <= token.start and name.text.lower() != lower]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    owner = lower in _OWNING and following is not None and not following.is_function
    found: str | None = None
    if lower in _SINGULAR_PERSON:
        found = None if named_here else _person(before, answer)
    elif lower in _PLURAL:
        found = None if named_here else _several(before, answer)
    elif lower in _THING and not _is_expletive(tokens, index):
        found = None if named_here else _thing(before, answer)
    elif lower in _POINTING and index > 0 and (following is None or following.lower in AUXILIARIES):
        found = _thing(before, answer)
    elif lower == "there" and following is None:
        found = _place(answer) or _place(before)
        return None if found is None else f"in {found}"
    elif lower == "then" and following is None and index > 0:
        return None
    if found is None:
        return None
    return f"{found}'s" if owner else found


def _is_expletive(tokens: Sequence[Word], index: int) -> bool:
    """Whether an "it" points at nothing: "Is it true that …", "How long does it take to …", "What time is it"."""
    following = [token.lower for token in tokens[index + 1 : index + 5]]
    return (
        following[:1] in (["take"], ["rain"], ["snow"])
        or "that" in following[1:3]
        or (not following and tokens[0].lower == "what" and tokens[1].lower in {"time", "day", "year"})
    )


def _names_in(text: str) -> list[str]:
    """The names of a text, without those of months and days and without repetition; the longest form of each."""
    found: list[str] = []
    for name in names(text):
        if not _CALENDAR.fullmatch(name.text) and name.text not in found:
            found.append(name.text)
    return found


_CALENDAR = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan\w*|feb\w*|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug\w*|sep\w*"
    r"|oct\w*|nov\w*|dec\w*",
    re.IGNORECASE,
)


def _person(before: str, answer: str) -> str | None:
    known = [*_names_in(before), *_names_in(answer)]
    if known:
        return known[0]
    noun = re.search(r"\bthe (?:[\w-]+ ){0,2}[\w-]+", before, re.IGNORECASE)
    return noun[0] if noun else None


def _several(before: str, answer: str) -> str | None:
    for text in (before, answer):
        pair = [(a, b) for a, b in _neighbours(text) if text[a.end : b.start] in {" and ", ", ", " and the "}]
        if pair:
            return f"{pair[0][0].text} and {pair[0][1].text}"
    plural = re.search(r"\b(?:the|which|what|how many) ((?:[\w-]+ )?[\w-]+s)\b", before, re.IGNORECASE)
    if plural and not _has_verb(plural[1]):
        return f"the {plural[1]}"
    known = [*_names_in(before), *_names_in(answer)]
    return " and ".join(known[:2]) if known else None


def _neighbours(text: str) -> list[tuple[Word, Word]]:
    found = [Word(name.text, name.start, name.end) for name in names(text)]
    return list(pairwise(found))


def _thing(before: str, answer: str) -> str | None:
    """The thing that was spoken of: a phrase of the question before, else what its answer brings in as new."""
    clause = before.rstrip(" ?.!")
    stop = rf"(?!(?:{'|'.join(sorted(FUNCTION_WORDS))})\b)"
    noun = rf"{stop}[\w-]+(?:\s{stop}[\w-]+)?"
    for pattern in (rf"\b(?:the|this|that)\s+({noun})", rf"\b(?:which|what)\s+({noun})(?=\s(?:did|does|do|was|is))"):
        if found := re.search(pattern, clause, re.IGNORECASE):
            return f"the {found[1]}"
    if found := re.search(rf"\b(?:signed|sign|made|make|gave|give|is|was|are|were)?\s*\b[Aa]n?\s+({noun})", answer):
        return f"the {found[1]}"
    known = _names_in(before) or _names_in(answer)
    return known[-1] if known else None


def _place(text: str) -> str | None:
    for name in names(text):
        brought_in = words(text[: name.start])[-1:]
        if brought_in and brought_in[0].lower in _PLACE_PREPOSITIONS:
            return name.text
    return None
