"""The payload of Calendly's retired v1 webhooks, with the names of today's; decides on nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from schemas.fields import Id
from workers.providers.attached import Tracking
from workers.providers.payloads import Moment, Part, Reference, ResourceRef


class EventType(Part):
    """The kind of meeting."""

    uuid: Reference | None = None


class Slot(Part):
    """The slot that was booked; people in it are named, not numbered."""

    start_time: Moment | None = None
    end_time: Moment | None = None
    assigned_to: list[str] | None = None


class FirstInvitee(Part):
    """One person's place in a meeting; its uuid is our booking id."""

    uuid: Id
    email: Reference | None = None
    canceled_at: Moment | None = None
    canceler_name: str | None = None


class Other(Part):
    """The other half of a reschedule: an object with its uuid, or the uuid alone."""

    uuid: ResourceRef | None = None

    @model_validator(mode="before")
    @classmethod
    def _also_bare(cls, told: Any) -> Any:
        return told if isinstance(told, dict) else {"uuid": told}


@dataclass(frozen=True, slots=True)
class FirstMeeting:
    """A slot as v2 has it."""

    event_type: str | None
    start_time: datetime | None
    end_time: datetime | None


@dataclass(frozen=True, slots=True)
class FirstCancellation:
    """Who canceled, and when, as v2 has it."""

    by_host: bool
    created_at: datetime | None


class First(Part):
    """A v1 payload, read by what v2 calls things; a no-show it did not know."""

    kind: EventType | None = Field(default=None, alias="event_type")
    slot: Slot | None = Field(default=None, alias="event")
    invitee: FirstInvitee
    old: Other | None = Field(default=None, alias="old_invitee")
    new: Other | None = Field(default=None, alias="new_invitee")
    tracking: Tracking = Field(default_factory=Tracking)
    no_show: None = None

    @property
    def uri(self) -> str:
        """The invitee's uuid."""
        return self.invitee.uuid

    @property
    def email(self) -> str | None:
        """The invitee's address."""
        return self.invitee.email

    @property
    def old_invitee(self) -> str | None:
        """The uuid of the half that this one replaces."""
        return self.old.uuid if self.old else None

    @property
    def rescheduled(self) -> bool:
        """Whether this is the half that another one replaces."""
        return bool(self.new and self.new.uuid)

    @property
    def scheduled_event(self) -> FirstMeeting:
        """The slot."""
        times = (self.slot.start_time, self.slot.end_time) if self.slot else (None, None)
        return FirstMeeting(self.kind.uuid if self.kind else None, *times)

    @property
    def cancellation(self) -> FirstCancellation:
        """By the host, if one of the names the meeting was assigned to canceled it."""
        hosts = (self.slot and self.slot.assigned_to) or []
        return FirstCancellation(self.invitee.canceler_name in hosts, self.invitee.canceled_at)
