"""A real server on loopback that says what a test tells it to, also wrongly, late or not at all.

It speaks as OpenAI's chat completions do, and at their own addresses as Anthropic and Ollama do.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Turn:
    """One scripted reply: words to stream, or an HTTP error; `cut` ends the connection after so many words."""

    text: str = ""
    status: int = 200
    error: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first word
    pause: float = 0.0  # seconds between words
    cut: int | None = None
    abruptly: bool = False  # the cut resets the connection instead of closing it
    finish: str = "stop"
    usage: dict[str, int] | None = field(default_factory=lambda: {"prompt_tokens": 700, "completion_tokens": 40})
    raw: bytes | None = None  # sent as the body in place of events


def words(text: str) -> list[str]:
    """The text in pieces of a word each, as tokens come."""
    pieces = text.split(" ") if text else []
    return [piece + (" " if index < len(pieces) - 1 else "") for index, piece in enumerate(pieces)]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *request: Any) -> None:
        """A client may leave at any moment; anything else is a mistake of the script."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*request)


class ScriptedServer:
    """Answers from `turns`, the last of which is repeated; a function makes its own from the request."""

    def __init__(self, turns: Sequence[Turn] | Callable[[dict[str, Any]], Turn]) -> None:
        self.turns = turns
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hung_up = Event()  # the client has left while a reply was being written
        self.sent = 0  # words of the last reply that were sent
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                scripted._reply(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{self.host}/v1"

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def _reply(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.requests.append(body)
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        turn = self.turns(body) if callable(self.turns) else self.turns[min(len(self.requests), len(self.turns)) - 1]
        self.sent = 0
        try:
            self._wait(handler.connection, turn.delay)
            if turn.status != 200 or turn.raw is not None:
                self._send_whole(handler, turn)
            else:
                speak = {"/v1/messages": _anthropic, "/api/chat": _ollama}.get(handler.path.partition("?")[0], _openai)
                self._stream(handler, turn, speak)
        except OSError:
            self.hung_up.set()
            handler.close_connection = True

    def _wait(self, connection: socket.socket, seconds: float) -> None:
        """Sleep, but notice a client that hangs up meanwhile: then its end of the connection reads as closed."""
        ends = time.monotonic() + seconds
        connection.settimeout(0.02)
        while time.monotonic() < ends:
            try:
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    raise ConnectionResetError
            except TimeoutError:
                continue
        connection.settimeout(None)

    def _send_whole(self, handler: BaseHTTPRequestHandler, turn: Turn) -> None:
        body = turn.raw if turn.raw is not None else json.dumps({"error": turn.error}).encode()
        handler.send_response(turn.status)
        for name, value in {"Content-Type": "application/json", **turn.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _stream(self, handler: BaseHTTPRequestHandler, turn: Turn, speak: Speaker) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-ndjson" if speak is _ollama else "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for index, (event, is_word) in enumerate(speak(turn)):
            if turn.cut is not None and index >= turn.cut:
                self._cut(handler, turn.abruptly)
                return
            self._chunk(handler, event)
            self.sent += is_word
            if is_word and turn.pause:
                self._wait(handler.connection, turn.pause)
        self._chunk(handler, b"")

    def _cut(self, handler: BaseHTTPRequestHandler, abruptly: bool) -> None:
        if abruptly:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._chunk(handler, b"")
        handler.close_connection = True
        handler.connection.close()

    def _chunk(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.flush()


Speaker = Callable[[Turn], Iterator[tuple[bytes, bool]]]
"""The pieces of a reply as one provider sends them, each with whether it carries a word."""


def _openai(turn: Turn) -> Iterator[tuple[bytes, bool]]:
    def event(**parts: Any) -> bytes:
        whole = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "scripted", **parts}
        return b"data: " + json.dumps(whole).encode() + b"\n\n"

    for piece in words(turn.text):
        yield event(choices=[{"index": 0, "delta": {"role": "assistant", "content": piece}}]), True
    yield event(choices=[{"index": 0, "delta": {}, "finish_reason": turn.finish}]), False
    if turn.usage is not None:
        yield event(choices=[], usage={**turn.usage, "total_tokens": sum(turn.usage.values())}), False
    yield b"data: [DONE]\n\n", False


def _anthropic(turn: Turn) -> Iterator[tuple[bytes, bool]]:
    def event(kind: str, **parts: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **parts})}\n\n".encode()

    read, wrote = turn.usage["prompt_tokens"], turn.usage["completion_tokens"]
    begun = {"id": "x", "type": "message", "role": "assistant", "content": [], "model": "scripted"}
    usage = {"input_tokens": read, "output_tokens": 0}
    yield event("message_start", message={**begun, "stop_reason": None, "stop_sequence": None, "usage": usage}), False
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""}), False
    for piece in words(turn.text):
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece}), True
    yield event("content_block_stop", index=0), False
    finish = {"stop": "end_turn", "length": "max_tokens"}.get(turn.finish, turn.finish)
    ended = {"stop_reason": finish, "stop_sequence": None}
    yield event("message_delta", delta=ended, usage={"output_tokens": wrote}), False
    yield event("message_stop"), False


def _ollama(turn: Turn) -> Iterator[tuple[bytes, bool]]:
    def line(content: str, **parts: Any) -> bytes:
        whole = {"model": "scripted", "created_at": "2025-01-01T00:00:00Z", "done": False, **parts}
        return json.dumps({**whole, "message": {"role": "assistant", "content": content}}).encode() + b"\n"

    for piece in words(turn.text):
        yield line(piece), True
    read, wrote = turn.usage["prompt_tokens"], turn.usage["completion_tokens"]
    yield line("", done=True, done_reason=turn.finish, prompt_eval_count=read, eval_count=wrote), False
