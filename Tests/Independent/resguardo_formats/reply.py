"""Replies (formats.md section 7): HPKE mode psk to the receipt's key, 4,144 bytes each."""

from __future__ import annotations

from . import hpke
from .errors import require
from .report import strip_zeros

PLAINTEXT_BYTES = 4_096
BLOB_BYTES = 32 + PLAINTEXT_BYTES + 16


def info(mailbox_id: bytes) -> bytes:
    return b"resguardo/1 reply\x00" + mailbox_id


def seal(mailbox_id: bytes, public: bytes, psk: bytes, content: bytes, coins: bytes) -> bytes:
    """The blob of a reply; `content` is JSON without zero bytes, at most 4,096 bytes."""
    require(0 < len(content) <= PLAINTEXT_BYTES and b"\x00" not in content, "padding")
    padded = content.ljust(PLAINTEXT_BYTES, b"\x00")
    enc, ct = hpke.seal(
        hpke.X25519, public, info(mailbox_id), padded, coins, psk=psk, psk_id=mailbox_id
    )
    return enc + ct


def open_(mailbox_id: bytes, secret: bytes, psk: bytes, blob: bytes) -> bytes:
    require(len(blob) == BLOB_BYTES, "size")
    padded = hpke.open_(
        hpke.X25519, secret, blob[:32], info(mailbox_id), blob[32:], psk=psk, psk_id=mailbox_id
    )
    return strip_zeros(padded)
