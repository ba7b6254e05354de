"""Flow charts: what the table allows and the setup offers, and nothing else."""

from itertools import pairwise

import pytest

from schemas.vocabulary import Stage, Status, StudyType
from workers.domain.charts import LEVEL, SETUPS, Chart, Way, chart, mermaid, usual_way
from workers.domain.setups import UNCONFIGURED, Setup
from workers.domain.stages import offered, stage
from workers.domain.transitions import TABLE

ALL = [
    Setup(type=type_, screener=screener, incentive=incentive)
    for type_ in StudyType
    for screener in (True, False)
    for incentive in (True, False)
]


def arrows(drawn: Chart, way: Way) -> list[tuple[str, str]]:
    """From where to where, of one way."""
    return [(str(arrow.start), str(arrow.end)) for arrow in drawn.arrows if arrow.way is way]


@pytest.mark.parametrize("setup", ALL, ids=str)
def test_every_arrow_is_a_row_of_the_table(setup: Setup):
    """Each leads between offered statuses, by a signal that does move somebody so."""
    drawn = chart(setup)
    allowed = {
        (start, row.end, row.on.__dataclass_fields__["kind"].default)
        for row in TABLE
        for start in row.start
    }
    for arrow in drawn.arrows:
        starts = [arrow.start]
        if arrow.way is Way.EXIT:
            starts = [s for s in Status if stage(s, setup) is arrow.start]
        for kind in arrow.signals:
            assert any((start, arrow.end, kind) in allowed for start in starts), (arrow, kind)
    assert drawn.arrows
    assert len({(arrow.start, arrow.end) for arrow in drawn.arrows}) == len(drawn.arrows)


@pytest.mark.parametrize("setup", ALL, ids=str)
def test_every_offered_status_stands_in_its_stage_once(setup: Setup):
    """But for not_eligible, which is a look of not_contacted."""
    drawn = chart(setup)
    shown = [(s, column) for column, statuses in drawn.stages.items() for s in statuses]
    wanted = [(s, stage(s, setup)) for s in offered(setup) if s is not Status.NOT_ELIGIBLE]
    assert sorted(shown) == sorted(wanted)


@pytest.mark.parametrize("setup", ALL, ids=str)
def test_the_usual_way_is_drawn_without_a_break(setup: Setup):
    """From not contacted to the last thing that can go well."""
    way = usual_way(setup)
    assert arrows(chart(setup), Way.USUAL) == list(pairwise(way))
    assert way[0] is Status.NOT_CONTACTED
    assert way[-1] is Status.INCENTIVE_CLAIMED or not setup.incentive


def test_every_status_is_a_step_or_an_exit():
    """A new status must be given its place before it can be drawn."""
    exits = {s for s in Status if stage(s, UNCONFIGURED) is Stage.CANCELLED}
    assert set(LEVEL) | exits | {Status.NOT_ELIGIBLE} == set(Status)
    assert not set(LEVEL) & exits


def test_an_interview_with_a_screener_reads_as_a_product_person_tells_it():
    """Invited, screened, invited to the interview, booked, done, paid."""
    drawn = chart(SETUPS[0])
    assert arrows(drawn, Way.USUAL)[2:6] == [
        ("screener_started", "screener_qualified"),
        ("screener_qualified", "interview_invited"),
        ("interview_invited", "interview_scheduled"),
        ("interview_scheduled", "interview_completed"),
    ]
    assert ("in_progress", "interview_canceled") in arrows(drawn, Way.EXIT)
    assert ("no_showed", "interview_invited") in arrows(drawn, Way.BACK)
    assert ("study_invited", "interview_scheduled") not in arrows(drawn, Way.SIDE)  # only skips


def test_counts_stand_on_the_nodes():
    """Statuses where nobody is say so."""
    text = mermaid(chart(SETUPS[0]), {Status.STUDY_INVITED: 1_200})
    assert 'study_invited["Study Invited: 1,200"]' in text
    assert 'no_showed["No Showed: 0"]' in text


def test_a_study_never_configured_has_only_what_every_study_has():
    """No type: nobody knows what it asks people to do."""
    assert set(chart(UNCONFIGURED).stages) == {Stage.NOT_STARTED, Stage.CANCELLED}
