"""What tests share: one real Kafka and one real PostgreSQL a session, one database a test.

Nothing is started until a test asks for it, and nothing outlives the session, even by kill -9.
`PSTATUS_LOCAL_BARE=1` uses nothing that is installed. Ask for:

- `local`            the servers: local.kafka.kill(), .start(), .pause(), .resume() and so on; put
                     back what you took away
- `bootstrap_servers`, `topic_prefix`   the broker, and names that no other test uses
- `fresh_database`   address of a migrated database of this test alone (empty of rows)
- `empty_database`   the same without any table
- `settings`         Settings with all of the above
"""

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from workers.local import infrastructure
from workers.local.infrastructure import Local
from workers.local.postgres import Postgres
from workers.settings import Settings

NUMBERS = count(1)
TEMPLATE = "migrated"
KEPT = ("PSTATUS_HOME", "PSTATUS_LOCAL_BARE")


def pytest_configure() -> None:
    """The settings of whoever runs the tests are not the tests' own."""
    own = [name for name in os.environ if name.startswith("PSTATUS_") and name not in KEPT]
    for name in (*own, "KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def cache() -> Settings:
    """Where downloads are kept (`home`) and whether installed programs count (`local_bare`)."""
    return Settings()


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, cache: Settings) -> Iterator[Local]:
    """The session's own Kafka and PostgreSQL, thrown away at its end."""
    folder = tmp_path_factory.mktemp("local")
    with infrastructure.throwaway(folder, cache=cache.home, bare=cache.local_bare) as servers:
        yield servers


@pytest.fixture(scope="session")
def bootstrap_servers(local: Local) -> str:
    """host:port of the session's broker."""
    return local.bootstrap_servers


@pytest.fixture(scope="session")
def template(local: Local) -> str:
    """The database that has been migrated once, from which every test's own is copied."""
    from workers.store import migrate

    migrate.upgrade(local.postgres.create_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def make_database(local: Local, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`make_database(template=None)` -> address of a new one, dropped after the test."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(f"{_plain(request.node.name)[:40]}_{next(NUMBERS)}")
        return local.postgres.create_database(made[-1], template)

    yield make
    _drop(local.postgres, made)


@pytest.fixture
def fresh_database(make_database: Callable[..., str], template: str) -> str:
    """Address of a migrated database of this test alone."""
    return make_database(template)


@pytest.fixture
def empty_database(make_database: Callable[..., str]) -> str:
    """Address of a database of this test alone that has no tables."""
    return make_database()


@pytest.fixture
async def topic_prefix(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """What this test's topics begin with; no other test of the session uses it.

    They are deleted afterwards: a broker with thousands of partitions takes long to come back.
    """
    prefix = f"{_plain(request.node.name)[:40]}-{next(NUMBERS)}."
    yield prefix
    if "local" in request.fixturenames:
        await _delete_topics(request.getfixturevalue("bootstrap_servers"), prefix)


@pytest.fixture
def settings(bootstrap_servers: str, fresh_database: str, topic_prefix: str) -> Settings:
    """A worker's settings on this test's own topics and database; `model_copy(update=...)`."""
    return Settings(
        kafka_bootstrap_servers=(bootstrap_servers,),
        database_url=SecretStr(fresh_database),
        topic_prefix=topic_prefix,
        http_port=0,
        shards=4,
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


async def _delete_topics(bootstrap_servers: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    with suppress(KafkaError, TimeoutError):  # a test that failed may have left no broker
        await admin.start()
        try:
            if names := [name for name in await admin.list_topics() if name.startswith(prefix)]:
                await admin.delete_topics(names)
        finally:
            await admin.close()


def _drop(postgres: Postgres, databases: list[str]) -> None:
    if postgres.is_running:
        for name in databases:
            postgres.drop_database(name)
