"""LLM judges: llama-index's evaluators, put to a scripted LLM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.bridge.pydantic import Field
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from assistant import Assistant
from assistant.types import Draft, Evidence
from evals import datasets, store
from evals.judges import LlamaIndexJudge
from evals.report import opinions
from evals.runner import run
from evals.scoring import Outcome, Row
from index import DocumentIndex, Match


class Scripted(CustomLLM):
    """Scores every answer 4, finds it borne out where the quote says Oslo, and keeps what it was asked."""

    asked: list[str] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self.asked.append(prompt)
        if "Reference Answer" in prompt:
            return CompletionResponse(text="4.0\nGood enough.")
        return CompletionResponse(text="YES" if "met in Oslo" in prompt.rsplit("Context:", 1)[-1] else "NO")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise NotImplementedError  # LLM demands the method; no judge streams


class Down(Scripted):
    """Cannot be reached."""

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise ConnectionError("no route")


def row(quote: str = "Ann and Bob met in Oslo.", answered: bool = True) -> Row:
    answer = {"answered": answered, "answer": "In Oslo [1].", "citations": [{"quote": quote}]}
    return Row("a", "Where did they meet?", True, ("Oslo", "in Oslo"), None, (), Outcome.RIGHT, answer=answer)


def test_an_answer_is_judged_against_the_gold_and_what_it_cites() -> None:
    llm = Scripted()
    judge = LlamaIndexJudge(llm, "openai-like/some-model")
    opinion = judge.judge(row())
    assert opinion == {
        "judge": "openai-like/some-model",
        "correctness": 4.0,
        "faithful": True,
        "feedback": "Good enough.",
    }
    assert "Oslo / in Oslo" in llm.asked[0]
    assert "[1]" not in llm.asked[0].split("## Generated Answer")[1]
    found = judge.judge(row(quote="It was cold."))
    assert found is not None
    assert found["faithful"] is False


def test_a_refusal_is_not_judged() -> None:
    assert LlamaIndexJudge(Scripted(), "j").judge(row(answered=False)) is None


def test_a_judge_out_of_order_costs_the_answer_nothing(seed_index: DocumentIndex, tmp_path: Path) -> None:
    class Tokyo:
        name = "tokyo"

        def answer(self, question: str, matches: Sequence[Match]) -> Iterator[Draft]:
            found = matches[0].passage
            place = Evidence(found.document, found.start, found.end, found.text)
            yield Draft("In Tokyo [1].", (place,), "Tokyo", confidence=0.9)

    seeds = datasets.seeds()
    [row] = run(
        Assistant(seed_index, Tokyo()),
        seeds.keeping(["fact-meeting-city"]),
        store.start(tmp_path, "seeds", {}, {}),
        judge=LlamaIndexJudge(Down(), "j"),
    )
    assert row.outcome is Outcome.RIGHT
    assert row.judged is not None
    assert row.judged["correctness"] is None
    assert row.judged["error"] == "ConnectionError: no route"
    assert opinions([row])["errors"] == 1
