"""Serves health and metrics beside the workers; leaves signals and logging to the process."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from workers.ops.health import Health
from workers.wiring.errors import Unready

log = structlog.get_logger(__name__)


class Http:
    """One listening socket, from before Kafka is there until after the workers have ended."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        self._socket = _bound(host, port)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            health, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = _Quiet(config)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to answer."""
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        log.info("serving health and metrics", url=self.url)

    async def stop(self) -> None:
        """Stops answering."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2)
        self._socket.close()


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process's own handlers stay."""
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise Unready(
            f"Can't serve health and metrics on {host}:{port} ({error.strerror}): set"
            " PSTATUS_HTTP_PORT, 0 takes any free one."
        ) from None
    return listening
