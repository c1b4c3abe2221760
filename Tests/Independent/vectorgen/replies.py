"""resguardo-reply.json"""

from __future__ import annotations

from typing import Any

from resguardo_formats import hpke, jcs, receipt, reply
from resguardo_formats.encodings import b64

from .common import ENCODING, ORIGIN, random, refused
from .edits import EDITS_ABOUT, append, apply, ranges, xor
from .tips import RECEIPT, digest

ABOUT = [
    "Replies (formats.md section 7): HPKE mode psk, one message, blob = enc || ct, 4,144",
    "bytes. 'receipt' is the one called random in resguardo-receipt.json; psk_id is its id;",
    "'coins' is the ephemeral X25519 private key; 'content' is zero-padded to 4,096 bytes.",
    "'refused': edits of the first blob, or a 'blob' of its own, opened with the receipt or",
    "with 'other_receipt'.",
    *EDITS_ABOUT,
    ENCODING,
]
OTHER = receipt.derive(random("another receipt", 11), ORIGIN)
CONTENTS = {
    "text": jcs.encode({"text": "Gracias. ¿Puede decirnos el nombre del hotel?", "v": 1}),
    "full": b"x" * reply.PLAINTEXT_BYTES,
}


def _seal(name: str) -> bytes:
    return reply.seal(
        RECEIPT.id, RECEIPT.reply_public, RECEIPT.psk, CONTENTS[name], random(f"reply {name}")
    )


def _accepted(name: str) -> dict[str, Any]:
    blob = _seal(name)
    content = CONTENTS[name]
    assert reply.open_(RECEIPT.id, RECEIPT.reply_secret, RECEIPT.psk, blob) == content
    coins = random(f"reply {name}")
    shared, enc = hpke.X25519.encapsulate(RECEIPT.reply_public, coins)
    schedule = hpke.key_schedule(
        hpke.X25519, shared, reply.info(RECEIPT.id), RECEIPT.psk, RECEIPT.id
    )
    out = {
        "base_nonce": b64(schedule.base_nonce),
        "blob_sha256": digest(blob),
        "coins": b64(coins),
        "content_sha256": digest(content),
        "enc": b64(enc),
        "info": b64(reply.info(RECEIPT.id)),
        "key": b64(schedule.key),
        "name": name,
        "shared_secret": b64(shared),
    }
    if name == "text":
        out |= {"blob": b64(blob), "content": content.decode()}
    else:
        out["content_rule"] = "4,096 times x"
    return out


def _padded(padded: bytes) -> bytes:
    enc, ct = hpke.seal(
        hpke.X25519,
        RECEIPT.reply_public,
        reply.info(RECEIPT.id),
        padded,
        random("reply padded"),
        psk=RECEIPT.psk,
        psk_id=RECEIPT.id,
    )
    return enc + ct


def _without_psk() -> bytes:
    """A reply by somebody who knows id and public key, but never read the tip."""
    padded = CONTENTS["text"].ljust(reply.PLAINTEXT_BYTES, b"\x00")
    enc, ct = hpke.seal(
        hpke.X25519, RECEIPT.reply_public, reply.info(RECEIPT.id), padded, random("reply forged")
    )
    return enc + ct


def _refused() -> list[dict[str, Any]]:
    good = _seal("text")
    length = reply.PLAINTEXT_BYTES

    def open_with(keys: receipt.ReceiptKeys, blob: bytes) -> Any:
        return lambda: reply.open_(keys.id, keys.reply_secret, keys.psk, blob)

    out = []
    for name, edits, expect in [
        ("enc-changed", [xor(0)], "hpke"),
        ("ct-changed", [xor(32)], "hpke"),
        ("tag-changed", [xor(4_143)], "hpke"),
        ("cut", [ranges((0, 4_143))], "size"),
        ("trailing-byte", [append(b"\x00")], "size"),
        ("empty", [ranges((0, 0))], "size"),
    ]:
        out.append(refused(name, expect, open_with(RECEIPT, apply(good, edits)), edits=edits))
    out.append(
        refused("other-receipt", "hpke", open_with(OTHER, good), edits=[], receipt="other_receipt")
    )
    mixed = receipt.ReceiptKeys(**{**vars(RECEIPT), "psk": OTHER.psk})
    out.append(refused("other-psk", "hpke", open_with(mixed, good), edits=[], psk=b64(OTHER.psk)))
    text = CONTENTS["text"]
    for name, blob, expect in [
        ("forged-without-psk", _without_psk(), "hpke"),
        ("padding-not-zero", _padded(text.ljust(length - 1, b"\x00") + b"\x01"), "padding"),
        ("all-zeros", _padded(bytes(length)), "padding"),
    ]:
        out.append(refused(name, expect, open_with(RECEIPT, blob), blob=b64(blob)))
    return out


def _keys(keys: receipt.ReceiptKeys) -> dict[str, str]:
    return {
        "id": b64(keys.id),
        "psk": b64(keys.psk),
        "reply_public": b64(keys.reply_public),
        "reply_secret": b64(keys.reply_secret),
    }


def make() -> dict[str, Any]:
    return {
        "about": ABOUT,
        "accepted": [_accepted(name) for name in CONTENTS],
        "other_receipt": _keys(OTHER),
        "receipt": _keys(RECEIPT),
        "refused": _refused(),
    }
