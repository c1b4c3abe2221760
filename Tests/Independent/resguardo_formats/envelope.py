"""Envelopes (formats.md section 4): made for one desk key, opened with its seed or with K."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from . import frames, hpke
from .chunks import open_chunks, seal_chunks
from .encodings import sha256
from .errors import require
from .keylines import KeyLine

MAGIC = b"RSGE"
VERSION = 1
H0_BYTES = 72
K_BYTES = 32
CT_BYTES = K_BYTES + 16
KEMS: dict[int, hpke.Kem] = {1: hpke.X25519, 2: hpke.XWING}
SUITE_OF_USE = {"envelope-x25519": 1, "envelope-xwing": 2}


def commitment(k: bytes) -> bytes:
    return hpke.hkdf(k, b"resguardo/1 commit")


def payload_key(k: bytes, h0: bytes) -> bytes:
    return hpke.hkdf(k, b"resguardo/1 payload\x00" + h0)


def make_h0(suite: int, key_id: bytes, commit: bytes) -> bytes:
    return MAGIC + bytes([VERSION, suite, 0, 0]) + key_id + commit


def header_length(suite: int) -> int:
    return H0_BYTES + KEMS[suite].encapsulation_bytes + CT_BYTES


@dataclass(frozen=True)
class Header:
    suite: int
    key_id: bytes
    commit: bytes
    enc: bytes
    ct: bytes

    @property
    def h0(self) -> bytes:
        return make_h0(self.suite, self.key_id, self.commit)

    @property
    def wire(self) -> bytes:
        return self.h0 + self.enc + self.ct

    @property
    def answer_digest(self) -> bytes:
        """What the tag of an answer is made over: SHA-256(enc || ct)."""
        return sha256(self.enc + self.ct)

    @classmethod
    def parse(cls, wire: bytes) -> Header:
        require(len(wire) >= H0_BYTES, "truncated")
        require(wire[:4] == MAGIC, "magic")
        require(wire[4] == VERSION, "version")
        suite = wire[5]
        require(suite in KEMS, "suite")
        require(wire[6:8] == b"\x00\x00", "reserved")
        end = header_length(suite)
        require(len(wire) >= end, "truncated")
        return cls(
            suite, wire[8:40], wire[40:72], wire[72 : end - CT_BYTES], wire[end - CT_BYTES : end]
        )


def make_header(line: KeyLine, k: bytes, coins: bytes, commit: bytes | None = None) -> Header:
    """The header of an envelope to `line`; a false `commit` is for vectors of refusal."""
    require(line.use in SUITE_OF_USE, "key-use", line.use)
    suite = SUITE_OF_USE[line.use]
    commit = commitment(k) if commit is None else commit
    h0 = make_h0(suite, line.key_id, commit)
    info = b"resguardo/1 envelope\x00" + h0
    enc, ct = hpke.seal(KEMS[suite], line.public_key, info, k, coins)
    return Header(suite, line.key_id, commit, enc, ct)


def make(line: KeyLine, k: bytes, coins: bytes, padded_plaintext: bytes) -> bytes:
    """A whole envelope around a plaintext that is padded already."""
    header = make_header(line, k, coins)
    return header.wire + seal_chunks(payload_key(k, header.h0), padded_plaintext)


def make_tip(
    line: KeyLine, k: bytes, coins: bytes, json_bytes: bytes, attachments: list[bytes]
) -> bytes:
    suite = SUITE_OF_USE.get(line.use, 1)
    plaintext = frames.pad(suite, frames.write_frames(json_bytes, attachments))
    return make(line, k, coins, plaintext)


def open_key(wire: bytes, line: KeyLine, seed: bytes) -> bytes:
    """K of an envelope: key id, HPKE and commitment checked, in this order."""
    header = Header.parse(wire)
    require(SUITE_OF_USE.get(line.use) == header.suite, "wrong-key", "use")
    require(hmac.compare_digest(header.key_id, line.key_id), "wrong-key")
    info = b"resguardo/1 envelope\x00" + header.h0
    k = hpke.open_(KEMS[header.suite], seed, header.enc, info, header.ct)
    require(len(k) == K_BYTES, "hpke", "size of K")
    check_commitment(header, k)
    return k


def check_commitment(header: Header, k: bytes) -> None:
    require(hmac.compare_digest(commitment(k), header.commit), "commitment")


def open_payload(wire: bytes, k: bytes) -> bytes:
    """The padded plaintext, for whoever is given K: the commitment is recomputed first."""
    header = Header.parse(wire)
    check_commitment(header, k)
    body = wire[header_length(header.suite) :]
    return b"".join(open_chunks(payload_key(k, header.h0), body))


def open_envelope(wire: bytes, line: KeyLine, seed: bytes) -> frames.Tip:
    return frames.read_tip(open_payload(wire, open_key(wire, line, seed)))


def answer_tag(answer_key: bytes, header: Header) -> bytes:
    return hmac.digest(answer_key, header.answer_digest, hashlib.sha256)
