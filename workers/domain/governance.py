"""The governance rules: one row of a table and one small pure function a kind.

Rules read records, never a status. A hold is the interval [event, until): at `until` it is over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from schemas import rules as kinds
from schemas.vocabulary import (
    BookingState,
    ContactStatus,
    NoShowEffect,
    Operator,
    RewardState,
    StudyType,
)
from schemas.zones import zone
from workers.domain.person import Participant, Person, Reward

LAST = datetime.max.replace(tzinfo=UTC)


class Hold(NamedTuple):
    """A rule in force; `until` None is open-ended."""

    status: ContactStatus
    until: datetime | None


class Verdict(NamedTuple):
    """What a rule says now, and when time alone would make it say something else."""

    hold: Hold | None
    turns_at: datetime | None = None


SILENT = Verdict(None)


class Completion(NamedTuple):
    """Somebody took part: when, and in what."""

    at: datetime
    type: StudyType


@dataclass(frozen=True, slots=True)
class Records:
    """What rules may read of a person, over all studies; times in rising order."""

    invitations: list[datetime]
    completions: list[Completion]
    no_shows: list[datetime]
    rewards: list[Reward]
    properties: Any
    unblocklisted_at: datetime | None


def records_of(person: Person) -> Records:
    """The records of a person that rules read."""
    records = Records([], [], [], [], person.properties, person.causes.unblocklisted_at)
    for participant in person.participants.values():
        _note(participant, records)
    for times in (records.invitations, records.completions, records.no_shows):
        times.sort()
    return records


def _note(participant: Participant, records: Records) -> None:
    """Adds a participant's records; most have few, and a drain asks of everybody."""
    if participant.invited_at:
        records.invitations.append(participant.invited_at)
    if participant.survey_completed_at:
        records.completions.append(Completion(participant.survey_completed_at, StudyType.SURVEY))
    if participant.test_completed_at:
        test = Completion(participant.test_completed_at, StudyType.UNMODERATED_TEST)
        records.completions.append(test)
    for booking in participant.bookings.values():
        if booking.state is BookingState.COMPLETED:
            records.completions.append(Completion(booking.at, StudyType.INTERVIEW))
        elif booking.state is BookingState.NO_SHOW:
            records.no_shows.append(booking.at)
    for reward in participant.rewards.values():
        if reward.state is not RewardState.VOID:
            records.rewards.append(reward)


def verdict(rule: kinds.Rule, records: Records, now: datetime, timezone: str) -> Verdict:
    """What one rule says about these records at `now`."""
    return RULES[type(rule)](rule, records, now, timezone)


def _until(start: datetime, days: int) -> datetime:
    """A day is 24 hours exactly; the end of time is as late as it gets."""
    length = timedelta(days=days)
    return start + length if start <= LAST - length else LAST


def _cooldown(start: datetime | None, days: int, now: datetime) -> Verdict:
    if start is None or (until := _until(start, days)) <= now:
        return SILENT
    return Verdict(Hold(ContactStatus.IN_COOLDOWN, until), until)


def _latest(times: list[datetime], nth: int = 1) -> datetime | None:
    return times[-nth] if len(times) >= nth else None


def _of_type(records: Records, study_type: StudyType | None) -> list[datetime]:
    return [c.at for c in records.completions if study_type in (None, c.type)]


def _invitation_cooldown(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    return _cooldown(_latest(records.invitations), rule.days, now)


def _participation_cooldown(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    return _cooldown(_latest(_of_type(records, rule.study_type)), rule.days, now)


def _invitation_limit(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    return _cooldown(_latest(records.invitations, rule.max), rule.window_days, now)


def _participation_limit(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    nth = _latest(_of_type(records, rule.study_type), rule.max)
    return _cooldown(nth, rule.window_days, now)


def _incentive_limit(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    start, end = _calendar_year(now, timezone)
    ours = [r for r in records.rewards if r.currency == rule.currency]
    cents = sum(r.amount_cents or 0 for r in ours if start <= r.at < end)
    turns_at = end if ours or rule.max_cents == 0 else None
    if cents < rule.max_cents:
        return Verdict(None, turns_at)
    return Verdict(Hold(ContactStatus.DO_NOT_CONTACT, end), turns_at)


def _calendar_year(now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """[start, end) of the local year; once it is over, no clock set back returns to it."""
    year = now.astimezone(zone(timezone)).year
    if (end := _new_year(year + 1, timezone)) <= now:
        return end, _new_year(year + 2, timezone)
    return _new_year(year, timezone), end


def _new_year(year: int, timezone: str) -> datetime:
    return LAST if year > date.max.year else _midnight(date(year, 1, 1), timezone)


def _midnight(day: date, timezone: str) -> datetime:
    try:
        return datetime.combine(day, time(), zone(timezone)).astimezone(UTC)
    except OverflowError:
        return LAST if day.year > 1 else LAST.min.replace(tzinfo=UTC)


def _no_show_limit(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    window = timedelta(days=rule.window_days)
    latest = None
    for oldest, newest in zip(records.no_shows, records.no_shows[rule.max - 1 :], strict=False):
        latest = newest if newest - oldest < window else latest
    if rule.effect is NoShowEffect.COOLDOWN:
        return _cooldown(latest, rule.cooldown_days, now)
    answered = records.unblocklisted_at
    if latest is None or (answered is not None and latest <= answered):
        return SILENT
    return Verdict(Hold(ContactStatus.IN_BLOCKLIST, None))


def _property_rule(rule: Any, records: Records, now: datetime, timezone: str) -> Verdict:
    told = records.properties.get(rule.property)
    if rule.operator is Operator.IN_NEXT_DAYS:
        return _in_next_days(told, rule.value, now, timezone)
    if told is None:
        return _open_ended(rule.operator is Operator.IS_NOT_SET)
    return _open_ended(COMPARISONS[rule.operator](told, rule.value))


def _open_ended(holds: bool) -> Verdict:
    return Verdict(Hold(ContactStatus.DO_NOT_CONTACT, None)) if holds else SILENT


def _in_next_days(told: Any, days: int, now: datetime, timezone: str) -> Verdict:
    """From 24 h x days before the date's midnight until that midnight."""
    day = _date(told)
    if day is None:
        return SILENT
    end = _midnight(day, timezone)
    length = timedelta(days=days)
    begin = end - length if end - datetime.min.replace(tzinfo=UTC) > length else None
    if now >= end:
        return SILENT
    if begin is not None and now < begin:
        return Verdict(None, begin)
    holds = days > 0
    return Verdict(Hold(ContactStatus.DO_NOT_CONTACT, None), end) if holds else Verdict(None, end)


def _date(told: Any) -> date | None:
    if not isinstance(told, str) or len(told) != 10:
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def same_json(one: Any, other: Any) -> bool:
    """Equal as JSON values: true is not 1, "1" is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def _number(told: Any) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool)


COMPARISONS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUALS: same_json,
    Operator.NOT_EQUALS: lambda told, value: not same_json(told, value),
    Operator.LESS_THAN: lambda told, value: _number(told) and told < value,
    Operator.GREATER_THAN: lambda told, value: _number(told) and told > value,
    Operator.IS_SET: lambda told, value: True,
    Operator.IS_NOT_SET: lambda told, value: False,
}

RULES: dict[type[Any], Callable[[Any, Records, datetime, str], Verdict]] = {
    kinds.InvitationCooldown: _invitation_cooldown,
    kinds.ParticipationCooldown: _participation_cooldown,
    kinds.InvitationLimit: _invitation_limit,
    kinds.ParticipationLimit: _participation_limit,
    kinds.IncentiveLimit: _incentive_limit,
    kinds.NoShowLimit: _no_show_limit,
    kinds.PropertyRule: _property_rule,
}
