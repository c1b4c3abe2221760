"""Entries, RFC 6962 trees, C2SP checkpoints, proofs and tiles (formats.md section 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import jcs
from .encodings import b64, decimal, sha256, unb64
from .errors import Refused, require
from .note_texts import Promise
from .notes import Note, Verifier

TILE_WIDTH = 256


def entry_commitment(salt: bytes, record: Mapping[str, Any]) -> bytes:
    require(len(salt) == 32, "salt")
    return sha256(b"resguardo/1 entry\x00" + salt + jcs.encode(dict(record)))


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH over leaf hashes."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(index, leaves)."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion(index, leaves[:k]), root(leaves[k:])]
    return [*inclusion(index - k, leaves[k:]), root(leaves[:k])]


def consistency(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(old, leaves)."""
    return [] if old in (0, len(leaves)) else _subproof(old, leaves, True)


def _subproof(old: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*_subproof(old, leaves[:k], whole), root(leaves[k:])]
    return [*_subproof(old - k, leaves[k:], False), root(leaves[:k])]


def check_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes
) -> None:
    """RFC 9162 section 2.1.3.2."""
    require(index < size, "proof", "index")
    fn, sn, computed = index, size - 1, leaf
    for sibling in proof:
        require(sn > 0, "proof", "too long")
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            computed = node_hash(computed, sibling)
        fn >>= 1
        sn >>= 1
    require(sn == 0 and computed == expected, "proof")


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """RFC 9162 section 2.1.4.2."""
    require(old <= new, "proof", "sizes")
    if old in (0, new):
        require(not proof and (old == 0 or old_root == new_root), "proof")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    require(bool(path), "proof", "empty")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    first = second = path[0]
    for sibling in path[1:]:
        require(sn > 0, "proof", "too long")
        if fn & 1 or fn == sn:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            second = node_hash(second, sibling)
        fn >>= 1
        sn >>= 1
    require(sn == 0 and first == old_root and second == new_root, "proof")


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        lines = text[:-1].split("\n")
        require(len(lines) >= 3 and all(lines), "checkpoint", "lines")
        require(not lines[0].startswith("resguardo/1 "), "checkpoint", "a note of another type")
        try:
            return cls(lines[0], decimal(lines[1]), unb64(lines[2], 32))
        except Refused as error:
            raise Refused("checkpoint", error.slug) from error


def open_checkpoint(data: bytes, verifiers: Sequence[Verifier], origin: str) -> Checkpoint:
    """A checkpoint signed by the log, whose key's name is the origin."""
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    require(checkpoint.origin == origin, "origin")
    signed = note.valid(verifiers)
    require(any(verifier.name == origin for verifier in signed), "unsigned")
    return checkpoint


def check_whole_tiles(checkpoint: Checkpoint) -> None:
    """This log only ever signs multiples of 256."""
    require(checkpoint.size % TILE_WIDTH == 0, "size", str(checkpoint.size))


@dataclass(frozen=True)
class TlogProof:
    """c2sp.org/tlog-proof@v1"""

    index: int
    proof: list[bytes]
    checkpoint: bytes

    HEADER = "c2sp.org/tlog-proof@v1"

    @property
    def text(self) -> bytes:
        lines = [self.HEADER, f"index {self.index}", *map(b64, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode("utf-8") + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        head, blank, checkpoint = data.partition(b"\n\n")
        require(bool(blank), "proof-format", "no checkpoint")
        try:
            lines = head.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise Refused("proof-format", "not UTF-8") from error
        require(lines.pop(0) == cls.HEADER, "proof-format", "header")
        if lines and lines[0].startswith("extra "):
            unb64(lines.pop(0)[6:])
        require(bool(lines) and lines[0].startswith("index "), "proof-format", "index")
        try:
            index = decimal(lines[0][6:])
            proof = [unb64(line, 32) for line in lines[1:]]
        except Refused as error:
            raise Refused("proof-format", error.slug) from error
        return cls(index, proof, checkpoint)


def check_proof(
    data: bytes, commitment: bytes, verifiers: Sequence[Verifier], origin: str
) -> tuple[TlogProof, Checkpoint]:
    """A tlog-proof of a commitment: the checkpoint's signature, then the inclusion."""
    proof = TlogProof.parse(data)
    checkpoint = open_checkpoint(proof.checkpoint, verifiers, origin)
    check_inclusion(
        proof.index, checkpoint.size, leaf_hash(commitment), proof.proof, checkpoint.root
    )
    return proof, checkpoint


def check_promise(
    note: bytes, record: bytes, salt: bytes, log: Verifier, origin: str
) -> tuple[Promise, dict[str, Any]]:
    """A promise against what its holder has: record (JCS) and salt."""
    parsed = Note.parse(note)
    promise = Promise.parse(parsed.text, origin)
    require(bool(parsed.valid([log])), "unsigned")
    value = jcs.decode(record)
    require(isinstance(value, dict), "record", "no object")
    require(entry_commitment(salt, value) == promise.commitment, "promise-commitment")
    require(value.get("origin") == origin, "record", "origin")
    require(value.get("tick") == promise.tick, "record", "tick")
    return promise, value


def tile_index_path(index: int) -> str:
    """C2SP: groups of three digits, all but the last with an x before them."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"/tile/{level}/{tile_index_path(index)}{partial}"


def tile_paths(size: int) -> list[str]:
    """All tiles of a tree of `size` leaves."""
    paths: list[str] = []
    level, count = 0, size
    while count:
        full, rest = divmod(count, TILE_WIDTH)
        paths += [tile_path(level, i) for i in range(full)]
        if rest:
            paths.append(tile_path(level, full, rest))
        level, count = level + 1, full
    return paths


def tile(leaves: Sequence[bytes], level: int, index: int) -> bytes:
    """The hashes of a tile, cut where the tree ends."""
    span = TILE_WIDTH**level
    count = len(leaves) // span
    hashes = range(index * TILE_WIDTH, min((index + 1) * TILE_WIDTH, count))
    return b"".join(root(leaves[i * span : (i + 1) * span]) for i in hashes)


def entry_bundle(commitments: Sequence[bytes]) -> bytes:
    return b"".join(len(c).to_bytes(2, "big") + c for c in commitments)


def read_entry_bundle(data: bytes) -> list[bytes]:
    """The commitments of a bundle: u16 length (32) and bytes, 256 times."""
    require(len(data) % 34 == 0, "bundle")
    entries = [data[i : i + 34] for i in range(0, len(data), 34)]
    require(all(entry[:2] == b"\x00\x20" for entry in entries), "bundle")
    return [entry[2:] for entry in entries]
