"""The door to local Kafka and PostgreSQL: `up`, `down`, `status`; `throwaway` for tests."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from workers.local import jars, programs, state
from workers.local.errors import LocalError
from workers.local.kafka import Kafka
from workers.local.postgres import DATABASE, THROWAWAY, Postgres
from workers.local.server import Server, stop
from workers.local.watcher import Watcher
from workers.settings import Settings

KINDS: dict[str, type[Server]] = {"kafka": Kafka, "postgres": Postgres}
S = TypeVar("S", bound=Server)


@dataclass(frozen=True, slots=True)
class Local:
    """Running servers. Asking for one that was not wanted raises LocalError."""

    kafka_or_none: Kafka | None
    postgres_or_none: Postgres | None

    @property
    def kafka(self) -> Kafka:
        """The broker: start, stop, kill, pause, resume."""
        return _present(self.kafka_or_none, "Kafka")

    @property
    def postgres(self) -> Postgres:
        """The database server, also: create_database, drop_database, url."""
        return _present(self.postgres_or_none, "PostgreSQL")

    @property
    def bootstrap_servers(self) -> str:
        """host:port of the broker."""
        return self.kafka.address

    @property
    def database_url(self) -> str:
        """The database `pstatus`: postgresql+asyncpg://..."""
        return self.postgres.address

    @property
    def servers(self) -> tuple[Server, ...]:
        """Those that there are."""
        return tuple(s for s in (self.kafka_or_none, self.postgres_or_none) if s is not None)


def up(home: Path, *, kafka: bool = True, postgres: bool = True, bare: bool = False) -> Local:
    """Start what does not run yet; it goes on when this process ends. Data is kept in `home`.

    `bare`: use nothing that is installed beside Python's packages. Raises LocalError.
    """
    home = home.resolve()
    with state.alone(home):
        local = Local(
            _kafka(home, home, bare) if kafka else None, _postgres(home, bare) if postgres else None
        )
        known = state.read(home)
        _each(local.servers, lambda server: _go_on_or_start(home, server, known.get(_key(server))))
        if postgres:
            local.postgres.create_database(DATABASE)
    return local


def up_for(settings: Settings) -> Settings:
    """`up` for what the settings do not name; the same settings, with every address."""
    kafka, postgres = settings.kafka_bootstrap_servers is None, settings.database_url is None
    if kafka or postgres:
        up(settings.home, kafka=kafka, postgres=postgres, bare=settings.local_bare)
    return located(settings)


def located(settings: Settings, *, with_kafka: bool = True) -> Settings:
    """The same settings, with the addresses of local servers where no others are named.

    Raises LocalError if a server that is asked for is neither named nor running here.
    """
    running = status(settings.home)
    found: dict[str, object] = {}
    if with_kafka and settings.kafka_bootstrap_servers is None:
        found["kafka_bootstrap_servers"] = (_running(running, "kafka", "KAFKA_BOOTSTRAP_SERVERS"),)
    if settings.database_url is None:
        found["database_url"] = SecretStr(_running(running, "postgres", "DATABASE_URL"))
    return settings.model_copy(update=found)


def _running(running: dict[str, state.Entry], key: str, variable: str) -> str:
    if key not in running:
        raise LocalError(
            f"No {KINDS[key].name} is known: `pstatus local up` starts one here, "
            f"or set {variable} to your own."
        )
    return running[key].address


def down(home: Path) -> list[str]:
    """Stop what runs, in order; their names. Data and ports are kept for the next `up`."""
    home = home.resolve()
    if not home.exists():
        return []
    with state.alone(home):
        running = status(home)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda key: stop(running[key].process, KINDS[key].stop_signal), running))
    return list(running)


def status(home: Path) -> dict[str, state.Entry]:
    """What runs now, by name (kafka, postgres); a stale note is no server."""
    return {name: entry for name, entry in state.read(home).items() if entry.is_running}


@contextmanager
def throwaway(
    folder: Path,
    *,
    cache: Path,
    kafka: bool = True,
    postgres: bool = True,
    bare: bool = False,
    durable: bool = False,
) -> Iterator[Local]:
    """Servers for a test session in `folder`; servers and folder go when we do, even by kill -9.

    `cache` keeps Kafka's jars: the `.local` folder of the checkout. `durable`: every commit
    reaches the disk, as in production.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with Watcher() as watcher:
        watcher.remove(folder)
        local = Local(
            _kafka(folder, cache.resolve(), bare) if kafka else None,
            _postgres(folder, bare, () if durable else THROWAWAY) if postgres else None,
        )
        for server in local.servers:
            server.on_start = watcher.watch
        try:
            _each(local.servers, lambda server: server.start())
            if postgres:
                local.postgres.create_database(DATABASE)
            yield local
        finally:
            _each(local.servers, lambda server: server.kill())


def _kafka(home: Path, cache: Path, bare: bool) -> Kafka:
    return Kafka(home / "kafka", java=programs.java(bare), jars=jars.ready(cache, bare))


def _postgres(home: Path, bare: bool, settings: tuple[str, ...] = ()) -> Postgres:
    return Postgres(home / "postgres", programs=programs.postgres(bare), settings=settings)


def _go_on_or_start(home: Path, server: Server, entry: state.Entry | None) -> None:
    if entry is not None:
        server.take_ports(entry.ports)
        if entry.is_running and server.adopt(entry.process):
            return
    server.on_start = lambda process: state.note(
        home, _key(server), state.Entry(process, server.ports, server.address)
    )
    server.start()


def _each(servers: tuple[Server, ...], act: Callable[[Server], None]) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(act, servers))


def _key(server: Server) -> str:
    return next(key for key, kind in KINDS.items() if isinstance(server, kind))


def _present(server: S | None, name: str) -> S:
    if server is None:
        raise LocalError(f"{name} was not started here: start it, or do not ask for it.")
    return server
