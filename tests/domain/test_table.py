"""The table that moves statuses: every line of the product's page at every status."""

import pytest

from schemas.vocabulary import Status
from tests.domain import matrix, story
from tests.domain.story import told
from workers.domain import history
from workers.domain.transitions import TABLE, Row, Scene, row_for

CELLS = tuple(matrix.cells())
LINES = tuple(dict.fromkeys(cell.what for cell in CELLS))


@pytest.mark.parametrize("what", LINES)
def test_a_line_of_the_page_leads_where_it_says_from_every_status(what: str) -> None:
    """Somebody in each status hears it; those whom the line names move, all others stay."""
    cells = [cell for cell in CELLS if cell.what == what]

    wrong = [f"{cell}, not {reached}" for cell in cells if (reached := shown(cell)) != cell.end]

    assert wrong == []


def shown(cell: matrix.Cell) -> str:
    """The folded status at the end: not_eligible is only how not_contacted looks."""
    status = cell.story().status()
    return "not_contacted" if status == "not_eligible" else status


@pytest.mark.parametrize(
    "kind", ["participant.added", "email.resubscribed", "governance.overridden", "incentive.sent"]
)
def test_whatever_first_names_person_and_study_makes_a_participant(kind: str) -> None:
    """A participant exists from the first such signal, and is not_contacted without a row."""
    fields = {"by": "u1"} if kind == "governance.overridden" else {}
    fields |= {"reward_id": "g1"} if kind == "incentive.sent" else {}

    person = told(story.signal(kind, "09:00", **fields))

    assert person.status() == "not_contacted"


@pytest.mark.parametrize("kind", ["email.opened", "email.clicked"])
def test_opens_and_clicks_make_nobody_known(kind: str) -> None:
    """Bots open mail: no participant, person or study becomes known, nothing is published."""
    person = told(story.signal(kind, "09:00"))

    answer = person.answer()

    assert [answer[part] for part in ("participants", "contacts", "progress", "changes")] == [
        {},
        {},
        {},
        [],
    ]


def test_an_opt_out_moves_every_study_the_person_is_in_by_then() -> None:
    """One who was never told apart by study leaves all; a study joined later is only a look."""
    person = told(
        story.mailed("08:00"),
        story.mailed("08:01", study_id="s2"),
        story.put("survey_started", "08:02", study_id="s3"),
        story.contact("opted_out", "09:00"),
        story.added("09:01", study_id="s4"),
    )

    shown = [person.status(study) for study in ("s1", "s2", "s3", "s4")]

    assert shown == ["opted_out", "opted_out", "survey_started", "not_eligible"]


def test_an_opt_out_that_first_names_the_study_opts_out_there_too() -> None:
    """The signal makes the participant and moves them at once."""
    assert told(story.signal("email.unsubscribed", "09:00")).status() == "opted_out"


def test_mail_without_a_study_moves_nobody() -> None:
    """A bounce that names no study is no news of any participant."""
    person = told(story.mailed("08:00"), story.bounced("09:00", study_id=None))

    assert person.status() == "study_invited"


def test_an_opt_out_ends_what_mail_may_undo_until_the_opt_in() -> None:
    """Mail leads out of opted_out only when no opt-out is in force; a hard bounce is none."""
    story_so_far = told(
        story.mailed("07:00"),
        story.contact("opted_out", "08:00"),
        story.bounced("08:01"),
        story.mailed("08:30"),
        now="08:45",
    )
    assert story_so_far.status() == "opted_out"

    changes = [
        *story_so_far.hears(story.contact("opted_in", "09:00"), now="09:00"),
        *story_so_far.hears(story.mailed("09:01"), now="09:01"),
    ]

    assert [story.step(change) for change in changes] == [("opted_out", "study_invited")]


def test_no_two_rows_fit_one_signal_and_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every cell of the page at most one row of the table fits."""
    crowds = []

    def watch(scene: Scene) -> Status:
        fitting = [row for row in TABLE if isinstance(scene.signal, row.on) and row.fits(scene)]
        if len(fitting) > 1:
            crowds.append((scene, fitting))
        return real(scene)

    real = history.status_after
    monkeypatch.setattr(history, "status_after", watch)
    for cell in CELLS:
        cell.story().answer()

    assert crowds == []


def test_every_row_and_every_status_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases of this file leave no row of the table and no status untried."""
    hit: set[Row | None] = set()
    reached: set[str] = {"not_eligible"} & {
        told(story.contact("opted_out", "08:00"), story.added("09:00")).status()
    }

    def watch(scene: Scene) -> Status:
        hit.add(row_for(scene))
        return real(scene)

    real = history.status_after
    monkeypatch.setattr(history, "status_after", watch)
    for cell in CELLS:
        reached |= {change["status"] for change in cell.story().changes()}

    untried = [
        f"row: {row.on.__name__} from {sorted(row.start)} to {row.end}"
        for row in TABLE
        if row not in hit
    ]
    assert [*untried, *(f"status: {status}" for status in Status if status not in reached)] == []
