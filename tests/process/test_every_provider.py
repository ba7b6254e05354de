"""Every provider's samples straight through: each in a workspace of its own, to the end."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from schemas.codec import decode_signal
from schemas.fields import format_instant, parse_instant
from schemas.signals import kind_of
from tests.process import wire
from tests.process.applying import eventually, worked_off
from tests.process.conftest import Start
from tests.providers.made import BODIES, RECEIVED, webhook
from workers.domain.setups import World
from workers.domain.simulation import Arrival, Case, settle
from workers.ingest.translate import translate
from workers.ops import clock
from workers.providers.outcomes import Dead, Told
from workers.settings import Settings

Signal = dict[str, Any]
TOPIC = "webhooks.survey"
OURS = "standard"
"""Its samples are setups and every kind of signal, which other tests tell one by one."""


class Sample(NamedTuple):
    """A body, and the signals that it tells by itself, by person and id."""

    path: Path
    named: dict[tuple[str, str], Signal]


def samples() -> Iterator[Sample]:
    """Those without a bad element, which contradict no other one of their provider.

    An id names one content for ever: of two samples that are one event told in two ways only
    the first is sent.
    """
    known: dict[tuple[str, str], Signal] = {}
    for path in BODIES:
        provider = path.parent.name
        elements = translate(webhook(path, workspace_id=provider))
        if provider == OURS or any(isinstance(one, Dead) for one in elements):
            continue
        told = [one for one in elements if isinstance(one, Told)]
        ids = {(provider, one.id): plain(one) for one in told}
        if all(known.get(name, signal) == signal for name, signal in ids.items()):
            known |= ids
            named = [one for one in told if one.person_id and one.study_id and not one.waits]
            yield Sample(path, {(str(one.person_id), one.id): plain(one) for one in named})


def plain(told: Told) -> Signal:
    """What a signal on its topic must say, whatever else it says."""
    fields = {name: str(value) for name, value in told.fields.items() if name in ("by", "status")}
    return {"kind": kind_of(told.kind), "occurred_at": told.occurred_at, **fields}


def record(sample: Sample) -> wire.Put:
    """The raw record of a sample, in its provider's workspace."""
    hook = webhook(sample.path)
    headers = [(f"http-{name}", text.encode()) for name, text in hook.http.items()]
    received = ("received-at", format_instant(RECEIVED).encode())
    return wire.webhook(hook.body, hook.provider, hook.provider, received, *headers)


async def test_every_providers_samples_come_to_the_changes_they_should(
    topics: Settings, start: Start
):
    """All that names somebody is told, once; and what is published last is what it adds up to."""
    given = list(samples())
    await wire.put(topics, TOPIC, *(record(sample) for sample in given))

    ingest = await start("ingest").ready()
    await eventually(lambda: _read(topics, len(given)))
    ingest.terminate()
    await ingest.ended()
    start("apply")
    await worked_off(topics)

    signals = await by_workspace(topics, "signals")
    for sample in given:
        told = {(one["person_id"], one["id"]): one for one in signals[sample.path.parent.name]}
        for name, wanted in sample.named.items():
            one = told[name] | {"occurred_at": parse_instant(told[name]["occurred_at"])}
            assert wanted.items() <= one.items(), sample.path
    changes = await by_workspace(topics, "participant-changes")
    assert {provider: last(changes[provider]) for provider in signals} == {
        provider: folded(told) for provider, told in signals.items()
    }
    assert {sample.path.parent.name for sample in given if sample.named} <= set(changes)


async def _read(settings: Settings, records: int) -> bool:
    group = settings.topic_prefix + "ingest"
    return (await wire.committed(settings, group, [TOPIC]))[TOPIC] == records


async def by_workspace(settings: Settings, topic: str) -> dict[str, list[Signal]]:
    """A topic's values, in their order."""
    found: dict[str, list[Signal]] = defaultdict(list)
    for one in await wire.records_of(settings, topic):
        told = json.loads(one.value)
        found[told["workspace_id"]].append(told)
    return found


def last(changes: list[Signal]) -> dict[str, str]:
    """The status published last of each participant."""
    return {one["participant_id"]: one["status"] for one in changes}


def folded(signals: list[Signal]) -> dict[str, str]:
    """The status of each participant that these signals add up to."""
    arrivals = [Arrival(decode_signal(json.dumps(one).encode()), RECEIVED) for one in signals]
    end = settle(Case(clock.now(), World(), tuple(arrivals)))
    return {
        f"{study}/{person}": shown.status
        for person, (_, standing) in end.people.items()
        for study, shown in standing.participants.items()
    }
