"""How many people a home brings up to date at once."""

from workers.apply.pace import FEWEST, GOAL, MOST, Pace


def test_pieces_grow_while_they_are_quick() -> None:
    """Up to a bound, whatever the machine could do."""
    pace = Pace()
    before = pace.most

    pace.took(GOAL / 10)
    grown = pace.most
    for _ in range(100):
        pace.took(GOAL / 10)

    assert before < grown < MOST
    assert pace.most == MOST


def test_a_slow_piece_halves_the_next_but_never_to_nothing() -> None:
    """A drain gets ahead on the slowest machine."""
    pace = Pace()
    before = pace.most

    pace.took(GOAL * 1.01)
    halved = pace.most
    for _ in range(100):
        pace.took(GOAL * 10)

    assert halved == max(FEWEST, before // 2)
    assert pace.most == FEWEST


def test_a_piece_as_long_as_intended_changes_nothing() -> None:
    """Between half the goal and the goal."""
    pace = Pace()
    before = pace.most

    pace.took(GOAL * 0.75)

    assert pace.most == before
