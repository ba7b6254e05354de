"""docs/wire.md: every topic, record, signal and change, from `schemas/`."""

from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from enum import EnumType
from typing import Any, get_args

from schemas import changes, rules, signals, vocabulary
from schemas.signals import KINDS, SENDABLE, kind_of
from schemas.topics import RAW_MAX_BYTES, TOPICS, Topic
from schemas.vocabulary import DeadLetterClass, Status, Word
from tests.house.reference import fields, samples, words
from tests.house.reference.markdown import NOTE, code, codes, first_line, joined, table
from tests.house.reference.shapes import CHANGES, word_of

FIELDS = ("field", "", "type")
HIDDEN = (Status, DeadLetterClass)
INTRO = """# The wire: topics, records, signals, changes

Everything here is generated from `schemas/`; JSON Schemas of each signal and change are in
[schemas/json](../schemas/json). What the words mean is in [concepts.md](concepts.md).

**Ids** are opaque text of 1 to 200 characters without control characters; some hold no `/` or `:`.
An id holds no personal data. **Times** are RFC 3339 in UTC with `Z`: what we are told has 0 to 6
fractional digits, what we publish always 6. **Unknown fields** are kept and ignored."""


def page() -> str:
    """The whole page."""
    return joined(
        NOTE,
        INTRO,
        *_topics(),
        *_raw_records(),
        *_signals(),
        *_rules(),
        *_changes(),
        *_letters(),
        *_vocabulary(),
    )


def _topics() -> Iterator[str]:
    yield "## Topics"
    yield (
        "Names carry a prefix, the setting `PSTATUS_TOPIC_PREFIX` (`pstatus.` unless you change"
        " it). *Shards* is the number of partitions of `signals`, fixed at birth"
        " (`PSTATUS_SHARDS`). Create them with `pstatus topics create`."
    )
    head = ("topic", "holds", "key", "partitions", "kept", "written by", "read by")
    yield table(head, map(_topic, TOPICS))


def _topic(topic: Topic) -> tuple[str, ...]:
    kept = "compacted" if topic.cleanup == "compact" else f"{topic.retention_days or 30} days"
    partitions = "shards" if topic.sharded else str(topic.partitions(0))
    key = code(topic.key) if ":" in topic.key else topic.key
    return (
        code(topic.name),
        topic.holds,
        key,
        partitions,
        kept,
        topic.written_by,
        topic.read_by,
    )


def _raw_records() -> Iterator[str]:
    yield "## A raw record"
    yield (
        f"The value is the HTTP body exactly as it was received, up to {RAW_MAX_BYTES >> 20} MiB."
        " For redirects it is the request target: path and query. The key is yours to choose."
    )
    yield table(("header", "", "meaning"), _with_code(words.RAW_HEADERS))


def _with_code(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    return ((code(name), *rest) for name, *rest in rows)


def _signals() -> Iterator[str]:
    yield "## Signals"
    yield (
        "A signal is one flat JSON object of at most 64 KiB. Integrations and the product send"
        " them to `webhooks.product` with the header `provider: standard`, one or an array;"
        " translators make them from webhooks. On the topic `signals` each stands alone, with the"
        " headers:"
    )
    yield table(("header", "meaning"), _with_code(words.SIGNAL_HEADERS))
    yield "One of them, and what every signal has:"
    yield samples.signal()
    yield table(FIELDS, fields.rows(signals.Signal))
    yield (
        "and `kind`, required. `unverified` is set by ingest; a `note` is kept for the audit and"
        " never published. At equal times the order below decides: the later wins."
    )
    for kind in KINDS:
        yield from _signal(kind)
    yield from _parts(signals.References, signals.Redirects)


def _signal(kind: type[signals.Signal]) -> Iterator[str]:
    yield f"### `{kind_of(kind)}`"
    if kind not in SENDABLE:
        yield f"{first_line(kind)} It is never on the wire."
        return
    yield f"{first_line(kind)} *From: {words.told_by(kind)}.*"
    yield table(FIELDS, fields.rows(kind, fields.COMMON | {"kind"}))
    if kind in words.NOTES:
        yield words.NOTES[kind]


def _parts(*parts: type[Any]) -> Iterator[str]:
    for part in parts:
        yield f"### {part.__name__}"
        yield first_line(part)
        yield table(FIELDS, fields.rows(part))


def _rules() -> Iterator[str]:
    yield "## Rules"
    yield "The rules of a `policy.configured`, told apart by `kind`; [what they mean](concepts.md)."
    for rule in get_args(get_args(rules.Rule)[0]):
        yield f"### `{rule.__dataclass_fields__['kind'].default}`"
        yield first_line(rule)
        yield table(FIELDS, fields.rows(rule, frozenset({"kind"})))
        if rule in words.NOTES:
            yield words.NOTES[rule]


def _changes() -> Iterator[str]:
    yield "## Changes"
    yield (
        "A change is a CloudEvent 1.0 in the binary mode of the Kafka binding: the JSON value is"
        " complete by itself, the headers repeat what routers need. Read them with"
        " `isolation_level=read_committed`. Every field is always there. Words are open: tolerate"
        " a status that you do not know yet. A value of `participants` and `contacts` is the"
        " newest change of its key, byte for byte; a null value (a tombstone) means forgotten."
    )
    yield table(("header", "meaning"), _with_code(words.CHANGE_HEADERS))
    for change in CHANGES:
        yield f"### {code(word_of(change))}"
        yield first_line(change)
        yield samples.change(change)
        yield table(FIELDS, fields.rows(change))
    yield from _parts(*(part for part in (changes.Cause, changes.Reason) if is_dataclass(part)))


def _letters() -> Iterator[str]:
    yield "## Dead letters"
    yield "The record's key, value and headers, byte for byte, and these headers:"
    yield table(("header", "meaning"), _with_code(words.LETTER_HEADERS))
    yield table(("class", "meaning"), ((code(one), words.CLASSES[one]) for one in DeadLetterClass))


def _vocabulary() -> Iterator[str]:
    yield "## Words"
    yield "### Participant statuses"
    yield codes(Status)
    yield "### Other words"
    found = [one for one in vars(vocabulary).values() if _is_words(one)]
    yield table(
        ("what", "words", "meaning"), ((one.__name__, codes(one), first_line(one)) for one in found)
    )


def _is_words(one: object) -> bool:
    return isinstance(one, EnumType) and issubclass(one, Word) and one not in (Word, *HIDDEN)
