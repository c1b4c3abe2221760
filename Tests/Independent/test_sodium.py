"""libsodium itself reads what this package makes with given randomness, and the reverse."""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib

import pytest
from nacl import bindings
from resguardo_formats import sodium
from resguardo_formats.errors import Refused
from resguardo_formats.x25519 import public_key

KEY = hashlib.sha256(b"key").digest()
HEADER = hashlib.sha256(b"header").digest()[:24]
MESSAGES = [b"one" * 40, b"two", b"three"]


def test_kdf_is_libsodiums() -> None:
    name = ctypes.util.find_library("sodium")
    assert name, "libsodium is what the product links to"
    library = ctypes.CDLL(name)
    for subkey in (1, 2, 2**40):
        out = ctypes.create_string_buffer(32)
        status = library.crypto_kdf_derive_from_key(
            out, ctypes.c_size_t(32), ctypes.c_uint64(subkey), b"RSGBODY1", KEY
        )
        assert status == 0
        assert out.raw == sodium.kdf_derive(KEY, subkey, b"RSGBODY1")


def test_sealed_box_both_ways() -> None:
    public = public_key(KEY)
    assert (
        bindings.crypto_box_seal_open(
            sodium.box_seal(public, b"ours", hashlib.sha256(b"e").digest()), public, KEY
        )
        == b"ours"
    )
    assert sodium.box_seal_open(KEY, bindings.crypto_box_seal(b"theirs", public)) == b"theirs"
    with pytest.raises(Refused):
        sodium.box_seal_open(HEADER + bytes(8), bindings.crypto_box_seal(b"theirs", public))


def test_stream_with_a_drawn_header() -> None:
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, KEY)
    sealed = [
        bindings.crypto_secretstream_xchacha20poly1305_push(state, m, None, tag)
        for m, tag in zip(MESSAGES, (0, 0, 3), strict=True)
    ]
    reader = sodium.StreamReader(KEY, header)
    assert [reader.pull(m) for m in sealed] == list(zip(MESSAGES, (0, 0, 3), strict=True))
    assert sodium.stream_seal(KEY, header, MESSAGES) == sealed


def test_stream_refuses_another_order() -> None:
    sealed = sodium.stream_seal(KEY, HEADER, MESSAGES)
    reader = sodium.StreamReader(KEY, HEADER)
    assert reader.pull(sealed[0]) == (MESSAGES[0], sodium.TAG_MESSAGE)
    with pytest.raises(Refused):
        reader.pull(sealed[2])
