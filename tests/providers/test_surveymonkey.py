"""SurveyMonkey's traps, each by its name, and its ids."""

from tests.providers.made import LATER, only, sample, told


def hook(name, **changed):
    return sample("surveymonkey", name) | changed


def test_trap_the_body_names_nobody_and_no_study():
    """Ids are all it holds: the survey, the collector and the response are what is looked up."""
    signal = only("surveymonkey", hook("completed"))

    assert (signal["person_id"], signal["study_id"]) == (None, None)
    assert signal["references"] == {"survey": "SU1", "response_id": "R1", "campaign": "CO1"}


def test_trap_turned_away_for_two_reasons():
    """Disqualified and over quota look the same to a participant, and are two words."""
    reasons = [
        only("surveymonkey", hook(name))["reason"] for name in ("disqualified", "over_quota")
    ]

    assert reasons == ["screened_out", "over_quota"]


def test_trap_a_page_answered_is_no_response():
    """One response updates as often as the survey has pages."""
    assert told("surveymonkey", hook("page_answered"))[0]["outcome"] == "unused"


def test_a_survey_used_as_the_screener_is_known_by_what_was_added():
    """With the response's custom variables added a response may submit the screener."""
    screener = only("surveymonkey", hook("completed_screener_with_custom_variables"))

    assert (screener["kind"], screener["result"]) == ("screener.submitted", "undecided")
    assert only("surveymonkey", hook("disqualified_screener"))["result"] == "not_qualified"


def test_redelivered_is_the_same_signal_and_really_twice_are_two():
    """The event's id is the event; without one the response, its word and its time are."""
    nameless = hook("completed", event_id=None)
    timeless = hook("without_event_id_and_time")

    for same in (hook("completed"), nameless):
        assert (
            only("surveymonkey", same)["id"] == only("surveymonkey", same, received_at=LATER)["id"]
        )
    assert only("surveymonkey", nameless)["id"] != only("surveymonkey", timeless)["id"]
    assert (
        only("surveymonkey", hook("completed"))["id"]
        != only("surveymonkey", hook("completed", event_id="other"))["id"]
    )
