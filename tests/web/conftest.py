"""The board on a real database and a real socket; asked as a browser would, without one."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
import uvicorn

from workers.store import engine as engines
from workers.web.access import Access
from workers.web.app import create


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Served:
    """A board that is being served on loopback."""

    port: int

    async def get(self, path: str, **headers: str) -> Answer:
        """One GET; `_` in a header's name stands for `-`."""
        return await asyncio.to_thread(self._ask, "GET", path, None, headers)

    async def post(self, path: str, told: Mapping[str, str], **headers: str) -> Answer:
        """One posted form."""
        form = {"content_type": "application/x-www-form-urlencoded"}
        return await asyncio.to_thread(self._ask, "POST", path, urlencode(told), form | headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, path, body, named)
            got = connection.getresponse()
            told = {name.lower(): text for name, text in got.getheaders()}
            return Answer(got.status, told, got.read().decode())
        finally:
            connection.close()


Serve = Callable[..., Awaitable[Served]]


@asynccontextmanager
async def served(database: str, access: Access, names: tuple[str, ...]) -> AsyncIterator[Served]:
    """The board on a free port."""
    engine = engines.make(database, connections=3)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create(engine, access, names), log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listening]))
    try:
        yield Served(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await serving
        await engine.dispose()


@pytest.fixture
async def serve(fresh_database: str) -> AsyncIterator[Serve]:
    """`await serve(tokens="w1 ...", names=())` -> Served; ended after the test."""
    async with AsyncExitStack() as stack:

        async def begin(tokens: str | None = None, names: tuple[str, ...] = ()) -> Served:
            access = Access() if tokens is None else Access.of(tokens)
            return await stack.enter_async_context(served(fresh_database, access, names))

        yield begin
