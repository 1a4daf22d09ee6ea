"""Whether two texts that speak of the same thing affirm it, or one affirms what the other denies.

A negator reaches to the end of its clause, the scope rule of Chapman et al., "A Simple Algorithm for Identifying
Negated Findings and Diseases" (2001), here over words that both texts share. Beside it stand pairs of opposites.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.checking.verbs import root
from assistant.stemming import stem
from assistant.words import Word, word_set, words

_NEGATORS = word_set(
    "not no never without neither nor none nobody nothing nowhere cannot hardly barely scarcely rarely seldom"
    " unable fail failed fails failing refuse refused refuses refusing deny denied denies denying lack lacks lacked"
    " lacking decline declined declines absent absence false untrue impossible unlikely prevent"
    " prevented prevents"
)
_ONLY_SEEMS = re.compile(
    r"\b(?:not only|not just|not merely|no doubt|no less than|not least|no longer than)\b", re.IGNORECASE
)
_BREAKS = re.compile(
    r"[;:.!?()“”\"—]|,\s+(?=(?:and|but|or|who|which|where|while|although)\b)|,"
    r"|\b(?:but|because|although|though|since|while|whereas|until|unless|if|when|which|who|whom|that|so|however|instead)\b",
    re.IGNORECASE,
)
_REACH = 8  # words that a negator reaches at most
_BEFORE = {"false", "untrue", "impossible", "unlikely", "absent"}

_OPPOSITES = [
    tuple(frozenset(stem(word) for word in side.split()) for side in pair.split("|"))
    for pair in (
        "increase increased rise rose risen raise raised grow grew growth gain more higher expand|"
        "decrease decreased fall fell fallen drop dropped decline declined lower lowered shrink reduce reduced less",
        "tighten tightened restrict restricted|loosen loosened relax relaxed ease eased lift lifted",
        "accept accepted approve approved agree agreed adopt adopted pass passed|reject rejected refuse refused oppose"
        " opposed veto vetoed",
        "win won victory|lose lost",
        "support supported favour favor favoured favored endorse endorsed|oppose opposed against",
        "allow allowed permit permitted enable enabled legal|ban banned forbid forbade forbidden prohibit prohibited"
        " prevent prevented illegal",
        "begin began begun start started open opened|end ended finish finished close closed stop stopped cease ceased",
        "arrive arrived|depart departed",
        "remember remembered|forget forgot forgotten",
        "succeed succeeded success|fail failed failure",
        "praise praised|criticise criticised criticize criticized condemn condemned",
        "before prior earlier|after following later",
        "first initial initially|last final finally",
        "most majority|least minority",
        "largest biggest highest greatest longest maximum|smallest lowest shortest minimum",
        "large big great major|small little minor",
        "above over|below under",
        "north northern|south southern",
        "east eastern|west western",
        "male man men|female woman women",
        "same identical|different",
        "public|private",
        "true correct|false incorrect wrong",
        "alive|dead",
        "old older oldest|new newer newest young younger youngest",
        "import imported|export exported",
        "friend ally allies|enemy enemies rival rivals",
        "war|peace",
        "always|never",
        "much many|little few",
        "heat heated|cool cooled calm calmed",
    )
]
_PREFIX = re.compile(
    r"^(?:(?:un(?!der|til|i)|dis(?!cuss|tan|tri|play|pute|ease|aster|miss)|non-?)(?=[a-z]{4,})|i[nmlr](?=[a-z]{3,}(?:ble|al|ate|ent|ant|ect|ular|ive|ure|ary)(?:ly)?$))"
)


def disagreement(claim: str, source: str) -> tuple[str, ...]:
    """The words of `claim` whose polarity the source contradicts; empty where both agree.

    A word that both use must be negated in both or in neither; a negator in the claim must have some counterpart in
    the source; and the claim may not use the opposite of a word of the source in its place.
    """
    said, stated = _polarities(claim), _polarities(source)
    against = [text for key, (text, flags) in said.items() if key in stated and flags.isdisjoint(stated[key][1])]
    if against:
        return tuple(against)
    negators = [word.text for word in _negators(claim)]
    if negators and not any(True for _ in _negators(source)) and not _negated_forms(source):
        return tuple(negators)
    return tuple(_opposed(claim, source))


def _polarities(text: str) -> dict[str, tuple[str, set[bool]]]:
    """The stems of the content words, each as written and with whether it stands negated, plain, or both."""
    ranges = list(_scopes(text))
    found: dict[str, tuple[str, set[bool]]] = {}
    for word in words(text):
        if not word.is_content or word.lower in _NEGATORS:
            continue
        negated = any(start <= word.start < end for start, end in ranges)
        found.setdefault(root(word.text), (word.text, set()))[1].add(negated)
    return found


def _scopes(text: str) -> Iterator[tuple[int, int]]:
    tokens = words(text)
    for negator in _negators(text):
        if negator.lower in _BEFORE:
            start = max((match.end() for match in _BREAKS.finditer(text, 0, negator.start)), default=0)
            yield start, negator.start
            continue
        following = [token for token in tokens if token.start > negator.start][:_REACH]
        end = following[-1].end if following else negator.end
        broken = _BREAKS.search(text, negator.end, end)
        yield negator.end, broken.start() if broken else end


def _negators(text: str) -> Iterator[Word]:
    seeming = [match.span() for match in _ONLY_SEEMS.finditer(text)]
    for word in words(text):
        lower = word.text.casefold().replace("’", "'")
        if (lower in _NEGATORS or lower.endswith("n't")) and not any(a <= word.start < b for a, b in seeming):
            yield word


def _negated_forms(source: str) -> bool:
    """Whether some word of the source is negative by its form: "unknown", "disagreed", "-less"."""
    return any(_PREFIX.match(word.lower) or word.lower.endswith("less") for word in words(source) if word.is_content)


def _opposed(claim: str, source: str) -> Iterator[str]:
    """Words of the claim that the source lacks while it uses their opposite, in the same polarity."""
    said, stated = _polarities(claim), _polarities(source)
    function_words = {stem(word.text): word.text for word in words(claim)}
    source_words = {stem(word.text) for word in words(source)}
    for one, other in _OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            for key in mine & function_words.keys():
                if mine & source_words or not theirs & source_words:
                    continue
                flags = said.get(key, ("", {False}))[1]
                opposite = set().union(*(stated.get(found, ("", {False}))[1] for found in theirs & source_words))
                if flags & opposite:
                    yield function_words[key]
    positive = {stem(_PREFIX.sub("", word.lower)): word.lower for word in words(source) if _PREFIX.match(word.lower)}
    for word in words(claim):
        if not word.is_content or stem(word.text) in source_words:
            continue
        denied = _PREFIX.match(word.lower) and stem(_PREFIX.sub("", word.lower)) in source_words
        if denied or stem(word.text) in positive:
            yield word.text
