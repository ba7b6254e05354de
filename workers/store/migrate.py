"""Brings a database to the schema of this version, and says whether it is there."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")
LOCK = 7_268_470_001  # one migration at a time, whoever starts it


def upgrade(url: str) -> None:
    """Apply every step that is missing; safe to call at any time and by several at once.

    `url` is `postgresql+asyncpg://...`. May be called with or without a running event loop.
    """
    _alone(_on(url, _upgrade))


def versions(url: str) -> tuple[str | None, str | None]:
    """The version that the database has, and the one that this program needs."""
    return _alone(_on(url, present)), needed()


def present(connection: Connection) -> str | None:
    """The version that the database has; None if it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def needed() -> str | None:
    """The version that this program needs."""
    return _steps().get_current_head()


def knows(version: str) -> bool:
    """Whether this program has the step that makes this version."""
    return any(step.revision == version for step in _steps().walk_revisions())


def _upgrade(connection: Connection) -> None:
    connection.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
    connection.commit()
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _steps() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


async def _on(url: str, act: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(act)
    finally:
        await engine.dispose()


def _alone(work: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
