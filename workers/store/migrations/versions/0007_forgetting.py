"""What an erasure needs: the changes of a study's progress, to take signals' ids out of them."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS: tuple[str, ...] = (
    """
    create index changes_of_progress on changes (workspace_id, study_id)
    where kind = 'study.progress_changed'
    """,
)


def upgrade() -> None:
    """Runs the statements, in order."""
    for statement in STATEMENTS:
        op.execute(statement)
