"""Published vectors: RFC 9180, X-Wing's draft, NIST's SHA-3; FIPS 203 by `cryptography`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hpke as other_hpke
from cryptography.hazmat.primitives.asymmetric import mlkem as other_mlkem
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from resguardo_formats import hpke, mlkem, xwing
from resguardo_formats.errors import Refused

VECTORS = Path(__file__).parents[1] / "Vectors"


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / name).read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", load("xwing.json"), ids=lambda v: v["sk"][:8])
def test_xwing_draft(vector: dict[str, str]) -> None:
    v = {key: bytes.fromhex(value) for key, value in vector.items()}
    assert xwing.public_key(v["sk"]) == v["pk"]
    assert xwing.encapsulate(v["pk"], v["eseed"]) == (v["ss"], v["ct"])
    assert xwing.decapsulate(v["sk"], v["ct"]) == v["ss"]


@pytest.mark.parametrize("vector", load("rfc9180.json"), ids=lambda v: f"mode-{v['mode']}")
def test_rfc9180(vector: dict[str, Any]) -> None:
    v = {k: bytes.fromhex(x) for k, x in vector.items() if isinstance(x, str)}
    assert hpke.X25519.derive_key_pair(v["ikmR"]) == v["skRm"]
    assert hpke.X25519.derive_key_pair(v["ikmE"]) == v["skEm"]
    shared, enc = hpke.X25519.encapsulate(v["pkRm"], v["skEm"])
    assert (shared, enc) == (v["shared_secret"], v["enc"])
    assert hpke.X25519.decapsulate(v["skRm"], enc) == shared
    psk, psk_id = v.get("psk", b""), v.get("psk_id", b"")
    schedule = hpke.key_schedule(hpke.X25519, shared, v["info"], psk, psk_id)
    assert schedule.key == v["key"]
    assert schedule.base_nonce == v["base_nonce"]
    assert schedule.exporter_secret == v["exporter_secret"]
    for sequence, message in enumerate(vector["encryptions"]):
        m = {key: bytes.fromhex(value) for key, value in message.items()}
        assert schedule.nonce(sequence) == m["nonce"]
        sealed = AESGCM(schedule.key).encrypt(m["nonce"], m["pt"], m["aad"])
        assert sealed == m["ct"]


def test_hpke_refuses_a_flipped_bit() -> None:
    seed = bytes(range(32))
    public = hpke.X25519.public_key(seed)
    enc, ct = hpke.seal(hpke.X25519, public, b"info", b"text", bytes(range(1, 33)))
    assert hpke.open_(hpke.X25519, seed, enc, b"info", ct) == b"text"
    for bad in (bytes([ct[0] ^ 1]) + ct[1:], ct[:-1]):
        with pytest.raises(Refused) as caught:
            hpke.open_(hpke.X25519, seed, enc, b"info", bad)
        assert caught.value.slug == "hpke"


def test_hpke_xwing_against_cryptography() -> None:
    suite = other_hpke.Suite(
        other_hpke.KEM.MLKEM768_X25519, other_hpke.KDF.HKDF_SHA256, other_hpke.AEAD.AES_256_GCM
    )
    seed = hashlib.sha256(b"a seed").digest()
    expanded = hashlib.shake_256(seed).digest(96)
    private = other_hpke.MLKEM768X25519PrivateKey(
        other_mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        other_hpke_x25519(expanded[64:]),
    )
    message = suite.encrypt(b"to us", private.public_key(), info=b"info")
    enc, ct = message[:1120], message[1120:]
    assert hpke.open_(hpke.XWING, seed, enc, b"info", ct) == b"to us"
    enc, ct = hpke.seal(hpke.XWING, xwing.public_key(seed), b"info", b"from us", bytes(range(64)))
    assert suite.decrypt(enc + ct, private, info=b"info") == b"from us"


def other_hpke_x25519(secret: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(secret)


@pytest.mark.parametrize("label", [b"one", b"two", b"three"])
def test_mlkem_against_cryptography(label: bytes) -> None:
    seed = hashlib.shake_256(label).digest(64)
    other = other_mlkem.MLKEM768PrivateKey.from_seed_bytes(seed)
    public, private = mlkem.key_pair(seed[:32], seed[32:])
    assert other.public_key().public_bytes_raw() == public
    secret, ciphertext = mlkem.encapsulate(public, hashlib.sha256(label).digest())
    assert other.decapsulate(ciphertext) == secret
    other_secret, other_ciphertext = other.public_key().encapsulate()
    assert mlkem.decapsulate(private, other_ciphertext) == other_secret
    damaged = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    assert other.decapsulate(damaged) == mlkem.decapsulate(private, damaged) != secret


def test_sha3_of_nist() -> None:
    empty = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"
    abc = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"
    long = "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376"
    block = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    assert hashlib.sha3_256(b"").hexdigest() == empty
    assert hashlib.sha3_256(b"abc").hexdigest() == abc
    assert hashlib.sha3_256(block).hexdigest() == long
