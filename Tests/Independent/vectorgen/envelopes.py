"""resguardo-envelope.json"""

from __future__ import annotations

from typing import Any

from resguardo_formats import envelope, frames, hpke
from resguardo_formats.chunks import CHUNK, TAG
from resguardo_formats.encodings import b64

from .common import (
    DESK,
    ENCODING,
    OTHER_ORIGIN,
    UNIT,
    described_key,
    key_line,
    random,
    refused,
    seed,
)
from .edits import EDITS_ABOUT, Edit, append, apply, ranges, xor
from .plaintexts import refused_plaintexts
from .tips import ANSWER_TAG, PIECE, RECEIPT, TIPS, TipVector, digest, header_of, wire_of

ABOUT = [
    "Envelopes (formats.md section 4). Each names the key it is made for ('keys': line and",
    "seed), K, the encapsulation randomness 'coins' (X25519: the ephemeral private key;",
    "X-Wing: 32 bytes for ML-KEM, then X25519's), every intermediate value, the exact JSON,",
    "and the attachments' sizes. An attachment's byte at position p is (31 p + floor(p /",
    "256)) mod 256; the vector's pieces are",
    f"{PIECE} bytes, the last shorter. The plaintext is the frames, zero-padded to"
    " 'plaintext_length'.",
    "Where 'wire' is absent, header followed by AES-256-GCM chunks of that plaintext under",
    "'payload_key' (section 4's nonces) gives it: 'wire_sha256' tells. 'tag' answers:",
    "HMAC-SHA-256 (answer key, SHA-256(enc || ct)). 'refused_wires': edits of a base that is",
    "opened with its own key, unless 'key' names another. 'refused_headers': whole headers",
    "before the base's own chunks; the commitment case opens under HPKE. 'refused_payloads':",
    "opened with K alone. 'refused_plaintexts': 'prefix' zero-padded to 'length', then",
    "'edits'; a frame reader refuses them; 'accepted_plaintexts' are unusual but allowed. A",
    "refusal is what binds; the word 'expect' names the first fault found when checking in",
    "the order of the bytes (magic, version, suite, reserved, length, key id, HPKE,",
    "commitment, chunks, frames).",
    *EDITS_ABOUT,
    ENCODING,
]
KEYS = {
    "desk-x25519": (DESK, "envelope-x25519", None),
    "desk-xwing": (DESK, "envelope-xwing", None),
    "unit-x25519": (UNIT, "envelope-x25519", None),
    "other-origin-x25519": (DESK, "envelope-x25519", OTHER_ORIGIN),
}


def _keys() -> dict[str, Any]:
    return {
        name: described_key(office, use, origin) if origin else described_key(office, use)
        for name, (office, use, origin) in KEYS.items()
    }


def _accepted(tip: TipVector) -> dict[str, Any]:
    header, wire = header_of(tip), wire_of(tip)
    opened = envelope.open_envelope(wire, tip.line, seed(DESK, tip.use))
    assert opened.json_bytes == tip.json_bytes
    assert [len(a.data) for a in opened.attachments] == tip.sizes
    out = {
        "attachment_sizes": tip.sizes,
        "chunks": -(-len(tip.plaintext) // CHUNK),
        "coins": b64(tip.coins),
        "commit": b64(header.commit),
        "ct": b64(header.ct),
        "enc": b64(header.enc),
        "h0": b64(header.h0),
        "header_sha256": digest(header.wire),
        "info": b64(b"resguardo/1 envelope\x00" + header.h0),
        "json_sha256": digest(tip.json_bytes),
        "k": b64(tip.k),
        "key": "desk-x25519" if tip.suite == 1 else "desk-xwing",
        "name": tip.name,
        "payload_key": b64(envelope.payload_key(tip.k, header.h0)),
        "plaintext_length": len(tip.plaintext),
        "plaintext_sha256": digest(tip.plaintext),
        "suite": tip.suite,
        "wire_length": len(wire),
        "wire_sha256": digest(wire),
    }
    if len(tip.json_bytes) < 4_096:
        out["json"] = tip.json_bytes.decode("utf-8")
    else:
        out["json_rule"] = {
            "what_happened": "U+1F6A8 4,000 times",
            "where_text": "x 1,000 times",
            "form": "JCS with v = 1",
        }
    if tip.full:
        out["wire"] = b64(wire)
    if tip.name == "answer-xwing":
        out["answer"] = {
            "answer_key": b64(RECEIPT.answer),
            "tag": b64(ANSWER_TAG),
            "over": b64(header.answer_digest),
        }
    return out


def _chunk_edits(tip: TipVector) -> dict[str, tuple[list[Edit], str]]:
    """Edits of a wire of four chunks."""
    start = envelope.header_length(tip.suite)
    size = CHUNK + TAG
    end = len(wire_of(tip))
    c = [(start + i * size, min(start + (i + 1) * size, end)) for i in range(4)]
    assert c[3][1] == end
    head = (0, start)
    return {
        "chunks-swapped": ([ranges(head, c[1], c[0], c[2], c[3])], "chunk"),
        "chunk-duplicated": ([ranges(head, c[0], c[0], c[1], c[2], c[3])], "chunk"),
        "chunk-dropped": ([ranges(head, c[0], c[2], c[3])], "chunk"),
        "last-chunk-dropped": ([ranges(head, c[0], c[1], c[2])], "chunk"),
        "last-chunk-cut": ([ranges((0, end - 1))], "chunk"),
        "cut-within-a-chunk": ([ranges((0, c[1][1] - 7))], "chunk"),
        "bit-flipped-in-text": ([xor(c[2][0] + 9, 0x40)], "chunk"),
        "bit-flipped-in-tag": ([xor(c[0][1] - 1, 0x80)], "chunk"),
        "trailing-byte": ([append(b"\x00")], "chunk"),
        "last-chunk-repeated": ([ranges(head, *c, c[3])], "chunk"),
        "no-chunk": ([ranges(head)], "truncated"),
    }


def _header_edits(tip: TipVector) -> dict[str, tuple[list[Edit], str]]:
    start = envelope.header_length(tip.suite)
    return {
        "empty": ([ranges((0, 0))], "truncated"),
        "cut-in-h0": ([ranges((0, 71))], "truncated"),
        "cut-in-enc": ([ranges((0, start - 49))], "truncated"),
        "cut-in-ct": ([ranges((0, start - 1))], "truncated"),
        "only-a-tag": ([ranges((0, start + TAG))], "truncated"),
        "other-magic": ([xor(3)], "magic"),
        "version-2": ([xor(4, 3)], "version"),
        "suite-3": ([xor(5, tip.suite ^ 3)], "suite"),
        "suite-0": ([xor(5, tip.suite)], "suite"),
        "reserved-6": ([xor(6)], "reserved"),
        "reserved-7": ([xor(7, 0x80)], "reserved"),
        "key-id-changed": ([xor(8)], "wrong-key"),
        "commit-changed": ([xor(40)], "hpke"),
        "enc-changed": ([xor(72)], "hpke"),
        "ct-changed": ([xor(start - 48)], "hpke"),
        "ct-tag-changed": ([xor(start - 1)], "hpke"),
        "single-chunk-changed": ([xor(start)], "chunk"),
        "single-chunk-trailing-byte": ([append(b"\x00")], "chunk"),
        "single-chunk-cut": ([ranges((0, len(wire_of(tip)) - 1))], "chunk"),
    }


def _refused_wires() -> list[dict[str, Any]]:
    out = []
    plans = [
        ("text-x25519", _header_edits),
        ("text-xwing", _header_edits),
        ("attachments-x25519", _chunk_edits),
        ("attachments-xwing", _chunk_edits),
    ]
    for base, plan in plans:
        tip = TIPS[base]
        for name, (edits, expect) in plan(tip).items():
            wire = apply(wire_of(tip), edits)
            out.append(
                refused(
                    name,
                    expect,
                    _opening(wire, tip.line, seed(DESK, tip.use)),
                    base=base,
                    edits=edits,
                )
            )
    tip = TIPS["text-x25519"]
    for key in ("desk-xwing", "unit-x25519", "other-origin-x25519"):
        office, use, origin = KEYS[key]
        line = key_line(office, use, origin) if origin else key_line(office, use)
        action = _opening(wire_of(tip), line, seed(office, use))
        out.append(refused(f"with-{key}", "wrong-key", action, base=tip.name, edits=[], key=key))
    return out


def _opening(wire: bytes, line: Any, secret: bytes) -> Any:
    return lambda: envelope.open_envelope(wire, line, secret)


def _refused_headers() -> list[dict[str, Any]]:
    """Headers that open under HPKE, but do not commit to the K that they carry."""
    out = []
    for base in ("text-x25519", "text-xwing"):
        tip = TIPS[base]
        false_commit = envelope.commitment(random("another K"))
        header = envelope.make_header(tip.line, tip.k, tip.coins, false_commit)
        chunks = wire_of(tip)[envelope.header_length(tip.suite) :]
        out.append(
            refused(
                "commitment-of-another-k",
                "commitment",
                _opening(header.wire + chunks, tip.line, seed(DESK, tip.use)),
                base=base,
                header=b64(header.wire),
            )
        )
        wrong = header_to(key_line(UNIT, "envelope-x25519"), tip)
        out.append(
            refused(
                "key-id-of-this-key-but-sealed-to-another",
                "hpke",
                _opening(wrong + chunks, tip.line, seed(DESK, tip.use)),
                base=base,
                header=b64(wrong),
            )
        )
    return out


def header_to(line: Any, tip: TipVector) -> bytes:
    """A header with the tip's own H0, whose HPKE part is for another X25519 key or damaged."""
    header = header_of(tip)
    if tip.suite == 2:
        other = envelope.make_header(tip.line, tip.k, random("other coins", 64))
        return header.h0 + other.enc + header.ct
    enc, ct = hpke.seal(
        hpke.X25519,
        line.public_key,
        b"resguardo/1 envelope\x00" + header.h0,
        tip.k,
        tip.coins,
    )
    return header.h0 + enc + ct


def _refused_payloads() -> list[dict[str, Any]]:
    tip = TIPS["text-x25519"]
    other = random("another K")
    action = lambda: envelope.open_payload(wire_of(tip), other)  # noqa: E731
    return [refused("another-k", "commitment", action, base=tip.name, k=b64(other))]


def _padding() -> list[dict[str, int]]:
    lengths = [
        1,
        16_384,
        16_385,
        17_472,
        17_473,
        20_000,
        65_536,
        65_537,
        131_073,
        1_000_000,
        67_108_864,
        67_109_000,
    ]
    return [
        {"length": n, "padded": frames.padded_length(suite, n), "suite": suite}
        for suite in (1, 2)
        for n in lengths
    ]


def make() -> dict[str, Any]:
    accepted, rejected = refused_plaintexts()
    return {
        "about": ABOUT,
        "accepted": [_accepted(tip) for tip in TIPS.values()],
        "accepted_plaintexts": accepted,
        "keys": _keys(),
        "padding": _padding(),
        "refused_headers": _refused_headers(),
        "refused_payloads": _refused_payloads(),
        "refused_plaintexts": rejected,
        "refused_wires": _refused_wires(),
    }
