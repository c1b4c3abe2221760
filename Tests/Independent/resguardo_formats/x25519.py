"""X25519 (RFC 7748) over `cryptography`; an all-zero result is refused."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .errors import Refused, require


def public_key(secret: bytes) -> bytes:
    require(len(secret) == 32, "key-size")
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def agree(secret: bytes, public: bytes) -> bytes:
    require(len(secret) == 32 and len(public) == 32, "key-size")
    private = X25519PrivateKey.from_private_bytes(secret)
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Refused("public-key", "all-zero agreement") from error
