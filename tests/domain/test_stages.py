"""Stages and study progress: computed from statuses, records and the newest setup."""

import pytest

from schemas.vocabulary import Status
from tests.domain import story
from tests.domain.story import Json, told
from workers.domain.setups import Setup
from workers.domain.stages import offered

PAGE = """
not_contacted not_eligible                                    | not_started
study_invited                                                 | invited
screener_started screener_qualified screener_not_qualified screener_completed | screening/in_progress
interview_invited interview_scheduled test_invited test_started survey_started | in_progress
interview_completed test_completed survey_completed incentive_not_sent | pending_incentive/done
incentive_sent incentive_claimed                              | done
canceled opted_out hard_bounced soft_bounced interview_canceled no_showed | cancelled
"""  # noqa: E501
STAGES = {
    status: tuple(end.strip().split("/"))
    for line in PAGE.strip().splitlines()
    for start, end in [line.split("|")]
    for status in start.split()
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("full", [True, False], ids=["with both", "with neither"])
def test_the_stage_follows_from_status_and_setup(status: Status, full: bool) -> None:
    """With and without a screener and an incentive."""
    put = [] if status == "not_eligible" else [story.put(status.value, "09:00")]
    blocked = [story.contact("opted_out", "07:00"), story.added("08:00")]
    studies = [story.setup(screener=full, incentive=full)]

    person = told(*(put or blocked), studies=studies)

    assert (person.status(), person.stage()) == (status, STAGES[status][0 if full else -1])


def test_a_study_never_configured_has_no_screener_and_no_incentive() -> None:
    """Screening is in progress there, an interview that took place is done."""
    assert told(story.put("screener_started", "09:00")).stage() == "in_progress"
    assert told(story.put("interview_completed", "09:00")).stage() == "done"


def test_a_new_setup_moves_the_stage_and_says_so() -> None:
    """The status stays; the change carries the setup as its cause."""
    person = told(story.put("interview_completed", "09:00"), now="09:00")

    changes = person.hears(story.setup("10:00", incentive=True), now="10:00")

    assert [(c["prior_stage"], c["stage"], c["status"]) for c in changes] == [
        ("done", "pending_incentive", "interview_completed")
    ]
    assert changes[0]["cause"]["kind"] == "study.configured"
    assert changes[0]["correction"] is False


def test_an_older_setup_told_late_changes_nothing() -> None:
    """The newest by its own time is the only one, however they arrive."""
    person = told(
        story.put("interview_completed", "08:00"),
        story.setup("10:00", incentive=True),
        now="10:00",
    )

    assert person.hears(story.setup("09:00", incentive=False), now="11:00") == []
    assert person.stage() == "pending_incentive"


OFFERED = """
-                | not_contacted not_eligible canceled opted_out hard_bounced soft_bounced
screener         | study_invited screener_started screener_qualified screener_not_qualified screener_completed
interview        | interview_invited interview_scheduled interview_completed interview_canceled no_showed
survey           | study_invited survey_started survey_completed
unmoderated_test | test_invited test_started test_completed
incentive        | incentive_not_sent incentive_sent incentive_claimed
"""  # noqa: E501


@pytest.mark.parametrize("kind", [None, "interview", "survey", "unmoderated_test"])
@pytest.mark.parametrize("screener", [True, False])
@pytest.mark.parametrize("incentive", [True, False])
def test_a_setup_offers_what_the_page_says(
    kind: str | None, screener: bool, incentive: bool
) -> None:
    """Always the six; then by type, screener and incentive; in the order of the list."""
    wanted = {"-", kind or "-"}
    wanted |= {"screener"} if screener else set()
    wanted |= {"incentive"} if incentive else set()
    lines = dict(line.split("|") for line in OFFERED.strip().splitlines())
    expected = {s for name, line in lines.items() if name.strip() in wanted for s in line.split()}

    offers = offered(Setup(kind, screener, incentive))  # type: ignore[arg-type]

    assert list(offers) == [status for status in Status if status in expected]


def test_progress_counts_as_shown_and_leaves_zeros_out() -> None:
    """Two added, one of them not eligible; records count whatever the status."""
    person = told(
        story.mailed("08:00"),
        story.contact("opted_out", "07:00", person_id="p2"),
        story.added("08:00", person_id="p2"),
        story.booked("08:30", ends="10:00"),
        now="11:00",
        studies=[story.setup(incentive=True)],
    )

    assert person.counts() == {
        "added": 2,
        "invited": 1,
        "interviews_booked": 1,
        "interviews_completed": 1,
        "surveys_completed": 0,
        "tests_completed": 0,
        "incentives_sent": 0,
        "incentives_claimed": 0,
        "by_status": {"not_eligible": 1, "interview_completed": 1},
        "by_stage": {"not_started": 1, "pending_incentive": 1},
        "limit_reached": False,
    }


DONE: dict[str, Json] = {
    "interview": story.took_place("09:00"),
    "survey": story.signal("survey.completed", "09:00"),
    "unmoderated_test": story.signal("test.completed", "09:00"),
}


@pytest.mark.parametrize("kind", DONE)
@pytest.mark.parametrize("done", DONE)
@pytest.mark.parametrize(("limit", "by_one"), [(None, False), (1, True), (2, False)])
def test_the_limit_is_reached_by_the_studys_own_kind_of_completion(
    kind: str, done: str, limit: int | None, by_one: bool
) -> None:
    """One completed interview fills a limit of one in an interview study and nowhere else."""
    person = told(DONE[done], studies=[story.setup(type=kind, participation_limit=limit)])

    assert person.counts()["limit_reached"] is (by_one and kind == done)


def test_a_status_set_by_hand_reaches_no_limit_but_a_logged_booking_does() -> None:
    """Hands are not counted; what a researcher logs took place."""
    studies = [story.setup(participation_limit=1)]

    by_hand = told(story.put("interview_completed", "09:00"), studies=studies)
    by_log = told(story.logged("09:00", ends="08:00"), studies=studies)

    assert by_hand.counts()["limit_reached"] is False
    assert by_log.counts()["limit_reached"] is True
