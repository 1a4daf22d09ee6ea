"""The base form of irregular English words, which no stemmer knows: "met" and "meet" are one word."""

from __future__ import annotations

from assistant.stemming import stem

_FORMS = """
arise arose arisen|bear bore borne born|beat beaten|become became|begin began begun|bend bent|bind bound
bite bit bitten|blow blew blown|break broke broken|breed bred|bring brought|build built|burn burnt|buy bought
catch caught|choose chose chosen|cling clung|come came|creep crept|deal dealt|dig dug|do does did done
draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt
fight fought|find found|flee fled|fly flew flown|forbid forbade forbidden|forget forgot forgotten
forgive forgave forgiven|freeze froze frozen|get got gotten|give gave given|go went gone|grind ground
grow grew grown|hang hung|have has had|hear heard|hide hid hidden|hold held|keep kept|kneel knelt
know knew known|lay laid|lead led|lean leant|leap leapt|learn learnt|leave left|lend lent|lie lay lain|light lit
lose lost|make made|mean meant|meet met meeting|pay paid|prove proven|ride rode ridden|ring rang rung
rise rose risen|run ran|say said|see saw seen|seek sought|sell sold|send sent|shake shook shaken|shine shone
shoot shot|show shown|shrink shrank shrunk|sing sang sung|sink sank sunk|sit sat|sleep slept|slide slid
speak spoke spoken|spend spent|spin spun|spring sprang sprung|stand stood|steal stole stolen|stick stuck
sting stung|strike struck|strive strove|swear swore sworn|sweep swept|swim swam swum|swing swung|take took taken
teach taught|tear tore torn|tell told|think thought|throw threw thrown|wake woke woken|wear wore worn
weave wove woven|win won|wind wound|withdraw withdrew withdrawn|write wrote written|understand understood
man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|person people|life lives
wife wives|half halves
"""
_ROOTS = {
    form: forms.split()[0]
    for line in _FORMS.strip().splitlines()
    for forms in line.split("|")
    for form in forms.split()[1:]
}


def root(word: str) -> str:
    """The stem of a word's base form: the same for "meet", "met", "meeting" and "meetings"."""
    lower = word.casefold()
    return stem(_ROOTS.get(lower) or _ROOTS.get(lower.removesuffix("s")) or lower)


def is_irregular(word: str) -> bool:
    """Whether this is a form of a verb that no rule makes, its base form left out: "met", "given"."""
    return word.casefold() in _ROOTS
