"""The stem of a word: what its forms have in common."""

from __future__ import annotations

import re
from functools import lru_cache
from threading import local
from typing import Any
from unicodedata import combining, normalize

_state = local()

_IRREGULAR = """
be was were been am is are; become became; begin began begun; bite bit bitten; blow blew blown; break broke broken;
bring brought; build built; burn burnt; buy bought; catch caught; choose chose chosen; come came; deal dealt; die
dead death; do did done does; draw drew drawn; drink drank drunk; drive drove driven; eat ate eaten; fall fell
fallen; feed fed; feel felt; fight fought; find found; fly flew flown flight; forget forgot forgotten; forgive
forgave; freeze froze frozen; get got gotten; give gave given; go went gone; grow grew grown growth; hang hung;
have had has; hear heard; hide hid hidden; hold held; keep kept; know knew known; lay laid; lead led; leave left;
lend lent; lose lost loss losses; make made; man men; mean meant; meet met; mouse mice; pay paid; person people;
ride rode ridden; ring rang rung; rise rose risen; run ran; say said; see saw seen; seek sought; sell sold sale;
send sent; shake shook shaken; shoot shot; show shown; sing sang sung; sink sank sunk; sit sat; sleep slept; slide
slid; speak spoke spoken speech; spend spent; spring sprang sprung; stand stood; steal stole stolen; stick stuck;
strike struck; swear swore sworn; sweep swept; swim swam swum; take took taken; teach taught; tell told; think
thought; throw threw thrown; understand understood; wake woke woken; wear wore worn; weave wove woven; win won;
withdraw withdrew withdrawn; woman women; write wrote written; child children; foot feet; tooth teeth; life lives;
wife wives; leaf leaves; half halves; knife knives; one 1; two 2; three 3; four 4; five 5; six 6; seven 7; eight 8;
nine 9; ten 10; eleven 11; twelve 12; january jan; february feb; march mar; april apr; june jun; july jul; august
aug; september sep sept; october oct; november nov; december dec
"""
_BASE = {form: group.split()[0] for group in _IRREGULAR.split(";") for form in group.split()}


@lru_cache(maxsize=100_000)
def plain(word: str) -> str:
    """The word in small letters, without accents and possessive ending."""
    letters = (c for c in normalize("NFKD", word.casefold()) if not combining(c))
    return re.sub(r"['’]s?$", "", "".join(letters))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The English (Snowball) stem of a word; irregular forms, months and small numbers count as their base form."""
    lower = plain(word)
    return str(_stemmer().stemWord(_BASE.get(lower, lower)))


def _stemmer() -> Any:
    """PyStemmer's objects keep state, so each thread has its own."""
    if not hasattr(_state, "stemmer"):
        import Stemmer

        _state.stemmer = Stemmer.Stemmer("english")
    return _state.stemmer
