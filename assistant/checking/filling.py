"""Whether a sentence fills a hole of the source with words of its own.

A hole is found by its form (see `assistant.gaps`), and so is what would fill it: a content word that the source does
not have where the source speaks of the same thing. No list of what is missing from any text is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant import gaps
from assistant.checking.alignment import Aligner, Alignment, Source, Stated, Wanted, touches
from assistant.checking.dates import dates
from assistant.checking.naming import claimed_names, missing_from
from assistant.checking.verbs import root
from assistant.words import content_words, names, words

_NEAR = 3  # words between what a hole is about and what might fill it


def filling(said: str, supports: Sequence[Alignment], cited: Sequence[Source], aligner: Aligner) -> Iterator[str]:
    """The words of `said` that may fill a hole of the `cited` sources; `supports` are its alignments, best first.

    - Where a hole touches the best stretch: the words that don't stand in it, but for a name that stands elsewhere in
      the passage ("Trump" where the source has "he") and a word that stands for one of the stretch; neither may stand
      beside what the hole is about.
    - Where the sentence speaks of what stands before a hole anywhere in these passages: the words that none of them
      has in any form, but for those that stand for a word of the stretch.
    - A name put to a phrase that the source leaves without one ("the Japanese star.").
    """
    best = supports[0]
    anchors = [anchor for source in cited for anchor in _anchors(source)]
    beside = _beside(said, frozenset(anchor.nearest for anchor in anchors))
    stretch = " ".join(found.text for found in supports)
    own = Wanted(said).missing(stretch)
    replacing = aligner.replacing([word for word in own if word.start not in beside], said, stretch)
    if touches(best.start, best.end, best.source.holes):
        known = Stated.of(best.source.text).names
        for word in own:
            elsewhere = word.is_capitalised and not missing_from(word.text, known)
            if word.start in beside or not (elsewhere or word.text in replacing):
                yield word.text
    about = {root(word.text) for word in words(said)}
    if any(about & anchor.about for anchor in anchors):
        new = aligner.own_words(said, "\n\n".join(source.text for source in cited))
        yield from (word.text for word in new if word.text not in replacing)
    yield from _named(said, cited)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What missing words were said about, as roots: the content word `nearest` before them, and all of it."""

    nearest: str
    about: frozenset[str]


def _anchors(source: Source) -> Iterator[_Anchor]:
    """For each hole, the last content word before it, and where only grammar stands between, the last name too.

    Of "Abe, which was " that is Abe, of "Takaichi, who last Tuesday became the " it is "became" and Takaichi.
    """
    for hole in source.holes:
        sentence = next(s for s in source.sentences if s.start <= hole.start <= s.end)
        before = source.text[sentence.start : hole.start]
        nearest = root(next((word.text for word in reversed(content_words(before))), ""))
        named = [name.text for name in names(before) if not dates(name.text)]
        ends_in_grammar = any(word.is_function for word in words(before)[-1:])
        subject = [root(word.text) for name in named[-1:] for word in words(name)] if ends_in_grammar else []
        yield _Anchor(nearest, frozenset([nearest, *subject]))


def _beside(said: str, anchors: frozenset[str]) -> frozenset[int]:
    """Where the words begin that stand near an anchor."""
    tokens = words(said)
    at = [index for index, word in enumerate(tokens) if root(word.text) in anchors]
    return frozenset(word.start for index, word in enumerate(tokens) if any(abs(index - near) <= _NEAR for near in at))


def _named(said: str, cited: Sequence[Source]) -> Iterator[str]:
    """Names of the source that stand directly beside a phrase of two words or more that it leaves without one."""
    known = [Stated.of(source.text).names for source in cited]

    def proper(name: str) -> bool:
        return any(not missing_from(name, names) and names.proper & {w.lower for w in words(name)} for names in known)

    tokens = words(said)
    phrases = {
        tuple(root(word.text) for word in words(phrase.noun))
        for source in cited
        for sentence in source.sentences
        for phrase in gaps.nameless(source.text[sentence.start : sentence.end])
    }
    for phrase in phrases:
        for first in range(len(tokens) - len(phrase) + 1) if len(phrase) > 1 else ():
            run = tokens[first : first + len(phrase)]
            if tuple(root(word.text) for word in run) != phrase:
                continue
            for name in (span for span in claimed_names(said) if proper(said[span.start : span.end])):
                inner = [(name.end, run[0].start), (run[-1].end, name.start)]
                if any(0 <= end - start <= 6 and not content_words(said[start:end]) for start, end in inner):
                    yield said[name.start : name.end]
