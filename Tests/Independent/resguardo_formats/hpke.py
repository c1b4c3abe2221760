"""HPKE (RFC 9180): modes base and psk, one message, with the ephemeral randomness given.

KEMs: DHKEM(X25519, HKDF-SHA256) 0x0020 and X-Wing 0x647a; KDF HKDF-SHA256; AEAD AES-256-GCM.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import x25519, xwing
from .errors import Refused, require

KDF_ID = 0x0001
AEAD_ID = 0x0002


def hkdf_extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract (RFC 5869) with SHA-256; an empty salt is a block of zeros."""
    return hmac.digest(salt or bytes(32), ikm, hashlib.sha256)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869) with SHA-256."""
    out = b""
    block = b""
    counter = 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), hashlib.sha256)
        out += block
        counter += 1
    return out[:length]


def hkdf(ikm: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF without salt."""
    return hkdf_expand(hkdf_extract(b"", ikm), info, length)


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + ikm)


def _labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hkdf_expand(prk, labeled, length)


class Kem(Protocol):
    kem_id: int
    encapsulation_bytes: int
    coins_bytes: int

    def public_key(self, seed: bytes) -> bytes: ...
    def encapsulate(self, public: bytes, coins: bytes) -> tuple[bytes, bytes]: ...
    def decapsulate(self, seed: bytes, encapsulation: bytes) -> bytes: ...


class X25519Kem:
    """DHKEM(X25519, HKDF-SHA256); `coins` is the ephemeral private key itself."""

    kem_id = 0x0020
    encapsulation_bytes = 32
    coins_bytes = 32
    _suite = b"KEM\x00\x20"

    def public_key(self, seed: bytes) -> bytes:
        return x25519.public_key(seed)

    def derive_key_pair(self, ikm: bytes) -> bytes:
        """RFC 9180 section 7.1.3: the private key of `ikm`."""
        prk = _labeled_extract(self._suite, b"", b"dkp_prk", ikm)
        return _labeled_expand(self._suite, prk, b"sk", b"", 32)

    def _shared(self, agreement: bytes, enc: bytes, public: bytes) -> bytes:
        prk = _labeled_extract(self._suite, b"", b"eae_prk", agreement)
        return _labeled_expand(self._suite, prk, b"shared_secret", enc + public, 32)

    def encapsulate(self, public: bytes, coins: bytes) -> tuple[bytes, bytes]:
        enc = x25519.public_key(coins)
        return self._shared(x25519.agree(coins, public), enc, public), enc

    def decapsulate(self, seed: bytes, encapsulation: bytes) -> bytes:
        agreement = x25519.agree(seed, encapsulation)
        return self._shared(agreement, encapsulation, x25519.public_key(seed))


class XWingKem:
    """X-Wing as HPKE's KEM 0x647a: its shared secret goes into the key schedule as it is."""

    kem_id = 0x647A
    encapsulation_bytes = xwing.ENCAPSULATION_BYTES
    coins_bytes = 64

    def public_key(self, seed: bytes) -> bytes:
        return xwing.public_key(seed)

    def encapsulate(self, public: bytes, coins: bytes) -> tuple[bytes, bytes]:
        return xwing.encapsulate(public, coins)

    def decapsulate(self, seed: bytes, encapsulation: bytes) -> bytes:
        return xwing.decapsulate(seed, encapsulation)


X25519 = X25519Kem()
XWING = XWingKem()


@dataclass(frozen=True)
class Schedule:
    """The result of RFC 9180's key schedule."""

    key: bytes
    base_nonce: bytes
    exporter_secret: bytes

    def nonce(self, sequence: int) -> bytes:
        counter = sequence.to_bytes(12, "big")
        return bytes(a ^ b for a, b in zip(self.base_nonce, counter, strict=True))


def key_schedule(
    kem: Kem, shared: bytes, info: bytes, psk: bytes = b"", psk_id: bytes = b""
) -> Schedule:
    """RFC 9180 section 5.1: mode psk when a psk is given, else base."""
    require(bool(psk) == bool(psk_id), "psk")
    require(not psk or len(psk) >= 32, "psk")
    suite = b"HPKE" + b"".join(i.to_bytes(2, "big") for i in (kem.kem_id, KDF_ID, AEAD_ID))
    psk_id_hash = _labeled_extract(suite, b"", b"psk_id_hash", psk_id)
    info_hash = _labeled_extract(suite, b"", b"info_hash", info)
    context = bytes([1 if psk else 0]) + psk_id_hash + info_hash
    secret = _labeled_extract(suite, shared, b"secret", psk)
    return Schedule(
        key=_labeled_expand(suite, secret, b"key", context, 32),
        base_nonce=_labeled_expand(suite, secret, b"base_nonce", context, 12),
        exporter_secret=_labeled_expand(suite, secret, b"exp", context, 32),
    )


def seal(
    kem: Kem,
    public: bytes,
    info: bytes,
    plaintext: bytes,
    coins: bytes,
    *,
    aad: bytes = b"",
    psk: bytes = b"",
    psk_id: bytes = b"",
) -> tuple[bytes, bytes]:
    """One message: (enc, ciphertext with tag)."""
    shared, enc = kem.encapsulate(public, coins)
    schedule = key_schedule(kem, shared, info, psk, psk_id)
    return enc, AESGCM(schedule.key).encrypt(schedule.nonce(0), plaintext, aad)


def open_(
    kem: Kem,
    seed: bytes,
    enc: bytes,
    info: bytes,
    ciphertext: bytes,
    *,
    aad: bytes = b"",
    psk: bytes = b"",
    psk_id: bytes = b"",
) -> bytes:
    """One message's plaintext; refused as `hpke` if it does not authenticate."""
    shared = kem.decapsulate(seed, enc)
    schedule = key_schedule(kem, shared, info, psk, psk_id)
    try:
        return AESGCM(schedule.key).decrypt(schedule.nonce(0), ciphertext, aad)
    except InvalidTag as error:
        raise Refused("hpke") from error
