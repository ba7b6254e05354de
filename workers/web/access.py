"""Who may look: names this board answers to, tokens of one workspace each, what pages may do.

A token is posted once in a form and becomes a cookie; it never stands in an address. Without any
token everybody who reaches the board sees every workspace: serve.py allows that on loopback alone.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "pstatus_session"
SHORTEST = 32
"""Characters that a token has at least: it must not be guessed."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class BadTokens(Exception):
    """The file of tokens can't be used; the message says why, without any token."""


@dataclass(frozen=True, slots=True)
class Access:
    """`sessions`: what the cookie holds -> the workspace; empty: no token is asked for."""

    sessions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> "Access":
        """From the lines `WORKSPACE TOKEN` of a file; a workspace may have several tokens."""
        sessions: dict[str, str] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            workspace_id, _, token = line.strip().rpartition(" ")
            if not workspace_id or len(token) < SHORTEST:
                raise BadTokens(f"line {number}: wants WORKSPACE TOKEN, of {SHORTEST} or more")
            if sessions.setdefault(session_of(token), workspace_id.strip()) != workspace_id.strip():
                raise BadTokens(f"line {number}: the same token for two workspaces")
        if not sessions:
            raise BadTokens("no line WORKSPACE TOKEN in it")
        return cls(sessions)

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for a token."""
        return not self.sessions

    def workspace(self, session: str | None) -> str | None:
        """Whose workspace a cookie opens; every one is compared, in equal time."""
        found = None
        for known, workspace_id in self.sessions.items():
            if session is not None and hmac.compare_digest(known.encode(), session.encode()):
                found = workspace_id
        return found

    def allows(self, request: Request, workspace_id: str) -> bool:
        """Whether this request may see this workspace."""
        return self.is_open or self.workspace(request.cookies.get(COOKIE)) == workspace_id


def session_of(token: str) -> str:
    """What the cookie holds instead of the token: nothing leads back."""
    return hmac.new(b"pstatus web session", token.encode(), sha256).hexdigest()


def is_own(request: Request) -> bool:
    """Whether a posted form came from one of our own pages."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


class Guarded:
    """Puts on every answer what a browser must know; pages are not kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)
