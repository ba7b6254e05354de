"""The story of `pstatus demo`, played through the domain alone: it shows what it promises."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from schemas.changes import ParticipantStatusChanged
from schemas.vocabulary import Stage, Status
from schemas.webhooks import Webhook, header_texts
from tests.cli.telling import board, case, heard, settled
from workers.cli._demo.feed import Post, feed, people, time_line
from workers.cli._demo.story import INTERVIEWS, PROTOTYPE, STUDIES, SURVEY
from workers.domain.simulation import Arrival, Ending, play
from workers.providers.outcomes import Dead

BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECONDS = 60.0
END = BEGUN + timedelta(seconds=SECONDS + 1)


def arriving(posts: list[Post]) -> tuple[list[Arrival], list[Dead]]:
    """All signals and dead letters of a feed, as they would arrive."""
    arrivals: list[Arrival] = []
    letters: list[Dead] = []
    for post in posts:
        said = header_texts(post.headers)
        received_at = datetime.fromisoformat(said["received-at"])
        webhook = Webhook(said["provider"], said["workspace-id"], received_at, post.value)
        signals, dead = heard(webhook, BEGUN + timedelta(seconds=post.at * SECONDS))
        arrivals += signals
        letters += dead
    return arrivals, letters


@pytest.fixture(scope="module")
def posts() -> list[Post]:
    """The records of one demo."""
    return feed(BEGUN, seconds=SECONDS, workspace_id="w1")


@pytest.fixture(scope="module")
def ending(posts: list[Post]) -> Ending:
    """Its end, signal by signal."""
    return play(case(arriving(posts)[0], END))


def test_the_same_beginning_tells_the_same_story(posts: list[Post]) -> None:
    """There is no chance in it: only the moment of the beginning is new."""
    assert feed(BEGUN, seconds=SECONDS, workspace_id="w1") == posts


def test_some_sixty_people_go_through_three_studies(ending: Ending) -> None:
    """One study of each type, everybody in one, a few in two, one comes by a public link."""
    assert 55 <= len(list(people())) <= 65
    assert {told["type"] for told in STUDIES.values()} == {
        "interview",
        "survey",
        "unmoderated_test",
    }
    assert {study: len(shown) for study, shown in board(ending).items()} == {
        INTERVIEWS: 27,
        SURVEY: 24,
        PROTOTYPE: 16,
    }


def test_it_is_told_in_the_providers_own_words(posts: list[Post]) -> None:
    """All six providers are heard on all five raw topics; mail comes in arrays."""
    providers = Counter(header_texts(post.headers)["provider"] for post in posts)

    assert providers.keys() == {
        *("sendgrid", "typeform", "calendly", "tremendous", "redirect", "standard"),
        "handmade",
    }
    assert len({post.topic for post in posts}) == 5
    assert max(post.value.count(b"sg_event_id") for post in posts) > 5


def test_nothing_is_received_before_it_is_sent(posts: list[Post]) -> None:
    """A record sent at its place of the story never claims to have been received later."""
    for post in posts:
        sent_at = BEGUN + timedelta(seconds=post.at * SECONDS)
        assert datetime.fromisoformat(header_texts(post.headers)["received-at"]) <= sent_at
    assert [post.at for post in posts] == sorted(post.at for post in posts)
    assert posts[-1].at <= 1


def test_every_stage_and_every_status_is_seen(ending: Ending) -> None:
    """Bounces, no-show, rewards, opt-outs: every status is passed through, and every stage."""
    changes = [one for one in ending.changes if isinstance(one, ParticipantStatusChanged)]
    seen = {one.status for one in changes}

    assert {one.stage for one in changes} == set(Stage)
    assert seen == set(Status)


def test_the_clock_completes_bookings_and_a_late_cancel_takes_one_back(ending: Ending) -> None:
    """Interviews end by themselves; one cancellation is told after the end: a correction."""
    changes = [one for one in ending.changes if isinstance(one, ParticipantStatusChanged)]
    by_clock = [one for one in changes if one.cause.kind == "clock"]
    corrected = [
        (one.person_id, one.prior_status, one.status)
        for one in changes
        if one.correction and one.cause.kind == "booking.canceled"
    ]

    assert {one.status for one in by_clock} == {"interview_completed"}
    assert len(by_clock) > 10
    assert corrected == [("p16", "interview_completed", "interview_canceled")]


def test_some_records_come_twice_and_change_nothing(posts: list[Post]) -> None:
    """Redelivered webhooks are among them; without them the end is the same."""
    seen: set[bytes] = set()
    once = [post for post in posts if not (post.value in seen or seen.add(post.value))]  # type: ignore[func-returns-value]

    assert len(posts) - len(once) > 10
    assert settled(arriving(once)[0], END) == settled(arriving(posts)[0], END)


def test_each_class_of_letter_that_ingest_writes_comes_once(posts: list[Post]) -> None:
    """Malformed, wrong, unknown, dated tomorrow: one of each; who is nobody's is parked."""
    letters = Counter(str(dead.letter) for dead in arriving(posts)[1])

    assert letters == {
        "poison": 1,
        "invalid_schema": 1,
        "unknown_provider": 1,
        "from_the_future": 1,
    }


def test_the_past_catches_up_and_then_it_is_now() -> None:
    """The first half tells of the past day, the second half of this very moment."""
    when = time_line(BEGUN, SECONDS)

    assert when(0) == BEGUN - timedelta(hours=20)
    assert when(0.75) == BEGUN + timedelta(seconds=45)
    assert [when(n / 100) for n in range(100)] == sorted(when(n / 100) for n in range(100))
