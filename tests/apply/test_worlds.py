"""Configurations that a home has met: also those that its version can't read."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from workers.apply.member import Member, Unreadable
from workers.apply.worlds import POLICY, Known, Worlds
from workers.domain.tracking import NOBODY

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def policy(version: int, *kinds: str) -> Any:
    """A row of the newest policy, with rules of these kinds."""
    rules = [{"id": f"r{n}", "kind": kind, "days": 3} for n, kind in enumerate(kinds)]
    body = {
        "id": f"t:{version}", "workspace_id": "w1", "occurred_at": "2026-03-02T09:00:00Z",
        "kind": "policy.configured", "timezone": "UTC", "rules": rules,
    }  # fmt: skip
    return ("w1", POLICY, version, f"t:{version}", NOW, json.dumps(body))


def person(known: Known) -> Member:
    """Somebody who is behind the newest policy."""
    return Member(
        key=("w1", "p1"), before=NOBODY, known=known, policy_version=0, kept="{}",
        behind=frozenset({POLICY}),
    )  # fmt: skip


def test_a_policy_of_another_version_sets_people_aside_and_stops_nobody():
    """A newer ingest stored a rule kind that this worker does not know; the next version does."""
    worlds = Worlds()
    worlds.learn([("w1", POLICY)], [policy(1, "of_tomorrow")])
    with pytest.raises(Unreadable):
        person(worlds.of("w1")).catch_up(NOW, None)
    assert worlds.of("w2").unreadable == set()

    worlds.expire([("w1", POLICY, 2)])
    assert worlds.missing([("w1", POLICY)]) == [("w1", POLICY)]
    worlds.learn([("w1", POLICY)], [policy(2, "invitation_cooldown")])

    one = person(worlds.of("w1"))
    assert one.catch_up(NOW, None).changes == ()
    assert cast(Any, one.version()) == {"w": "w1", "p": "p1", "v": 2}
