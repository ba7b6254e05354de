"""The HTTP side of a worker: liveness, readiness, metrics. Asks nothing of broker or database."""

from collections.abc import Awaitable, Callable, MutableMapping
from json import dumps
from typing import Any

from workers.ops.metrics import CONTENT_TYPE, Metrics

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Reasons = Callable[[], list[str]]
"""Why the worker is not ready; an empty list: it is."""


class Health:
    """A small ASGI application: /health/live, /health/ready, /metrics."""

    def __init__(self, metrics: Metrics, reasons: Reasons) -> None:
        self._metrics = metrics
        self._reasons = reasons

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One HTTP request; anything but GET and HEAD of the three paths is not found."""
        if scope["type"] != "http":
            return
        status, kind, body = self._answer(scope["method"], scope["path"])
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        if method in ("GET", "HEAD"):
            if path == "/health/live":
                return _json(200, status="live")
            if path == "/health/ready":
                return self._ready()
            if path == "/metrics":
                return 200, CONTENT_TYPE, self._metrics.text()
        return _json(404, status="not found")

    def _ready(self) -> tuple[int, str, bytes]:
        reasons = self._reasons()
        if reasons:
            return _json(503, status="not ready", reasons=reasons)
        return _json(200, status="ready")


def _json(code: int, **said: object) -> tuple[int, str, bytes]:
    return code, "application/json", dumps(said).encode()
