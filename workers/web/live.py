"""Live pages: a study is read once a second while somebody looks, however many they are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from workers.store.engine import transient

REST = 1.0
"""Seconds between two readings."""
SIGN = 15
"""Readings without news after which a line is sent all the same: proxies end silent streams."""

Render = Callable[[], Awaitable[str]]
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Scene:
    """What is being watched: its newest fragment, and who waits for the next."""

    html: str = ""
    number: int = 0
    watchers: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None


class Watch:
    """Shares one reading a second among all who look at the same thing."""

    def __init__(self) -> None:
        self._scenes: dict[tuple[str, ...], _Scene] = {}

    async def follow(self, key: tuple[str, ...], render: Render) -> AsyncIterator[bytes]:
        """The fragment as server-sent events: at once, then whenever it has changed."""
        scene = self._scenes.setdefault(key, _Scene())
        scene.watchers += 1
        if scene.task is None:
            scene.task = asyncio.create_task(self._read(scene, render))
        seen, silent = 0, 0
        try:
            while True:
                news = await self._news(scene, seen)
                silent = 0 if news else silent + 1
                if news:
                    seen = scene.number
                    yield event(scene.html)
                elif silent % SIGN == 0:
                    yield b": still here\n\n"
        finally:
            self._leave(key, scene)

    async def _news(self, scene: _Scene, seen: int) -> bool:
        async with scene.news:
            try:
                await asyncio.wait_for(scene.news.wait_for(lambda: scene.number > seen), REST)
            except TimeoutError:
                return False
        return True

    def _leave(self, key: tuple[str, ...], scene: _Scene) -> None:
        scene.watchers -= 1
        if scene.watchers == 0 and scene.task is not None:
            scene.task.cancel()
            self._scenes.pop(key, None)

    async def _read(self, scene: _Scene, render: Render) -> None:
        while True:
            try:
                html = await render()
            except Exception as error:
                if not transient(error):
                    log.error("live_page_failed", error=type(error).__name__)
                await asyncio.sleep(REST)  # the page keeps what it shows
                continue
            if html != scene.html:
                async with scene.news:
                    scene.html, scene.number = html, scene.number + 1
                    scene.news.notify_all()
            await asyncio.sleep(REST)


def event(html: str) -> bytes:
    """A fragment as one server-sent event."""
    lines = "\n".join(f"data: {line}" for line in html.splitlines())
    return f"event: page\n{lines}\n\n".encode()
