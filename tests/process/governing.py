"""Policies through the one door, the database's own clock, and what holds of people governed."""

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from schemas.fields import format_instant
from tests.process import wire
from tests.process.applying import Told, fetch, found, published_is_the_outbox, worked_off
from tests.process.conftest import Start
from workers.apply.checking import check
from workers.apply.recounting import recount
from workers.settings import Settings
from workers.store import engine
from workers.store.checking import Scope

NO_DRAINS = "select 1 where not exists (select 1 from drains)"


def policy(
    *rules: Told, name: str = "policy", at: str = "2026-03-01T09:00:00Z", zone: str = "UTC"
) -> Told:
    """A policy of these rules."""
    numbered = [{"id": f"r{n}"} | rule for n, rule in enumerate(rules)]
    frame = {"id": f"test:{name}", "workspace_id": "w1", "kind": "policy.configured"}
    return frame | {"occurred_at": at, "rules": numbered, "timezone": zone}


async def publish(settings: Settings, configuration: Told) -> None:
    """Puts a configuration where ingest finds it."""
    value = json.dumps(configuration).encode()
    await wire.put(settings, "webhooks.product", wire.webhook(value, "standard"))


async def govern(settings: Settings, start: Start, configuration: Told) -> None:
    """Publishes a configuration and waits until ingest has stored it; ingest ends again."""
    ingest = start("ingest")
    await publish(settings, configuration)
    await found(settings, f"select 1 from policies where signal_id = '{configuration['id']}'")
    ingest.kill()


async def drained(settings: Settings) -> None:
    """Waits until everybody is up to date and everything is published."""
    await found(settings, NO_DRAINS)
    await worked_off(settings)


async def clock_at(settings: Settings, instant: str) -> None:
    """From now on the database's clock runs on from another instant."""
    await _clock(settings, f"timestamptz '{instant}' + (clock_timestamp() - timestamptz '{{now}}')")


async def clock_back(settings: Settings, seconds: int) -> None:
    """From now on the database's clock is behind by some seconds."""
    await _clock(settings, f"clock_timestamp() - interval '{seconds} seconds'")


async def _clock(settings: Settings, expression: str) -> None:
    ((now,),) = await fetch(settings, "select clock_timestamp()::text")
    body = expression.format(now=now).replace("'", "''")
    await fetch(
        settings,
        "create or replace function pstatus_clock() returns timestamptz language sql volatile"
        f" as 'select {body}'",
    )


async def contacts_of(settings: Settings, person: str = "p1") -> list[Any]:
    """What was published of a person's contact status, in order."""
    records = await wire.records_of(settings, "contact-changes")
    return [c for one in records if (c := json.loads(one.value))["person_id"] == person]


async def sound(settings: Settings) -> None:
    """What holds whatever was killed: topics, state, priors and sequences, order, folds.

    The state is the last change of each key; a refold finds nothing to correct.
    """
    changes = await published_is_the_outbox(settings)
    _chained(changes)
    last = {f"w1:{c['person_id']}": c for c in changes if "prior_stage" not in c}
    state = await wire.records_of(settings, "contacts")
    assert {one.key.decode(): json.loads(one.value) for one in state} == last
    await _contact_comes_first(settings)
    await _one_transaction_each(settings)
    database = engine.make(settings.database, connections=1)
    report = await check(database, Scope())
    again = await recount(database)
    await database.dispose()
    assert report.differences == again.differences == []


def _chained(changes: list[Any]) -> None:
    """Each change begins where the one before of its person or participant ended."""
    series: dict[str, list[Told]] = defaultdict(list)
    for change in changes:
        series[change.get("participant_id") or change["person_id"]].append(change)
    for of_one in series.values():
        assert [c["sequence"] for c in of_one] == list(range(1, len(of_one) + 1))
        assert [c["prior_status"] for c in of_one[1:]] == [c["status"] for c in of_one[:-1]]
        times = [c["recorded_at"] for c in of_one]
        assert times == sorted(times)
        assert all(c.get("until") is None or c["until"] > c["recorded_at"] for c in of_one)


async def _contact_comes_first(settings: Settings) -> None:
    """Of what one cause did to a person, the contact status is published before participants."""
    rows = await fetch(
        settings,
        "select body from changes where body is not null and person_id is not null order by seq",
    )
    seen: set[tuple[Any, ...]] = set()
    for change in (json.loads(row["body"]) for row in rows):
        cause = (change["cause"]["signal_id"], change["cause"]["kind"], change["occurred_at"])
        occasion = (change["person_id"], change["recorded_at"], *cause)
        if change["change"] == "contact.status_changed":
            assert occasion not in seen, "a participant was published before the person"
        seen.add(occasion)


async def _one_transaction_each(settings: Settings) -> None:
    """No Kafka transaction ended between the changes that one cause made of a person."""
    rows = await fetch(
        settings, "select shard, seq, person_id, recorded_at, body->>'cause' as cause from changes"
    )
    of = {(r["shard"], r["seq"]): (r["person_id"], r["recorded_at"], r["cause"]) for r in rows}
    for one in await wire.records_of(settings, "positions"):
        last = (one.partition, int(one.value))
        following = (one.partition, int(one.value) + 1)
        assert of[last][0] is None or of[last] != of.get(following)


def instant(at: datetime) -> str:
    """As on the wire."""
    return format_instant(at)
