"""What a board of a study of a million participants needs: who has a status, the latest first."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS: tuple[str, ...] = (
    """
    create index participants_by_status
    on participants (workspace_id, study_id, status, since desc, person_id)
    """,
)


def upgrade() -> None:
    """Runs the statements, in order."""
    for statement in STATEMENTS:
        op.execute(statement)
