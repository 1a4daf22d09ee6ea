"""An LLM's opinion of an answer, by llama-index's evaluators; shown beside the figures, never among them."""

from __future__ import annotations

from typing import Any, Protocol

from evals.matching import without_markers
from evals.scoring import Row


class Judge(Protocol):
    """Whoever has an opinion of an answer."""

    @property
    def name(self) -> str:
        """What the report shows."""
        ...

    def judge(self, row: Row) -> dict[str, Any] | None:
        """The opinion of a row's answer; None where there is nothing to judge."""
        ...


class LlamaIndexJudge:
    """Correctness against the accepted answers (1 to 5, llama-index's CorrectnessEvaluator) and faithfulness to the
    quotes that were cited (yes or no, its FaithfulnessEvaluator). Only answers are judged: a refusal is not.
    """

    def __init__(self, llm: Any, name: str) -> None:
        from llama_index.core.evaluation import CorrectnessEvaluator, FaithfulnessEvaluator

        self.name = name
        self._correctness = CorrectnessEvaluator(llm=llm)
        self._faithfulness = FaithfulnessEvaluator(llm=llm)

    def judge(self, row: Row) -> dict[str, Any] | None:
        """{"judge", "correctness", "faithful", "feedback"}. Raises whatever the LLM raises."""
        if not row.answer or row.answer.get("answered") is not True:
            return None
        said = without_markers(row.answer["answer"])
        opinion: dict[str, Any] = {"judge": self.name, "correctness": None, "faithful": None, "feedback": ""}
        if row.accepted:
            right = self._correctness.evaluate(query=row.question, response=said, reference=" / ".join(row.accepted))
            opinion |= {"correctness": right.score, "feedback": right.feedback or ""}
        if row.answer["citations"]:
            quotes = [citation["quote"] for citation in row.answer["citations"]]
            found = self._faithfulness.evaluate(query=row.question, response=said, contexts=quotes)
            opinion["faithful"] = found.passing
        return opinion


def without_opinion(judge: Judge, error: BaseException) -> dict[str, Any]:
    """What stands for the opinion of a judge that is out of order."""
    told = f"{type(error).__name__}: {error}"
    return {"judge": judge.name, "correctness": None, "faithful": None, "feedback": "", "error": told}
