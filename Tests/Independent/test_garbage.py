"""Whatever bytes come, a reader refuses with its own word or accepts; it never fails otherwise."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from resguardo_formats import envelope, frames, jcs, ledger, note_texts, receipt, roster
from resguardo_formats.errors import Refused
from resguardo_formats.keylines import KeyLine
from resguardo_formats.notes import Note, Verifier
from vectorgen import common, ledgers, rosters
from vectorgen.tips import TIPS, wire_of

TIP = TIPS["small-attachment-x25519"]
SEED = common.seed(common.DESK, TIP.use)
READERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "envelope": (wire_of(TIP), lambda d: envelope.open_envelope(d, TIP.line, SEED)),
    "plaintext": (TIP.plaintext[:1_400], frames.read_tip),
    "note": (ledgers.checkpoint(256), Note.parse),
    "promise": (
        b"resguardo/1 promise\n" + common.ORIGIN.encode() + b"\nAAAA\n1\n",
        lambda d: note_texts.Promise.parse(d.decode("utf-8", "replace"), common.ORIGIN),
    ),
    "proof": (
        b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n" + ledgers.checkpoint(256),
        ledger.TlogProof.parse,
    ),
    "roster": (rosters.CHAIN[1][0], lambda d: roster.Roster.parse(d, common.ORIGIN)),
    "jcs": (b'{"a":[1,"\\n",{"b":null}]}', jcs.decode),
    "key line": (
        common.key_line(common.DESK, "envelope-x25519").text.encode(),
        lambda d: KeyLine.parse(d.decode("utf-8", "replace")),
    ),
    "vkey": (
        common.LOG.verifier.vkey.encode(),
        lambda d: Verifier.parse(d.decode("utf-8", "replace")),
    ),
    "receipt": (
        receipt.to_digits(bytes(11)).encode(),
        lambda d: receipt.from_digits(d.decode("utf-8", "replace")),
    ),
}


def damaged(data: bytes, source: random.Random) -> bytes:
    kind = source.randrange(5)
    at = source.randrange(len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([data[at] ^ 1 << source.randrange(8)]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + source.randbytes(source.randrange(1, 9)) + data[at:]
    if kind == 3:
        end = min(len(data), at + source.randrange(1, 40))
        return data[:at] + data[end:]
    return source.randbytes(source.randrange(200))


@pytest.mark.parametrize("name", list(READERS))
def test_only_refusals(name: str) -> None:
    data, reader = READERS[name]
    source = random.Random(name)
    refused = 0
    for _ in range(300):
        try:
            reader(damaged(data, source))
        except Refused:
            refused += 1
    assert refused > 100
