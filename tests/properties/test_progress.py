"""Counters kept by differences are a recount, whatever is told in which order and which batches."""

from collections import Counter, defaultdict
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.signals import OfPerson, PersonErased
from tests.properties.cases import cases
from workers.apply.incoming import Incoming
from workers.apply.member import Member
from workers.apply.tally import Tally, of_all
from workers.apply.worlds import Known
from workers.domain.progress import progress
from workers.domain.simulation import Arrival, Case, play, settle
from workers.domain.tracking import NOBODY, HistoryNeeded

BOUNDED = settings(max_examples=250, deadline=None)
WORKSPACE = "w1"


class Home:
    """What a home keeps of people and counters, batch by batch, without a database."""

    def __init__(self, case: Case) -> None:
        self.counters: dict[str, Counter[str]] = defaultdict(Counter)
        self.people = {}
        self.clock = case.now
        self._known = Known()
        self._known.setups.update(case.world.setups)
        self._known.world = case.world
        self._histories = defaultdict(list)
        self._erased = set()

    def hear(self, batch: list[tuple[int, Arrival]]) -> None:
        """Signals of one transaction; an erasure stands in one of its own."""
        told = defaultdict(list)
        for offset, arrival in batch:
            if arrival.signal.person_id not in self._erased:
                incoming = Incoming(
                    SimpleNamespace(offset=offset), arrival.received_at, None, arrival.signal
                )
                told[arrival.signal.person_id].append(incoming)
        self.clock = batch[-1][1].received_at
        self._keep([self._heard(person, incomings) for person, incomings in told.items()])

    def pass_time(self, now) -> None:
        """The timers of everybody."""
        self.clock = now
        members = [self._member(person) for person in self.people]
        for member in members:
            member.catch_up(now, self._histories[member.key[1]])
        self._keep([(member.key[1], member.tracked, member.tally) for member in members])

    def _heard(self, person, incomings):
        member = self._member(person)
        if isinstance(incomings[0].signal, PersonErased):
            tally = Tally()
            tally.leave(member.tracked, incomings[0])
            self._erased.add(person)
            return person, None, tally
        fresh = [(i.offset, i.signal) for i in incomings if not i.signal.inert]
        self._histories[person] += fresh
        heard = [incoming for incoming in incomings if not incoming.signal.inert]
        try:
            list(member.listen(heard, self.clock, None))
        except HistoryNeeded:
            list(member.listen(heard, self.clock, self._histories[person]))
        return person, member.tracked, member.tally

    def _keep(self, outcomes) -> None:
        for person, tracked, _ in outcomes:
            self.people.pop(person, None)
            if tracked is not None:
                self.people[person] = tracked
        whole = of_all((WORKSPACE, tally) for *_, tally in outcomes)
        for row in whole.rows(4):
            counter = self.counters[row["s"]]
            counter.update(row["c"])
            assert min(counter.values()) >= 0
            assert (row["i"] is None) == (row["k"] in ("clock", "refold"))

    def _member(self, person) -> Member:
        before = self.people.get(person, NOBODY)
        key = (WORKSPACE, person)
        return Member(key=key, before=before, known=self._known, policy_version=0, kept=None)


def batches(draw, arrivals: list[Arrival]) -> list[list[tuple[int, Arrival]]]:
    """Cut anywhere; whoever is erased stands alone."""
    found: list[list[tuple[int, Arrival]]] = []
    for offset, arrival in enumerate(arrivals):
        alone = isinstance(arrival.signal, PersonErased)
        if not found or alone or draw(st.booleans()) or _erases(found[-1]):
            found.append([])
        found[-1].append((offset, arrival))
    return found


def _erases(batch: list[tuple[int, Arrival]]) -> bool:
    return any(isinstance(arrival.signal, PersonErased) for _, arrival in batch)


@BOUNDED
@given(cases(), st.data())
def test_differences_add_up_to_a_recount_and_to_the_simulation(case: Case, data) -> None:
    """After the last batch and the timers; nothing ever counts below nought on the way."""
    world = settle(case).world
    case = Case(case.now, world, case.arrivals)
    known = [a for a in case.known() if isinstance(a.signal, OfPerson)]
    home = Home(case)

    for batch in batches(data.draw, known):
        home.hear(batch)
    home.pass_time(case.now)

    expected = play(Case(case.now, world, tuple(known))).progress()
    found = {s: progress(world.setup(s), [home.counters[s]]) for s in expected}
    assert found == expected == settle(Case(case.now, world, tuple(known))).progress()
    for study in home.counters.keys() - expected.keys():
        assert not +home.counters[study]
