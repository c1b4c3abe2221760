"""The chunk format of formats.md section 4: AES-256-GCM over 65,536-byte pieces."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Refused, require

CHUNK = 65_536
TAG = 16


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def seal_chunks(key: bytes, plaintext: bytes) -> bytes:
    """All chunks of a plaintext, which is not empty."""
    require(bool(plaintext), "empty")
    aead = AESGCM(key)
    parts = [plaintext[i : i + CHUNK] for i in range(0, len(plaintext), CHUNK)]
    sealed = [
        aead.encrypt(_nonce(index, index == len(parts) - 1), part, None)
        for index, part in enumerate(parts)
    ]
    return b"".join(sealed)


def open_chunks(key: bytes, data: bytes) -> Iterator[bytes]:
    """The plaintext, chunk by chunk; `truncated` when too short, else `chunk`."""
    aead = AESGCM(key)
    size = CHUNK + TAG
    require(len(data) > TAG, "truncated", "no chunk")
    count = -(-len(data) // size)
    for index in range(count):
        piece = data[index * size : (index + 1) * size]
        require(len(piece) > TAG, "chunk", "last chunk is empty")
        try:
            yield aead.decrypt(_nonce(index, index == count - 1), piece, None)
        except InvalidTag as error:
            raise Refused("chunk", f"chunk {index}") from error


def sealed_length(plaintext_length: int) -> int:
    return plaintext_length + TAG * (-(-plaintext_length // CHUNK))
