"""Does what was said match an accepted form?

Exact match and token F1 are SQuAD's (Rajpurkar et al. 2016; with "" for no answer as in Rajpurkar, Jia & Liang
2018), computed by torchmetrics. `contains` is our own, looser test of right and wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

MOST_WORDS = 50
"""A "short answer" of more words than this is none: whoever recites the document has not answered."""

_MARKER = re.compile(r"\s*\[\d+\]")
_IGNORED = frozenset({"a", "an", "the", "and"})


def squad_scores(said: str | None, accepted: Sequence[str]) -> tuple[float, float]:
    """Exact match and token F1 in [0, 1], the best over the accepted forms.

    `said` is None for a refusal, `accepted` empty for an unanswerable question; then both are 1 or both 0. As in
    the official script for 2.0, accepted forms that normalise to nothing (three are a lone "." in 1.1 dev) are
    dropped.
    """
    squad = _squad()
    forms = [form for form in accepted if squad([_said(form)], [_target([""])])["exact_match"] == 0] or [""]
    scores = squad([_said(said or "")], [_target(forms)])
    return float(scores["exact_match"]) / 100, float(scores["f1"]) / 100


def contains(said: str, accepted: Sequence[str], most_words: int | None = MOST_WORDS) -> bool:
    """Whether an accepted form stands in what was said, word for word; case, punctuation, articles and "and" aside.

    This is the accuracy of Mallen et al. 2023 ("When Not to Trust Language Models"), for what was said in at most
    `most_words` words.
    """
    words = _words(said)
    if most_words is not None and len(words) > most_words:
        return False
    return any(_inside(form, words) for form in map(_words, accepted) if form)


def without_markers(text: str) -> str:
    """An answer's text without its [1] markers."""
    return _MARKER.sub("", text)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [word for word in re.findall(r"\w+", plain) if word not in _IGNORED]


def _inside(form: Sequence[str], words: Sequence[str]) -> bool:
    return any(words[i : i + len(form)] == form for i in range(len(words) - len(form) + 1))


def _said(text: str) -> dict[str, str]:
    return {"id": "it", "prediction_text": text}


def _target(forms: Sequence[str]) -> dict[str, object]:
    return {"id": "it", "answers": {"text": list(forms), "answer_start": [0] * len(forms)}}


@cache
def _squad():  # type: ignore[no-untyped-def]
    from torchmetrics.functional.text import squad

    return squad
