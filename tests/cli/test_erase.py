"""`pstatus erase`: previewed, asked, told through the one door, waited for; harmless again."""

import pytest

from tests.cli.acting import added, heard, run, typed, typed_json
from tests.process import applying
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.settings import Settings

BY = ("--by", "u1", "--workspace", "w1")


@pytest.fixture
async def people(topics: Settings, start: Start) -> Settings:  # noqa: F811
    """p1 in s1 and s2 with an address, p2 in s1; a worker runs."""
    await start("all").ready()
    emails = {"emails": ["ada@example.com"], "note": "free text"}
    updated = told("person.updated", "p1", None, minute=1, **emails)
    mailed = told("email.sent", "p1", "s2", minute=2, purpose="survey", message_id="m1")
    await heard(topics, [*added("p1", "p2"), *added("p1", study="s2"), updated, mailed])
    return topics


async def test_an_erasure_shows_what_goes_and_nothing_is_left(people: Settings):
    """The preview counts every store and changes nothing; afterwards only who and when stays."""
    looked = await typed(people, "erase", "p1", "--preview", *BY)
    seen = await typed_json(people, "erase", "p1", "--preview", *BY)
    still = await applying.fetch(people, "select 1 from people where person_id = 'p1'")

    done = await typed_json(people, "erase", "p1", "--yes", "--note", "asked by mail", *BY)
    again = await typed(people, "erase", "p1", "--yes", *BY)

    assert "deleted: 4 signals, 1 document, 2 participants, 3 links, 1 address" in looked
    assert "s1 (not_contacted), s2 (study_invited)" in looked
    assert "Nothing was sent." in looked
    assert still
    assert seen["holds"] == {
        "signals": 4, "documents": 1, "participants": 2, "links": 3, "addresses": 1, "parked": 0,
        "changes": 3, "letters": 0,
    }  # fmt: skip
    assert set(done["left"].values()) == {0}
    assert [one["change"] for one in done["changes"]] == ["person.erased"]
    assert done["erased_at"]
    assert "p1 was erased from w1 on" in again
    assert "Nothing was sent." in again
    assert await applying.fetch(people, "select 1 from people where person_id = 'p1'") == []
    assert await applying.fetch(people, "select 1 from people where person_id = 'p2'")


async def test_somebody_unknown_is_erased_in_advance_only_when_that_is_meant(people: Settings):
    """A mistyped id is a mistake; in advance, what comes later is ignored."""
    mistyped = run(people, "erase", "p9", "--yes", *BY)
    nobody_asked = run(people, "erase", "p1", *BY)
    done = await typed(people, "erase", "p9", "--yes", "--in-advance", *BY)
    await heard(people, [*added("p3"), told("participant.added", "p2", "s9")])

    assert (mistyped.returncode, nobody_asked.returncode) == (2, 2)
    assert "--in-advance" in mistyped.stderr
    assert "add --yes" in nobody_asked.stderr
    assert "nothing was ever published of them" in done
    rows = await applying.fetch(people, "select person_id, signal_id from erased")
    assert [row["person_id"] for row in rows] == ["p9"]
