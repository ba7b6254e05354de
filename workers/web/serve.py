"""Serves the board until Ctrl-C or SIGTERM; refuses to show itself to others without tokens."""

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from workers.settings import Settings
from workers.store import engine as engines
from workers.store import installation
from workers.web.access import Access, BadTokens
from workers.web.app import create

CONNECTIONS = 4


class CannotServe(Exception):
    """The board can't be served so; the message says what to do."""


def access_of(settings: Settings) -> Access:
    """Who may look. Raises CannotServe: without tokens only this machine may."""
    if settings.web_tokens is not None:
        return _read(settings.web_tokens)
    if not is_loopback(settings.web_host):
        raise CannotServe(
            f"{settings.web_host} can be reached by others: name a file of tokens with"
            " PSTATUS_WEB_TOKENS (lines WORKSPACE TOKEN), or serve on 127.0.0.1."
        )
    return Access()


def _read(path: Path) -> Access:
    try:
        return Access.of(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise CannotServe(f"PSTATUS_WEB_TOKENS: can't read {path} ({_why(error)}).") from None
    except BadTokens as bad:
        raise CannotServe(f"PSTATUS_WEB_TOKENS: {path}, {bad}.") from None


def _why(error: Exception) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "no text"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until told to stop; `ready` is told the address. Raises CannotServe."""
    access = access_of(settings)
    listening = _bound(settings.web_host, settings.web_port)
    engine = engines.make(settings.database, connections=CONNECTIONS, name="pstatus-web")
    try:
        await installation.schema_fits(engine)
        app = create(engine, access, settings.web_names)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
        ready(f"http://{host}:{listening.getsockname()[1]}/")
        await uvicorn.Server(config).serve([listening])
    finally:
        listening.close()
        await engine.dispose()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise CannotServe(
            f"Can't serve on {host}:{port} ({error.strerror}): set PSTATUS_WEB_PORT,"
            " 0 takes any free one."
        ) from None
    return listening
