"""The demo without a terminal: a line a change, a line a dead letter, a table at the end."""

from datetime import datetime

from rich.console import Console

from schemas.changes import Change, ParticipantStatusChanged
from workers.cli._demo.board import Steps, studies
from workers.cli._demo.seen import Letter, Seen


class Lines:
    """Prints as it comes."""

    def __init__(self, console: Console, seen: Seen, steps: Steps) -> None:
        self._console = console
        self._seen = seen
        self._steps = steps
        self._ended = False

    def changed(self, change: Change) -> None:
        """`time study person prior -> status stage cause`."""
        self._line(change.recorded_at, told(change))

    def lettered(self, letter: Letter) -> None:
        """`time dead letter class: reason`."""
        self._line(letter.at, f"dead letter  {letter.letter}: {letter.reason}  ({letter.topic})")

    def tick(self, *, ended: bool) -> None:
        """Lines do not move; at the end comes the summary."""
        if ended and not self._ended:
            self._ended = True
            summary(self._seen, self._console)
            self._console.print("\nTry next", style="bold")
            for step in self._steps():
                self._console.print(step, soft_wrap=True, markup=False)

    def _line(self, at: datetime, text: str) -> None:
        self._console.print(f"{at:%H:%M:%S} {text}", soft_wrap=True, markup=False, highlight=False)


def told(change: Change) -> str:
    """A change in one line."""
    if not isinstance(change, ParticipantStatusChanged):
        return f"{getattr(change, 'person_id', '')} was erased from every study"
    prior = change.prior_status or "(new)"
    ids = f"{change.study_id:<10} {change.person_id:<4}"
    said = f"{ids} {prior} -> {change.status}  [{change.stage}]  {change.cause.kind}"
    return f"{said}  CORRECTION" if change.correction else said


def summary(seen: Seen, console: Console) -> None:
    """What came of it all, for the end."""
    console.print(studies(seen))
    letters = ", ".join(f"{number} {name}" for name, number in seen.letters_by_class.items())
    console.print(
        f"{seen.pulse.sent} webhooks of {seen.people} people became {seen.changes} changes"
        f" (read {seen.delay_ms} ms after the decision, in the median);"
        f" {len(seen.corrected)} corrected what was said before."
        f" {len(seen.letters)} dead letters: {letters or 'none'}.",
        highlight=False,
        soft_wrap=not console.is_terminal,
    )
