"""`pstatus db`: the schema is brought up to date, and compared."""

from tests.cli.talk import pstatus


def test_a_database_is_migrated_once(empty_database: str) -> None:
    """Check says what to do; migrate does it; doing it again is harmless."""
    before = pstatus(empty_database, "db", "check")
    made = pstatus(empty_database, "db", "migrate")
    again = pstatus(empty_database, "db", "migrate")
    after = pstatus(empty_database, "db", "check")

    assert (before.code, before.out[:20]) == (1, "schema version none,")
    assert "pstatus db migrate" in before.out
    assert (made.code, again.code, after.code) == (0, 0, 0)
    assert "(nothing to do)" in again.out
    assert "(nothing to do)" not in made.out
    assert after.out.endswith(", as needed\n")
