"""What once made a shard stand still."""

import random

from tests.process import wire
from tests.process.applying import exact, fetch, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.test_apply_signals import changes_of
from workers.settings import Settings

OFTEN = 1500


async def test_thousands_of_signals_of_one_person_in_no_order(topics: Settings, start: Start):
    """Each is late and folds the history afresh: the shard goes on, in smaller turns."""
    signals = [told("survey.started", "p1", f"s{n % 9}", minute=n) for n in range(OFTEN)]
    random.Random(1).shuffle(signals)
    await tell(topics, signals)

    start("apply")
    await worked_off(topics)

    (stored,) = await fetch(topics, "select count(*) as n from signals")
    assert stored["n"] == OFTEN
    await exact(topics, signals)


async def test_a_stored_signal_that_cant_be_read_sets_only_its_person_aside(
    topics: Settings, start: Start
):
    """As if another version had stored it: a late signal needs the history, the shard goes on."""
    start("apply")
    await tell(topics, [told("email.sent", minute=9, purpose="screener")])
    await worked_off(topics)
    await fetch(topics, "update signals set body = '{}'")

    await tell(topics, [told("participant.added"), told("participant.added", "p2")])
    await worked_off(topics)

    (letter,) = await wire.records_of(topics, "dead-letters")
    assert (letter.key, dict(letter.headers)["pstatus-dlq-class"]) == (b"w1:p1", b"bug")
    assert [c["person_id"] for c in await changes_of(topics)] == ["p1", "p2"]


async def test_somebody_whose_document_cant_be_read_is_forgotten_like_anybody(
    topics: Settings, start: Start
):
    """The erasure is published, and a tombstone for each study."""
    start("apply")
    await tell(topics, [told("participant.added"), told("participant.added", study="s2")])
    await worked_off(topics)
    await fetch(topics, "update people set document = '[]'")

    await tell(topics, [told("person.erased", study=None, minute=60)])
    await worked_off(topics)

    assert len(await wire.records_of(topics, "erasures")) == 1
    state = {r.key: r.value for r in await wire.records_of(topics, "participants")}
    assert state == {b"w1:s1/p1": None, b"w1:s2/p1": None}
