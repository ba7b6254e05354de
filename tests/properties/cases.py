"""Random cases: few people, studies and bookings, times close together, so that much collides."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.codec import signal_from
from schemas.signals import Signal
from schemas.vocabulary import Status
from workers.domain.setups import Policy, World
from workers.domain.simulation import Arrival, Case

Json = dict[str, Any]
START = datetime(2026, 12, 31, 9, tzinfo=UTC)
"""The eve of a year, so that calendars matter."""
PACES = (timedelta(minutes=1), timedelta(hours=1), timedelta(hours=12))
AHEAD = timedelta(minutes=5)


def wire(when: datetime) -> str:
    """An instant as JSON."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def one_of(words: str) -> st.SearchStrategy[str]:
    """One of these words."""
    return st.sampled_from(words.split())


STUDY = one_of("s1 s2")
TIMES = st.integers(0, 14)
RULES = st.one_of(
    st.fixed_dictionaries({"kind": one_of("invitation_cooldown participation_cooldown")}).flatmap(
        lambda rule: st.builds(lambda d: rule | {"days": d}, st.integers(0, 3))
    ),
    st.fixed_dictionaries(
        {
            "kind": one_of("invitation_limit participation_limit"),
            "max": st.integers(1, 2),
            "window_days": st.integers(0, 3),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("incentive_limit"),
            "max_cents": st.sampled_from([1, 1000]),
            "currency": st.just("USD"),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("no_show_limit"),
            "max": st.integers(1, 2),
            "window_days": st.integers(1, 3),
            "effect": one_of("blocklist cooldown"),
            "cooldown_days": st.integers(0, 3),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("property_rule"),
            "property": st.just("x"),
            "operator": one_of("is_set is_not_set"),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("property_rule"),
            "property": st.just("x"),
            "operator": st.just("in_next_days"),
            "value": st.integers(0, 2),
        }
    ),
)
POLICIES = st.lists(RULES, max_size=3).map(
    lambda rules: [rule | {"id": f"r{n}"} for n, rule in enumerate(rules)]
)
ZONES = one_of("UTC Pacific/Kiritimati America/New_York Asia/Kolkata")
SETUPS = st.fixed_dictionaries(
    {
        "type": one_of("interview survey unmoderated_test"),
        "screener": st.booleans(),
        "incentive": st.booleans(),
        "participation_limit": st.sampled_from([None, 1]),
    }
)
PURPOSES = one_of("screener survey scheduler test incentive reminder other")
RESULTS = one_of("qualified not_qualified undecided")


def kind(words: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Signals of these kinds, each with these fields."""
    return st.fixed_dictionaries({"kind": one_of(words)} | fields)


def of_study(words: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Signals about a participant."""
    return kind(words, study_id=STUDY, **fields)


BOOKING = one_of("b1 b2")
MAYBE = st.none() | TIMES
SAID = st.one_of(
    of_study("participant.added screener.started survey.started survey.completed"),
    of_study("test.started test.completed"),
    of_study("email.sent email.delivered", purpose=PURPOSES),
    of_study("email.bounced", purpose=PURPOSES, permanence=one_of("hard soft")),
    of_study("email.opened email.clicked"),
    kind("email.resubscribed email.unsubscribed email.complained", study_id=st.none() | STUDY),
    of_study("screener.submitted", result=RESULTS),
    of_study("screener.reviewed", result=RESULTS, by=st.just("u1")),
    of_study("survey.screened_out", reason=one_of("screened_out over_quota")),
    of_study(
        "booking.scheduled booking.rescheduled",
        booking_id=BOOKING,
        replaces=st.none() | BOOKING,
        ends_at=MAYBE,
    ),
    of_study("booking.canceled", booking_id=BOOKING, by=st.just("host")),
    of_study("booking.completed booking.no_show booking.no_show_undone", booking_id=BOOKING),
    of_study(
        "booking.logged", booking_id=BOOKING, starts_at=st.just(0), ends_at=TIMES, by=st.just("u")
    ),
    of_study(
        "incentive.sent incentive.failed incentive.canceled incentive.claimed",
        reward_id=one_of("g1 g2"),
        amount_cents=st.sampled_from([1, 1000]),
        currency=one_of("USD EUR"),
    ),
    kind("contact.opted_in contact.opted_out", by=one_of("u1 participant")),
    kind("contact.unblocklisted contact.blocklisted", by=st.just("u1")),
    kind("contact.do_not_contact_cleared contact.do_not_contact_set", by=st.just("u1")),
    kind("contact.cooldown_set", by=st.just("u1"), until=TIMES),
    kind("contact.cooldown_cleared", by=st.just("u1")),
    of_study("governance.overridden", by=st.just("u1")),
    of_study(
        "status.set",
        by=st.just("u1"),
        status=st.sampled_from([s.value for s in Status if s is not Status.NOT_ELIGIBLE]),
    ),
    kind(
        "person.updated",
        emails=st.none() | st.lists(one_of("a@example.com b@example.com"), max_size=2),
        properties=st.none() | st.sampled_from([{}, {"x": "2027-01-01"}, {"x": "2027-01-02"}]),
    ),
)
CONFIGURED = st.one_of(
    kind("policy.configured", rules=POLICIES, timezone=ZONES),
    st.builds(lambda s, study: s | {"kind": "study.configured", "study_id": study}, SETUPS, STUDY),
)
ERASED = kind("person.erased")


def built(told: Json, number: int, place: int, pace: timedelta, person: str) -> Signal:
    """The signal of a drawing."""
    wired = {
        name: wire(START + value * pace) if isinstance(value, int) and name in INSTANTS else value
        for name, value in told.items()
        if value is not None or name == "participation_limit"
    }
    frame = {
        "id": f"t:{number * 7 % 11}:{number}",
        "workspace_id": "w1",
        "occurred_at": wire(START + place * pace),
    }
    of_person = {} if told["kind"].endswith(".configured") else {"person_id": person}
    return signal_from(frame | of_person | wired)


INSTANTS = {"ends_at", "starts_at", "until"}


@st.composite
def cases(draw: st.DrawFn, *, persons: str = "p1 p2", erasures: bool = True) -> Case:
    """A case in which signals arrive late, at once, or up to five minutes early."""
    pace = draw(st.sampled_from(PACES))
    mix = st.one_of(SAID, SAID, SAID, SAID, CONFIGURED, ERASED) if erasures else SAID
    told = draw(st.lists(st.tuples(mix, TIMES, one_of(persons), st.integers(-5, 20)), max_size=14))
    signals = [built(s, n, place, pace, who) for n, (s, place, who, _) in enumerate(told)]
    received = START - AHEAD
    arrivals = []
    for signal, (*_, delay) in zip(signals, told, strict=True):
        wait = timedelta(minutes=delay) if delay < 0 else delay // 4 * pace
        received = max(received, signal.occurred_at + wait)
        arrivals.append(Arrival(signal, received))
    now = received + draw(st.integers(0, 30)) * pace
    return Case(now, draw(worlds(pace)), tuple(arrivals))


@st.composite
def worlds(draw: st.DrawFn, pace: timedelta) -> World:
    """A policy; setups come as signals."""
    fields = {"rules": draw(POLICIES), "timezone": draw(ZONES)}
    told = built(fields | {"kind": "policy.configured"}, 999, 0, pace, "")
    return World({}, Policy.of(told))  # type: ignore[arg-type]
