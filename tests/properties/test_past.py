"""A late signal folds what it changes; what comes of it is what the whole history folds to."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import decode_signal
from schemas.fields import format_instant
from schemas.signals import Signal
from tests.properties.cases import cases
from workers.domain import past
from workers.domain.history import fold
from workers.domain.past import Past
from workers.domain.simulation import Case
from workers.domain.tracking import Tracked
from workers.store import documents

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOUNDED = settings(max_examples=250, deadline=None)


def _document(person: object) -> str:
    return documents.encode(Tracked(person))  # type: ignore[arg-type]


@BOUNDED
@given(cases(persons="p1", erasures=False), st.randoms(use_true_random=False), st.integers(1, 3))
def test_told_in_any_order_it_folds_to_what_the_whole_history_does(
    case: Case, chance: Random, every: int
):
    """After each signal, whatever marks were made on the way and however close they stand."""
    signals = [arrival.signal for arrival in case.known()]
    chance.shuffle(signals)
    times = sorted(chance.choice([case.now, *(s.occurred_at for s in signals)]) for _ in signals)

    with patch.object(past, "EVERY", every):
        kept = Past.of(())
        for number, (signal, now) in enumerate(zip(signals, times, strict=True), 1):
            kept = kept.told(signal)
            if chance.random() < 0.8:
                assert _document(kept.fold(now)) == _document(fold(signals[:number], now))


def _signal(kind: str, minute: int, **fields: object) -> Signal:
    told = {"id": f"t:{kind}:{minute}", "workspace_id": "w1", "kind": kind, "person_id": "p1"}
    at = format_instant(START + timedelta(minutes=minute))
    return decode_signal(json.dumps({**told, "occurred_at": at, **fields}).encode())


def test_properties_that_python_calls_equal_are_told_apart():
    """True is not 1: a fold does not meet a mark that says 1 where it says true."""
    after = [_signal("email.opened", n) for n in range(20)]
    old = _signal("person.updated", 0, properties={"vip": 1})
    late = _signal("person.updated", 1, properties={"vip": True})
    rest = [_signal("email.delivered", n, study_id="s1", purpose="other") for n in range(2, 60)]
    kept = Past.of([old, *after, *rest])
    kept.fold(START)

    kept = kept.told(late)

    assert kept.fold(START).properties == {"vip": True}
    assert kept.fold(START).properties["vip"] is True


def test_what_comes_late_in_its_own_order_costs_little_each_time():
    """A backlog of a thousand behind one newer signal: each folds the last few, not all of it."""
    newest = _signal("participant.added", 5000, study_id="s9")
    kept, costs = Past.of([newest]), []
    for minute in range(1000):
        kept = kept.told(_signal("survey.completed", minute, study_id=f"s{minute}"))
        kept.fold(START)
        costs.append(kept.folded)

    assert max(costs) <= past.EVERY + 2
    assert all(one.count < other.count for one, other in pairwise(kept.marks))
