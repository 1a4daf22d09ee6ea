"""What went wrong with a language model, in one line that says what to do, and whether asking again may help.

Each provider's client raises errors of its own; they are told apart by what they have in common (a status code, the
family of their class), so that no provider has to be installed. Nothing that could be a key is repeated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from assistant.errors import EngineError
from assistant.words import word_set

_SAFE = 200  # characters of a server's own words
_CONNECTION = word_set(
    "ConnectionError APIConnectionError ConnectError ConnectTimeout NetworkError ReadError WriteError CloseError"
    " RemoteProtocolError TransportError ConnectionResetError IncompleteReadError"
)
_TIMEOUT = word_set("TimeoutError TimeoutException APITimeoutError ReadTimeout ConnectTimeout PoolTimeout")
_TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_TOO_MUCH = re.compile(r"context|too (?:long|large|many tokens)|maximum (?:\w+ )?(?:tokens|length)", re.IGNORECASE)
_READS_LESS = "cannot read that much: set ASSISTANT_LLM_CONTEXT to its context window in tokens"
_KEY = re.compile(
    r"[\w-]*\*{3,}[\w-]*|\b(?:sk|pk|bearer)[-_ ][\w-]{8,}|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is reached, for messages: its name in the setting, the server's address, what makes it run."""

    name: str
    address: str = ""
    key: str = ""
    start: str = "check that the server runs and that ASSISTANT_LLM names its address"
    pull: str = "check the model's name in ASSISTANT_LLM"


class Outage(EngineError):
    """The model did not answer. `again` says whether asking again may help, `wait` after how many seconds."""

    def __init__(self, message: str, *, again: bool = False, wait: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.wait = wait


def outage(error: BaseException, place: Place, seconds: float, *, begun: bool = False) -> Outage:
    """What `error` means; `seconds` is the time limit, `begun` whether some of the reply had arrived."""
    if isinstance(error, Outage):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status > 0:
        return _by_status(error, status, place)
    family = {base.__name__ for base in type(error).__mro__}
    if family & _TIMEOUT:
        says = f"gave no complete answer within {seconds:g} s (ASSISTANT_LLM_TIMEOUT)"
    elif begun:
        says = "broke off in mid-answer"
    elif isinstance(error, ValueError) and _TOO_MUCH.search(str(error)):
        says = _READS_LESS
    elif family & _CONNECTION:
        says = f"cannot be reached{f' at {place.address}' if place.address else ''}: {place.start}"
    else:
        says = f"sent something that could not be read ({type(error).__name__})"
    return Outage(f"{place.name} {says}", again=says.startswith("cannot be reached"))


def _by_status(error: BaseException, status: int, place: Place) -> Outage:
    said = _words_of(error)
    if status == 429 and re.search(r"quota|billing|credit", said, re.IGNORECASE):
        return Outage(f"{place.name}: the account's quota is used up")
    if status in _TRY_AGAIN:
        what = " is limiting requests at the moment" if status == 429 else f": the server failed (HTTP {status})"
        return Outage(f"{place.name}{what}", again=True, wait=_wait(error))
    if status in {401, 403}:
        return Outage(f"{place.name} refused the key: check {place.key or 'the key'}")
    if status == 404:
        return Outage(f"{place.name} is not known to the server: {place.pull}")
    if _TOO_MUCH.search(said):
        return Outage(f"{place.name} {_READS_LESS}")
    return Outage(f"{place.name} rejected the request (HTTP {status}{': ' if said else ''}{said})")


def _words_of(error: BaseException) -> str:
    """What the server said, on one line, short, with anything that looks like a key left out."""
    body = getattr(error, "body", None)
    told = body.get("message") if isinstance(body, dict) else None
    return without_keys(" ".join(str(told or error)[: 10 * _SAFE].split()))[:_SAFE]


def without_keys(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """`text` without the keys of the environment, whole, and without what looks like one."""
    for name, value in environment.items():
        if len(value) > 5 and re.search(r"KEY|TOKEN|SECRET", name):
            text = text.replace(value, "…")
    return _KEY.sub("…", text)


def _wait(error: BaseException) -> float | None:
    """The seconds that the server asks to wait (RFC 9110, Retry-After), as a number or up to a date."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    asked = str(headers.get("retry-after", "")) if headers is not None else ""
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", asked):
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # no date, or one without its time zone
        return None
