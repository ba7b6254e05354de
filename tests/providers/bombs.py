"""Bodies beyond reason, translated in a process that may use little time and memory for each.

`python -m tests.providers.bombs` prints a line for each body that it survived. The kernel ends it
where one body takes more than SECONDS of the processor; more memory than MEMORY can't be had,
and would show as a bug.
"""

import json
import resource
import signal
import sys
from collections.abc import Iterator
from urllib.parse import quote_plus

from schemas.vocabulary import DeadLetterClass
from tests.providers.made import PROVIDERS, sample, webhook
from workers.ingest.translate import translate
from workers.providers.outcomes import Dead, Unused

SECONDS = 8
MEMORY = 2 * 1024 * 1024 * 1024
DEEP = "[" * 1_000_000
WIDE = "[" + "{}," * 1_000_000 + "{}]"

ANYWHERE = {
    "arrays": b"[" * 10_000_000,
    "objects": b'{"a":' * 2_000_000,
    "deep": b"[" * 150 + b"]" * 150,
    "digits": b"9" * 10_000_000,
    "time": b'{"event":"open","timestamp":' + b"9" * 10_000_000 + b"}",
    "word": b'{"event":"' + b"x" * 10_000_000 + b'"}',
    "elements": b"[" + b"{}," * 300_000 + b"{}]",
    "equal names": b"{" + b'"event":1,' * 300_000 + b'"event":"x"}',
    "and": b"&" * 10_000_000,
    "percent": b"a=" + b"%" * 10_000_000,
    "fields": b"a=1&" * 2_000_000,
    "parts": b"--x\r\n" + b"\r\n--x" * 2_000_000,
    "lines": b"\r\n" * 5_000_000,
    "nul": b"\x00" * 10_000_000,
    "constants": b'{"event":NaN,"timestamp":Infinity}',
}
"""Bodies for every provider: each is one dead or unused element."""


def inside() -> Iterator[tuple[str, str, bytes]]:
    """Bodies that are fine outside: the bomb stands in a text, or in a list that is walked."""
    notice = sample("ses", "bounce_permanent")
    message = json.loads(notice["Message"])
    message["bounce"]["bouncedRecipients"] *= 100_000
    many = json.dumps(message)
    message["mail"]["headers"] = [{"name": "X-Person-Id", "value": "p1"}] * 100_000
    for name, text in (("deep", DEEP), ("wide", WIDE), ("recipients", many)):
        yield "ses", f"Message {name}", json.dumps(notice | {"Message": text}).encode()
    yield "ses", "recipients and headers", json.dumps(message).encode()
    for name, text in (("deep", DEEP), ("wide", WIDE)):
        yield "mandrill", f"field {name}", f"mandrill_events={quote_plus(text)}".encode()
        custom = sample("brevo", "delivered") | {"X-Mailin-custom": text}
        yield "brevo", f"custom {name}", json.dumps(custom).encode()
        attached = sample("mailjet", "one_event_without_its_array") | {"Payload": text}
        yield "mailjet", f"payload {name}", json.dumps(attached).encode()
    classes = {str(number): {} for number in range(300_000)}
    yield "sparkpost", "classes", json.dumps([{"msys": classes}]).encode()


def survived(provider: str, body: bytes) -> list[str]:
    """What the elements of a body come to."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # nobody listens: the kernel ends the process
    return [_said(element) for element in translate(webhook(body, provider))]


def _said(element: object) -> str:
    if isinstance(element, Dead):
        return "bug" if element.letter is DeadLetterClass.BUG else "dead"
    return "unused" if isinstance(element, Unused) else "told"


def main() -> None:
    """Every body for every provider it is for."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name, body in ANYWHERE.items():
        for provider in PROVIDERS:
            print(json.dumps([provider, name, *survived(provider, body)[:3]]))
    for provider, name, body in inside():
        print(json.dumps([provider, name, *survived(provider, body)[:3]]))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
