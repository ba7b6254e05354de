"""Log lines: JSON for machines, coloured for a terminal; never the message of a foreign exception.

Exceptions of libraries quote what they were given (SQL parameters, payloads), so of an exception
only its type and place are written; of network errors the message too, which names an address.
"""

import logging
import sys
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

import structlog

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
QUIET = ("aiokafka", "sqlalchemy", "asyncio", "uvicorn", "alembic")
"""Libraries that are heard from WARNING on: below it they tell what they carry."""
SILENT = ("faststream", "aiokafka.consumer.group_coordinator", "aiokafka.coordinator.assignors")
"""These warn of harmless things at each start or rebalance: only their errors are heard."""
PLACES = 6
"""How many of an exception's innermost places are written."""


def configure(*, level: str = "info", console: bool = False) -> None:
    """Sets up logging of the whole process, libraries included. Called once, by a command."""
    shared: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places_only,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _route(shared, level.upper(), console)


def _route(shared: list[Any], level: str, console: bool) -> None:
    look: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                look if console else structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)


def places_only(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replaces an exception by its type and places, which hold nothing of what was carried."""
    info = _exc_info(event.pop("exc_info", None))
    if info is None:
        return event
    event["error"] = named(info[1])
    event["at"] = [
        f"{'/'.join(Path(f.filename).parts[-2:])}:{f.lineno} {f.name}"
        for f in extract_tb(info[2])[-PLACES:]
    ]
    return event


def named(error: BaseException) -> str:
    """An exception in words that are safe to log: its type, of network errors the message too."""
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, OSError) else kind


def _exc_info(given: object) -> ExcInfo | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    found = sys.exc_info() if given is True else given
    if isinstance(found, tuple) and found[0] is not None:
        return found
    return None
