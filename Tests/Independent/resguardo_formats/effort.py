"""The work that a gateway asks of a tip while it is flooded: a header beside the envelope, bound to it and to the log."""

from __future__ import annotations

import hashlib

from .encodings import sha256
from .errors import require

LABEL = b"resguardo/1 effort"
ITERATIONS = 1_024
NONCE_BYTES = 8
PROOF_BYTES = 32 + NONCE_BYTES
EMPTY_ROOT = sha256(b"")
"""What stands for the root before the first checkpoint: RFC 6962's of no leaves."""


def challenge(root: bytes, envelope_hash: bytes) -> bytes:
    require(len(root) == 32 and len(envelope_hash) == 32, "effort", "size")
    return sha256(LABEL + b"\0" + root + envelope_hash)


def bits(root: bytes, envelope_hash: bytes, nonce: bytes) -> int:
    """The zero bits that an attempt begins with."""
    require(len(nonce) == NONCE_BYTES, "effort", "nonce")
    password = challenge(root, envelope_hash)
    derived = hashlib.pbkdf2_hmac("sha256", password, nonce, ITERATIONS, NONCE_BYTES)
    return 8 * NONCE_BYTES - int.from_bytes(derived, "big").bit_length()


def check(proof: bytes, envelope_hash: bytes) -> tuple[bytes, int]:
    """The root that a proof (root and nonce) was worked on, and its effort in bits."""
    require(len(proof) == PROOF_BYTES, "effort", "size")
    return proof[:32], bits(proof[:32], envelope_hash, proof[32:])


def work(root: bytes, envelope_hash: bytes, wanted: int, start: int = 0) -> bytes:
    """The first proof of at least so many bits, counting nonces up from `start`."""
    number = start
    while bits(root, envelope_hash, nonce := number.to_bytes(NONCE_BYTES, "big")) < wanted:
        number += 1
    return root + nonce
