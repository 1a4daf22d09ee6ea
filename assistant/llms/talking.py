"""A conversation with a llama-index LLM: streamed, bounded in time, tried again where that may help, cancellable.

The model is read by a task on an event loop in a thread of its own. Whoever listens may stop at any moment, also
while nothing arrives: the task is cancelled, and with it the HTTP request.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistant.llms.outages import Outage, Place, outage
from assistant.llms.prompting import Message

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.llms import LLM

ATTEMPTS = 3
_LONGEST = 20_000  # characters of a reply that are read: far more than the limit of tokens allows
_LONGEST_FAREWELL = 2.0  # seconds that closing waits for what is under way
_BEAT = 0.25  # seconds after which a listener hears that nothing is new, and so may leave
_LONGEST_WAIT = 10.0  # seconds between two attempts
_FINISHED_BY_LENGTH = frozenset({"length", "max_tokens"})
_REFUSED = frozenset({"content_filter", "refusal", "safety"})


@dataclass(frozen=True, slots=True)
class Said:
    """What the model has said so far. `tokens_in` and `tokens_out` are None until the provider tells them.

    `first` is the number of seconds to the first word; `cut` is set where the limit of tokens ended the reply.
    """

    text: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    first: float | None = None
    cut: bool = False


class Talker:
    """Talks to one model; safe to use from several threads."""

    def __init__(self, llm: LLM, place: Place, timeout: float) -> None:
        """`timeout` is the number of seconds a reply may take in all, further attempts included."""
        self._llm = llm
        self._place = place
        self._timeout = timeout
        self._usage_asked = True
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def say(self, messages: Sequence[Message], timeout: float | None = None) -> Generator[Said]:
        """The reply as it grows; the same again every quarter of a second while nothing arrives.

        Closing the iterator ends the request. Raises Outage.
        """
        limit = timeout or self._timeout
        pieces: SimpleQueue[Said | None] = SimpleQueue()
        talk = asyncio.run_coroutine_threadsafe(self._talk(messages, pieces.put, limit), self._running())
        talk.add_done_callback(lambda _: pieces.put(None))
        ends = monotonic() + limit + 1  # the task ends itself before, unless a model holds up its loop
        said: Said | None = Said()
        try:
            while said is not None:
                yield said
                said = self._next(pieces, said, ends)
            yield from self._last(talk, limit)
        finally:
            talk.cancel()

    def _next(self, pieces: SimpleQueue[Said | None], before: Said, ends: float) -> Said | None:
        try:
            newest = pieces.get(timeout=_BEAT)
            while newest is not None and not pieces.empty():
                newest = pieces.get()
        except Empty:
            if monotonic() > ends:
                raise outage(TimeoutError(), self._place, self._timeout) from None
            return before
        return newest

    def _last(self, talk: Future[Said], limit: float) -> Iterator[Said]:
        if talk.cancelled():
            raise Outage(f"{self._place.name} was closed in mid-answer")
        if (error := talk.exception()) is not None:
            raise outage(error, self._place, limit) from error
        yield talk.result()

    def close(self) -> None:
        """Close the connections, and let the thread of the event loop end."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._hang_up(), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )

    async def _hang_up(self) -> None:
        """End what is under way, and the connections on their loop; llama-index's classes have no way to do so."""
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way, timeout=_LONGEST_FAREWELL)
        for name in ("_aclient", "_async_client"):
            client = getattr(self._llm, name, None)
            if client is not None:
                await client.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=_run, args=(self._loop,), name="llm", daemon=True).start()
            return self._loop

    async def _talk(self, messages: Sequence[Message], put: Callable[[Said], None], limit: float) -> Said:
        began = monotonic()
        async with asyncio.timeout(limit):
            for attempt in range(1, ATTEMPTS + 1):
                listener = _Listener(put, began)
                # A task, so that whatever a provider's code raises comes back as a value.
                reading = asyncio.ensure_future(self._read(messages, listener))
                try:
                    await asyncio.wait({reading})
                finally:
                    reading.cancel()
                    await asyncio.wait({reading})
                error = reading.exception()
                if error is None:
                    return listener.said
                failed = outage(error, self._place, limit, begun=bool(listener.said.text))
                if self._usage_asked and "stream_options" in str(error):
                    self._usage_asked = False  # a server that doesn't know how to be asked for its usage
                elif attempt == ATTEMPTS or not failed.again or (failed.wait or 0) > _LONGEST_WAIT:
                    raise failed from error
                else:
                    backoff = random.uniform(0.5, 1.0) * 2 ** (attempt - 1)
                    await asyncio.sleep(backoff if failed.wait is None else failed.wait)
        raise Outage(f"{self._place.name} did not answer")

    async def _read(self, messages: Sequence[Message], listener: _Listener) -> None:
        from llama_index.core.base.llms.types import ChatMessage, MessageRole

        sent = [ChatMessage(role=MessageRole(message.role), content=message.content) for message in messages]
        async with aclosing(self._responses(sent)) as responses:
            async for response in responses:
                listener.hear(response)
                if len(listener.said.text) > _LONGEST:
                    return
        listener.end(self._place)

    async def _responses(self, sent: list[Any]) -> AsyncGenerator[ChatResponse]:
        from llama_index.core.llms import CustomLLM

        if isinstance(self._llm, CustomLLM):  # in process: llama-index would hold up the loop with it
            async for response in _in_thread(self._llm, sent):
                yield response
            return
        asks = self._usage_asked and "openai" in self._llm.class_name().lower()
        extra = {"stream_options": {"include_usage": True}} if asks else {}
        async for response in await self._llm.astream_chat(sent, **extra):
            yield response


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _in_thread(llm: LLM, sent: list[Any]) -> AsyncGenerator[ChatResponse]:
    """What a model in this process says, each step taken in one thread; leaving early closes its generator."""
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, "llm-steps")
    responses: Any = None
    try:
        responses = await loop.run_in_executor(thread, llm.stream_chat, sent)
        while (response := await loop.run_in_executor(thread, next, responses, None)) is not None:
            yield response
    finally:
        if responses is not None:
            thread.submit(responses.close)  # after the step that may still be running
        thread.shutdown(wait=False)


class _Listener:
    """Puts the reply together from llama-index's responses."""

    def __init__(self, put: Callable[[Said], None], began: float) -> None:
        self._put = put
        self._began = began
        self._finish: str | None = None
        self._tells_its_end = False
        self._heard = False
        self.said = Said()

    def hear(self, response: ChatResponse) -> None:
        """Take in one response: its new words, and what it tells about the tokens and the end."""
        self._heard = True
        text = self.said.text + (response.delta or "")
        first = self.said.first if self.said.first is not None or not text else monotonic() - self._began
        tokens = _tokens(response)
        self._hear_end(response)
        self.said = Said(
            text,
            tokens[0] if tokens else self.said.tokens_in,
            tokens[1] if tokens else self.said.tokens_out,
            first,
            self._finish in _FINISHED_BY_LENGTH or len(text) > _LONGEST,
        )
        self._put(self.said)

    def _hear_end(self, response: ChatResponse) -> None:
        """OpenAI's chunks carry a `finish_reason`, Ollama's `done`, Anthropic's messages a `stop_reason`."""
        raw = response.raw
        if isinstance(raw, dict) and "done" in raw:
            self._tells_its_end = True
            self._finish = self._finish or (raw.get("done_reason") or "stop" if raw["done"] else None)
        elif choices := getattr(raw, "choices", None):
            self._tells_its_end = True
            self._finish = self._finish or choices[0].finish_reason
        elif "stop_reason" in response.message.additional_kwargs:
            self._tells_its_end = True
            self._finish = self._finish or response.message.additional_kwargs["stop_reason"]

    def end(self, place: Place) -> None:
        """Raise Outage where the reply is empty, was refused, or stopped without its end."""
        if self._finish in _REFUSED:
            raise Outage(f"{place.name} declined to answer")
        if self._tells_its_end and self._finish is None:
            raise Outage(f"{place.name} broke off in mid-answer")
        if not self.said.text.strip():
            raise Outage(f"{place.name} {self._silence(place)}")

    def _silence(self, place: Place) -> str:
        """Why there is no text, as far as that can be told."""
        if self._finish in _FINISHED_BY_LENGTH:
            return "used up its reply before it answered: turn its thinking off, or raise ASSISTANT_LLM_CONTEXT"
        return "said nothing" if self._heard else f"sent nothing that could be read: {place.start}"


def _tokens(response: ChatResponse) -> tuple[int, int] | None:
    """Tokens read and written, as the provider counts them."""
    raw = response.raw
    told: Any = response.message.additional_kwargs.get("usage") or response.additional_kwargs
    if isinstance(raw, dict) and isinstance(raw.get("usage"), dict):
        told = raw["usage"]
    for read, wrote in (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")):
        if isinstance(told, dict) and isinstance(told.get(read), int) and isinstance(told.get(wrote), int):
            return told[read], told[wrote]
    return None
