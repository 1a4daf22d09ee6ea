"""Who may come in, and what the browser may load.

Gradio asks for a password on the page and on its REST API, but not on its MCP mount, and it answers on every
endpoint of the page by name. This stands in front of all of it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from assistant import BadSetting

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC = ("ask", "search", "documents")
"""The endpoints that may be called by name."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio compiles its templates
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""What keeps the page from ever asking another host for anything, whatever a document contains."""

BY_NAME = re.compile(r"/gradio_api/(?:run|api|call|call/v2)/([^/]+)/?$")


def users(auth: str | None) -> dict[str, str]:
    """The passwords by user of `user:password`, or of several separated by commas.

    Raises BadSetting; the message never holds a password.
    """
    found: dict[str, str] = {}
    for number, pair in enumerate((auth or "").split(",") if auth else [], start=1):
        user, colon, password = pair.partition(":")
        if not (colon and user.strip() and password):
            raise BadSetting(
                f"--auth (or ASSISTANT_WEB_AUTH) must be user:password, several separated by commas;"
                f" no. {number} is not (a password cannot hold a comma)."
            )
        found[user.strip()] = password
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_host(host: str, passwords: Mapping[str, str]) -> None:
    """Refuse to serve other machines without a password. Raises BadSetting."""
    if not passwords and not is_loopback(host):
        raise BadSetting(
            f"--host {host} would let other machines in: give --auth user:password (or ASSISTANT_WEB_AUTH) as well."
        )


class Knows:
    """Whether a password is right, in a time that tells nothing about it."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = {user: password.encode() for user, password in passwords.items()}

    def __call__(self, user: str, password: str) -> bool:
        """Whether this user has this password."""
        expected = self._passwords.get(user, b"")
        return hmac.compare_digest(password.encode("utf-8", "surrogatepass"), expected) and bool(expected)


class Guard:
    """ASGI middleware: a password for MCP, no private endpoint by name, no foreign hosts or pages, a content policy.

    `knows` is None without sign-in. `only_loopback` turns away requests that name another host than this machine,
    which a hostile page could otherwise have made through a domain of its own (DNS rebinding). Nor may another site's
    page send what only ours sends: a browser tells where a request comes from (W3C, Fetch Metadata Request Headers).
    """

    def __init__(self, app: ASGIApp, knows: Knows | None, *, only_loopback: bool) -> None:
        self._app = app
        self._knows = knows
        self._only_loopback = only_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        headers = dict(scope["headers"])
        if self._only_loopback and not is_loopback(_host(headers)):
            await _refuse(send, 421, "This server answers on this machine only; --host opens it to others.")
        elif "/gradio_api/mcp" in path and self._knows and not self._signed(headers):
            await _refuse(send, 401, "MCP needs the user and password of --auth, as HTTP Basic authorization.")
        elif "/gradio_api/mcp" not in path and scope["method"] == "POST" and _comes_from_elsewhere(headers):
            await _refuse(send, 403, "Only this server's own page may do this in a browser.")
        elif (named := BY_NAME.search(path)) and named[1] not in PUBLIC:
            await _refuse(send, 404, f"There are the endpoints {', '.join('/' + name for name in PUBLIC)}.")
        else:
            await self._app(scope, receive, _with_policy(send))

    def _signed(self, headers: Mapping[bytes, bytes]) -> bool:
        scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"basic" or self._knows is None:
            return False
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self._knows(user, password)


def _comes_from_elsewhere(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser says that another site's page made this request; programs say nothing."""
    return headers.get(b"sec-fetch-site", b"none") not in {b"same-origin", b"none"}


def _host(headers: Mapping[bytes, bytes]) -> str:
    """The host of the Host header, without its port."""
    host = headers.get(b"host", b"").decode("latin-1")
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _with_policy(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = ((b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer"))
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return sending


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="assistant"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})
