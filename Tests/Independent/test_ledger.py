"""RFC 6962 and C2SP: Tests/Vectors/tlog-vectors.txt, and properties over many sizes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from resguardo_formats import ledger
from resguardo_formats.encodings import b64, unb64
from resguardo_formats.errors import Refused
from resguardo_formats.notes import Note, Verifier

TEXT = (Path(__file__).parents[1] / "Vectors" / "tlog-vectors.txt").read_text("utf-8")
LEAVES = [ledger.leaf_hash(f"entry {i}".encode()) for i in range(7)]


def lines(pattern: str) -> list[re.Match[str]]:
    found = list(re.finditer(pattern, TEXT, re.MULTILINE))
    assert found, pattern
    return found


def test_roots_and_leaves() -> None:
    assert b64(ledger.root([])) == lines(r"^empty root (\S+)$")[0][1]
    for match in lines(r"^root (\d+) (\S+)$"):
        assert b64(ledger.root(LEAVES[: int(match[1])])) == match[2]
    for match in lines(r"^leafhash (\d+) (\S+)$"):
        assert b64(LEAVES[int(match[1])]) == match[2]


def test_inclusion() -> None:
    for match in lines(r"^incl (\d+) of (\d+) (\[.*\]) True$"):
        index, size, proof = int(match[1]), int(match[2]), ast.literal_eval(match[3])
        assert [b64(p) for p in ledger.inclusion(index, LEAVES[:size])] == proof


def test_consistency() -> None:
    for match in lines(r"^cons (\d+)->(\d+) (\[.*\])$"):
        old, new, proof = int(match[1]), int(match[2]), ast.literal_eval(match[3])
        assert [b64(p) for p in ledger.consistency(old, LEAVES[:new])] == proof


def test_checkpoint_and_proof() -> None:
    vkey = lines(r"^vkey (\S+)$")[0][1]
    verifier = Verifier.parse(vkey)
    text = TEXT.split("--checkpoint--\n")[1].split("wvkey ")[0]
    checkpoint = ledger.open_checkpoint(text.encode(), [verifier], verifier.name)
    assert (checkpoint.size, checkpoint.root) == (7, ledger.root(LEAVES))
    proof = re.split(r"^--tlog-proof idx 3--\n", TEXT, flags=re.MULTILINE)[1]
    proof = proof.split("tile 0 000")[0]
    commitment = b"entry 3"
    parsed, signed = ledger.check_proof(proof.encode(), commitment, [verifier], verifier.name)
    assert (parsed.index, signed) == (3, checkpoint)
    assert parsed.text.decode() == proof
    with pytest.raises(Refused):
        ledger.check_proof(proof.encode(), b"entry 4", [verifier], verifier.name)


def test_witness_line_is_passed_over() -> None:
    text = TEXT.split("--checkpoint--\n")[1].split("wvkey ")[0]
    witness = TEXT.split("--cosignature line--\n")[1].split("--tlog-proof")[0].strip()
    note = Note.parse(f"{text}{witness}\n".encode())
    assert [s.name for s in note.signatures] == ["gateway.example/ar-log", "witness.example/w1"]
    verifier = Verifier.parse(lines(r"^vkey (\S+)$")[0][1])
    assert note.valid([verifier]) == [verifier]


def test_tile_paths() -> None:
    for match in lines(r"^tile (\d+) (\S+)$"):
        assert ledger.tile_index_path(int(match[1])) == match[2]
    assert ledger.tile_path(1, 1_234_067, 3) == "/tile/1/x001/x234/067.p/3"


@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33])
def test_every_proof_of_small_trees(size: int) -> None:
    leaves = [ledger.leaf_hash(bytes([i])) for i in range(size)]
    root = ledger.root(leaves)
    for index in range(size):
        proof = ledger.inclusion(index, leaves)
        ledger.check_inclusion(index, size, leaves[index], proof, root)
        for other in range(size):
            if other == index:
                continue
            with pytest.raises(Refused):
                ledger.check_inclusion(other, size, leaves[index], proof, root)
    for old in range(1, size + 1):
        proof = ledger.consistency(old, leaves)
        old_root = ledger.root(leaves[:old])
        ledger.check_consistency(old, size, old_root, root, proof)
        if old < size:
            with pytest.raises(Refused):
                ledger.check_consistency(old, size, root, root, proof)


def test_base64_is_strict() -> None:
    assert unb64("AA==") == b"\x00"
    for bad in ("AA", "AB==", "AA==\n", "A A=", "A-==", "AA=="[:3]):
        with pytest.raises(Refused):
            unb64(bad)
