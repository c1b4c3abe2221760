"""The tips that the envelope and sealed-body vectors carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from resguardo_formats import envelope, frames, jcs, receipt
from resguardo_formats.chunks import seal_chunks
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.keylines import KeyLine

from .common import DESK, ORIGIN, key_line, random
from .edits import pattern

PIECE = 50_000


@dataclass(frozen=True)
class TipVector:
    """A tip to one desk key, with attachments that are patterns of given lengths."""

    name: str
    use: str
    document: dict[str, Any]
    sizes: list[int] = field(default_factory=list)
    full: bool = False

    @property
    def line(self) -> KeyLine:
        return key_line(DESK, self.use)

    @property
    def suite(self) -> int:
        return envelope.SUITE_OF_USE[self.use]

    @property
    def k(self) -> bytes:
        return random(f"K {self.name}")

    @property
    def coins(self) -> bytes:
        return random(f"coins {self.name}", self.line.kem.coins_bytes)

    @property
    def json_bytes(self) -> bytes:
        document = dict(self.document)
        if self.sizes:
            document["attachments"] = [
                frames.Attachment(f"photo-{i}.jpg", "image/jpeg", pattern(0, size)).described()
                for i, size in enumerate(self.sizes, 1)
            ]
        return jcs.encode(document)

    @property
    def plaintext(self) -> bytes:
        data = [pattern(0, size) for size in self.sizes]
        return frames.pad(self.suite, frames.write_frames(self.json_bytes, data, PIECE))


@cache
def _header(name: str) -> envelope.Header:
    tip = TIPS[name]
    return envelope.make_header(tip.line, tip.k, tip.coins)


def header_of(tip: TipVector) -> envelope.Header:
    return _header(tip.name)


@cache
def _wire(name: str) -> bytes:
    tip = TIPS[name]
    header = header_of(tip)
    return header.wire + seal_chunks(envelope.payload_key(tip.k, header.h0), tip.plaintext)


def wire_of(tip: TipVector) -> bytes:
    return _wire(tip.name)


RECEIPT = receipt.derive(random("receipt", 11), ORIGIN)

TEXT = {
    "category": ["online-grooming"],
    "channel": "web",
    "danger_now": "unsure",
    "language": "es",
    "mailbox": {
        "answer": b64(RECEIPT.answer),
        "id": b64(RECEIPT.id),
        "psk": b64(RECEIPT.psk),
        "reply_key": b64(RECEIPT.reply_public),
    },
    "v": 1,
    "what_happened": "Un hombre le pide fotos a mi vecina de 12 años.\n"
    "¿Qué hago? \u20ac \U0001f6a8",
    "where_country": "AR",
    "where_text": "Rosario",
}
SHORT = {"v": 1, "what_happened": "Vi algo en el hotel."}
LONG = {"v": 1, "what_happened": "\U0001f6a8" * 4_000, "where_text": "x" * 1_000}


def _exact_multiple(suite: int) -> int:
    """The size of one attachment with which the frames fill two whole chunks exactly."""
    guess = 131_072 - 400
    probe = TipVector("probe", "envelope-xwing", SHORT, [guess])
    used = len(frames.write_frames(probe.json_bytes, [pattern(0, guess)], PIECE))
    size = guess + 131_072 - used
    assert frames.padded_length(suite, 131_072) == 131_072
    return size


def _tips() -> list[TipVector]:
    return [
        TipVector("text-x25519", "envelope-x25519", TEXT, full=True),
        TipVector("text-xwing", "envelope-xwing", TEXT, full=True),
        TipVector("long-text-xwing", "envelope-xwing", LONG),
        TipVector("small-attachment-x25519", "envelope-x25519", SHORT, [1_000]),
        TipVector("attachments-x25519", "envelope-x25519", SHORT, [150_000, 0, 70_001]),
        TipVector("attachments-xwing", "envelope-xwing", SHORT, [150_000, 0, 70_001]),
        TipVector("two-full-chunks-xwing", "envelope-xwing", SHORT, [_exact_multiple(2)]),
    ]


TIPS: dict[str, TipVector] = {tip.name: tip for tip in _tips()}


def answer_tip() -> tuple[TipVector, bytes]:
    """An answer to a reply; its tag needs its own header, which does not depend on its JSON."""
    bare = TipVector("answer-xwing", "envelope-xwing", SHORT)
    header = envelope.make_header(bare.line, bare.k, bare.coins)
    tag = envelope.answer_tag(RECEIPT.answer, header)
    document = {
        "answer_tag": b64(tag),
        "answer_to": b64(RECEIPT.id),
        "v": 1,
        "what_happened": "Sí, sigue pasando.",
    }
    return TipVector("answer-xwing", "envelope-xwing", document), tag


_ANSWER, ANSWER_TAG = answer_tip()
TIPS[_ANSWER.name] = _ANSWER


def digest(data: bytes) -> str:
    return b64(sha256(data))
