"""An element that does not say all of who is meant: what is known, and what would tell. No IO."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.ingest.addresses import AddressKeys
from workers.ingest.lessons import OF_STUDY, OWN, PARTICIPANT, short
from workers.providers.outcomes import Told

ADDRESS = "address"
"""The kind under which parked elements wait for the key of an address."""

Body = Mapping[str, Any]
"""A signal's fields as they stand on the wire, as far as known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whom does this signal mean?

    `links` are (kind, id) that would tell, `keys` those of its address. `emails`, of a
    person.updated alone, are the keys of each address, of which the one known first counts.
    """

    workspace_id: str
    body: Body
    links: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    emails: tuple[tuple[str, ...], ...] = ()

    @property
    def kind(self) -> str:
        """Of the signal."""
        return str(self.body["kind"])

    @property
    def person_id(self) -> str | None:
        """As the body itself says."""
        return self.body.get("person_id")

    @property
    def study_id(self) -> str | None:
        """As the body itself says."""
        return self.body.get("study_id")

    @property
    def waits(self) -> bool:
        """Whether it counts only once something verified has named person and study."""
        return any(kind == PARTICIPANT for kind, _ in self.links)

    @property
    def told_by(self) -> tuple[tuple[str, str], ...]:
        """Everything that would tell, as a parked element keeps it."""
        return (*self.links, *((ADDRESS, key) for key in self.keys))


def question_of(told: Told, body: Body, workspace_id: str, addresses: AddressKeys) -> Question:
    """What a provider's event asks; its address goes no further than here."""
    references = dict(told.references)
    mailbox = references.pop(ADDRESS, None)
    links = [(kind, short(kind, id_)) for kind, id_ in references.items() if kind in OWN + OF_STUDY]
    if replaced := told.fields.get("replaces"):
        links.append(("booking_id", short("booking_id", replaced)))
    if told.waits:
        named = f"{told.study_id or ''}/{told.person_id or ''}"
        links.append((PARTICIPANT, short(PARTICIPANT, named)))
    return Question(
        workspace_id=workspace_id,
        body=body,
        links=tuple(dict.fromkeys((kind, id_) for kind, id_ in links if id_)),
        keys=addresses.every(workspace_id, mailbox) if mailbox else (),
    )


def parked_question(workspace_id: str, body: str, waits: list[tuple[str, str]]) -> Question:
    """The question of an element that was parked."""
    return Question(
        workspace_id=workspace_id,
        body=json.loads(body),
        links=tuple((kind, id_) for kind, id_ in waits if kind != ADDRESS),
        keys=tuple(id_ for kind, id_ in waits if kind == ADDRESS),
    )
