"""One worker process from start to end: waits for what it needs, runs its roles, stops cleanly."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Literal, Protocol

import structlog
from faststream import FastStream
from faststream.kafka import KafkaBroker
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.topics import DEAD_LETTERS, SIGNALS
from workers.apply.worker import Apply
from workers.ingest.addresses import AddressKeys
from workers.ingest.consume import Ingest
from workers.ingest.deliver import Delivery
from workers.ingest.letters import Postmark
from workers.ingest.limit import Bounds, Limit
from workers.ingest.plan import Planner
from workers.ingest.produce import Producer
from workers.ingest.redirects import RedirectStudies
from workers.ingest.secret_files import SecretFiles
from workers.ingest.sweep import Sweep
from workers.ingest.sweeper import Sweeper
from workers.ingest.verify import OPEN, Gate
from workers.ops.crash import Crash
from workers.ops.health import Health
from workers.ops.metrics import Metrics
from workers.settings import Settings
from workers.store import configuration, engine
from workers.store.installation import Installation
from workers.wiring import lenient, startup
from workers.wiring.ending import Ending
from workers.wiring.errors import Unready
from workers.wiring.http import Http
from workers.wiring.watchdog import Watchdog

Role = Literal["ingest", "apply", "all"]
CLEAN_END = 4.5
"""Seconds after which the end is no longer waited for: nothing is lost, others take over."""

log = structlog.get_logger(__name__)


class Part(Protocol):
    """What wiring asks of ingest and of apply once they are made."""

    def ready(self) -> list[str]:
        """Why it is not ready; empty when it is."""

    async def stop(self) -> None:
        """Ends it within three seconds; what is not finished is done again elsewhere."""


Making = Callable[[KafkaBroker, AsyncEngine, Installation], Awaitable[Part]]


class Worker:
    """A process with one role or both."""

    def __init__(self, settings: Settings, role: Role) -> None:
        self._settings = settings
        self._role = role
        self._metrics = Metrics()
        self._metrics.set("build_info", 1, version=version("participant-status"))
        self._ending = Ending()
        self._unready: Callable[[], list[str]] = lambda: ["starting"]
        self._closing: list[Callable[[], Awaitable[None]]] = []

    async def run(self) -> int:
        """Runs until a signal or a failure; the exit code. Raises Unready if it can't start."""
        health = Health(self._metrics, lambda: self._unready())  # noqa: PLW0108
        http = Http(health, self._settings.http_host, self._settings.http_port)
        self._ending.listen()
        lenient.install()
        http.start()
        starting = asyncio.create_task(self._start())
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait([starting, ending], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                await ending
        finally:
            self._unready = lambda: ["ending"]
            ending.cancel()
            await self._end(starting, http)
        return self._ending.code

    async def _start(self) -> None:
        settings = self._settings
        found = await startup.broker_of(settings, self._role)
        database = engine.make(settings.database, connections=found.shards + 7)
        self._closing.append(database.dispose)
        installed = await startup.installation_of(settings, database, found)
        broker = _broker(settings)
        parts = [await made(broker, database, installed) for made in self._parts()]
        app = FastStream(broker, logger=None)
        self._closing.append(app.stop)
        # before the broker, for they still commit; at once, for time is short
        self._closing.append(lambda: _gathered(part.stop() for part in parts))
        await app.start()
        self._watch(broker)
        self._unready = lambda: [reason for part in parts for reason in part.ready()]
        _settle_memory()
        log.info("started", role=self._role, shards=installed.shards,
                 database_id=str(installed.database_id))  # fmt: skip

    def _watch(self, broker: KafkaBroker) -> None:
        watching = asyncio.create_task(Watchdog(broker, self._ending.failed).run())

        async def stop() -> None:
            watching.cancel()

        self._closing.append(stop)  # before anything else ends: that is no death

    def _parts(self) -> list[Making]:
        roles: dict[Role, list[Making]] = {
            "ingest": [self._ingest, self._sweeper],
            "apply": [self._apply],
            "all": [self._apply, self._ingest, self._sweeper],
        }
        return roles[self._role]

    async def _apply(
        self, broker: KafkaBroker, database: AsyncEngine, installed: Installation
    ) -> Part:
        apply = Apply(self._settings, database, installed, self._metrics)
        apply.on_fatal = self._ending.failed
        apply.register(broker)
        await apply.start()
        return apply

    async def _ingest(
        self, broker: KafkaBroker, database: AsyncEngine, installed: Installation
    ) -> Part:
        settings, crash = self._settings, Crash(self._settings.crash_after)
        producer = Producer(settings.bootstrap_servers, lambda: crash.after("ingest.handed"))
        self._closing.append(producer.close)
        planner = _planner(settings, installed, await _secret(settings, database))
        delivery = Delivery(
            engine=database, producer=producer, planner=planner, metrics=self._metrics,
            crash=crash, end=self._ending.failed,
        )  # fmt: skip
        ingest = Ingest(
            settings, planner=planner, delivery=delivery, metrics=self._metrics,
            redirects=RedirectStudies(database, delivery.until_done),
            limit=_limit(settings, database, self._metrics), end=self._ending.failed,
        )  # fmt: skip
        ingest.register(broker)
        ingest.start()
        return ingest

    async def _sweeper(
        self, broker: KafkaBroker, database: AsyncEngine, installed: Installation
    ) -> Part:
        settings, crash = self._settings, Crash(self._settings.crash_after)
        producer = Producer(settings.bootstrap_servers, lambda: crash.after("sweep.handed"))
        self._closing.append(producer.close)
        sweep = Sweep(
            engine=database, producer=producer, metrics=self._metrics, crash=crash,
            planner=_planner(settings, installed, await _secret(settings, database)),
            prefix=settings.topic_prefix,
        )  # fmt: skip
        sweeper = Sweeper(database, sweep)
        sweeper.start()
        return sweeper

    async def _end(self, starting: "asyncio.Task[None]", http: Http) -> None:
        try:
            await asyncio.wait_for(self._close(starting), CLEAN_END)
        except TimeoutError:
            log.warning("the end took too long and was cut short")
        await http.stop()

    async def _close(self, starting: "asyncio.Task[None]") -> None:
        starting.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await starting
        for close in reversed(self._closing):
            try:
                await close()
            except Exception as error:
                log.warning("not closed cleanly", exc_info=error)


async def _gathered(waited: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*waited)


def _broker(settings: Settings) -> KafkaBroker:
    return KafkaBroker(
        settings.bootstrap_servers,
        allow_auto_create_topics=False,
        consumer_only=True,
        apply_types=False,
        graceful_timeout=2,
        request_timeout_ms=10_000,
        metadata_max_age_ms=30_000,
        logger=logging.getLogger("faststream"),
    )


def _planner(settings: Settings, installed: Installation, secret: str) -> Planner:
    return Planner(
        signals=settings.topic_prefix + SIGNALS.name,
        dead_letters=settings.topic_prefix + DEAD_LETTERS.name,
        shards=installed.shards,
        addresses=AddressKeys(
            secret, [one.get_secret_value() for one in settings.address_secrets_before]
        ),
        by=Postmark(group=settings.ingest_group, version=version("participant-status")),
        failed=_record_failed,
        gate=_gate(settings),
    )


def _limit(settings: Settings, database: AsyncEngine, metrics: Metrics) -> Limit:
    bounds = Bounds(settings.dead_letter_run, settings.dead_letter_share)
    return Limit(
        database, bounds=bounds, version=version("participant-status"),
        prefix=settings.topic_prefix, metrics=metrics,
    )  # fmt: skip


def _gate(settings: Settings) -> Gate:
    folder = settings.secrets
    if folder is None:
        return OPEN
    if not folder.is_dir():
        raise Unready(f"PSTATUS_SECRETS names no folder: {folder}. Unset it to check nothing.")
    return Gate(SecretFiles(folder).of)


def _record_failed(record: Any, error: Exception) -> None:
    log.error("record_failed", topic=record.topic, partition=record.partition,
              offset=record.offset, exc_info=error)  # fmt: skip


async def _secret(settings: Settings, database: AsyncEngine) -> str:
    if settings.address_secret is not None:
        return settings.address_secret.get_secret_value()
    log.info("addresses are keyed by the secret drawn at installation, kept in the database",
             setting="PSTATUS_ADDRESS_SECRET")  # fmt: skip
    return await configuration.address_secret(database)


def _settle_memory() -> None:
    """What exists now lives for ever: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
