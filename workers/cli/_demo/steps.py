"""What to try when the story is told: commands with ids that are really there."""

import sys
from pathlib import Path
from shutil import which

from workers.cli._demo.seen import Seen
from workers.cli._demo.story import INTERVIEWS, PROTOTYPE, SURVEY


def next_steps(seen: Seen, *, is_only: bool, stays: bool) -> list[str]:
    """One command a line; `is_only`: the workspace need not be named."""
    pstatus = program()
    named = "" if is_only else f" -w {seen.workspace_id}"
    study, person = seen.somebody("not_contacted") or (PROTOTYPE, "p01")
    corrected = seen.corrected[0] if seen.corrected else person
    again = [] if stays else [f"{pstatus} local up   # Kafka and PostgreSQL, all this in them"]
    return [
        *again,
        f"{pstatus} study {INTERVIEWS}{named}",
        f"{pstatus} study {SURVEY} --stage cancelled{named}",
        f"{pstatus} person {corrected}{named}   # whose interview was canceled after all",
        *([] if not stays else _invitation(pstatus, seen.workspace_id, study, person)),
    ]


def _invitation(pstatus: str, workspace_id: str, study: str, person: str) -> list[str]:
    """A signal sent by hand, whose change can be watched."""
    told = (
        f'{{"id":"try:1","kind":"status.set","occurred_at":"%s","person_id":"{person}",'
        f'"study_id":"{study}","status":"test_invited","by":"me"}}'
    )
    return [
        f"printf '{told}' $(date -u +%FT%TZ) \\",
        f"  | {pstatus} send webhooks.product - -p standard -w {workspace_id}   # moves {person}",
    ]


def program() -> str:
    """How this very command is called from here."""
    if which("pstatus"):
        return "pstatus"
    path = Path(sys.argv[0]).absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
