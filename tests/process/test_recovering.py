"""Who can't be read, and what can't be read of configurations: recovered, and nothing stays off."""

import json
from itertools import count

from schemas import routing
from tests.process import wire
from tests.process.applying import (
    exact,
    fetch,
    found,
    recounted,
    settled,
    story,
    tell,
    told,
    worked_off,
)
from tests.process.conftest import Start
from tests.process.governing import drained, publish
from workers.settings import Settings

NO_LOOKS = "select 1 where not exists (select 1 from progress_due)"
NO_REFOLDS = "select 1 where not exists (select 1 from refolds)"
SCREENED = {
    "workspace_id": "w1", "kind": "study.configured", "type": "interview", "screener": True,
    "incentive": False, "participation_limit": None, "occurred_at": "2026-03-01T09:00:00Z",
}  # fmt: skip
"""A study in which `screener_started` is of the stage `screening`, and not `in_progress`."""


def beside(settings: Settings) -> list[str]:
    """Three people of one shard."""
    shards = settings.shards
    of_one = [
        person
        for n in range(100)
        if routing.shard_of(routing.person_key("w1", person := f"q{n}"), shards) == 0
    ]
    return of_one[:3]


async def stages(settings: Settings, study: str) -> dict[str, tuple[str, int]]:
    """(stage, setup's version) of everybody in a study."""
    rows = await fetch(
        settings,
        f"select person_id, stage, setup_version from participants where study_id = '{study}'",
    )
    return {row["person_id"]: (row["stage"], row["setup_version"]) for row in rows}


async def test_who_is_recovered_counts_once_under_the_newest_setups(topics: Settings, start: Start):
    """Two who can't be read hear of a configured study meanwhile: each is added up once."""
    ingest, _ = start("ingest"), start("apply")
    people, numbers = beside(topics), count(100)
    signals = story(3) + [told("participant.added", person) for person in people]
    await tell(topics, signals)
    await worked_off(topics)
    await publish(topics, SCREENED | {"id": "test:s3", "study_id": "s3"})
    await found(topics, "select 1 from setups")
    await drained(topics)
    ingest.kill()
    lost = ["p0", people[0], people[1]]
    await fetch(topics, f"update people set document = '[]' where person_id in {(*lost,)}")

    late = [told("screener.started", p, "s3", next(numbers)) for p in (*lost, "p1", people[2])]
    await tell(topics, late)
    await worked_off(topics)
    aside = await fetch(topics, "select person_id from people where broken_by is not null")
    assert {row["person_id"] for row in aside} == set(lost)
    assert any("can't be read" in line for line in (await recounted(topics)).differences)

    for several in (lost[:2], lost[2:]):  # two of one shard at different times
        await fetch(topics, "insert into refolds select shard, workspace_id, person_id from people"
                            " where person_id = any($1)", several)  # fmt: skip
        await found(topics, NO_REFOLDS)
        await worked_off(topics)

    assert set((await stages(topics, "s3")).values()) == {("screening", 1)}
    assert await fetch(topics, "select 1 from people where broken_by is not null") == []
    await exact(topics, signals + late)


async def test_a_setup_that_reaches_nobody_counts_for_who_comes_later(
    topics: Settings, start: Start
):
    """The home has met the study before it was configured, in somebody who is forgotten."""
    ingest, _ = start("ingest"), start("apply")
    gone, later, _ = beside(topics)
    await tell(topics, [told("participant.added", gone), told("person.erased", gone, None, 1)])
    await worked_off(topics)
    await publish(topics, SCREENED | {"id": "test:s1", "study_id": "s1"})
    await found(topics, "select 1 from setups")
    await drained(topics)

    await tell(topics, [told("screener.started", later)])
    await worked_off(topics)

    ingest.kill()
    assert await stages(topics, "s1") == {later: ("screening", 1)}


async def test_a_stored_setup_that_cant_be_read_sets_aside_whom_it_is_about(
    topics: Settings, start: Start
):
    """As if a newer version had stored it: others go on; a newer one that is read ends it."""
    ingest, _ = start("ingest"), start("apply")
    first, other, later = beside(topics)
    await publish(topics, SCREENED | {"id": "test:1", "study_id": "s1"})
    await found(topics, "select 1 from setups")
    await drained(topics)
    await fetch(topics, "update setups set body = '{}'")
    # its home is to look at the study just now
    home = routing.shard_of(routing.study_key("w1", "s1"), topics.shards)
    await fetch(topics, f"insert into progress_due values ({home}, 'w1', 's1', 0)")
    await found(topics, NO_LOOKS)

    await tell(topics, [told("screener.started", first), told("screener.started", other, "s2")])
    await worked_off(topics)
    assert await stages(topics, "s1") == {}
    assert set(await stages(topics, "s2")) == {other}
    (letter,) = await wire.records_of(topics, "dead-letters")
    assert (letter.key, json.loads(letter.value)["kind"]) == (
        f"w1:{first}".encode(), "screener.started",
    )  # fmt: skip

    newer = {"id": "test:2", "study_id": "s1", "occurred_at": "2026-03-01T10:00:00Z"}
    await publish(topics, SCREENED | newer)
    await found(topics, "select 1 from setups where version = 2")
    await drained(topics)
    await tell(topics, [told("screener.started", later)])
    await worked_off(topics)
    assert await stages(topics, "s1") == {later: ("screening", 2)}

    await fetch(topics, "insert into refolds select shard, workspace_id, person_id from people")
    await found(topics, NO_REFOLDS)
    await worked_off(topics)

    ingest.kill()
    assert set((await stages(topics, "s1")).values()) == {("screening", 2)}
    await settled(topics)
