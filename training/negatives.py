"""Questions without an answer, made from questions that have one; each function returns None where it cannot.

They stand in for the human-written unanswerable questions of SQuAD 2.0 train, which we don't have. Rules check
that no answer is left as far as rules can: what was taken away or brought in is compared with the whole context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from assistant.words import names, word_set
from training.corpora import Example

DRAWN = 8
NEGATED = 0.3
"""How many of the inverted questions are negated; in the others a word becomes its opposite."""

_AUXILIARY = re.compile(
    r"(?<=\w )(did|does|do|was|were|is|are|has|have|had|would|could|should)\b(?! not\b)", re.IGNORECASE
)
_PAIRS = (  # one word for one word; what `assistant.checking.polarity` groups by stem makes no sentence
    "first|last before|after more|fewer most|least largest|smallest biggest|smallest highest|lowest longest|shortest "
    "oldest|newest oldest|youngest earliest|latest best|worst strongest|weakest increase|decrease increased|decreased "
    "rise|fall rose|fell gain|lose gained|lost win|lose won|lost begin|end began|ended beginning|end start|finish "
    "started|stopped opened|closed open|closed north|south northern|southern east|west eastern|western upper|lower "
    "above|below over|under inside|outside inner|outer male|female men|women father|mother son|daughter "
    "brother|sister king|queen husband|wife older|younger old|new large|small high|low long|short early|late "
    "strong|weak hot|cold rich|poor private|public major|minor maximum|minimum positive|negative support|oppose "
    "supported|opposed accepted|rejected accept|reject allowed|prohibited allow|prohibit approved|denied "
    "agreed|refused created|destroyed built|demolished founded|dissolved joined|left entered|left arrived|departed "
    "sold|bought buy|sell import|export imported|exported attack|defend attacked|defended victory|defeat "
    "defeated|saved advantage|disadvantage advantages|disadvantages success|failure successful|unsuccessful "
    "common|rare popular|unpopular legal|illegal possible|impossible important|unimportant known|unknown "
    "similar|different same|opposite internal|external domestic|foreign urban|rural ancient|modern always|never "
    "majority|minority include|exclude included|excluded teacher|student parents|children life|death birth|death "
    "born|buried cause|prevent caused|prevented found|lost added|removed raised|lowered expanded|reduced "
    "improve|worsen friend|enemy allies|enemies war|peace liberal|conservative left|right top|bottom "
)
_OPPOSITE = {
    one: other
    for first, second in (pair.split("|") for pair in _PAIRS.split())
    for one, other in ((first, second), (second, first))
}
_ENDINGS = ("tion", "ment", "ness", "ity", "ing", "ed", "ly", "ous", "ive", "al", "ers", "ies", "s")
_ASKED_WITH = word_set(
    "about after against among another because before being between called different does doing during following from"
    " given have having kinds known main many more most much name named other people place prior purpose reason"
    " referred since some such term than that their them then there these they thing things this through time type"
    " under until used using were what when where which while whom whose will with within without work worked would"
    " year years"
)
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


def recombined(example: Example, random: Random) -> Example | None:
    """The question with a name, number or word of it exchanged for another of its own context.

    All of its words still stand there, but not together, as in most of what people write to mislead a reader.
    """
    ways = [_other_name_here, _other_number_here, _other_word_here, _other_word_here]
    random.shuffle(ways)
    for way in ways:
        made = way(example, random)
        if made is not None:
            return made
    return None


def inverted(example: Example, random: Random) -> Example | None:
    """The question with a word of it turned into its opposite, or negated."""
    question = example.question
    auxiliary = _AUXILIARY.search(question)
    if auxiliary is not None and random.random() < NEGATED:
        negation = "n't" if random.random() < 0.5 else " not"
        if negation == "n't" or re.match(r"\W+\w+(?:ed|ing)\b", question[auxiliary.end() :]):
            return _with(example, auxiliary.end(), auxiliary.end(), negation)
    turned = [word for word in re.finditer(r"\w+", question) if word.group().lower() in _OPPOSITE]
    if not turned:
        return None
    word = random.choice(turned)
    other = _OPPOSITE[word.group().lower()]
    if re.search(rf"\b{other}\b", example.context, re.IGNORECASE):
        return None
    return _with(example, word.start(), word.end(), other)


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


def _other_name_here(example: Example, random: Random) -> Example | None:
    """A name in the question becomes another of the context, which is neither in the question nor in an answer."""
    mentioned = [name for name in names(example.question) if name.start > 0 and name.text in example.context]
    if not mentioned:
        return None
    name = random.choice(mentioned)
    taken = _words_of(example)
    others = {
        other.text
        for other in names(example.context)
        if len(other.text.split()) <= 4
        and example.context[: other.start].rstrip()[-1:] not in (*'.!?"', "")  # not the first word of a sentence
        and not taken & set(other.text.casefold().split())
    }
    return _with(example, name.start, name.end, random.choice(sorted(others))) if others else None


def _other_number_here(example: Example, random: Random) -> Example | None:
    """A number in the question becomes another of the context with as many digits."""
    numbers = list(_NUMBER.finditer(example.question))
    if not numbers:
        return None
    number = random.choice(numbers)
    taken = _words_of(example)
    others = {
        other.group()
        for other in _NUMBER.finditer(example.context)
        if len(other.group()) == len(number.group()) and other.group() not in taken
    }
    return _with(example, number.start(), number.end(), random.choice(sorted(others))) if others else None


def _other_word_here(example: Example, random: Random) -> Example | None:
    """A word in small letters becomes another of the context with the same ending."""
    here = set(re.findall(r"\b[a-z]{4,}\b", example.context)) - _ASKED_WITH
    taken = _words_of(example)
    asked = [word for word in re.finditer(r"\b[a-z]{4,}\b", example.question) if word.group() in here]
    random.shuffle(asked)
    for word in asked:
        ending = _ending(word.group())
        others = sorted(other for other in here - taken if ending and _ending(other) == ending)
        if others:
            return _with(example, word.start(), word.end(), random.choice(others))
    return None


def _words_of(example: Example) -> set[str]:
    """The words of the question and of its answers."""
    return {word for text in (example.question, *example.texts) for word in re.findall(r"[\w,.]*\w", text.casefold())}


def _ending(word: str) -> str:
    return next((ending for ending in _ENDINGS if word.endswith(ending)), "")


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
