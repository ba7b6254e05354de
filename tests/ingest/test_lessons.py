"""What elements teach, and that nothing is taught again and again."""

from datetime import UTC, datetime
from typing import Any

from schemas.codec import signal_from
from schemas.signals import BookingScheduled, EmailSent, SurveyCompleted
from workers.ingest.addresses import AddressKeys
from workers.ingest.lessons import Teacher
from workers.ingest.questions import question_of
from workers.providers.outcomes import Ready, Told
from workers.store.resolving import Address, Link

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = AddressKeys("secret", ["older"])


def told(kind: Any = EmailSent, **more: Any) -> Told:
    """An event of p1 in s1 with a message and an address."""
    references = {"message_id": "<m1>", "address": "Ada@example.com"}
    given = {"person_id": "p1", "study_id": "s1", "references": references} | more
    return Told(word="w", kind=kind, id="x:1", occurred_at=NOW, **given)


def summary(teacher: Teacher, element: Told | Ready) -> list[tuple[Any, ...]]:
    """What it teaches, without the shards."""
    return [one[:-1] for one in teacher.news(element, "w1")]


def test_whoever_names_an_id_with_a_person_teaches_both():
    """The message's id without brackets, the participant, and of mail the address by its keys."""
    assert summary(Teacher(KEYS, 4), told(fields={"purpose": "survey"})) == [
        ("w1", "message_id", "m1", "p1", "s1", "survey"),
        ("w1", "participant", "s1/p1", "p1", "s1", ""),
        ("w1", KEYS.every("w1", "ada@example.com"), "p1"),
    ]


def test_an_address_typed_into_a_form_or_a_calendar_teaches_nothing():
    """Only mail went to that person's own mailbox for sure."""
    references = {"booking_id": "b1", "address": "eve@example.com"}
    taught = summary(Teacher(KEYS, 4), told(BookingScheduled, references=references))

    assert [one[1] for one in taught] == ["booking_id", "participant"]


def test_a_filler_in_the_place_of_an_id_or_address_teaches_nothing():
    """It would make one person of everybody with the same filler; nothing is looked up by it."""
    teacher = Teacher(KEYS, 4)
    for filler in ({"message_id": " <> ", "address": "undisclosed"}, {"address": " "}):
        assert [one[1] for one in summary(teacher, told(references=filler))] == ["participant"]
    key = KEYS.key("w1", "ada@example.com")
    (_, again) = summary(teacher, told(references={"address": key}))
    assert again == ("w1", (key,), "p1")

    event = told(references={"message_id": "<>", "booking_id": "b1"})
    assert question_of(event, {}, "w1", KEYS).links == (("booking_id", "b1"),)


def test_what_anybody_may_have_said_teaches_nothing():
    """Unverified hits, and those that wait for somebody to confirm them; nor who is not named."""
    teacher = Teacher(KEYS, 4)

    for more in ({"unverified": True}, {"waits": True}, {"person_id": None}):
        assert summary(teacher, told(SurveyCompleted, **more)) == []


def test_our_own_signals_teach_too():
    """Messages, bookings, rewards; addresses of person.updated; an erasure nothing."""
    teacher = Teacher(KEYS, 4)
    known = {"id": "x:1", "workspace_id": "w1", "occurred_at": "2026-03-02T08:00:00Z"}
    person = known | {"person_id": "p1"}

    sent = signal_from(person | {"kind": "incentive.sent", "study_id": "s1", "reward_id": "r1"})
    updated = signal_from(person | {"kind": "person.updated", "emails": ["a@example.com"]})
    erased = signal_from(person | {"kind": "person.erased"})

    assert ("w1", "reward_id", "r1", "p1", "s1", "") in summary(teacher, Ready(sent))
    assert [type(one) for one in teacher.news(Ready(updated), "w1")] == [Address]
    assert summary(teacher, Ready(erased)) == []


def test_what_was_written_is_not_written_again():
    """Nor less than that: the same link without its purpose is no news, another purpose is."""
    teacher = Teacher(KEYS, 4)
    teacher.remember(teacher.news(told(fields={"purpose": "survey"}), "w1"))

    assert summary(teacher, told(fields={"purpose": "other"})) == []
    assert [one[-1] for one in summary(teacher, told(fields={"purpose": "test"}))] == ["test"]
    assert len(summary(teacher, told(person_id="p2"))) == 3


def test_what_is_kept_in_mind_is_bounded():
    """The oldest is forgotten, and taught once more when it is told again."""
    teacher = Teacher(KEYS, 4, most=2)
    links = [Link("w1", "booking_id", f"b{n}", "p1", "s1", "", 0) for n in range(3)]
    teacher.remember(links)

    again = [
        list(teacher.news(told(references={"booking_id": f"b{n}"}, study_id=None), "w1"))
        for n in range(3)
    ]

    assert [len(one) for one in again] == [1, 1, 1]
    in_study = told(references={"booking_id": "b2"})
    assert [one.kind for one in teacher.news(in_study, "w1")] == ["participant"]


def test_an_id_of_any_length_fits_into_an_index():
    """A very long one is kept as its hash."""
    (link, _) = Teacher(KEYS, 4).news(told(references={"message_id": "m" * 1000}), "w1")

    assert link.id.startswith("sha256:")
    assert len(link.id) < 80
