"""The engine that needs no language model: it answers with the sentences that answer, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.asked import asked
from assistant.engines.evidence import scores, sentences_of
from assistant.spans import spans_of
from assistant.types import Draft, Evidence, Reason
from assistant.words import stems
from index import Embedder
from index.types import Match

NOT_FOUND = "I did not find an answer to this in the documents."


class SentenceEngine:
    """Picks the sentence that answers, by meaning, words and the kind of answer that is asked for."""

    name = "sentences"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
        """The best sentence, cited; or a refusal where none is good enough."""
        candidates = sentences_of(matches)
        if not candidates:
            yield Draft(NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS)
            return
        wanted = asked(question)
        ranked = scores(question, wanted, candidates, self._embedder)
        best = candidates[int(ranked.argmax())]
        confidence = float(min(max(ranked.max() / 1.9, 0.0), 1.0))
        if confidence < 0.5:
            yield Draft(NOT_FOUND, reason=Reason.NOT_IN_DOCUMENTS, confidence=confidence)
            return
        shown = " ".join(re.sub(r"\s?\[\d+\]", "", best.text).split())
        evidence = (Evidence(best.document, best.start, best.end, best.text),)
        yield Draft(shown, evidence, confidence=confidence, final=False)
        new = [
            best.text[span.start : span.end]
            for span in spans_of(wanted.kind, best.text)
            if not set(stems(best.text[span.start : span.end])) & set(stems(question))
        ]
        yield Draft(f"{shown} [1]", evidence, (new or [shown])[0], confidence=confidence)
