"""What was promised has its place in the log, and everybody can check that: proofs, tiles, the roster's entry."""

from __future__ import annotations

import html
import os
import re
import subprocess
from pathlib import Path

import pytest
from deployment import eventually
from people import Gateway, Kept
from resguardo_formats import jcs, ledger
from resguardo_formats.encodings import b64, b64url, sha256
from resguardo_formats.notes import Verifier


def proof_of(gateway: Gateway, kept: Kept) -> bytes:
    """The proof, as soon as its tick is over."""

    def found() -> bytes:
        answer = gateway.public().proof(kept.commitment)
        assert answer.status == 200 or answer.problem == (404, "not-found")
        return answer.body if answer.status == 200 else b""

    proof = eventually(found)
    assert proof, "no proof"
    return proof


def test_promises_become_places_in_the_log(
    quick: Gateway, tlogcheck: str, tmp_path: Path
) -> None:
    public = quick.public()
    log = Verifier.parse(quick.log_key)
    origin = quick.world.origin
    first = quick.envelope("desk-ar", "x25519", "prueba 1")
    early = quick.kept(public.send(first), first)
    ledger.check_proof(proof_of(quick, early), early.commitment, [log], origin)
    old = public.get("/checkpoint")
    (tmp_path / "old").write_bytes(old.body)
    before = ledger.open_checkpoint(old.body, [log], origin)
    second = quick.envelope("desk-ar", "x-wing", "prueba 2")
    late = quick.kept(public.send(second), second)
    _, after = ledger.check_proof(proof_of(quick, late), late.commitment, [log], origin)
    ledger.check_whole_tiles(before)
    ledger.check_whole_tiles(after)
    assert after.size > before.size
    check_tiles(quick, [early, late])
    result = subprocess.run(
        [
            *(tlogcheck, "-vkey", quick.log_key, "-ca", quick.ca, "-old", str(tmp_path / "old")),
            *("-url", f"https://localhost:{quick.ports['public']}"),
            *(b64(kept.commitment) for kept in (early, late)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"OK {origin} size ")


def check_tiles(gateway: Gateway, wanted: list[Kept]) -> None:
    """The root, computed again from the entry bundles; each tile; each entry once."""
    public = gateway.public()
    log = Verifier.parse(gateway.log_key)
    checkpoint = ledger.open_checkpoint(public.get("/checkpoint").body, [log], log.name)
    commitments: list[bytes] = []
    for index in range(checkpoint.size // 256):
        bundle = public.get(f"/tile/entries/{ledger.tile_index_path(index)}")
        assert bundle.status == 200
        commitments += ledger.read_entry_bundle(bundle.body)
    assert len(commitments) == checkpoint.size
    leaves = [ledger.leaf_hash(commitment) for commitment in commitments]
    assert ledger.root(leaves) == checkpoint.root
    assert [commitments.count(kept.commitment) for kept in wanted] == [1] * len(wanted)
    for path in ledger.tile_paths(checkpoint.size):
        parts = path.split("/", 3)
        index, _, width = parts[3].partition(".p/")
        number = int(index.replace("x", "").replace("/", ""))
        tile = public.get(path)
        assert tile.body == ledger.tile(leaves, int(parts[2]), number), path
        assert not width or len(tile.body) == 32 * int(width)


@pytest.mark.parametrize(
    "path",
    ["/tile/0/999", "/tile/0/1", "/tile/0/x000/001", "/tile/64/000", "/tile/00/000", "/tile/0",
     "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/entries/999", "/tile/entries/000.p/7x"],
)
def test_tiles_that_are_none(quick: Gateway, path: str) -> None:
    assert quick.public().get(path).problem == (404, "not-found")


def test_roster_is_an_entry_that_all_can_check(quick: Gateway) -> None:
    document = quick.public().get("/v1/roster").json
    assert document.keys() == {"note", "promise", "record", "salt"}
    kept = Kept.of(document, quick.log_key)
    note = (quick.world.folder / "roster.note").read_bytes()
    assert document["note"].encode() == note
    assert kept.record["note"] == b64(sha256(note)) and kept.record["version"] == 1
    staff = quick.desk("desk-ar").staff.read("/v1/roster/staff").json
    assert staff == {**document, "staff": (quick.world.folder / "roster.staff").read_text()}


def test_a_form_without_javascript_says_where_its_proof_will_be(quick: Gateway) -> None:
    """Folded behind a warning; with what else it takes to say of what it is a proof."""
    fields = {"danger_now": "no", "what_happened": "¿quién lo guarda?", "where_country": "AR"}
    page = quick.public().form("es", fields)
    link = re.search(r'<a id="proof" href="(/v1/proofs/[\w-]{43})" download', page.text)
    entry = re.search(r'<p id="entry" translate="no">(.*?)</p>', page.text)
    assert link and entry
    assert page.text.index("Este archivo prueba que alguien envió algo") < link.start()
    kept = Kept.of(jcs.decode(html.unescape(entry[1]).encode()), quick.log_key)
    assert link[1] == f"/v1/proofs/{b64url(kept.commitment)}"
    assert kept.record == quick.desk("desk-ar").newest().kept.record
    log = Verifier.parse(quick.log_key)
    ledger.check_proof(proof_of(quick, kept), kept.commitment, [log], quick.world.origin)


def test_commitments_of_nothing_have_no_proof(quick: Gateway) -> None:
    public = quick.public()
    assert public.proof(os.urandom(32)).problem == (404, "not-found")
    assert public.get(f"/v1/proofs/{b64url(bytes(31))}").problem == (400, "malformed")
