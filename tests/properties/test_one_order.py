"""The promise: what we say is a function of the signals known, of the newest setup and of now."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.cases import cases
from workers.domain import tracking
from workers.domain.history import fold
from workers.domain.person import Person
from workers.domain.simulation import Arrival, Case, Ending, play, settle
from workers.domain.standing import assess
from workers.domain.tracking import NOBODY
from workers.store import documents

BOUNDED = settings(max_examples=250, deadline=None)


@BOUNDED
@given(cases(), st.randoms(use_true_random=False))
def test_any_order_and_any_number_of_copies_ends_the_same(case: Case, chance: Random) -> None:
    """Shuffled and doubled, received at the end all at once or one by one."""
    arrivals = [*case.arrivals, *chance.sample(case.arrivals, len(case.arrivals) // 2)]
    chance.shuffle(arrivals)
    latest = max((arrival.received_at for arrival in arrivals), default=case.now)
    shuffled = Case(case.now, case.world, tuple(Arrival(a.signal, latest) for a in arrivals))

    assert ends(play(shuffled)) == ends(settle(shuffled)) == ends(settle(case))


@BOUNDED
@given(cases())
def test_step_by_step_ends_as_folded_at_once(case: Case) -> None:
    """The live way and the whole history agree on people, standing and counts."""
    assert ends(play(case)) == ends(settle(case))


def ends(ending: Ending) -> tuple[object, ...]:
    """Everything an ending says, but for the way there."""
    return ending.people, ending.progress(), ending.world


@BOUNDED
@given(cases(persons="p1", erasures=False))
def test_what_is_kept_of_a_person_is_at_each_step_what_the_history_folds_to(case: Case) -> None:
    """After each signal, and after a trip through the document, which changes nothing."""
    tracked, heard = NOBODY, []
    for arrival in case.known():
        now = arrival.received_at
        tracked = tracking.hear(
            tracked, arrival.signal, received_at=now, now=now, world=case.world, history=heard
        ).tracked
        heard.append(arrival.signal)
        if arrival.signal.inert:
            continue  # recorded and nothing else: not even the clock is asked

        assert tracked.person == fold(heard, now)
        assert documents.decode(documents.encode(tracked)) == tracked
        assert documents.encode(documents.decode(documents.encode(tracked))) == documents.encode(
            tracked
        )


@BOUNDED
@given(cases(persons="p1", erasures=False), st.integers(0, 3 * 24 * 60))
def test_nothing_changes_before_it_is_due(case: Case, minutes: int) -> None:
    """Between now and `due_at` a look at any time gives the standing kept."""
    person = fold([arrival.signal for arrival in case.known()], case.now)
    standing = assess(person, case.world, case.now)
    later = case.now + timedelta(minutes=minutes)
    if standing.due_at is not None:
        later = min(later, standing.due_at - timedelta(microseconds=1))

    then = assess(folded(case, later), case.world, later)

    assert standing.due_at is None or standing.due_at > case.now
    assert (then.contact, then.participants) == (standing.contact, standing.participants)


def folded(case: Case, now: object) -> Person:
    """The person at another time."""
    return fold([arrival.signal for arrival in case.known()], now)  # type: ignore[arg-type]
