"""A tracked person as a small JSON document and back: the snapshot kept per person."""

from msgspec.json import Decoder, Encoder

from workers.domain.tracking import Tracked

_encoder = Encoder(order="deterministic")
_decoder = Decoder(Tracked)


def encode(tracked: Tracked) -> str:
    """The document of a tracked person; equal people make equal documents."""
    return _encoder.encode(tracked).decode()


def decode(document: str | bytes) -> Tracked:
    """The tracked person of a document that `encode` made."""
    return _decoder.decode(document)
