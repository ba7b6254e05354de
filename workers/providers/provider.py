"""A provider as a table of its words, and the one way in which its bodies become elements."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Generic, Protocol, TypeVar

from annotated_types import MaxLen
from pydantic import FailFast, TypeAdapter, ValidationError

from schemas.codec import Refused, parse_json
from schemas.signals import Signal, kind_of
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from workers.providers.outcomes import Dead, Element, Told, Unused
from workers.providers.payloads import Payload, known_names, wording

MAX_ELEMENTS = 20_000
"""How many elements one body may have; the largest batch that a provider posts has some 2,000."""
MAX_WORD = 80
E = TypeVar("E", bound=Payload)
Maker = Callable[[E, Webhook], Told | Unused | None]
"""One payload to what it tells; None: of no use after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the provider table in the docs says beside the words."""

    id: str
    time: str
    ours: str
    signature: str
    missing: str = ""


class Reads(Protocol):
    """What a module of this folder exposes as `PROVIDER`."""

    @property
    def name(self) -> str:
        """The header `provider`, and the name of the module."""

    @property
    def facts(self) -> Facts:
        """For the docs."""

    @property
    def shown(self) -> Mapping[str, str]:
        """Their word -> our words for it, for the docs."""

    def read(self, webhook: Webhook) -> tuple[Element, ...]:
        """What each element of the body comes to, in order."""


@dataclass(frozen=True, slots=True)
class Says:
    """A row of a provider's table: this word says a signal of this kind."""

    kind: type[Signal]
    make: Callable[..., Told | None]
    extras: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, event: Any, webhook: Webhook) -> Told | None:
        """What the event tells."""
        return self.make(event, webhook, self.kind, **self.extras)


def json_body(webhook: Webhook) -> Any:
    """The body as JSON; Refused `poison` if it is none."""
    return parse_json(webhook.body)


def as_they_come(opened: Any) -> list[Any]:
    """An array's elements, or a bare object as the only one."""
    return opened if isinstance(opened, list) else [opened]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Generic[E]):
    """A provider: the model of one element, and the table "their word -> what it tells".

    `words` also names what is known and not used (None). `many`: bodies are arrays, or one bare
    object. `opens` is for bodies that are not JSON, `splits` for elements that are not the body
    or the array's own.
    """

    name: str
    model: type[E]
    words: Mapping[str, Maker[E] | None]
    facts: Facts
    word: tuple[str, ...]
    many: bool = False
    opens: Callable[[Webhook], Any] = json_body
    splits: Callable[[Any], list[Any]] | None = None

    @property
    def shown(self) -> Mapping[str, str]:
        """Their word -> the kind of signal, or the sentence of what decides on it."""
        return {word: _shown(maker) for word, maker in self.words.items()}

    def read(self, webhook: Webhook) -> tuple[Element, ...]:
        """What each element of the body comes to, in order."""
        events = self._at_once(webhook.body)
        if events is not None:
            return tuple([self._told(event, webhook) for event in events])
        return tuple(self._one_by_one(webhook))

    def _at_once(self, body: bytes) -> list[E] | None:
        """All events in one go, the quick way; None: look at each by itself."""
        if self.opens is not json_body or self.splits is not None:
            return None
        array = self.many and body.startswith(b"[")
        try:
            if array:
                return _all_of(self.model).validate_json(body)
            return [_one_of(self.model).validate_json(body)]
        except ValidationError:
            return None

    def _one_by_one(self, webhook: Webhook) -> Iterator[Element]:
        try:
            opened = self.opens(webhook)
            split = self.splits or (as_they_come if self.many else _alone)
            parts = split(opened)
        except Refused as refused:
            parts, whole = [], Dead(refused.letter, refused.reason)
            yield whole
        if len(parts) > MAX_ELEMENTS:
            yield invalid(f"more than {MAX_ELEMENTS} elements")
            return
        for part in parts:
            yield self._element(part, webhook)

    def _element(self, part: Any, webhook: Webhook) -> Element:
        try:
            event = self.model.model_validate(part)
        except ValidationError as error:
            word = self._word_in(part)
            if word is not None and self.words.get(word) is None:
                return unused(word)
            return invalid(wording(error, _names(self.model)))
        return self._told(event, webhook)

    def _told(self, event: E, webhook: Webhook) -> Element:
        maker = self.words.get(event.word)
        told = maker(event, webhook) if maker else None
        return unused(event.word) if told is None else told

    def _word_in(self, part: Any) -> str | None:
        for name in self.word:
            part = part.get(name) if isinstance(part, dict) else None
        return part if isinstance(part, str) else None


def invalid(reason: str) -> Dead:
    """A dead element whose content breaks the schema."""
    return Dead(DeadLetterClass.INVALID_SCHEMA, reason)


def unused(word: str) -> Unused:
    """A word that we do not use; what can't be a word is not shown, it might be anything."""
    plain = word.isascii() and word.replace(" ", "_").replace(".", "_").replace("-", "_")
    known = plain and len(plain) <= MAX_WORD and plain.replace("/", "_").isidentifier()
    return Unused(word if known else "not a word")


def _shown(maker: Maker[Any] | None) -> str:
    if isinstance(maker, Says):
        extras = "".join(f" {extra}" for extra in maker.extras.values())
        return f"`{kind_of(maker.kind)}`{extras}"
    return " ".join((maker.__doc__ or "").split()) if maker else "unused"


def _alone(opened: Any) -> list[Any]:
    return [opened]


@lru_cache(maxsize=256)
def _one_of(model: type[E]) -> TypeAdapter[E]:
    return TypeAdapter(model)


@lru_cache(maxsize=256)
def _all_of(model: type[E]) -> TypeAdapter[list[E]]:
    element: Any = model
    return TypeAdapter(Annotated[list[element], MaxLen(MAX_ELEMENTS), FailFast()])


@lru_cache(maxsize=256)
def _names(model: type[Payload]) -> frozenset[str]:
    return known_names(model)
