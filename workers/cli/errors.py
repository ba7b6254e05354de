"""How a command tells a person what went wrong: one line, what to do next, no traceback."""

import re
from collections.abc import Iterator
from socket import gaierror
from typing import Any

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
    if type(error).__qualname__ in {"LocalError", "Mismatch"}:
        return str(error), WORLD
    if origin == "typer" and hasattr(error, "format_message"):
        return _usage_line(error), USER
    if origin.startswith("pydantic") and type(error).__name__ == "ValidationError":
        return _settings_line(error)
    if origin == "aiokafka" and _is_away(error):
        return _kafka_line(error), WORLD
    return _database_line(error, origin)


def _usage_line(error: Any) -> str:
    """A mistyped command, option or argument; empty where the help has been printed instead."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return ""
    said = " ".join(error.format_message().replace("Value error, ", "").split())
    path = error.ctx.command_path if error.ctx else "pstatus"
    return f"{said if said.endswith(('.', '?')) else said + '.'} `{path} --help` says more."


def _is_away(error: BaseException) -> bool:
    """Nobody answers, or Kafka is going down or coming up; anything else may be a bug of ours."""
    name = type(error).__name__
    return "Connection" in name or "Timeout" in name or getattr(error, "retriable", False)


def _kafka_line(error: BaseException) -> str:
    places = re.findall(r"'([^']+)', (\d+)", str(error))
    where = f" at {', '.join(map(':'.join, places))}" if places else ""
    return f"Kafka does not answer{where}: is it up, and KAFKA_BOOTSTRAP_SERVERS right?"


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
    name = _variable(field)
    wrong = first["msg"].removeprefix("Value error, ")
    return f"{name}: {wrong}. docs/settings.md explains it.", USER


def _variable(told: str) -> str:
    """The variable that the person has set; pydantic tells the field or the first of them."""
    from workers.settings import Settings, origin, variables

    for field in Settings.model_fields:
        if told == field or told in variables(field):
            return origin(field) or variables(field)[0]
    return told


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
