"""Sealed bodies and tip records (formats.md section 5)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import envelope, hpke, sodium
from .encodings import b64, sha256, unb64
from .errors import Refused, require
from .keylines import KeyLine

MESSAGE = 65_536
SEALED_MESSAGE = MESSAGE + sodium.SECRETSTREAM_EXTRA
INNER_BYTES = 88
WRAP_BYTES = 1120 + INNER_BYTES + 16
ROW0_BYTES = WRAP_BYTES + sodium.SECRETSTREAM_HEADER
CONTEXT = b"RSGBODY1"


def stream_key(s: bytes) -> bytes:
    return sodium.kdf_derive(s, 1, CONTEXT)


def commitment(s: bytes) -> bytes:
    return sodium.kdf_derive(s, 2, CONTEXT)


def wrap_info(key_id: bytes, commit_s: bytes) -> bytes:
    return b"resguardo/1 seal\x00" + key_id + commit_s


@dataclass(frozen=True)
class SealCoins:
    """All randomness of a seal: S, box_seal's ephemeral, X-Wing's 64, the stream's header."""

    s: bytes
    ephemeral: bytes
    xwing: bytes
    header: bytes


@dataclass(frozen=True)
class SealedBody:
    inner: bytes
    wrap: bytes
    messages: list[bytes]
    header: bytes
    commit_s: bytes

    @property
    def wire(self) -> bytes:
        return self.wrap + self.header + b"".join(self.messages)

    @property
    def rows(self) -> list[bytes]:
        return [self.wrap + self.header, *self.messages]


def seal(
    wire: bytes, desk_seq: int, line_x25519: KeyLine, line_xwing: KeyLine, coins: SealCoins
) -> SealedBody:
    """Seal an envelope's bytes to a desk's two seal keys."""
    require(line_x25519.use == "seal-x25519" and line_xwing.use == "seal-xwing", "key-use")
    commit_s = commitment(coins.s)
    content = coins.s + desk_seq.to_bytes(8, "big")
    inner = sodium.box_seal(line_x25519.public_key, content, coins.ephemeral)
    info = wrap_info(line_xwing.key_id, commit_s)
    enc, ct = hpke.seal(hpke.XWING, line_xwing.public_key, info, inner, coins.xwing)
    pieces = [wire[i : i + MESSAGE] for i in range(0, len(wire), MESSAGE)]
    messages = sodium.stream_seal(stream_key(coins.s), coins.header, pieces)
    return SealedBody(inner, enc + ct, messages, coins.header, commit_s)


def open_wrap(
    wrap: bytes, commit_s: bytes, line_xwing: KeyLine, seed_xwing: bytes, seed_x25519: bytes
) -> tuple[bytes, int]:
    """(S, desk_seq) of a wrap; commit_S is recomputed and compared."""
    require(len(wrap) == WRAP_BYTES, "truncated", "wrap")
    info = wrap_info(line_xwing.key_id, commit_s)
    inner = hpke.open_(hpke.XWING, seed_xwing, wrap[:1120], info, wrap[1120:])
    content = sodium.box_seal_open(seed_x25519, inner)
    require(len(content) == 40, "seal-inner", "size")
    require(hmac.compare_digest(commitment(content[:32]), commit_s), "commitment-s")
    return content[:32], int.from_bytes(content[32:], "big")


def open_stream(body: bytes, s: bytes) -> bytes:
    """The envelope's bytes from a sealed body, for whoever holds S."""
    require(len(body) > ROW0_BYTES, "truncated", "body")
    reader = sodium.StreamReader(stream_key(s), body[WRAP_BYTES:ROW0_BYTES])
    position = ROW0_BYTES
    out: list[bytes] = []
    while True:
        message = body[position : position + SEALED_MESSAGE]
        require(bool(message), "truncated", "no final message")
        plain, tag = reader.pull(message)
        out.append(plain)
        position += len(message)
        if tag == sodium.TAG_FINAL:
            require(position == len(body), "trailing")
            return b"".join(out)
        require(tag == sodium.TAG_MESSAGE and len(plain) == MESSAGE, "stream", "tag or size")


def tip_record(
    *, origin: str, tick: int, wire: bytes, body: bytes, commit_s: bytes
) -> dict[str, Any]:
    """The record of a tip: `desk_key` is the key id in the envelope's own header."""
    header = envelope.Header.parse(wire)
    return {
        "body": b64(sha256(body)),
        "commit": b64(header.commit),
        "commit_s": b64(commit_s),
        "desk_key": b64(header.key_id),
        "envelope": b64(sha256(wire)),
        "origin": origin,
        "size": len(wire),
        "tick": tick,
        "type": "tip",
        "v": 1,
    }


RECORD_KEYS = frozenset(
    ("body", "commit", "commit_s", "desk_key", "envelope", "origin", "size", "tick", "type", "v")
)


def check_tip_record(record: Mapping[str, Any]) -> None:
    require(frozenset(record) == RECORD_KEYS, "record", "keys")
    require(record["type"] == "tip" and record["v"] == 1, "record", "type")
    for key in ("body", "commit", "commit_s", "desk_key", "envelope"):
        require(isinstance(record[key], str), "record", key)
        try:
            unb64(record[key], 32)
        except Refused as error:
            raise Refused("record", key) from error
    for key in ("size", "tick"):
        require(type(record[key]) is int and record[key] >= 0, "record", key)


@dataclass(frozen=True)
class OpenedBody:
    s: bytes
    desk_seq: int
    wire: bytes


def check_envelope(record: Mapping[str, Any], wire: bytes) -> None:
    """What a stored envelope has to agree with."""
    require(len(wire) == record["size"], "size")
    require(sha256(wire) == unb64(record["envelope"], 32), "envelope-hash")
    header = envelope.Header.parse(wire)
    require(header.commit == unb64(record["commit"], 32), "commitment")
    require(header.key_id == unb64(record["desk_key"], 32), "wrong-key", "desk_key")


def open_body(
    body: bytes,
    record: Mapping[str, Any],
    line_xwing: KeyLine,
    seed_xwing: bytes,
    seed_x25519: bytes,
) -> OpenedBody:
    """Open a sealed body as a desk does: hash, wrap, commit_S, stream, then the envelope's hash."""
    check_tip_record(record)
    require(sha256(body) == unb64(record["body"], 32), "body-hash")
    commit_s = unb64(record["commit_s"], 32)
    s, desk_seq = open_wrap(body[:WRAP_BYTES], commit_s, line_xwing, seed_xwing, seed_x25519)
    wire = open_stream(body, s)
    check_envelope(record, wire)
    return OpenedBody(s, desk_seq, wire)
