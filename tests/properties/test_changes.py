"""Whatever happens: what is published chains, counts, differs, and adds up to what is shown."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings

from schemas.changes import ContactStatusChanged, ParticipantStatusChanged, PersonErasedChange
from schemas.rules import NoShowLimit
from schemas.vocabulary import ContactStatus, NoShowEffect
from tests.properties.cases import cases
from workers.domain.history import fold
from workers.domain.setups import Policy, World
from workers.domain.simulation import Case, play
from workers.domain.standing import assess

BOUNDED = settings(max_examples=250, deadline=None)
Series = list[ParticipantStatusChanged] | list[ContactStatusChanged]


def series(case: Case) -> dict[str, list[ParticipantStatusChanged]]:
    """The changes of each participant."""
    found = defaultdict(list)
    for change in play(case).changes:
        if isinstance(change, ParticipantStatusChanged):
            found[change.participant_id].append(change)
    return found


def contacts(case: Case) -> dict[str, list[ContactStatusChanged]]:
    """The contact changes of each person."""
    found = defaultdict(list)
    for change in play(case).changes:
        if isinstance(change, ContactStatusChanged):
            found[change.person_id].append(change)
    return found


@BOUNDED
@given(cases())
def test_priors_chain_and_sequences_have_no_gaps(case: Case) -> None:
    """Each change begins where the one before ended, counting from 1."""
    for changes in series(case).values():
        assert [change.sequence for change in changes] == list(range(1, len(changes) + 1))
        assert (changes[0].prior_status, changes[0].prior_stage) == (None, None)
        for before, after in pairwise(changes):
            assert (after.prior_status, after.prior_stage) == (before.status, before.stage)
    for told in contacts(case).values():
        assert [change.sequence for change in told] == list(range(1, len(told) + 1))
        assert told[0].prior_status is ContactStatus.FREE_TO_CONTACT
        for earlier, later in pairwise(told):
            assert later.prior_status is earlier.status


@BOUNDED
@given(cases())
def test_no_change_is_published_without_a_difference_but_to_notify(case: Case) -> None:
    """Status or stage moved, or status or until."""
    for changes in series(case).values():
        for change in changes:
            moved = (change.status, change.stage) != (change.prior_status, change.prior_stage)
            assert moved or change.notify
    for told in contacts(case).values():
        for before, after in pairwise(told):
            assert (before.status, before.until) != (after.status, after.until)


@BOUNDED
@given(cases())
def test_the_changes_add_up_to_what_is_shown(case: Case) -> None:
    """A subscriber who applied them all knows exactly what we know, erased people aside."""
    ending = play(case)
    known: dict[str, object] = {}
    people: dict[str, object] = {}
    for change in ending.changes:
        if isinstance(change, ParticipantStatusChanged):
            known[change.participant_id] = (change.status, change.stage)
        elif isinstance(change, ContactStatusChanged):
            people[change.person_id] = (change.status, change.until)
        elif isinstance(change, PersonErasedChange):
            people.pop(change.person_id, None)
            known = {k: v for k, v in known.items() if not k.endswith(f"/{change.person_id}")}

    assert known == {
        f"{study}/{person_id}": (shown.status, shown.stage)
        for person_id, (_, standing) in ending.people.items()
        for study, shown in standing.participants.items()
    }
    assert {p: c for p, c in people.items() if c != (ContactStatus.FREE_TO_CONTACT, None)} == {
        person_id: (standing.contact.status, standing.contact.until)
        for person_id, (_, standing) in ending.people.items()
        if standing.contact.status is not ContactStatus.FREE_TO_CONTACT
    }


@BOUNDED
@given(cases())
def test_until_is_never_in_the_past_and_time_never_falls(case: Case) -> None:
    """A hold that is over is no hold; what is recorded later carries a later time."""
    recorded = defaultdict(list)
    for change in play(case).changes:
        recorded[change.person_id].append(change.recorded_at)
        if isinstance(change, ContactStatusChanged):
            assert change.until is None or change.until > change.recorded_at
            assert all(r.until is None or r.until > change.recorded_at for r in change.reasons)
    for times in recorded.values():
        assert times == sorted(times)


@BOUNDED
@given(cases(persons="p1", erasures=False))
def test_a_tighter_rule_never_frees_and_a_looser_one_never_blocks(case: Case) -> None:
    """A day more, one fewer allowed: whoever was held stays held, at least as strictly."""
    signals = [arrival.signal for arrival in case.known()]
    person = fold(signals, case.now)
    policy = case.world.policy
    tight = World({}, Policy(tuple(tighter(rule) for rule in policy.rules), policy.timezone))

    loose_end = assess(person, case.world, case.now).contact
    tight_end = assess(person, tight, case.now).contact

    assert strictness(tight_end.status) <= strictness(loose_end.status)
    held = {(reason.cause, reason.rule_id) for reason in tight_end.reasons}
    assert {(reason.cause, reason.rule_id) for reason in loose_end.reasons} <= held


def tighter(rule: object) -> object:
    """The rule with every number one step stricter."""
    steps = {"days": 1, "window_days": 1, "cooldown_days": 1, "max": -1, "max_cents": -1}
    fields = {
        name: max(1, value + step) if name == "max" else max(0, value + step)
        for name, step in steps.items()
        if isinstance(value := getattr(rule, name, None), int)
    }
    if isinstance(rule, NoShowLimit) and rule.effect is NoShowEffect.BLOCKLIST:
        fields.pop("cooldown_days", None)
    return replace(rule, **fields) if fields else rule  # type: ignore[type-var]


def strictness(status: ContactStatus) -> int:
    """Strictest first."""
    return list(ContactStatus).index(status)
