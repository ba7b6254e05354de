"""The live board: three studies' seven stages, the latest changes, dead letters, speed and lag."""

from collections.abc import Callable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from schemas.changes import Change, ParticipantStatusChanged
from schemas.vocabulary import Stage
from workers.cli._demo.seen import Letter, Seen
from workers.ops import clock

ENDED = "That is all; Ctrl-C stops everything. Try next, in another terminal:"
FRESH = 1.5
"""Seconds for which a count that has grown is shown bright."""
COLOURS = {
    "not_started": "white",
    "invited": "cyan",
    "screening": "blue",
    "in_progress": "yellow",
    "pending_incentive": "magenta",
    "done": "green",
    "cancelled": "red",
}


Steps = Callable[[], Sequence[str]]
"""What to try when the story is over."""


class Board:
    """Draws what was seen."""

    def __init__(self, live: Live, seen: Seen, steps: Steps) -> None:
        self._live = live
        self._seen = seen
        self._steps = steps

    def changed(self, change: Change) -> None:
        """The next tick shows it."""

    def lettered(self, letter: Letter) -> None:
        """The next tick shows it."""

    def tick(self, *, ended: bool) -> None:
        """Draw anew."""
        self._live.update(self._screen(ended), refresh=True)

    def _screen(self, ended: bool) -> RenderableType:
        screen = Layout()
        parts = [
            Layout(_head(self._seen), size=3),
            Layout(studies(self._seen, clock.monotonic()), size=len(self._seen.studies) + 5),
            Layout(name="lists", ratio=1, minimum_size=4),
        ]
        if ended:
            steps = self._steps()
            told = Text("\n".join((ENDED, *steps)))
            parts.append(Layout(told, size=len(steps) + 2))
        screen.split_column(*parts)
        screen["lists"].split_row(
            Layout(Panel(_latest(self._seen), title="Latest changes"), ratio=3),
            Layout(
                Panel(_letters(self._seen), title=f"Dead letters: {len(self._seen.letters)}"),
                ratio=2,
            ),
        )
        return screen


def _head(seen: Seen) -> RenderableType:
    pulse = seen.pulse
    said = Table.grid(expand=True, padding=(0, 1))
    said.add_column(ratio=1)
    said.add_column(justify="right")
    numbers = f"{pulse.per_second:.0f} records/s, lag {pulse.waiting}, {seen.delay_ms} ms to read"
    said.add_row(Text(f"{pulse.sent} webhooks, {seen.changes} changes"), Text(numbers))
    bar = ProgressBar(total=max(1, pulse.of), completed=pulse.sent)
    return Group(Text(f"Participant Status, workspace {seen.workspace_id}", "bold"), said, bar)


def studies(seen: Seen, now: float | None = None) -> Table:
    """The studies' stages as columns; with `now`, counts that have just grown are bright."""
    table = Table(expand=True, box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("Study", no_wrap=True)
    for stage in Stage:
        table.add_column(stage.label, justify="right", style=COLOURS[stage])
    for study_id in seen.studies:
        counts = seen.by_stage(study_id)
        cells = [_count(seen, study_id, stage, number, now) for stage, number in counts.items()]
        table.add_row(study_id, *cells)
    return table


def _count(seen: Seen, study_id: str, stage: str, number: int, now: float | None) -> Text:
    arrived = seen.arrived.get((study_id, stage))
    fresh = now is not None and arrived is not None and now - arrived < FRESH
    return Text(str(number) if number else "·", style="bold reverse" if fresh else "")


def _latest(seen: Seen) -> RenderableType:
    return Text("\n", no_wrap=True, overflow="ellipsis").join(map(_change, reversed(seen.latest)))


def _change(change: Change) -> Text:
    person = getattr(change, "person_id", "")
    said = Text.assemble((f"{change.recorded_at:%H:%M:%S} ", "dim"), f"{person}  ")
    if not isinstance(change, ParticipantStatusChanged):
        return said.append("erased", "red")
    if change.correction:
        said.append("correction: ", "bold red")
    said.append(change.status, COLOURS.get(change.stage, ""))
    if change.prior_status:
        said.append(f" was {change.prior_status}", "dim")
    return said.append(f", {change.cause.kind}", "dim")


def _letters(seen: Seen) -> RenderableType:
    if not seen.letters:
        return Text("none yet", "dim")
    return Text("\n").join(
        Text.assemble((letter.letter, "red"), f": {letter.reason}")
        for letter in reversed(seen.letters.values())
    )
