"""The traps of redirects, each by its name, and their ids."""

import json

import pytest

from schemas.signals import Redirects
from schemas.vocabulary import Panel, RedirectOutcome
from tests.providers.made import LATER, only, told, webhook
from workers.cli.translate import line
from workers.providers.panels import ROWS
from workers.providers.redirect import PROVIDER, Study

COMPLETED = RedirectOutcome.COMPLETED
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


def judged(target, redirects, *, public=False):
    """The one line that a hit comes to in a study s1 with these redirects, without signatures."""
    record = webhook(target.encode(), "redirect")
    (element,) = PROVIDER.judged(record, Study("s1", public, redirects), None)
    return json.loads(json.dumps(line(element, "w1")))


@pytest.mark.parametrize(
    ("panel", "target", "kind", "more"),
    [
        ("dynata", "/projects/end?study_id=s1&rst=1&psid=77", "survey.completed", {}),
        ("dynata", "/end?study_id=s1&rst=2&psid=77", "survey.screened_out",
         {"reason": "screened_out"}),
        ("dynata", "/end?study_id=s1&rst=3&psid=77", "survey.screened_out",
         {"reason": "over_quota"}),
        ("cint", "https://r.example.com/Survey/Complete?study_id=s1&ProjectToken=t&RID=77",
         "survey.completed", {}),
        ("cint", "/Survey/EarlyScreenOut/?study_id=s1&RID=77", "survey.screened_out",
         {"reason": "screened_out"}),
        ("cint", "/Survey/QuotaFull?study_id=s1&RID=77#x", "survey.screened_out",
         {"reason": "over_quota"}),
        ("qualtrics", "/r?surveyId=SV_1&responseId=R_1&qualified=true&person_id=77",
         "survey.completed", {"response_id": "R_1"}),
        ("qualtrics", "/r?surveyId=SV_1&responseId=R_1&qualified=false&person_id=77",
         "survey.screened_out", {"response_id": "R_1"}),
        ("qualtrics", "/r?responseId=R_1&qualified=true&person_id=77&purpose=screener",
         "screener.submitted", {"result": "qualified"}),
        ("qualtrics", "/r?responseId=R_1&qualified=false&person_id=77&purpose=screener",
         "screener.submitted", {"result": "not_qualified"}),
    ],
)  # fmt: skip
def test_a_ready_row_reads_its_tools_own_parameters(panel, target, kind, more):
    """Who, how far and which response, in the words of each tool."""
    signal = judged(target, Redirects(panel=Panel(panel)))["signal"]

    assert (signal["kind"], signal["person_id"], signal["study_id"]) == (kind, "77", "s1")
    assert more.items() <= signal.items()


def test_prolifics_codes_are_each_studys_own():
    """The row says who; the study's mapping says which code means what."""
    rules = Redirects(
        panel=Panel.PROLIFIC, mapping={"cc": {"C1": COMPLETED, "C2": RedirectOutcome.SCREENED_OUT}}
    )
    target = "/submissions/complete?cc={}&PROLIFIC_PID=77&STUDY_ID=x9&SESSION_ID=se1"

    completed = judged(target.format("C1"), rules)["signal"]
    turned_away = judged(target.format("C2"), rules)["signal"]

    assert (completed["kind"], completed["person_id"]) == ("survey.completed", "77")
    assert completed["references"] == {"response_id": "se1", "survey": "x9"}
    assert turned_away["kind"] == "survey.screened_out"
    assert judged(target.format("C3"), rules) == {"outcome": "unused", "word": "C3"}


def test_a_study_may_name_parameters_of_its_own():
    """Its own table, its own names for person and response, and its purpose."""
    rules = Redirects(
        mapping={"S": {"success": COMPLETED}, "/": {"left": RedirectOutcome.STARTED}},
        person="P1", response="RCODE", purpose="screener",
    )  # fmt: skip

    done = judged("/r?S=success&P1=77&RCODE=r1", rules)["signal"]
    begun = judged("/left?P1=77", rules)["signal"]
    survey = judged("/r?S=success&P1=77&RCODE=r1&purpose=survey", rules)["signal"]

    assert (done["kind"], done["result"], done["person_id"]) == (
        "screener.submitted",
        "undecided",
        "77",
    )
    assert begun["kind"] == "screener.started"
    assert (survey["kind"], survey["response_id"]) == ("survey.completed", "r1")


def test_our_own_ids_and_outcome_count_where_the_table_says_nothing():
    """A link that carries our person_id means that person, whatever a panel calls them."""
    rules = Redirects(panel=Panel.DYNATA)

    ours = judged("/r?study_id=s1&rst=1&psid=77&person_id=p1", rules)["signal"]
    word = judged("/r?study_id=s1&person_id=p1&outcome=started", rules)["signal"]

    assert ours["person_id"] == "p1"
    assert word["kind"] == "survey.started"


@pytest.mark.parametrize(
    "target",
    ["/r?rst=1&rst=2&psid=7", "/r?rst=1&psid=7&psid=8", "/r?rst=1&S=no&psid=7", "/r?psid=7"],
)
def test_trap_parameters_that_disagree_are_never_chosen_between(target):
    """Two values for one, two outcomes by two, or none at all."""
    rules = Redirects(panel=Panel.DYNATA, mapping={"S": {"no": RedirectOutcome.SCREENED_OUT}})

    refused = judged(target, rules)

    assert (refused["outcome"], refused["class"]) == ("dead", "invalid_schema")


def test_a_value_that_nobody_mapped_is_counted_and_an_address_is_not_shown():
    """`rst=9` says nothing that we know; what can't be a word is not repeated."""
    rules = Redirects(panel=Panel.DYNATA)

    assert judged("/r?rst=9&psid=7", rules) == {"outcome": "unused", "word": "not a word"}
    assert judged("/r?rst=late&psid=7", rules) == {"outcome": "unused", "word": "late"}
    assert judged("/r?rst=a%40example.com&psid=7", rules)["word"] == "not a word"


def test_every_panel_has_its_row():
    """A word of the wire without a row would be a setup that does nothing."""
    assert set(ROWS) == set(Panel)


@pytest.mark.parametrize("target", ["/r", "/%ff?rst=1", "?", "/r?rst", "#", "/?" * 500])
def test_any_target_comes_to_something(target):
    """With a table as without one: an element, never an error."""
    assert judged(target, Redirects(panel=Panel.CINT))["outcome"] in ("dead", "unused", "signal")
