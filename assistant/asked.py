"""What a question asks for: the kind of its answer, and the noun that it wants a name for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from assistant.stemming import stem
from assistant.words import AUXILIARIES, QUESTION_WORDS, VERBS, Word, word_set, words


class Kind(StrEnum):
    """The kinds of answers that can be told apart in a text."""

    PERSON = "person"  # who
    PLACE = "place"  # where, which city
    TIME = "time"  # when, what year
    COUNT = "count"  # how many
    AMOUNT = "amount"  # how much, how large, what percentage
    DURATION = "duration"  # how long
    AGE = "age"  # how old
    REASON = "reason"  # why
    MANNER = "manner"  # how
    NAMED = "named"  # which newspaper, what treaty, the name of …
    SAID = "said"  # what did X say, how did X describe
    EXPANSION = "expansion"  # what does X stand for
    IDENTITY = "identity"  # who is X, what is X
    ACTION = "action"  # what did X do, what does X plan to do
    YES_NO = "yes_no"  # did they …
    THING = "thing"  # what …
    OPEN = "open"  # tell me about …


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind` of answer; `noun` the words that name what is sought ("newspaper", "Japanese star"), or "".

    Of an IDENTITY, `noun` is who or what it is asked of.

    `plural` is set where a list is asked for ("which countries", "list the …").
    """

    kind: Kind
    noun: str = ""
    plural: bool = False


_PLAIN = {
    "who": Kind.PERSON,
    "whom": Kind.PERSON,
    "whose": Kind.PERSON,
    "where": Kind.PLACE,
    "when": Kind.TIME,
    "why": Kind.REASON,
}
_NOUNS = {
    Kind.PLACE: "city cities country countries place places town towns village state states province continent nation"
    " nations capital region location venue county district island street area site",
    Kind.TIME: "date dates day days year years month months time century decade weekday season hour",
    Kind.AMOUNT: "percentage percent share proportion fraction price cost amount size weight height length width depth"
    " distance speed temperature population rate salary revenue budget quantity",
    Kind.PERSON: "person man woman people leader leaders president author singer actor actress player politician"
    " scientist king queen emperor minister director general",
    Kind.COUNT: "number",
    Kind.AGE: "age",
    Kind.REASON: "reason reasons cause causes",
    Kind.SAID: "words phrase slogan motto quote quotation inscription",
}
_KINDS = {noun: kind for kind, nouns in _NOUNS.items() for noun in nouns.split()}
MEASURES = {
    "many": Kind.COUNT,
    "old": Kind.AGE,
    "long": Kind.DURATION,
    **dict.fromkeys(
        word_set("much big large tall far high heavy fast deep wide thick small great hot cold often loud strong"),
        Kind.AMOUNT,
    ),
}
SAYING = word_set(
    "say said state stated claim claimed declare declared describe described call called announce announced promise"
    " promised add added tell told remark comment express expressed"
)
DESCRIBING = frozenset(stem(word) for word in ("describe", "call", "characterise", "characterize", "put", "respond"))
_SHORT_FOR = word_set("acronym abbreviation abbreviate abbreviated initials")
_OPENERS = re.compile(
    r"^(?:please\s+)?(?:(?:can|could|would) you )?(?:please\s+)?(?P<verb>tell (?:me|us)|describe|explain|summari[sz]e"
    r"|outline|give|list|name|identify|enumerate|show|what do you know|i want to know|i'd like to know)\b\s*"
    r"(?:me |us )?(?:more )?(?:about |of )?",
    re.IGNORECASE,
)


def asked(question: str) -> Asked:
    """What `question` asks for; small slips in the spelling of its question word are overlooked."""
    opener = _OPENERS.match(question)
    rest = question[opener.end() :] if opener else question
    tokens = [Word(_respelled(t.text), t.start, t.end) for t in words(rest)]
    if not tokens:
        return Asked(Kind.OPEN)
    if not opener and tokens[0].lower in AUXILIARIES:
        return Asked(Kind.YES_NO)
    at = next((i for i, token in enumerate(tokens) if token.lower in QUESTION_WORDS), None)
    if at is None or (opener and at > 0):
        if opener and opener["verb"].lower() in {"list", "name", "identify", "enumerate"}:
            return Asked(Kind.NAMED, _noun(tokens, 0), plural=True)
        return Asked(Kind.OPEN)
    return _by_question_word(tokens[at].lower, tokens[at + 1 :])


def _by_question_word(first: str, after: list[Word]) -> Asked:
    following = after[0].lower if after else ""
    if following in {"is", "was", "are", "were"} and (name := _asked_of(first, after[1:])):
        return Asked(Kind.IDENTITY, name)
    if first in _PLAIN:
        return Asked(_PLAIN[first], plural=first == "who" and following == "are")
    if first == "how":
        return _how(following, after)
    if following in AUXILIARIES or following in VERBS or not following:
        return _what_is(after)
    noun = _noun(after, 0)
    head = noun.lower().split()[-1] if noun else ""
    plural = head.endswith("s") and not head.endswith("ss")
    return Asked(_KINDS.get(head, Kind.NAMED), noun, plural)


def _how(following: str, after: list[Word]) -> Asked:
    """What "how …" asks for: "how many people", "how old", "how far", and plain "how"."""
    if following in MEASURES:
        return Asked(MEASURES[following], _noun(after, 1) if following in {"many", "much"} else "")
    return Asked(Kind.SAID if any(stem(token.text) in DESCRIBING for token in after) else Kind.MANNER)


def _what_is(after: list[Word]) -> Asked:
    """What "what is/did …" asks for: "what is the name of the star" asks for a name, "what did she say" for words."""
    lowers = [token.lower for token in after]
    if lowers and lowers[-1] in {"do", "doing", "done"}:
        return Asked(Kind.ACTION)
    if lowers and lowers[-1] == "name" and len(after) > 2 and after[-2].text.casefold() != after[-2].lower:
        return Asked(Kind.NAMED, " ".join(word.lower for word in after[1:-1] if not word.is_function))
    if "name" in lowers[:4]:
        of = lowers.index("of") + 1 if "of" in lowers else len(lowers)
        return Asked(Kind.NAMED, _noun(after, of))
    if lowers[:1] and lowers[0] in {"is", "was", "are", "were"}:
        head = next((one for one in lowers[2:4] if one in _KINDS and _KINDS[one] is not Kind.PERSON), None)
        if head is not None:
            return Asked(_KINDS[head], head)
    if {"stand", "for"} <= set(lowers) or not _SHORT_FOR.isdisjoint(lowers):
        return Asked(Kind.EXPANSION)
    return Asked(Kind.SAID if any(one in SAYING for one in lowers) else Kind.THING)


def _asked_of(first: str, rest: list[Word]) -> str:
    """The name in "who is NAME" or "what is NAME", where nothing else is said."""
    plain = [word for word in rest if word.lower not in {"the", "a", "an"}]
    if not 0 < len(plain) <= 5 or first not in {"who", "what"} or (first == "who" and len(plain) < len(rest)):
        return ""
    capitals = all(word.is_capitalised or word.lower in {"of", "de", "van", "von", "la"} for word in plain)
    small = first == "who" and not any(word.is_capitalised or word.is_function or not word.is_content for word in plain)
    return " ".join(word.text for word in plain) if capitals or (small and len(plain) < 4) else ""


def _noun(tokens: list[Word], start: int) -> str:
    """The noun phrase that begins at `start`, up to the first word of grammar or likely verb."""
    found: list[str] = []
    for token in tokens[start : start + 5]:
        if (token.lower in {"the", "a", "an", "of"} or token.text.casefold() != token.lower) and not found:
            continue  # nor whose it is: "Japan's prime minister"
        newly = len(found) == 1 and found[0].endswith("ly")  # "newly elected minister", not "minister newly elected"
        if token.is_function or token.lower in SAYING | VERBS or (found and token.lower.endswith("ed") and not newly):
            break
        found.append(token.text)
    return " ".join(found)


def same_noun(noun: str, other: str) -> bool:
    """Whether two noun phrases have the same head: "British newspaper" and "the newspapers"."""
    heads = [stem(phrase.split()[-1]) for phrase in (noun, other) if phrase.split()]
    return len(heads) == 2 and heads[0] == heads[1]


def _respelled(word: str) -> str:
    """The question word that a slip was meant to be ("waht", "wich"), else the word itself."""
    lower = word.lower()
    if lower in QUESTION_WORDS or len(lower) < 3 or lower[0] not in "wh":
        return word
    for meant in ("what", "which", "when", "where", "who", "why", "how"):
        if sorted(lower) == sorted(meant) or (len(meant) > 4 and _one_letter_missing(lower, meant)):
            return meant
    return word


def _one_letter_missing(word: str, meant: str) -> bool:
    return len(word) == len(meant) - 1 and any(word == meant[:i] + meant[i + 1 :] for i in range(len(meant)))
