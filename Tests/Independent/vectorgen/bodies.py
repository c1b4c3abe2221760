"""resguardo-sealed-body.json"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from resguardo_formats import hpke, jcs, sealed_body, sodium
from resguardo_formats.encodings import b64, sha256

from .common import (
    DESK,
    ENCODING,
    ORIGIN,
    TICK,
    UNIT,
    described_key,
    key_line,
    random,
    refused,
    seed,
)
from .edits import EDITS_ABOUT, Edit, append, apply, ranges, xor
from .tips import TIPS, TipVector, digest, wire_of

ABOUT = [
    "Sealed bodies (formats.md section 5) of envelopes in resguardo-envelope.json ('envelope'",
    "names one there). Coins: 's', 'ephemeral' (crypto_box_seal's private key), 'xwing' (64",
    "bytes), and 'stream_header', which libsodium draws at random: secretstream's initial",
    "state of a writer is that of a reader of the same header. 'wrap' is enc || ct;",
    "'wrap_info' is \"resguardo/1 seal\", a zero byte, the key id of the seal-xwing line,",
    "commit_S. 'record' is the record's exact JCS; 'desk_key' in it is the key id in the",
    "envelope's header. 'body' (the first 1,248 bytes are row 0) is given only once;",
    "'row_sha256' gives each row. 'refused': edits of the base's body, opened with the",
    "record's 'body' hash set to the edited body's own hash unless 'keep_record' is true;",
    "'record_edit' replaces members of the record; 'key' opens with another office's seeds.",
    "'sequences': desk_seq as a desk sees them in order, and what it says.",
    *EDITS_ABOUT,
    ENCODING,
]
BASES = {"text-x25519": 1, "text-xwing": 2, "attachments-xwing": 258}
EVEN = "exactly-two-messages"


def _coins(name: str) -> sealed_body.SealCoins:
    return sealed_body.SealCoins(
        random(f"S {name}"),
        random(f"box {name}"),
        random(f"seal {name}", 64),
        random(f"stream {name}", 24),
    )


def _seal(name: str, wire: bytes, desk_seq: int) -> sealed_body.SealedBody:
    return sealed_body.seal(
        wire, desk_seq, key_line(DESK, "seal-x25519"), key_line(DESK, "seal-xwing"), _coins(name)
    )


def record_of(wire: bytes, body: sealed_body.SealedBody) -> dict[str, Any]:
    return sealed_body.tip_record(
        origin=ORIGIN, tick=TICK, wire=wire, body=body.wire, commit_s=body.commit_s
    )


def sealed(name: str) -> tuple[sealed_body.SealedBody, dict[str, Any]]:
    """A base's sealed body and record."""
    wire = wire_of(TIPS[name])
    body = _seal(name, wire, BASES[name])
    return body, record_of(wire, body)


def _open(body: bytes, record: dict[str, Any], office: str = DESK) -> sealed_body.OpenedBody:
    return sealed_body.open_body(
        body,
        record,
        key_line(office, "seal-xwing"),
        seed(office, "seal-xwing"),
        seed(office, "seal-x25519"),
    )


def _accepted(name: str) -> dict[str, Any]:
    tip: TipVector = TIPS[name]
    body, record = sealed(name)
    coins = _coins(name)
    opened = _open(body.wire, record)
    assert opened == sealed_body.OpenedBody(coins.s, BASES[name], wire_of(tip))
    out = {
        "body_length": len(body.wire),
        "body_sha256": digest(body.wire),
        "coins": {
            "ephemeral": b64(coins.ephemeral),
            "s": b64(coins.s),
            "stream_header": b64(coins.header),
            "xwing": b64(coins.xwing),
        },
        "commit_s": b64(body.commit_s),
        "desk_seq": BASES[name],
        "envelope": name,
        "inner": b64(body.inner),
        "record": jcs.encode(record).decode("utf-8"),
        "row_sha256": [digest(row) for row in body.rows],
        "stream_key": b64(sealed_body.stream_key(coins.s)),
        "wrap": b64(body.wrap),
        "wrap_info": b64(sealed_body.wrap_info(key_line(DESK, "seal-xwing").key_id, body.commit_s)),
    }
    if name == "text-xwing":
        out["body"] = b64(body.wire)
    return out


def _edits(rows: list[bytes]) -> dict[str, tuple[list[Edit], str]]:
    """Edits of a body of five messages."""
    bounds = [0]
    for row in rows:
        bounds.append(bounds[-1] + len(row))
    r = list(pairwise(bounds))
    end = bounds[-1]
    assert len(r) == 5
    return {
        "empty": ([ranges((0, 0))], "truncated"),
        "cut-in-wrap": ([ranges((0, 1_000))], "truncated"),
        "cut-in-stream-header": ([ranges((0, 1_247))], "truncated"),
        "row-0-only": ([ranges(r[0])], "truncated"),
        "wrap-changed": ([xor(0)], "hpke"),
        "wrap-tag-changed": ([xor(1_223)], "hpke"),
        "stream-header-changed": ([xor(1_224)], "stream"),
        "message-flipped": ([xor(r[2][0] + 100)], "stream"),
        "message-tag-byte-flipped": ([xor(r[1][0])], "stream"),
        "messages-swapped": ([ranges(r[0], r[2], r[1], *r[3:])], "stream"),
        "message-duplicated": ([ranges(*r[:2], r[1], *r[2:])], "stream"),
        "message-dropped": ([ranges(*r[:2], *r[3:])], "stream"),
        "last-message-dropped": ([ranges(*r[:4])], "truncated"),
        "last-message-cut": ([ranges((0, end - 1))], "stream"),
        "trailing-byte": ([append(b"\x00")], "stream"),
    }


def _refused() -> list[dict[str, Any]]:
    base = "attachments-xwing"
    body, record = sealed(base)
    out = []
    for name, (edits, expect) in _edits(body.rows).items():
        data = apply(body.wire, edits)
        changed = {**record, "body": b64(sha256(data))}
        out.append(
            refused(name, expect, lambda d=data, c=changed: _open(d, c), base=base, edits=edits)
        )
    flipped = apply(body.wire, [xor(2_000)])
    out.append(
        refused(
            "body-hash",
            "body-hash",
            lambda: _open(flipped, record),
            base=base,
            edits=[xor(2_000)],
            keep_record=True,
        )
    )
    small, small_record = sealed("text-xwing")
    changes: list[tuple[str, dict[str, Any], str]] = [
        ("commit-s-of-another-body", {"commit_s": b64(body.commit_s)}, "hpke"),
        ("commit-of-another-envelope", {"commit": record["commit"]}, "commitment"),
        ("envelope-hash", {"envelope": record["envelope"]}, "envelope-hash"),
        ("size", {"size": small_record["size"] + 1}, "size"),
        ("desk-key", {"desk_key": b64(key_line(UNIT, "seal-xwing").key_id)}, "wrong-key"),
        ("record-type", {"type": "report"}, "record"),
        ("record-version", {"v": 2}, "record"),
        ("record-extra-member", {"more": 1}, "record"),
    ]
    for name, change, expect in changes:
        changed = {**small_record, **change}
        out.append(
            refused(
                name,
                expect,
                lambda c=changed: _open(small.wire, c),
                base="text-xwing",
                edits=[],
                record_edit=change,
            )
        )
    out.append(
        refused(
            "other-office",
            "hpke",
            lambda: _open(small.wire, small_record, UNIT),
            base="text-xwing",
            edits=[],
            key="unit",
        )
    )
    return out


def _inner_faults() -> list[dict[str, Any]]:
    """Wraps with good HPKE whose inside is wrong."""
    line = key_line(DESK, "seal-xwing")
    coins = _coins("inner faults")
    commit_s = sealed_body.commitment(coins.s)
    info = sealed_body.wrap_info(line.key_id, commit_s)
    to_desk, to_unit = (key_line(o, "seal-x25519").public_key for o in (DESK, UNIT))
    sequence = (1).to_bytes(8, "big")
    cases = {
        "another-s": (to_desk, random("another S") + sequence, "commitment-s"),
        "inner-to-another-key": (to_unit, coins.s + sequence, "seal-inner"),
    }
    out = []
    for name, (public, content, expect) in cases.items():
        inner = sodium.box_seal(public, content, coins.ephemeral)
        enc, ct = hpke.seal(hpke.XWING, line.public_key, info, inner, coins.xwing)
        wrap = enc + ct
        action = lambda w=wrap: sealed_body.open_wrap(  # noqa: E731
            w, commit_s, line, seed(DESK, "seal-xwing"), seed(DESK, "seal-x25519")
        )
        out.append(refused(name, expect, action, commit_s=b64(commit_s), wrap=b64(wrap)))
    return out


def _even() -> dict[str, Any]:
    """A stream of exactly two full messages: the last is not shorter, and carries TAG_FINAL."""
    coins = _coins(EVEN)
    plain = [random(f"{EVEN} {i}", sealed_body.MESSAGE) for i in range(2)]
    messages = sodium.stream_seal(sealed_body.stream_key(coins.s), coins.header, plain)
    body = bytes(sealed_body.WRAP_BYTES) + coins.header + b"".join(messages)
    assert sealed_body.open_stream(body, coins.s) == b"".join(plain)
    return {
        "about": "message i is SHAKE-256('resguardo vectors 1' || 00 || '" + EVEN + " i')",
        "message_sha256": [digest(m) for m in messages],
        "plain_sha256": [digest(p) for p in plain],
        "s": b64(coins.s),
        "stream_header": b64(coins.header),
    }


def make() -> dict[str, Any]:
    keys = {
        name: described_key(office, use)
        for name, office, use in [
            ("desk-seal-x25519", DESK, "seal-x25519"),
            ("desk-seal-xwing", DESK, "seal-xwing"),
            ("unit-seal-x25519", UNIT, "seal-x25519"),
            ("unit-seal-xwing", UNIT, "seal-xwing"),
        ]
    }
    sequences = [
        {"expect": "ok", "seen": [1, 2, 3]},
        {"expect": "gap", "seen": [1, 3], "missing": [2]},
        {"expect": "gap", "seen": [2], "missing": [1]},
        {"expect": "repeat", "seen": [1, 2, 2]},
        {"expect": "repeat", "seen": [1, 2, 1]},
    ]
    kdf_key = random("kdf key")
    return {
        "about": ABOUT,
        "accepted": [_accepted(name) for name in BASES],
        "even_stream": _even(),
        "kdf": {
            "context": "RSGBODY1",
            "key": b64(kdf_key),
            "subkeys": {str(i): b64(sodium.kdf_derive(kdf_key, i, b"RSGBODY1")) for i in (1, 2)},
        },
        "keys": keys,
        "refused": _refused(),
        "refused_wraps": _inner_faults(),
        "sequences": sequences,
    }
