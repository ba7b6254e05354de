"""Qualtrics' traps, each by its name, and its ids."""

import json
from urllib.parse import urlencode

import pytest

from tests.providers.made import FOLDER, LATER, only, sample, told

COMPLETE = {"Status": "Complete", "SurveyID": "SV_1", "ResponseID": "R_1"}


def body(name):
    """A form, as it was received."""
    return (FOLDER / "qualtrics" / f"{name}.txt").read_text()


def test_trap_a_time_without_its_zone_is_no_time():
    """CompletedDate names no zone: taken for UTC it may lie hours ahead, and be refused for it."""
    signal = only("qualtrics", body("completed_flat_form"))
    ahead = only("qualtrics", COMPLETE | {"CompletedDate": "2026-03-02 23:00:00"})

    assert signal["occurred_at"] == ahead["occurred_at"] == "2026-03-02T09:00:00.000000Z"


def test_a_time_with_its_zone_is_the_time():
    """What a task of a workflow posts may be dated properly."""
    signal = only("qualtrics", sample("qualtrics", "completed_by_a_task_of_a_workflow"))

    assert signal["occurred_at"] == "2026-03-02T08:58:30.000000Z"


def test_trap_of_a_signed_form_only_the_message_was_signed():
    """Fields beside MSG anybody may have added: they name nobody and no other word."""
    message = json.dumps(COMPLETE)
    forged = {"Topic": "controlpanel.activateSurvey", "person_id": "p9", "outcome": "over_quota"}

    signal = only("qualtrics", urlencode({"HMAC": "ab", "MSG": message, **forged}))

    assert (signal["kind"], signal["person_id"]) == ("survey.completed", None)


def test_trap_the_brand_and_the_survey_are_part_of_the_topic():
    """`brand.surveyengine.completedResponse.SV_1` is one word for all brands and surveys."""
    topics = ("surveyengine.completedResponse.SV_1", "b.surveyengine.completedResponse.SV_1")
    ids = {only("qualtrics", COMPLETE | {"Topic": topic})["id"] for topic in topics}

    assert ids == {"qualtrics:R_1:surveyengine.completedResponse"}


def test_trap_a_signed_message_may_be_about_a_survey():
    """Its topic is not signed: without a response it is of no use."""
    message = json.dumps({"SurveyID": "SV_1", "Status": "Active"})

    assert told("qualtrics", urlencode({"HMAC": "ab", "MSG": message, "Topic": "x"})) == [
        {"outcome": "unused", "word": "MSG"}
    ]


def test_form_and_json_say_the_same():
    """However it came, signed, flat or as JSON, a response is one signal."""
    ids = {
        only("qualtrics", told_as)["id"]
        for told_as in (
            body("completed_signed_form"),
            body("completed_flat_form"),
            sample("qualtrics", "completed_json"),
        )
    }

    assert len(ids) == 1


def test_trap_a_response_that_was_cut_off_is_not_complete():
    """Any other status than Complete says nothing that can be used."""
    assert told("qualtrics", body("not_complete"))[0]["outcome"] == "unused"


def test_an_encrypted_message_is_dead():
    """It can't be read, and says so."""
    assert told("qualtrics", body("signed_but_encrypted"))[0]["class"] == "poison"


@pytest.mark.parametrize("topic", [5, ["x"], None, "x" * 5000])
def test_a_topic_that_is_none_is_no_mistake_of_ours(topic):
    """Whatever stands there, it is either a word or breaks the schema."""
    [line] = told("qualtrics", COMPLETE | {"Topic": topic})

    assert line.get("class") in (None, "invalid_schema")


def test_without_a_response_its_survey_and_the_clock_face_are_the_id():
    """A time without zone still tells two events apart."""
    form = body("without_response")

    first = only("qualtrics", form)["id"]

    assert only("qualtrics", form, received_at=LATER)["id"] == first
    assert only("qualtrics", form.replace("01%3A58%3A30", "01%3A58%3A31"))["id"] != first
