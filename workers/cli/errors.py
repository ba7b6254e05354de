"""How a command tells a person what went wrong: one line, what to do next, no traceback."""

from collections.abc import Iterator
from socket import gaierror

USER = 2  # exit code: the person can put it right
WORLD = 1  # exit code: something that we need is not there


class UserError(Exception):
    """A mistake of whoever typed the command; the message says what to do instead."""


def told(error: BaseException) -> tuple[str, int] | None:
    """The one line for this error and the exit code; None for a bug, which wants a traceback."""
    for cause in _chain(error):
        line = _line(cause)
        if line is not None:
            return line
    return None


def _line(error: BaseException) -> tuple[str, int] | None:
    origin = type(error).__module__.partition(".")[0]
    if isinstance(error, UserError):
        return str(error), USER
    if type(error).__qualname__ == "LocalError":
        return str(error), WORLD
    if origin.startswith("pydantic") and type(error).__name__ == "ValidationError":
        return _settings_line(error)
    if origin == "aiokafka" and "Connection" in type(error).__name__:
        return f"Kafka does not answer: is it up, its address right? ({error})", WORLD
    return _database_line(error, origin)


def _database_line(error: BaseException, origin: str) -> tuple[str, int] | None:
    connecting = {"InvalidPasswordError", "InvalidCatalogNameError", "CannotConnectNowError"}
    refused = origin == "asyncpg" and type(error).__name__ in connecting
    if refused or isinstance(error, ConnectionError | gaierror):
        return f"Cannot connect ({error}): is PostgreSQL up, and DATABASE_URL right?", WORLD
    return None


def _settings_line(error: BaseException) -> tuple[str, int] | None:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return None
    first = error.errors(include_input=False, include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "setting"
    name = field if field.isupper() else f"PSTATUS_{field.upper()}"
    wrong = first["msg"].removeprefix("Value error, ")
    return f"{name}: {wrong}. docs/settings.md explains it.", USER


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
