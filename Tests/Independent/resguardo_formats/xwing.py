"""X-Wing (draft-connolly-cfrg-xwing-kem-06): ML-KEM-768 and X25519 behind one SHA3-256."""

from __future__ import annotations

import hashlib

from . import mlkem
from .errors import require
from .x25519 import agree
from .x25519 import public_key as x25519_public_key

SEED_BYTES = 32
PUBLIC_KEY_BYTES = mlkem.PUBLIC_KEY_BYTES + 32
ENCAPSULATION_BYTES = mlkem.CIPHERTEXT_BYTES + 32
LABEL = bytes.fromhex("5c2e2f2f5e5c")


def _expand(seed: bytes) -> tuple[bytes, bytes, bytes]:
    """(ML-KEM public key, ML-KEM private key, X25519 private key) of a seed."""
    require(len(seed) == SEED_BYTES, "key-size")
    expanded = hashlib.shake_256(seed).digest(96)
    public, private = mlkem.key_pair(expanded[:32], expanded[32:64])
    return public, private, expanded[64:]


def _combine(ss_m: bytes, ss_x: bytes, ct_x: bytes, pk_x: bytes) -> bytes:
    return hashlib.sha3_256(ss_m + ss_x + ct_x + pk_x + LABEL).digest()


def public_key(seed: bytes) -> bytes:
    """The 1,216-byte public key of a 32-byte seed."""
    public, _, secret = _expand(seed)
    return public + x25519_public_key(secret)


def encapsulate(public: bytes, coins: bytes) -> tuple[bytes, bytes]:
    """(shared secret, encapsulation) for 64 given random bytes: ML-KEM's, then X25519's."""
    require(len(public) == PUBLIC_KEY_BYTES and len(coins) == 64, "key-size")
    require(mlkem.valid_public_key(public[: mlkem.PUBLIC_KEY_BYTES]), "public-key")
    pk_m, pk_x = public[: mlkem.PUBLIC_KEY_BYTES], public[mlkem.PUBLIC_KEY_BYTES :]
    ss_m, ct_m = mlkem.encapsulate(pk_m, coins[:32])
    ct_x = x25519_public_key(coins[32:])
    ss_x = agree(coins[32:], pk_x)
    return _combine(ss_m, ss_x, ct_x, pk_x), ct_m + ct_x


def decapsulate(seed: bytes, encapsulation: bytes) -> bytes:
    """The shared secret; ML-KEM rejects implicitly, so this does not fail on a wrong key."""
    require(len(encapsulation) == ENCAPSULATION_BYTES, "truncated")
    _, private, secret = _expand(seed)
    ct_m = encapsulation[: mlkem.CIPHERTEXT_BYTES]
    ct_x = encapsulation[mlkem.CIPHERTEXT_BYTES :]
    ss_x = agree(secret, ct_x)
    return _combine(mlkem.decapsulate(private, ct_m), ss_x, ct_x, x25519_public_key(secret))
