"""libsodium's sealed box, secretstream and key derivation, with the randomness given."""

from __future__ import annotations

import hashlib

from nacl import bindings
from nacl.exceptions import CryptoError

from .errors import Refused, require
from .x25519 import public_key

SECRETSTREAM_HEADER = 24
SECRETSTREAM_EXTRA = 17
TAG_MESSAGE = 0
TAG_FINAL = 3


def kdf_derive(key: bytes, subkey: int, context: bytes) -> bytes:
    """crypto_kdf_derive_from_key, 32 bytes: BLAKE2b keyed, subkey as salt, context as personal."""
    salt = subkey.to_bytes(8, "little") + bytes(8)
    return hashlib.blake2b(
        key=key, salt=salt, person=context.ljust(16, b"\x00"), digest_size=32
    ).digest()


def box_seal(public: bytes, message: bytes, ephemeral: bytes) -> bytes:
    """crypto_box_seal with a given ephemeral private key."""
    ephemeral_public = public_key(ephemeral)
    nonce = hashlib.blake2b(ephemeral_public + public, digest_size=24).digest()
    return ephemeral_public + bindings.crypto_box(message, nonce, public, ephemeral)


def box_seal_open(secret: bytes, sealed: bytes) -> bytes:
    try:
        return bindings.crypto_box_seal_open(sealed, public_key(secret), secret)
    except CryptoError as error:
        raise Refused("seal-inner") from error


def stream_seal(key: bytes, header: bytes, messages: list[bytes]) -> list[bytes]:
    """secretstream messages under a given header, the last with TAG_FINAL.

    libsodium draws the header; the state it starts from is that of a reader of this header.
    """
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    return [
        bindings.crypto_secretstream_xchacha20poly1305_push(
            state, message, None, TAG_FINAL if index == len(messages) - 1 else TAG_MESSAGE
        )
        for index, message in enumerate(messages)
    ]


class StreamReader:
    """Reads secretstream messages in order."""

    def __init__(self, key: bytes, header: bytes) -> None:
        require(len(header) == SECRETSTREAM_HEADER, "truncated")
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)

    def pull(self, message: bytes) -> tuple[bytes, int]:
        require(len(message) > SECRETSTREAM_EXTRA, "truncated", "message")
        try:
            return bindings.crypto_secretstream_xchacha20poly1305_pull(self._state, message, None)
        except (CryptoError, RuntimeError) as error:
            raise Refused("stream") from error
