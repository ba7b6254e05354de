"""What each element comes to: a signal's bytes, a configuration, a letter."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.codec import decode_signal, signal_from
from schemas.signals import SENDABLE, OfParticipant, OfPersonMaybeStudy, Signal, kind_of
from schemas.webhooks import Webhook
from workers.ingest.addresses import AddressKeys
from workers.ingest.judge import Configured, ToApply, Verdict, judge
from workers.ingest.questions import Question
from workers.ingest.resolve import needs_study
from workers.providers.outcomes import Dead, Element, Ready, Told, Unused

RECEIVED = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEBHOOK = Webhook("p", "w1", RECEIVED, b"")
KEYS = AddressKeys("secret")
EXTRA: dict[str, dict[str, Any]] = {
    "email.sent": {"purpose": "survey"},
    "email.delivered": {"purpose": "survey"},
    "email.bounced": {"purpose": "survey", "permanence": "soft"},
}
MAYBE = [kind for kind in SENDABLE if issubclass(kind, OfPersonMaybeStudy)]
ALONE = {
    "email.opened", "email.clicked", "email.resubscribed", "email.unsubscribed",
    "email.complained",
}  # fmt: skip


def verdict(element: Element) -> Verdict:
    """Of an element of a record of w1."""
    return judge(element, WEBHOOK, KEYS)


def told(kind: type[Signal], **more: Any) -> Told:
    """What a provider says, of p1 in s1 unless told otherwise."""
    fields = {"fields": EXTRA.get(kind_of(kind), {})}
    given = {"person_id": "p1", "study_id": "s1", "occurred_at": RECEIVED} | fields | more
    return Told(word="w", kind=kind, id="src:1", **given)


@pytest.mark.parametrize("kind", MAYBE, ids=kind_of)
def test_a_person_alone_is_enough_where_the_kind_says_so(kind: type[Signal]):
    """Opt-outs, opens and clicks ask nothing; sent, delivered and bounced ask for their study."""
    without = verdict(told(kind, study_id=None))

    if kind_of(kind) in ALONE:
        assert isinstance(without, ToApply)
        assert "study_id" not in json.loads(without.value)
    else:
        assert isinstance(without, Question)
    assert isinstance(verdict(told(kind)), ToApply)


@pytest.mark.parametrize("kind", [k for k in SENDABLE if issubclass(k, OfParticipant)], ids=kind_of)
def test_a_participants_kind_needs_its_study(kind: type[Signal]):
    """Whatever is of a person in a study is unmatched without it."""
    assert needs_study(kind)


def test_without_a_person_the_database_is_asked_and_sees_no_address():
    """What would tell is kept: ids as they are, the address as its key, of this workspace."""
    asked = verdict(
        told(
            MAYBE[0], person_id=None, references={"message_id": "<m1>", "address": "A@example.com"}
        )
    )

    assert isinstance(asked, Question)
    assert asked.links == (("message_id", "m1"),)
    assert asked.keys == (KEYS.key("w1", "a@example.com"),)
    assert "person_id" not in asked.body


def test_what_could_never_become_a_signal_is_not_parked():
    """Whoever is meant, a purpose that is none stays invalid: it is refused at once."""
    dead = verdict(told(MAYBE[0], person_id=None, fields={"purpose": "no purpose"}))

    assert isinstance(dead, Dead)
    assert dead.letter == "invalid_schema"


def test_five_minutes_ahead_is_the_last_that_counts():
    """A clock may be a little wrong: five minutes after receipt count, a microsecond more not."""
    ahead = RECEIVED + timedelta(minutes=5)

    assert isinstance(verdict(told(MAYBE[0], occurred_at=ahead)), ToApply)
    dead = verdict(told(MAYBE[0], occurred_at=ahead + timedelta(microseconds=1)))
    assert isinstance(dead, Dead)
    assert dead.letter == "from_the_future"


@pytest.mark.parametrize(
    "wrong",
    [{"person_id": "a/b"}, {"study_id": ""}, {"person_id": "p" * 201}, {"person_id": "a\x07"}],
)
def test_what_breaks_the_rules_for_ids_is_refused_without_quoting_it(wrong: dict[str, str]):
    """An id with a slash, of nothing, too long or with a control character is invalid_schema."""
    dead = verdict(told(MAYBE[0], **wrong))

    assert isinstance(dead, Dead)
    assert dead.letter == "invalid_schema"
    assert next(iter(wrong)) in dead.reason
    assert not wrong[next(iter(wrong))] or wrong[next(iter(wrong))] not in dead.reason


def test_what_goes_on_is_what_apply_will_accept():
    """The bytes decode to the same signal, keyed by workspace and person, times in UTC."""
    somewhere = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
    good = verdict(told(MAYBE[0], occurred_at=somewhere))

    assert isinstance(good, ToApply)
    assert good.key == b"w1:p1"
    signal = decode_signal(good.value)
    assert (signal.id, signal.occurred_at, signal.workspace_id) == ("src:1", RECEIVED, "w1")


def ready(**more: Any) -> Verdict:
    """One of our own signals, checked as the provider `standard` checks it."""
    given = {"id": "x:1", "workspace_id": "w1", "occurred_at": "2026-03-02T09:00:00Z"} | more
    return verdict(Ready(signal_from(given), {"colour": "red"}))


def test_addresses_become_keys_each_once():
    """White space and case do not make another address; another workspace makes another key."""
    written = ready(
        kind="person.updated", person_id="p1", emails=[" A@Example.com", "a@example.com"]
    )

    assert isinstance(written, ToApply)
    signal = json.loads(written.value)
    assert signal["emails"] == [KEYS.key("w1", "a@example.com")]
    assert signal["colour"] == "red"
    assert KEYS.key("w2", "a@example.com") != KEYS.key("w1", "a@example.com")
    assert AddressKeys("other").key("w1", "a@example.com") not in signal["emails"]


def test_keys_that_make_a_signal_too_large_are_told_here():
    """Apply would refuse it: the sender gets the letter, not the shard."""
    many = [f"{n}@example.com" for n in range(1000)]
    dead = ready(kind="person.updated", person_id="p1", emails=many)

    assert isinstance(dead, Dead)
    assert dead.letter == "invalid_schema"


def test_a_setup_is_configuration_and_keeps_what_it_says_null():
    """Setups and policies go to the database; the limit is told even where there is none."""
    setup = ready(
        kind="study.configured", study_id="s1", type="survey", screener=False, incentive=False,
        participation_limit=None,
    )  # fmt: skip

    assert isinstance(setup, Configured)
    assert json.loads(setup.value)["participation_limit"] is None


def test_unused_words_stay_unused():
    """They are counted, nothing else."""
    assert verdict(Unused("deferred")) == Unused("deferred")
