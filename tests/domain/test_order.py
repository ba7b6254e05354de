"""One order: oldest first by when it happened, whatever arrived when and how often."""

from itertools import permutations

import pytest

from tests.domain import story
from tests.domain.story import Json, told

RANKED = [
    story.added("09:00"),
    story.mailed("09:00"),
    story.bounced("09:00", "soft"),
    story.signal("email.unsubscribed", "09:00"),
    story.signal("screener.started", "09:00"),
    story.signal("screener.submitted", "09:00", result="undecided"),
    story.signal("screener.reviewed", "09:00", result="qualified", by="u1"),
    story.signal("survey.completed", "09:00"),
    story.reward("sent", "09:00"),
    story.reward("claimed", "09:00"),
    story.put("canceled", "09:00"),
]
"""At one instant, in the order of their rank; each moves who was moved by those before."""


@pytest.mark.parametrize("known", range(1, len(RANKED) + 1))
def test_equal_times_are_settled_by_rank(known: int) -> None:
    """However they arrive, the end is that of the ranked order: the stricter word is last."""
    ends = [
        "not_contacted", "study_invited", "soft_bounced", "opted_out", "screener_started",
        "screener_completed", "screener_qualified", "survey_completed", "incentive_sent",
        "incentive_claimed", "canceled",
    ]  # fmt: skip

    for turn in range(known):
        arrival = RANKED[turn:known] + RANKED[:turn]
        person = told(*arrival, story.signal("email.resubscribed", "09:30"))

        assert person.status() == ends[known - 1]


def test_within_a_kind_equal_times_are_settled_by_id_byte_by_byte() -> None:
    """The later id wins; "é" is two bytes, and later than "z"."""
    verdicts = {"Z": "canceled", "a": "no_showed", "z": "opted_out", "é": "survey_started"}
    signals = [story.put(status, "09:00") | {"id": id_} for id_, status in verdicts.items()]

    ends = {told(*order).status() for order in permutations(signals)}

    assert ends == {"survey_started"}


def test_the_same_id_again_is_nothing_and_the_first_copy_is_kept() -> None:
    """Whatever the copy says."""
    first = story.mailed("09:00")
    copy = story.put("canceled", "10:00") | {"id": first["id"]}

    person = told(first, now="09:30")

    assert person.hears(copy, now="10:00") == []
    assert person.status() == "study_invited"


def test_one_id_for_two_persons_counts_for_each() -> None:
    """It is the sender's error, and nobody else's."""
    first = story.mailed("09:00")

    person = told(first, first | {"person_id": "p2"})

    assert [person.status(person=p) for p in ("p1", "p2")] == ["study_invited"] * 2


@pytest.mark.parametrize(
    ("received", "refused"),
    [("08:54:59", True), ("08:55:00", False), ("08:55:01", False)],
)
def test_more_than_five_minutes_ahead_is_refused(received: str, refused: bool) -> None:
    """Exactly five minutes count, and at once."""
    ahead = story.late(story.mailed("09:00"), received)

    answer = told(ahead, now="08:56").answer()

    told_of = [{"id": ahead["id"], "class": "from_the_future"}]
    assert answer["refused"] == (told_of if refused else [])
    assert ("s1/p1" in answer["participants"]) is not refused


def test_what_was_refused_is_not_known_so_its_id_may_come_again() -> None:
    """A signal from the future is told again when its time has come."""
    ahead = story.mailed("09:00")

    person = told(story.late(ahead, "08:00"), story.late(ahead, "09:00"), now="09:00")

    assert person.status() == "study_invited"
    assert len(person.answer()["refused"]) == 1


def test_what_is_received_after_now_is_not_known() -> None:
    """Neither counted nor refused."""
    answer = told(story.late(story.mailed("09:00"), "10:00"), now="09:59").answer()

    assert (answer["participants"], answer["refused"]) == ({}, [])


def test_no_signal_is_too_late() -> None:
    """Years afterwards it still counts, in its place."""
    person = told(story.signal("survey.completed", "09:00"), now="2029-01-01 09:00")

    assert person.hears(story.mailed("08:00"), now="2029-01-01 09:00") == []
    assert person.counts()["invited"] == 1


ERASED = story.signal("person.erased", "09:00")
TOLD_TOO: list[Json] = [story.mailed("08:00"), story.booked("10:00", ends="11:00")]


@pytest.mark.parametrize("place", range(3))
def test_an_erased_person_is_not_known_any_more(place: int) -> None:
    """Signals older, newer and still to come are ignored; counts go down; others stay."""
    signals = [*TOLD_TOO]
    signals.insert(place, ERASED)
    other = story.mailed("08:30", person_id="p2")

    person = told(*signals, other)
    answer = person.answer()

    assert list(answer["contacts"]) == ["p2"]
    assert list(answer["participants"]) == ["s1/p2"]
    assert person.counts()["added"] == 1


@pytest.mark.parametrize(("place", "published"), [(0, 0), (1, 1), (2, 1)])
def test_an_erasure_is_published_once_if_anything_was_published(place: int, published: int) -> None:
    """Who was never spoken of need not be forgotten by anybody."""
    signals = [story.late(signal, "11:30") for signal in TOLD_TOO]
    signals.insert(place, story.late(ERASED, "11:30"))
    again = story.late(ERASED | {"id": "test:erased-again"}, "12:00")

    erased = told(*signals, again).changes("person.erased")

    assert len(erased) == published


def test_the_clock_does_nothing_for_the_erased() -> None:
    """A booking's end passes in silence."""
    person = told(story.booked("08:00", ends="10:00"), story.signal("person.erased", "09:00"))

    assert [change["status"] for change in person.changes()] == ["interview_scheduled"]
