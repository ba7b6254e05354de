"""The migrations make what the tables say, once, whoever runs them and how often."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from workers import store
from workers.store import engine, migrate, tables


def differences(connection: Connection) -> list[Any]:
    """What tables.py says otherwise than the database; indexes are the migrations' own."""
    for module in iter_modules(store.__path__):
        if module.name.startswith("tables"):
            import_module(f"{store.__name__}.{module.name}")
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = compare_metadata(context, tables.METADATA)
    return [one for one in found if one[0] != "remove_index"]


async def test_the_migrations_make_the_tables(fresh_database: str):
    """Every table and column of tables.py is there with its type, and no other."""
    database = engine.make(fresh_database, connections=1)
    async with database.connect() as connection:
        found = await connection.run_sync(differences)
    await database.dispose()

    assert found == []


def test_several_at_once_migrate_once(empty_database: str):
    """Workers that start together all find the schema there."""
    assert migrate.versions(empty_database)[0] is None

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.upgrade, [empty_database] * 4))

    found, needed = migrate.versions(empty_database)
    assert found == needed is not None
