"""A transformers model in this process, as llama-index has it, that can be stopped and whose errors are heard.

llama-index generates in a thread of its own: an error there ends in silence and a listener that waits for ever, and
a listener who leaves lets it generate to its end. Only `assistant.llms` imports this: it is slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, CompletionResponse, CompletionResponseGen
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.llms.huggingface import HuggingFaceLLM
from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer


class _Stop(StoppingCriteria):
    """Ends a generation at its next token once `event` is set."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Whether each sequence of the batch is done."""
        import torch

        return torch.full((input_ids.shape[0],), self._event.is_set(), device=input_ids.device)


class InProcessLLM(HuggingFaceLLM):
    """llama-index's `HuggingFaceLLM` with a stream that ends when its listener leaves or its model fails."""

    def count(self, text: str) -> int:
        """The tokens of `text`."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Generate from a `prompt` that is already in the form the model wants."""
        inputs = self._tokenizer(prompt, return_tensors="pt", add_special_tokens=not self._has_template())
        inputs.pop("token_type_ids", None)
        streamer: Any = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        left = Event()

        def words() -> CompletionResponseGen:
            thread = ThreadPoolExecutor(1, "generating")
            generating = thread.submit(
                self._model.generate,
                **inputs.to(self._model.device),
                streamer=streamer,
                max_new_tokens=self.max_new_tokens,
                stopping_criteria=StoppingCriteriaList([_Stop(left)]),
                **self.generate_kwargs,
            )
            generating.add_done_callback(lambda _: streamer.end())
            thread.shutdown(wait=False)
            text = ""
            try:
                for piece in streamer:
                    text += piece
                    yield CompletionResponse(text=text, delta=piece)
                generating.result()
            finally:
                left.set()

        return words()

    def _has_template(self) -> bool:
        return bool(getattr(self._tokenizer, "chat_template", None))

    def _tokenizer_messages_to_prompt(self, messages: Sequence[ChatMessage]) -> str:
        """The prompt in the model's own chat template; a model without one gets the messages as paragraphs."""
        if not self._has_template():
            return "\n\n".join(str(message.content) for message in messages) + "\n\nAnswer:"
        turns = [{"role": message.role.value, "content": str(message.content)} for message in messages]
        if "system" not in self._tokenizer.chat_template:  # Gemma's and others know no system turn
            turns = [{"role": "user", "content": "\n\n".join(turn["content"] for turn in turns)}]
        prompt: str = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return prompt
