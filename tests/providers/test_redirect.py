"""The traps of redirects, each by its name, and their ids."""

import pytest

from tests.providers.made import LATER, only, told

HIT = "/r?person_id=p1&study_id=s1&outcome=completed"


def test_trap_a_reloaded_page_is_the_same_event():
    """With the response's id a browser may come back as often as it likes."""
    hit = f"{HIT}&response_id=R7"

    assert only("redirect", hit)["id"] == only("redirect", hit, received_at=LATER)["id"]


def test_without_a_response_each_hit_is_an_event_of_its_own():
    """Nothing else tells a return from a reload; the record of one hit is the same event."""
    assert only("redirect", HIT)["id"] == only("redirect", HIT)["id"]
    assert only("redirect", HIT)["id"] != only("redirect", HIT, received_at=LATER)["id"]


@pytest.mark.parametrize(
    "other",
    [
        HIT.replace("p1", "p2"),
        HIT.replace("s1", "s2"),
        HIT.replace("completed", "over_quota"),
        f"{HIT}&purpose=test",
        f"{HIT}&response_id=R8",
    ],
)
def test_really_another_is_another_signal(other):
    """Another person, study, outcome, purpose or response is another event."""
    assert only("redirect", other)["id"] != only("redirect", HIT)["id"]


def test_trap_two_values_for_one_parameter_are_never_chosen_between():
    """A forged link may name two persons; the same value twice says only one thing."""
    [twice] = told("redirect", f"{HIT}&person_id=p2")

    assert (twice["outcome"], twice["class"]) == ("dead", "invalid_schema")
    assert only("redirect", f"{HIT}&person_id=p1")["person_id"] == "p1"


def test_trap_an_address_in_the_word_is_not_shown():
    """Words are counted and logged: what can't be one might be anything, and stays out."""
    [line] = told("redirect", HIT.replace("completed", "ada%40example.com"))

    assert line == {"outcome": "unused", "word": "not a word"}


def test_a_verdict_means_a_screener_and_no_purpose_a_survey():
    """`qualified` is only said of a screener; else what is no test is a survey."""
    assert only("redirect", HIT.replace("completed", "qualified"))["kind"] == "screener.submitted"
    assert only("redirect", f"{HIT}&purpose=reminder")["kind"] == "survey.completed"
    assert only("redirect", f"{HIT}&purpose=test")["kind"] == "test.completed"


def test_the_time_is_the_time_of_receipt():
    """A browser tells no time."""
    assert only("redirect", HIT, received_at=LATER)["occurred_at"] == "2026-03-02T09:07:00.000000Z"


@pytest.mark.parametrize(
    "target", ["/r?" + "&".join("ab" * 300), "/r?a=" + "x" * 70_000, "/r?a=%ff"]
)
def test_a_target_that_no_browser_sends_is_dead(target):
    """Too many parameters, too long, or no text."""
    assert told("redirect", target)[0]["outcome"] == "dead"
