"""The codec: every kind there and back, every bound refused, and no refusal quotes a payload."""

import json
from dataclasses import fields
from typing import Any

import pytest

from schemas import signals
from schemas.codec import MAX_SIGNAL_BYTES, Refused, decode_signal, encode_signal, parse_json
from schemas.fields import MAX_DEPTH
from schemas.signals import SENDABLE, Signal, kind_of
from schemas.vocabulary import DeadLetterClass

Json = dict[str, Any]
SAMPLES: dict[str, Any] = {
    "person_id": "p1", "study_id": "s1", "by": "u1", "booking_id": "b1", "replaces": "b0",
    "reward_id": "g1", "amount_cents": 500, "currency": "USD", "message_id": "m1",
    "response_id": "r1", "purpose": "screener", "permanence": "hard", "result": "qualified",
    "starts_at": "2026-03-02T09:00:00.000000Z", "ends_at": "2026-03-02T10:00:00.000000Z",
    "until": "2026-03-02T10:00:00.000000Z", "type": "survey", "screener": True,
    "incentive": False, "participation_limit": 3, "public": True, "status": "canceled",
    "emails": ["a@example.com"], "properties": {"x": [1, None, {"y": 1.5}]}, "timezone": "UTC",
    "rules": [{"id": "r1", "kind": "invitation_cooldown", "days": 7}],
    "references": {"event_types": ["e1"], "surveys": [], "campaigns": ["c1"]},
    "redirects": {
        "signed": True, "mapping": {"status": {"ok": "completed"}}, "panel": "dynata",
        "person": "pid", "response": "rid", "purpose": "screener",
    },
    "note": "typed", "unverified": True,
}  # fmt: skip
REASONS = {"survey.screened_out": "over_quota", "contact.blocklisted": "dishonesty"}
TIME = "2026-03-02T09:00:00.000000Z"


def full(kind: type[Signal]) -> Json:
    """A signal of a kind with every field that it may have."""
    word = kind_of(kind)
    frame: Json = {"id": "t:1", "workspace_id": "w1", "occurred_at": TIME, "kind": word}
    samples = SAMPLES | ({"by": "host"} if word == "booking.canceled" else {})
    samples |= {"reason": REASONS[word]} if word in REASONS else {}
    return frame | {f.name: samples[f.name] for f in fields(kind) if f.name not in frame}


def added(**more: Any) -> Json:
    """A participant.added with some fields told otherwise; `...` leaves one out."""
    told = full(signals.ParticipantAdded) | more
    return {name: value for name, value in told.items() if value is not ...}


def refusal(told: Any) -> Refused:
    """What refuses this."""
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    with pytest.raises(Refused) as refused:
        decode_signal(raw)
    return refused.value


@pytest.mark.parametrize("kind", SENDABLE, ids=kind_of)
def test_every_kind_comes_back_as_it_went(kind: type[Signal]) -> None:
    """With every field: bytes to class to bytes."""
    told = full(kind)

    signal = decode_signal(json.dumps(told).encode())

    assert type(signal) is kind
    assert json.loads(encode_signal(signal)) == told
    assert decode_signal(encode_signal(signal)) == signal


@pytest.mark.parametrize("kind", SENDABLE, ids=kind_of)
def test_every_field_that_must_be_there_is_missed(kind: type[Signal]) -> None:
    """Absent or null, it is named in the refusal; any other field may be both."""
    optional = {f.name for f in fields(kind) if f.default is None} | {"kind"}
    for name in full(kind):
        for told in ({k: v for k, v in full(kind).items() if k != name}, full(kind) | {name: None}):
            money = kind.__name__.startswith("Incentive") and name in ("amount_cents", "currency")
            nullable = name == "participation_limit" and name in told
            if (name in optional and name != "kind" and not money) or nullable:
                decode_signal(json.dumps(told).encode())
            else:
                assert refusal(told).letter is DeadLetterClass.INVALID_SCHEMA


BAD_IDS = ["", "x" * 201, "a\x00", "a\x1f", "a\x7f", "a\x85", "a\n", 4, None, ["a"]]


@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize("name", ["id", "workspace_id", "person_id", "study_id"])
def test_an_id_is_1_to_200_characters_and_none_a_control(name: str, bad: object) -> None:
    """Everything else is refused, wherever the id stands."""
    assert refusal(added(**{name: bad})).letter is DeadLetterClass.INVALID_SCHEMA


@pytest.mark.parametrize(
    ("name", "told", "taken"),
    [
        ("id", "a/b:c", True),
        ("person_id", "a:b", True),
        ("person_id", "a/b", False),
        ("study_id", "a:b", True),
        ("study_id", "a/b", False),
        ("workspace_id", "a:b", False),
        ("workspace_id", "a/b", False),
        ("person_id", "é" * 200, True),
        ("person_id", "\u200b \u2028", True),
    ],
)
def test_ids_that_make_keys_hold_no_slash_and_workspaces_no_colon(
    name: str, told: str, taken: bool
) -> None:
    """Opaque else: any other character is welcome, up to 200 of them."""
    if taken:
        assert getattr(decode_signal(json.dumps(added(**{name: told})).encode()), name) == told
    else:
        refusal(added(**{name: told}))


@pytest.mark.parametrize(
    "good",
    ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00.1Z", "2026-03-02T09:00:00.123456Z"],
)
def test_times_have_up_to_six_digits_and_are_told_with_six(good: str) -> None:
    """RFC 3339 in UTC with Z."""
    signal = decode_signal(json.dumps(added(occurred_at=good)).encode())

    written = json.loads(encode_signal(signal))["occurred_at"]

    assert written == good[:-1].ljust(19, "0").ljust(20, ".").ljust(26, "0") + "Z"


@pytest.mark.parametrize(
    "bad",
    [
        "2026-03-02T09:00:00", "2026-03-02T09:00:00+00:00", "2026-03-02 09:00:00Z",
        "2026-03-02T09:00:00.1234567Z", "2026-03-02T09:00:00z", "2026-03-02T24:00:00Z",
        "2026-02-30T09:00:00Z", "2026-03-02T09:00:60Z", "2026-03-02T09:00Z", "0000-03-02T09:00:00Z",
        "٢٠٢٦-03-02T09:00:00Z", 1772442000, 1772442000.5, "", None, "2026-03-02T09:00:00Z\n",
    ],
)  # fmt: skip
def test_any_other_time_is_refused(bad: object) -> None:
    """No offset, no blank, no seventh digit, no number."""
    assert refusal(added(occurred_at=bad)).letter is DeadLetterClass.INVALID_SCHEMA


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (signals.StatusSet, {"status": "not_eligible"}),
        (signals.StatusSet, {"status": "unheard_of"}),
        (signals.IncentiveSent, {"currency": None}),
        (signals.IncentiveSent, {"amount_cents": None}),
        (signals.IncentiveSent, {"amount_cents": 5.0}),
        (signals.IncentiveSent, {"amount_cents": True}),
        (signals.IncentiveSent, {"amount_cents": -1}),
        (signals.IncentiveSent, {"amount_cents": 2**63}),
        (signals.IncentiveSent, {"currency": "usd"}),
        (signals.EmailSent, {"purpose": "greeting"}),
        (signals.EmailBounced, {"permanence": "Hard"}),
        (signals.StudyConfigured, {"screener": 1}),
        (signals.StudyConfigured, {"type": "Survey"}),
        (signals.StudyConfigured, {"participation_limit": -1}),
        (signals.PolicyConfigured, {"timezone": "Mars/Olympus"}),
        (signals.PolicyConfigured, {"timezone": "../../etc/passwd"}),
        (signals.PolicyConfigured, {"rules": [{"id": "r", "kind": "unheard_of"}]}),
        (signals.PolicyConfigured, {"rules": [{"id": "r", "kind": "invitation_cooldown"}]}),
        (signals.PolicyConfigured, {"rules": {}}),
        (signals.PersonUpdated, {"emails": "a@example.com"}),
        (signals.PersonUpdated, {"emails": [1]}),
        (signals.PersonUpdated, {"properties": []}),
        (signals.BookingCanceled, {"by": "u1"}),
        (signals.BookingLogged, {"ends_at": None}),
        (signals.ParticipantAdded, {"unverified": "yes"}),
        (signals.ParticipantAdded, {"note": 5}),
        (signals.ParticipantAdded, {"kind": "booking.ended"}),
        (signals.ParticipantAdded, {"kind": "unheard.of"}),
        (signals.ParticipantAdded, {"kind": 5}),
    ],
)
def test_what_breaks_a_bound_is_refused_alone(kind: type[Signal], change: Json) -> None:
    """No conversion, no guess: a string is no number and a number no truth."""
    assert refusal(full(kind) | change).letter is DeadLetterClass.INVALID_SCHEMA


def test_unknown_fields_are_ignored_and_kept_by_whoever_has_them() -> None:
    """They go behind the known when the signal is written again."""
    signal = decode_signal(json.dumps(added(shoe_size=43)).encode())

    assert json.loads(encode_signal(signal, {"shoe_size": 43})) == added(shoe_size=43)


@pytest.mark.parametrize("raw", [b"", b"{", b"nonsense", b"\xff\xfe", b'{"id":"a"} x', b"{'id':1}"])
def test_what_is_no_json_is_poison(raw: bytes) -> None:
    """Not a schema question."""
    assert refusal(raw).letter is DeadLetterClass.POISON


@pytest.mark.parametrize("raw", [b"[]", b"null", b"5", b'"text"', b"{}", b"[{}]"])
def test_json_that_is_no_signal_is_refused(raw: bytes) -> None:
    """Whatever its shape."""
    assert refusal(raw).letter is DeadLetterClass.INVALID_SCHEMA


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    return json.loads("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(added(person_id="a\x00b")).encode(),
        json.dumps(added(extra="a\x00b")).encode(),
        json.dumps(added(extra={"a\x00b": 1})).encode(),
        json.dumps(added(extra=float("nan"))).encode(),
        json.dumps(added(extra=float("inf"))).encode(),
        json.dumps(added(extra=[-float("inf")])).encode(),
        json.dumps(added(extra=deep(MAX_DEPTH + 1))).encode(),
        b'{"extra":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        json.dumps(added(extra="x" * MAX_SIGNAL_BYTES)).encode(),
    ],
    ids=["NUL", "NUL in extra", "NUL in a name", "NaN", "inf", "-inf", "deep", "abyss", "heavy"],
)
def test_what_no_database_takes_is_refused_even_in_unknown_fields(raw: bytes) -> None:
    """NUL, NaN, infinity, depth and weight; never an error of another kind."""
    assert refusal(raw).letter is DeadLetterClass.INVALID_SCHEMA


@pytest.mark.parametrize("text", ["\\u0000", "NaN", "Infinity", "[[[[", "a\\\\u0000"])
def test_text_that_only_looks_like_it_is_taken(text: str) -> None:
    """A backslash written out is no NUL, a word in quotes no number."""
    assert decode_signal(json.dumps(added(note=text)).encode()).note == text


SECRET = "somebody@example.com"


@pytest.mark.parametrize("kind", SENDABLE, ids=kind_of)
def test_a_refusal_never_quotes_what_was_sent(kind: type[Signal]) -> None:
    """Put in the place of any field, as a name, or within: the reason speaks our own words."""
    for name in full(kind):
        for wrong in ([SECRET], {SECRET: SECRET}, SECRET + "\x01"):
            reason = reason_against(full(kind) | {name: wrong})

            assert "somebody" not in reason


def reason_against(told: Json) -> str:
    """Why this is refused; empty if it is taken."""
    try:
        decode_signal(json.dumps(told).encode())
    except Refused as refused:
        return f"{refused.reason} {refused.__cause__}"
    return ""


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "r", "kind": SECRET},
        {"id": "r", "kind": "invitation_cooldown", "days": SECRET},
        {"id": [SECRET], "kind": "property_rule"},
        {"id": "r", "kind": "property_rule", "property": "x", "operator": SECRET},
        {"id": "r", "kind": "property_rule", "property": "x", "operator": "equals"} | {SECRET: 1},
    ],
)
def test_a_refused_rule_is_not_quoted_either(rule: Json) -> None:
    """Deep inside a list the same holds."""
    assert "somebody" not in refusal(full(signals.PolicyConfigured) | {"rules": [rule]}).reason


def test_a_providers_json_is_parsed_or_poison() -> None:
    """Without NaN."""
    assert parse_json(b'{"a":[1,"\xc3\xa9"]}') == {"a": [1, "é"]}
    for raw in (b"", b"{", b"NaN", b'{"a":Infinity}', b"\xff"):
        with pytest.raises(Refused) as refused:
            parse_json(raw)
        assert refused.value.letter is DeadLetterClass.POISON
