"""What providers sign, in a real process: believed, refused, counted; secrets changed under it."""

import json
from pathlib import Path

from schemas.codec import decode_signal
from schemas.webhooks import Webhook
from tests.cli.acting import run
from tests.process import wire
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, SET, body
from tests.providers.signing import made
from workers.settings import Settings


def as_record(hook: Webhook, **changed: bytes) -> wire.Put:
    """A webhook as an integration writes it; received when the tests' webhooks are."""
    http = [(f"http-{name}", text.encode()) for name, text in hook.http.items()]
    received = ("received-at", made.RECEIVED.isoformat().replace("+00:00", "Z").encode())
    return wire.webhook(changed.get("body", hook.body), hook.provider, "w1", received, *http)


def signed(n: int, event: str, **told: object) -> Webhook:
    """SendGrid's event, signed with its n-th key when the tests' webhooks are received."""
    at = made.seconds(made.RECEIVED)
    raw = body([SENDGRID | {"sg_event_id": event} | told])
    signature = made.curve_key(n).sign(at.encode() + raw, made.ec.ECDSA(made.hashes.SHA256()))
    return made.webhook("sendgrid", raw, {
        "x-twilio-email-event-webhook-signature": made.b64(signature),
        "x-twilio-email-event-webhook-timestamp": at,
    })  # fmt: skip


def put_secret(folder: Path, provider: str, text: str) -> None:
    """A secret file of w1, put into its place at once."""
    place = folder / "w1" / provider
    place.parent.mkdir(exist_ok=True)
    place.with_suffix(".new").write_text(text)
    place.with_suffix(".new").replace(place)


def ids(records: list[object]) -> set[str]:
    """The signals' ids."""
    return {decode_signal(one.value).id for one in records}


async def test_what_is_not_signed_is_kept_and_a_new_secret_counts_without_a_restart(
    topics: Settings, start: Start, tmp_path: Path
):
    """Signed months ago and received then: believed. Forged: byte for byte a letter. Rotated."""
    put_secret(tmp_path, "sendgrid", f"# the only one\n{made.curve_secret(1)}\n")
    worker = start("ingest", PSTATUS_SECRETS=str(tmp_path))
    genuine, forged = signed(1, "ev1"), signed(1, "ev2")
    letter = as_record(forged, body=forged.body.replace(b"p1", b"p9"))._replace(key=b"\xff")
    bare = wire.webhook(genuine.body, "sendgrid", "w1")
    elsewhere = wire.webhook(body([SENDGRID | {"sg_event_id": "ev3"}]), "sendgrid", "w2")
    await wire.put(topics, "webhooks.email", as_record(genuine), letter, bare, elsewhere)

    signals = await wire.until(topics, "signals", 2)
    letters = await wire.until(topics, "dead-letters", 2)

    assert ids(signals) == {"sendgrid:ev1:delivered", "sendgrid:ev3:delivered"}
    assert {dict(one.headers)["pstatus-dlq-class"] for one in letters} == {b"bad_signature"}
    kept = next(one for one in letters if one.key == b"\xff")
    assert (kept.value, kept.headers[: len(letter.headers)]) == (
        letter.value,
        tuple(letter.headers),
    )
    for result, records in (("verified", 1), ("bad", 2), ("unverified", 1)):
        labels = f'{{provider="sendgrid",result="{result}"}}'
        await worker.counts(f"pstatus_signatures_total{labels}", records)

    put_secret(tmp_path, "sendgrid", f"{made.curve_secret(2)}\n{made.curve_secret(1)}\n")
    for attempt in range(600):  # the file that was read last counts for another second
        await wire.put(topics, "webhooks.email", as_record(signed(2, f"new{attempt}")))
        if "sendgrid:new" in str(ids(await wire.records_of(topics, "signals"))):
            break
    assert "sendgrid:new" in str(ids(await wire.records_of(topics, "signals")))
    await wire.put(topics, "webhooks.email", as_record(signed(1, "old")))
    await wire.until(topics, "signals", lambda found: "sendgrid:old:delivered" in ids(found))
    assert made.curve_secret(1) not in worker.log
    assert made.curve_secret(2) not in worker.log


async def test_our_own_signals_are_signed_by_the_commands_that_send_them(
    topics: Settings, start: Start, tmp_path: Path
):
    """With a secret for `standard` nobody else may tell signals; `pstatus` goes on."""
    put_secret(tmp_path, "standard", made.standard_secret(1))
    start("ingest", PSTATUS_SECRETS=str(tmp_path))
    told = tmp_path / "signal.json"
    told.write_text(json.dumps(SET))
    words = ("send", "webhooks.product", str(told), "--provider", "standard", "-w", "w1")

    unsigned = run(topics, *words)
    signed = run(topics.model_copy(update={"secrets": tmp_path}), *words)

    assert (unsigned.returncode, signed.returncode) == (0, 0), signed.stderr
    assert ids(await wire.until(topics, "signals", 1)) == {"prod:1"}
    (letter,) = await wire.until(topics, "dead-letters", 1)
    assert dict(letter.headers)["pstatus-dlq-class"] == b"bad_signature"
    assert letter.value == told.read_bytes()


async def test_a_folder_of_secrets_that_is_not_there_keeps_ingest_from_starting(
    topics: Settings, start: Start, tmp_path: Path
):
    """Believing everybody because a volume was not mounted would be worse than standing still."""
    worker = start("ingest", PSTATUS_SECRETS=str(tmp_path / "gone"))

    assert await worker.ended() == 1
    assert "PSTATUS_SECRETS names no folder" in worker.log
    assert "Traceback" not in worker.log
