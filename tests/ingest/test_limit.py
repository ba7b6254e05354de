"""When too much of a topic has become dead letters: shares, runs, and whose they are."""

from collections.abc import Iterable

from workers.ingest.limit import MIXED, Bounds, counted, exceeded
from workers.ingest.plan import Share
from workers.store.limits import Kept

BOUNDS = Bounds(run=10, share=0.25)


def shares(*told: tuple[str, int, int]) -> list[Share]:
    """(workspace, lost, of how many elements) of each record."""
    return [Share("t", *one) for one in told]


def opens(told: Iterable[Share], senders: dict[str, tuple[float, float]] | None = None) -> bool:
    """Whether these records, the first ever, are too much."""
    told = list(told)
    sums: dict[str, tuple[float, float]] = dict(senders or {})
    for one in told:
        records, lost = sums.get(one.workspace_id, (0.0, 0.0))
        sums[one.workspace_id] = (records + 1, lost + one.lost / one.elements)
    after, longest = counted(Kept(), told)
    return exceeded(after, longest, sums, BOUNDS)


def test_a_run_of_lost_records_opens_the_limit():
    """One less does not; nor does a run that anything sound interrupts."""
    assert opens(shares(*[("w1", 1, 1)] * 10))
    assert not opens(shares(*[("w1", 1, 1)] * 9))
    assert not opens(shares(*[("w1", 1, 1)] * 9, ("w1", 0, 1), *[("w1", 0, 1)] * 40))


def test_a_run_goes_on_from_batch_to_batch():
    """And a run within a batch counts though the batch ends well."""
    first, _ = counted(Kept(), shares(*[("w1", 1, 1)] * 6))
    _, longest = counted(first, shares(*[("w1", 1, 1)] * 4, ("w1", 0, 1)))

    assert (longest.run, longest.run_of) == (10, "w1")


def test_a_share_opens_the_limit_once_as_much_is_lost_as_a_run_has():
    """Elements count as parts of their record: a third of each array is a third."""
    assert opens(shares(*[("w1", 1, 3)] * 30))
    assert not opens(shares(*[("w1", 1, 3)] * 29))
    assert not opens(shares(*[("w1", 1, 5)] * 500))


def test_one_per_cent_never_opens_it():
    """However many they are."""
    assert not opens(shares(*([("w1", 1, 1)] + [("w1", 0, 1)] * 99) * 200))


def test_a_flood_of_one_workspace_among_several_stops_nobody():
    """Neither as a run nor as a share; nor with another's ordinary broken record."""
    others = {"w2": (1000.0, 10.0)}

    assert not opens(shares(*[("w1", 1, 1)] * 5000), others)
    assert opens(shares(*[("w1", 1, 1), ("w3", 1, 1)] * 5), others)


def test_what_hits_two_of_many_workspaces_does():
    """A broken provider that only some of them use."""
    sound = [("w1", 0, 1), ("w2", 0, 1)]

    assert opens(shares(*[*sound, ("w3", 1, 1), ("w4", 1, 1)] * 5))
    assert not opens(shares(*[*sound, ("w3", 1, 1), ("w3", 1, 1)] * 5))


def test_a_run_of_several_workspaces_is_nobodys():
    """Who began it is no longer told."""
    after, _ = counted(Kept(), shares(("w1", 1, 1), ("w2", 1, 1), ("w1", 1, 1)))

    assert (after.run, after.run_of) == (3, MIXED)
