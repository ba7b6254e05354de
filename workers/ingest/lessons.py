"""What an element teaches: which ids and addresses belong to whom. Does no IO."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from schemas.routing import person_key, shard_of
from schemas.signals import OfPersonMaybeStudy, PersonErased, PersonUpdated, Signal
from schemas.vocabulary import Purpose
from workers.ingest.addresses import AddressKeys, is_somebodys
from workers.providers.outcomes import Ready, Told
from workers.store.resolving import Address, Link

OWN = ("message_id", "booking_id", "response_id", "reward_id")
"""References that belong to one person; the others (event_type, survey, campaign) to a study."""
OF_STUDY = ("event_type", "survey", "campaign")
MAIL = OfPersonMaybeStudy
"""Events of email: the only ones of a provider whose address is surely that of the person."""
PARTICIPANT = "participant"
"""The link that says that something verified has named a person in a study."""
LONGEST_ID = 200
"""Bytes: with workspace, person and study of 200 characters each it still fits into an index."""
REMEMBERED = 100_000

Taught = Link | Address


class Whose(NamedTuple):
    """To whom ids belong; the study may be empty."""

    workspace_id: str
    person_id: str
    study_id: str


class Teacher:
    """Makes lessons; keeps in mind what was taught already, so that it is not written again."""

    def __init__(self, addresses: AddressKeys, shards: int, most: int = REMEMBERED) -> None:
        self._addresses = addresses
        self._shards = shards
        self._most = most
        self._known: OrderedDict[tuple[str, ...], str] = OrderedDict()

    def shard(self, workspace_id: str, person_id: str) -> int:
        """The person's shard."""
        return shard_of(person_key(workspace_id, person_id), self._shards)

    def news(self, element: Told | Ready, workspace_id: str) -> Iterator[Taught]:
        """What the element teaches that is not known to be taught yet."""
        if isinstance(element, Ready):
            yield from self._of_signal(element.signal)
        elif element.person_id and not (element.unverified or element.waits):
            whose = Whose(workspace_id, element.person_id, element.study_id or "")
            yield from self.of_references(
                whose, element.references.items(), element.fields.get("purpose")
            )
            if issubclass(element.kind, MAIL) and (mailbox := element.references.get("address")):
                yield from self._address(workspace_id, element.person_id, mailbox)

    def of_references(
        self, whose: Whose, references: Iterable[tuple[str, str | None]], purpose: str | None
    ) -> Iterator[Link]:
        """Links of ids that were told together with a person."""
        told = "" if purpose is None or purpose == Purpose.OTHER else str(purpose)
        for kind, id_ in references:
            if kind in OWN and id_ and (kept := short(kind, id_)):
                yield from self._link(kind, kept, whose, told)
        if whose.study_id:
            named = short(PARTICIPANT, f"{whose.study_id}/{whose.person_id}")
            yield from self._link(PARTICIPANT, named, whose, "")

    def remember(self, taught: Iterable[Taught]) -> None:
        """They have been written: they need not be again."""
        for one in taught:
            key = _key(one)
            self._known[key] = one.purpose if isinstance(one, Link) else ""
            self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def _of_signal(self, signal: Signal) -> Iterator[Taught]:
        person = getattr(signal, "person_id", None)
        if not person or signal.unverified or isinstance(signal, PersonErased):
            return
        if isinstance(signal, PersonUpdated):
            for address in signal.emails or ():
                yield from self._address(signal.workspace_id, person, address)
            return
        whose = Whose(signal.workspace_id, person, getattr(signal, "study_id", None) or "")
        references = [(name, getattr(signal, name, None)) for name in OWN]
        yield from self.of_references(whose, references, getattr(signal, "purpose", None))

    def _link(self, kind: str, id_: str, whose: Whose, purpose: str) -> Iterator[Link]:
        workspace, person, study = whose
        key = (workspace, kind, id_, person, study)
        known = self._known.get(key)
        if known is not None and purpose in ("", known):
            self._known.move_to_end(key)
        else:
            yield Link(*key, purpose, self.shard(workspace, person))

    def _address(self, workspace_id: str, person_id: str, address: str) -> Iterator[Address]:
        if not is_somebodys(address):
            return
        keys = self._addresses.every(workspace_id, address)
        one = Address(workspace_id, keys, person_id, -1)
        if (key := _key(one)) in self._known:
            self._known.move_to_end(key)
        else:
            yield one._replace(shard=self.shard(workspace_id, person_id))


def short(kind: str, id_: str) -> str:
    """An id as links keep it: a message's without its brackets, a very long one as its hash."""
    if kind == "message_id":
        id_ = id_.strip().removeprefix("<").removesuffix(">")
    raw = id_.encode(errors="surrogatepass")
    return id_ if len(raw) <= LONGEST_ID else f"sha256:{sha256(raw).hexdigest()}"


def _key(one: Taught) -> tuple[str, ...]:
    if isinstance(one, Link):
        return one[:5]
    return (one.workspace_id, one.keys[0], one.person_id)
