"""What the board knows: the changes as any subscriber hears them, folded; it asks no database."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from schemas.changes import Change, ParticipantStatusChanged, PersonErasedChange
from schemas.vocabulary import Stage
from schemas.webhooks import WORKSPACE_ID

LATEST = 200
"""How many changes are remembered for the list."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: its class, the reason in our words, the topic it came from."""

    name: str
    letter: str
    reason: str
    topic: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the flow stands: raw records sent, of how many, worked off a second, still under way."""

    sent: int = 0
    of: int = 0
    per_second: float = 0.0
    waiting: int = 0


class Seen:
    """Who stands where, by the newest change of each participant."""

    def __init__(self, workspace_id: str, studies: Iterable[str]) -> None:
        self.workspace_id = workspace_id
        self.studies = tuple(studies)
        self.pulse = Pulse()
        self.latest: deque[ParticipantStatusChanged | PersonErasedChange] = deque(maxlen=LATEST)
        self.letters: dict[str, Letter] = {}
        self.changes = 0
        self.corrected: list[str] = []
        self.arrived: dict[tuple[str, str], float] = {}
        """(study, stage) -> when somebody last came there."""
        self._places: dict[tuple[str, str], tuple[str, str]] = {}
        self._delays: deque[float] = deque(maxlen=LATEST)

    def hear(self, change: Change, *, at: datetime, clock: float) -> bool:
        """One change, and when it was read; False if it is none of this workspace's people."""
        if change.workspace_id != self.workspace_id:
            return False
        if isinstance(change, ParticipantStatusChanged):
            self._move(change, clock)
        elif isinstance(change, PersonErasedChange):
            self._places = {k: v for k, v in self._places.items() if k[1] != change.person_id}
        else:
            return False
        self.changes += 1
        self.latest.append(change)
        self._delays.append((at - change.recorded_at).total_seconds())
        return True

    def _move(self, change: ParticipantStatusChanged, clock: float) -> None:
        self._places[change.study_id, change.person_id] = (change.status, change.stage)
        self.arrived[change.study_id, change.stage] = clock
        if change.correction:
            self.corrected.append(change.person_id)

    def note(self, letter: Letter) -> bool:
        """One dead letter; False if it was known: ids stay, however often it is written."""
        is_new = letter.name not in self.letters
        self.letters.setdefault(letter.name, letter)
        return is_new

    def by_stage(self, study_id: str) -> dict[str, int]:
        """The seven stages in order, with how many stand there."""
        found = Counter(
            stage for (study, _), (_, stage) in self._places.items() if study == study_id
        )
        return {str(stage): found[stage] for stage in Stage}

    def somebody(self, status: str) -> tuple[str, str] | None:
        """(study, person) of one who has this status."""
        found = sorted(place for place, (shown, _) in self._places.items() if shown == status)
        return found[0] if found else None

    @property
    def people(self) -> int:
        """How many are in a study."""
        return len({person for _, person in self._places})

    @property
    def letters_by_class(self) -> dict[str, int]:
        """How many dead letters of each class."""
        return dict(Counter(letter.letter for letter in self.letters.values()).most_common())

    @property
    def delay_ms(self) -> int:
        """The median of the last changes: from the decision in the database to us."""
        return round(1000 * median(self._delays)) if self._delays else 0


def letter_of(
    key: bytes | None, headers: Mapping[str, str], *, at: datetime, workspace_id: str
) -> Letter | None:
    """A dead letter by its headers; None if it belongs to another workspace.

    A raw record names its workspace in a header, a signal in its key.
    """
    of_signal = (key or b"").startswith(f"{workspace_id}:".encode())
    if headers.get(WORKSPACE_ID) != workspace_id and not of_signal:
        return None
    origin = [headers.get(f"__dlq.errors.{part}", "") for part in ("topic", "partition", "offset")]
    own = "/".join((*origin, headers.get("pstatus-dlq-element", "")))
    return Letter(
        name=headers.get("pstatus-dlq-id") or own,
        letter=headers.get("pstatus-dlq-class", "?"),
        reason=headers.get("__dlq.errors.message", ""),
        topic=origin[0],
        at=at,
    )
