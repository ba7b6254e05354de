"""One way to make an engine, with the limits that keep a zombie from holding a lock."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ROLLED_BACK = ("40", "55P03", "57P01", "57P02", "57P03", "57014", "25P03", "53", "08")
"""SQLSTATE classes and codes after which the same work may simply be done again."""
DATA = ("22", "23", "54")
"""SQLSTATE classes that mean: some value in this statement can't be taken."""


def make(url: str, *, connections: int, name: str = "pstatus") -> AsyncEngine:
    """An engine with at most so many connections; a transaction idle for 5 s is ended."""
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 30,
            "server_settings": {
                "idle_in_transaction_session_timeout": "5000",
                "synchronous_commit": "on",
                "application_name": name,
                "timezone": "UTC",
            },
        },
    )


def sqlstate(error: DBAPIError) -> str:
    """Postgres' five characters; empty if the error was not its."""
    return getattr(error.orig, "sqlstate", None) or ""


def transient(error: BaseException) -> bool:
    """Whether the world is at fault: back off, and do the same work again."""
    if isinstance(error, OSError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or sqlstate(error).startswith(ROLLED_BACK)


def about_data(error: BaseException) -> bool:
    """Whether a value is at fault: halve until it is found."""
    return isinstance(error, DBAPIError) and sqlstate(error).startswith(DATA)
