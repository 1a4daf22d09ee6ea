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

from assistant.asked import Kind, asked
from assistant.errors import BadQuestion
from assistant.pronouns import Before, place_of, without_pronouns
from assistant.spans import MEASURED
from assistant.types import Question, Turn
from assistant.words import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    POSSESSIVES,
    PREPOSITIONS,
    QUESTION_WORDS,
    VERBS,
    Word,
    names,
    word_set,
    words,
)
from index.sentences import sentences

LONGEST = 2000  # characters; far beyond any question, far below what would stall the search
REMEMBERED = 20  # turns that a follow-up may reach back over

_OPENING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|also|then|thanks|thank you|well|now|hmm|sorry|right)\b[\s,.!:-]*)+", re.IGNORECASE
)
_EXCHANGE = re.compile(
    r"^(?:(?:and |but )?(?:what|how) about|and what of|and|or|what of)\s+(?P<part>.+?)\s*\??$", re.IGNORECASE
)
_MORE = re.compile(
    r"^(?:tell me more|more|more details?|go on|continue|elaborate|anything else|say more|give me more"
    r"(?: details)?|can you elaborate|explain(?: further)?)(?:\s+please)?\s*[?.!]*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:(?i:(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|so|ok|okay|well|thanks|thank you|please"
    r"|sorry|excuse me)\b(?: there| all| everyone| again| very much| a lot)*)"
    # but not in "Hello Kitty" or "Well-known"
    r"(?:\s*[,.!:;–]+\s*|\s+-+\s+|\s+(?=[a-z]|Who|Wh[aeoy]|Which|How)))+"
)
_ANNOUNCED = re.compile(
    r"^(?:i(?:'ve| have)?(?: got)? (?:a|one|another) (?:\w+ )?question(?: for you| about (?:it|this|that))?"
    r"|(?:here is |here's )?my question(?: is)?)\s*[,.!:;–-]\s*",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    r"^(?:(?:can|could|would|will) you (?:please |kindly )?tell me|(?:please,? )?tell me|do you know"
    r"|i(?:'d| would) (?:like|love) to know|i (?:want|need) to know|i(?:'m| am| was) (?:just )?wondering)[\s,:]+"
    r"(?=(?:\w+ )?(?:who|whom|whose|what|which|when|where|why|how)\b)",
    re.IGNORECASE,
)
_POINTING = word_set(
    "he him his she her hers it its they them their theirs this that these those there then one ones such same latter"
)
_TIME_NOUNS = word_set("date day year month time")
_HAPPENED = re.compile(
    r"^(?P<phrase>.+?)\s+(?:did|does|do|was|is|has|will)\s+(?:that|this|it|they|he|she)\s+"
    r"(?:happen(?:ed)?|take place|occur(?:red)?|do (?:that|this|it|so)|done)\W*$",
    re.IGNORECASE,
)


def resolve(question: Question) -> str:
    """The question's text, completed from its history so that it stands alone; unchanged where it already does.

    Raises BadQuestion for an empty or overlong text and for a turn whose role is neither "user" nor "assistant".
    """
    text = _checked(question.text)
    for turn in question.history:
        if turn.role not in {"user", "assistant"}:
            raise BadQuestion(f'A turn\'s role must be "user" or "assistant", not {turn.role!r}.')
    return _completed(text, question.history[-REMEMBERED:])


def _checked(text: str) -> str:
    text = " ".join(text.split())
    if not any(character.isalnum() for character in text):
        raise BadQuestion("The question is empty: ask something, for example: Who signed the agreement?")
    if len(text) > LONGEST:
        raise BadQuestion(f"The question has {len(text)} characters: ask in at most {LONGEST}.")
    return text


def _completed(text: str, history: Sequence[Turn]) -> str:
    asked = next((i for i in range(len(history) - 1, -1, -1) if history[i].role == "user"), None)
    if asked is None or not history[asked].content.strip() or not words(_OPENING.sub("", text)):
        return text
    before = _completed(" ".join(history[asked].content.split())[:LONGEST], history[:asked])
    answer = re.sub(r"\s?\[\d+\]", "", " ".join(turn.content for turn in history[asked + 1 :]))[:LONGEST]
    return _continued(text, before, answer)


def _continued(text: str, before: str, answer: str) -> str:
    """The text as it goes on from the question before and its answer."""
    said = _OPENING.sub("", text)
    happened = _HAPPENED.match(said)
    exchange = _EXCHANGE.match(text)
    if _MORE.match(said):
        return f"Tell me more about {_topic(before)}."
    if phrase := _bare_phrase(happened["phrase"] if happened else said):
        return _asked_again(phrase, _with_its_place(before, answer), answer)
    if exchange and not _has_verb(exchange["part"]):
        if words(exchange["part"])[0].lower in POSSESSIVES:  # "And its size?"
            return without_pronouns(f"What is {exchange['part']}?", Before(before, answer))
        return _of_another(before, exchange["part"]) or _exchanged(before, exchange["part"])
    pointed = without_pronouns(said, Before(before, answer))
    return pointed[0].upper() + pointed[1:] if pointed != text else text


def bare(question: str) -> str:
    """What is asked, without greetings, announcements and what is told beside it.

    "Hi! I write about towns. Can you tell me who built Rome?" asks "Who built Rome?". Where the sentence that asks
    points back with a pronoun, what was told before it stays.
    """
    told = [question[span.start : span.end] for span in sentences(question)]
    asking = [sentence for sentence in told if sentence.rstrip(" \"'”’)").endswith("?")]
    text = question
    if len(asking) == 1:
        points_back = _POINTING & {word.lower for word in words(asking[0])}
        text = " ".join(told[: told.index(asking[0]) + 1]) if points_back else asking[0]
    for around in (_GREETING, _ANNOUNCED, _GREETING, _INDIRECT):
        text = around.sub("", text)
    return text[0].upper() + text[1:] if words(text) and text != question else question


def parts(question: str) -> list[str]:
    """The questions that a question asks at once, without what is around them (see `bare`).

    "Where and when did they meet?" asks two.
    """
    question = bare(question)
    twofold = re.match(r"(?P<one>\w+)(?:,? and (?:on |in |at )?)(?P<other>\w+)\s+(?P<rest>.+)", question)
    if twofold and {twofold["one"].lower(), twofold["other"].lower()} <= QUESTION_WORDS:
        return [f"{twofold['one']} {twofold['rest']}", f"{twofold['other'].capitalize()} {twofold['rest']}"]
    joined = re.match(r"(?P<first>.+?),? and (?P<second>(?:(?:on|in|at|for|by|with) )?\w+\b.*)", question)
    if joined and words(joined["second"])[0].lower in QUESTION_WORDS | PREPOSITIONS:
        first, second = joined["first"].rstrip(" ?") + "?", joined["second"]
        if words(first)[0].lower in QUESTION_WORDS and any(w.lower in QUESTION_WORDS for w in words(second)[:2]):
            second = _completed(second, (Turn("user", first),))
            return [first, second[0].upper() + second[1:]]
    return [question]


# --- only a question phrase -----------------------------------------------------------------------------------


def _bare_phrase(text: str) -> str | None:
    """The text, if it is a question phrase without a clause: "On what date", "Who else", "Why not"."""
    tokens = words(text)
    start = 1 if tokens[0].lower in PREPOSITIONS and len(tokens) > 1 else 0
    if tokens[start].lower not in QUESTION_WORDS or len(tokens) > start + 6 or _has_verb(text):
        return None
    rest = tokens[start + 1 :]
    asks_who = tokens[start].lower in {"who", "whom", "what", "when", "where", "why"} and start == 0
    if asks_who and any(token.lower not in {"else", "exactly", "not", "then", *_TIME_NOUNS} for token in rest):
        return None  # "Who signed": a verb that no list knows
    if any(token.lower in {"about", "of"} for token in rest[:1]):
        return None  # "What about China"
    return text.rstrip(" ?.!")


def _has_verb(text: str) -> bool:
    verbs = AUXILIARIES | VERBS
    return any(word.lower in verbs or (len(word.text) > 4 and word.lower.endswith("ed")) for word in words(text))


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


def _with_its_place(before: str, answer: str) -> str:
    """A question that asked where, with the place it was answered with: there is less to confuse it with then."""
    place = place_of(answer) if asked(before).kind is Kind.PLACE else None
    if place is None or not before.casefold().startswith("where") or place in before:
        return before
    return f"{before.rstrip(' ?.!')} in {place}?"


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
    counts = phrase.lower().startswith(("how many", "how much"))
    return (first in nouns or counts) and asked.lower in nouns


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


def _of_another(before: str, part: str) -> str | None:
    """The question before, of "the mayor of Rome" instead of "the mayor of Paris"; None where it named no such part.

    A measure that it did not name is asked for by itself: "the size of that file, the treaty".
    """
    of = re.match(r"the [\w-]+ of\b", part, re.IGNORECASE)
    if of is None:
        return None
    clause = before.rstrip(" ?.!")
    same = re.search(rf"\b(?i:{re.escape(of.group())}) (?:the )?[\w-]+(?:\s+[A-Z][\w-]+)*", clause)
    if same is not None:
        return f"{clause[: same.start()]}{part}{clause[same.end() :]}?"
    if asked(f"What is {part}?").kind not in MEASURED:
        return None
    named = re.search(r"\b(?:the|an?|his|her|its|their) [\w-]+", clause, re.IGNORECASE)
    points_back = re.search(r"\b(?:that|this|these|those) [\w-]+$", part, re.IGNORECASE)
    return f"What is {part}, {named.group()}?" if named and points_back else f"What is {part}?"


def _exchanged(before: str, part: str) -> str:
    """The question before, about `part` instead of what it named last; added to it where it named nothing alike."""
    clause = before.rstrip(" ?.!")
    first = words(part)[0]
    if first.lower in PREPOSITIONS:  # "And in Canada?" takes the place of what the same preposition brought in
        pattern = rf"\b{re.escape(first.lower)}\s+(?:the\s+)?[\w-]+(?:\s+[A-Z][\w-]+)*$"
        if found := re.search(pattern, clause, re.IGNORECASE):
            return f"{clause[: found.start()]}{part}?"
        return f"{clause} {part}?"
    if re.search(r"\d", part) and (numbers := list(re.finditer(r"\b\d[\d.,:]*\b", clause))):
        return f"{clause[: numbers[-1].start()]}{part}{clause[numbers[-1].end() :]}?"
    if not first.is_function and (named := names(clause)):
        return f"{clause[: named[-1].start]}{part}{clause[named[-1].end :]}?"
    if (noun_phrase := _last_noun_phrase(clause)) is not None:
        start, end = noun_phrase
        return f"{clause[:start]}{part}{clause[end:]}?"
    return f"{clause} {part}?"


def _last_noun_phrase(clause: str) -> tuple[int, int] | None:
    found = re.search(r"\b(?:the|a|an|his|her|its|their)\s+[\w-]+(?:\s+[\w-]+)?$", clause)
    return found.span() if found else None
