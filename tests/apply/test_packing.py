"""From outbox rows to records: right topics, right keys, one state a key, the same bytes."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.changes import (
    CLOCK,
    Change,
    ContactStatusChanged,
    ParticipantStatusChanged,
    PersonErasedChange,
)
from schemas.vocabulary import ContactStatus, Stage, Status
from workers.apply import outbox
from workers.apply.outbox import Letter, Row
from workers.apply.packing import ROUTES, pack

DATABASE = UUID(int=7)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHEN = {"occurred_at": NOON, "recorded_at": NOON, "cause": CLOCK}


def moved(person: str = "p1", study: str = "s1", sequence: int = 1) -> ParticipantStatusChanged:
    """A participant's change."""
    return ParticipantStatusChanged(
        workspace_id="w1", participant_id=f"{study}/{person}", person_id=person, study_id=study,
        status=Status.CANCELED, prior_status=None, stage=Stage.CANCELLED, prior_stage=None,
        sequence=sequence, correction=False, notify=False, **WHEN,
    )  # fmt: skip


CONTACT = ContactStatusChanged(
    workspace_id="w1", person_id="p1", status=ContactStatus.OPTED_OUT,
    prior_status=ContactStatus.FREE_TO_CONTACT, until=None, reasons=(), sequence=1, **WHEN,
)  # fmt: skip
ERASED = PersonErasedChange(workspace_id="w1", person_id="p1", **WHEN)


def rows(*changes: Change, studies: tuple[str, ...] = ()) -> list[Row]:
    """Numbered from 1."""
    return [outbox.of_change(n, change, studies) for n, change in enumerate(changes, 1)]


def keys(records: list) -> list[bytes]:
    """Of records."""
    return [key for key, _, _ in records]


def test_every_change_goes_to_its_topics():
    """An event and a state each; the erasure everywhere, with one id."""
    found = pack(rows(CONTACT, moved(), ERASED, studies=("s1", "s2")), DATABASE, 3)

    assert keys(found["contact-changes"]) == keys(found["participant-changes"]) == [b"w1:p1"] * 2
    assert found["contacts"] == [(b"w1:p1", None, ())]
    assert found["participants"] == [(b"w1:s1/p1", None, ()), (b"w1:s2/p1", None, ())]
    assert found["erasures"] == [found["contact-changes"][-1]]
    assert found["contact-changes"][-1] == found["participant-changes"][-1]


def test_of_a_key_only_the_newest_state_is_written():
    """Within one transaction; the events are all there."""
    changes = [moved(sequence=1), moved("p2"), moved(sequence=2)]

    found = pack(rows(*changes), DATABASE, 3)

    assert len(found["participant-changes"]) == 3
    assert [json.loads(value)["sequence"] for _, value, _ in found["participants"]] == [1, 2]
    assert keys(found["participants"]) == [b"w1:s1/p2", b"w1:s1/p1"]


def test_an_emptied_row_is_passed_over():
    """What an erasure emptied is not published, its number stays."""
    empty = Row(1, "participant.status_changed", None, None, None, NOON)

    assert pack([empty], DATABASE, 3) == {}


def test_a_number_names_one_change():
    """Equal rows make equal ids; another number, shard or database another."""

    def ids(database: UUID, shard: int) -> set[bytes]:
        found = pack(rows(moved(), moved("p2")), database, shard)
        return {dict(headers)["ce_id"] for _, _, headers in found["participant-changes"]}

    assert ids(DATABASE, 3) == ids(DATABASE, 3)
    assert len(ids(DATABASE, 3) | ids(DATABASE, 4) | ids(UUID(int=8), 3)) == 6


def test_every_kind_of_change_has_a_route():
    """A new change without a topic would stop the relay."""
    words = {kind.__dataclass_fields__["change"].default for kind in Change.__args__}

    assert set(ROUTES) == words


@pytest.mark.parametrize("value", [b"", None, b"\xff\x00", b'{"a": "\\u0000"}'])
def test_letters_and_bodies_survive_the_parameter(value: bytes | None):
    """What goes into the database's parameter comes out byte for byte."""
    letter = Letter(value, value, (("a", value), ("a", b"x"), ("b", None)))
    row = Row(5, outbox.DEAD_LETTER, None, None, None, NOON, letter=letter)

    (told,) = json.loads(outbox.to_json([row]))

    assert told["lh"] == [["a", told["lv"]], ["a", "eA=="], ["b", None]]
    assert outbox._letter(value, value, told["lh"]) == letter
