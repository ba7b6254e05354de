"""Who is meant: metadata, links, address, participations; and that nobody is guessed."""

from typing import Any

import pytest

from schemas.signals import BY_KIND, SENDABLE, OfParticipant, kind_of
from schemas.vocabulary import Purpose
from workers.ingest.fitting import BY_KIND as FITS
from workers.ingest.fitting import BY_PURPOSE, MAIL, Participation, fit_of, only
from workers.ingest.questions import Question
from workers.ingest.resolve import SEEKS_STUDY, Answer, Found, Linked, answer

M1 = ("w1", "message_id", "m1")
KEYS = ("new", "old")
SURVEY = Participation("s1", "study_invited", "invited", "survey", False, False)
INTERVIEW = Participation("s2", "interview_invited", "in_progress", "interview", True, True)
DONE = Participation("s3", "survey_completed", "done", "survey", False, False)


def asked(kind: str = "email.sent", **more: Any) -> Question:
    """A question with message m1 and one address, unless told otherwise."""
    given = {"links": (("message_id", "m1"),), "keys": KEYS} | {
        name: more.pop(name) for name in ("links", "keys") if name in more
    }
    return Question(workspace_id="w1", body={"kind": kind, "purpose": "other"} | more, **given)


def test_links_come_before_the_address():
    """First hit wins: the id's own person, study and purpose."""
    one = {M1: [Linked("p1", "s1", "survey")]}
    shared = {("w1", KEYS): [("old", "p2"), ("old", "p1")]}

    assert answer(asked(), Found(one)) == Answer("p1", "s1", "survey", None)
    assert answer(asked(), Found(one, shared)) == Answer("p1", "s1", "survey", None)
    assert answer(asked(person_id="p3"), Found(one, shared)).person_id == "p3"
    other = Found({("w1", "booking_id", "b1"): one[M1]}, {("w1", KEYS): [("old", "p2")]})
    booking = asked("booking.canceled", links=(("booking_id", "b1"),), booking_id="b1")
    assert answer(booking, other).person_id == "p1"


def test_a_batchs_message_is_not_the_first_recipients_alone():
    """The id is known of p1 only, the mail went to p2's address: order of arrival tells nobody."""
    one, both = Linked("p1", "s1", "survey"), Linked("p2", "s1", "survey")
    addresses = {("w1", KEYS): [("old", "p2")]}

    early, late = Found({M1: [one]}, addresses), Found({M1: [one, both]}, addresses)
    assert answer(asked(), early) == answer(asked(), late) == Answer("p2", "s1", "survey", None)
    two = {("w1", KEYS): [("old", "p2"), ("old", "p3")]}
    assert answer(asked(), Found({M1: [one]}, two)).wants == "person"


def test_a_message_to_several_tells_the_study_and_the_address_tells_the_person():
    """Of two persons of one id neither is meant for sure; what they have in common is."""
    both = [Linked("p1", "s1", "survey"), Linked("p2", "s1", "survey"), Linked("p2", "s9", "")]

    assert answer(asked(), Found({M1: both[:2]})).wants == "person"
    told = answer(asked(), Found({M1: both[:2]}, {("w1", KEYS): [("old", "p3")]}))
    assert told == Answer("p3", "s1", "survey", None)
    mine = answer(asked(), Found({M1: both}, {("w1", KEYS): [("old", "p1")]}))
    assert (mine.person_id, mine.study_id) == ("p1", "s1")


def test_an_address_of_two_persons_is_nobodys():
    """Nobody is guessed, under whatever secrets the two are known."""
    found = Found({}, {("w1", KEYS): [("old", "p1"), ("new", "p2")]})

    assert answer(asked(), found).wants == "person"


def test_a_setup_names_the_study_where_the_persons_own_ids_do_not():
    """Event type, survey and campaign of a study come after message, booking and so on."""
    links = (("survey", "F1"), ("response_id", "r1"))
    named = {("w1", "survey", "F1"): [Linked("", "s2", "")]}
    own = {("w1", "response_id", "r1"): [Linked("p1", "s1", "")]}

    question = asked("survey.completed", links=links, person_id="p1")
    assert answer(question, Found(named)).study_id == "s2"
    assert answer(question, Found(named | own)).study_id == "s1"


@pytest.mark.parametrize(
    ("kind", "purpose", "participations", "study"),
    [
        ("email.sent", "survey", [SURVEY, INTERVIEW, DONE], "s1"),
        ("email.sent", "scheduler", [SURVEY, INTERVIEW], "s2"),
        ("email.sent", "other", [SURVEY, INTERVIEW], None),
        ("email.sent", "other", [SURVEY, DONE], "s1"),
        ("survey.completed", None, [SURVEY, INTERVIEW], "s1"),
        ("survey.completed", None, [DONE], None),
        ("booking.scheduled", None, [SURVEY, INTERVIEW], "s2"),
        ("incentive.sent", None, [SURVEY, INTERVIEW, DONE], None),
        ("screener.submitted", None, [SURVEY, INTERVIEW], "s2"),
        ("email.unsubscribed", None, [SURVEY], None),
    ],
)
def test_the_only_open_participation_of_a_fitting_type_is_meant(
    kind: str, purpose: str | None, participations: list[Participation], study: str | None
):
    """One that fits: it; none or two: nobody guesses. An opt-out asks for no study at all."""
    question = asked(kind, person_id="p1", purpose=purpose, links=())

    told = answer(question, Found(participations={("w1", "p1"): participations}))

    assert told.study_id == study
    assert told.wants == (None if study or kind == "email.unsubscribed" else "study")


def test_what_waits_goes_on_once_something_verified_named_person_and_study():
    """A hit that anybody may have sent says who is meant, and is not believed alone."""
    link = ("participant", "s1/p1")
    hit = asked("survey.completed", links=(link,), person_id="p1", study_id="s1")

    assert answer(hit, Found()).wants == "participant"
    assert answer(hit, Found({("w1", *link): [Linked("p1", "s1", "")]})).wants is None


def test_a_hit_that_names_its_response_alone_waits_no_longer_than_that_is_known():
    """Only what is verified teaches whose a response is, so it has named person and study."""
    links = (("response_id", "r1"), ("participant", "s1/"))
    hit = asked("survey.completed", links=links, study_id="s1", keys=())

    mine = {("w1", "response_id", "r1"): [Linked("p1", "s1", "")]}
    assert answer(hit, Found(mine)) == Answer("p1", "s1", None, None)
    elsewhere = {("w1", "response_id", "r1"): [Linked("p1", "s2", "")]}
    assert answer(hit, Found(elsewhere)).wants == "participant"


def test_every_kind_that_seeks_a_study_has_its_row():
    """What providers tell about participants, and every purpose of a mail."""
    by_hand = {
        "participant.added", "screener.reviewed", "booking.logged", "governance.overridden",
        "status.set",
    }  # fmt: skip
    seeking = {kind_of(kind) for kind in SENDABLE if issubclass(kind, SEEKS_STUDY)}

    assert seeking - by_hand == FITS.keys() | MAIL
    assert set(BY_PURPOSE) == set(Purpose)
    assert all(issubclass(BY_KIND[kind], OfParticipant) for kind in FITS)
    assert only(fit_of("survey.started", None), [SURVEY, SURVEY]) == "s1"
