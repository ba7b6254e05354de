"""Typeform's traps, each by its name, and its ids."""

from tests.providers.made import LATER, only, sample


def response(name, **changed):
    hook = sample("typeform", name)
    hook["form_response"] |= changed
    return hook


def test_trap_a_form_used_as_the_screener_is_no_survey():
    """With purpose `screener` a response submits the screener, undecided unless the form says."""
    assert only("typeform", sample("typeform", "screener_without_verdict"))["kind"] == (
        "screener.submitted"
    )
    assert only("typeform", sample("typeform", "screener_qualified_by_variable"))["result"] == (
        "qualified"
    )


def test_trap_an_answered_address_is_nobody_in_particular():
    """Somebody may type a friend's address: only the link's own fields say who it is."""
    signal = only("typeform", sample("typeform", "survey_completed"))

    assert "address" not in signal["references"]


def test_trap_a_partial_response_began_when_the_form_was_opened():
    """A start is dated by `landed_at`, an end by `submitted_at`."""
    started = only("typeform", response("survey_started", submitted_at="2026-03-02T08:58:30Z"))
    completed = only("typeform", sample("typeform", "survey_completed"))

    assert started["occurred_at"] == "2026-03-02T08:50:00.000000Z"
    assert completed["occurred_at"] == "2026-03-02T08:58:30.000000Z"


def test_an_ending_of_the_forms_own_names_no_outcome():
    """Only our own words turn somebody away."""
    hook = response("survey_completed", ending={"id": "e", "ref": "default_tys"})

    assert only("typeform", hook)["kind"] == "survey.completed"


def test_hidden_fields_as_an_empty_list_name_nobody():
    """Some senders write an empty object as an empty list."""
    assert only("typeform", response("survey_completed", hidden=[]))["person_id"] is None


def test_redelivered_is_the_same_signal():
    """The same body again, received later."""
    hook = sample("typeform", "survey_completed")

    assert only("typeform", hook)["id"] == only("typeform", hook, received_at=LATER)["id"]


def test_retried_under_another_delivery_id_is_the_same_signal():
    """`event_id` is one per delivery, and deliveries are never part of an id."""
    hook = sample("typeform", "survey_completed")

    assert only("typeform", hook)["id"] == only("typeform", hook | {"event_id": "other"})["id"]


def test_really_twice_are_two_signals():
    """Another response of the same person has another token; begun and completed differ, too."""
    one = only("typeform", response("survey_completed"))["id"]
    another = only("typeform", response("survey_completed", token="tok-b"))["id"]
    begun = only("typeform", sample("typeform", "survey_started"))["id"]

    assert len({one, another, begun}) == 3


def test_without_any_id_the_time_in_the_body_tells_responses_apart():
    """Neither token nor event id: person, form and time make the id."""
    hook = response("without_times_and_token", submitted_at="2026-03-02T08:00:00Z")
    other = response("without_times_and_token", submitted_at="2026-03-02T08:00:01Z")

    assert only("typeform", hook)["id"] == only("typeform", hook, received_at=LATER)["id"]
    assert only("typeform", hook)["id"] != only("typeform", other)["id"]
