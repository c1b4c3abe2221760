"""check-promise, check-checkpoint, check-proof, check-roster, check-page."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from resguardo_formats import envelope, ledger, page, roster
from resguardo_formats.encodings import b64, sha256, unb64
from resguardo_formats.errors import require
from resguardo_formats.notes import Verifier

from .inputs import add_record, binary, member_of, read


def _log(arguments: Namespace) -> tuple[Verifier, str]:
    verifier = Verifier.parse(arguments.log)
    return verifier, arguments.origin or verifier.name


def _add_log(parser: ArgumentParser) -> None:
    parser.add_argument("--log", required=True, metavar="VKEY")
    parser.add_argument("--origin", help="the log's name; by default the vkey's")


def _check_promise(arguments: Namespace) -> dict[str, Any]:
    verifier, origin = _log(arguments)
    salt_text = arguments.salt or member_of(arguments.promise, "salt").decode()
    promise, record = ledger.check_promise(
        member_of(arguments.promise, "promise"),
        member_of(arguments.record, "record"),
        binary(salt_text, 32),
        verifier,
        origin,
    )
    if arguments.envelope:
        wire = read(arguments.envelope)
        header = envelope.Header.parse(wire)
        require(sha256(wire) == unb64(record["envelope"], 32), "envelope-hash")
        require(len(wire) == record["size"], "size")
        require(header.commit == unb64(record["commit"], 32), "commitment")
        require(header.key_id == unb64(record["desk_key"], 32), "wrong-key")
    return {"commitment": b64(promise.commitment), "record": record, "tick": promise.tick}


def _from_bundles(folder: Path, size: int) -> list[bytes]:
    """The commitments of all entry bundles below `folder`."""
    out: list[bytes] = []
    for index in range(size // ledger.TILE_WIDTH):
        path = folder / "tile" / "entries" / ledger.tile_index_path(index)
        out += ledger.read_entry_bundle(path.read_bytes())
    require(len(out) == size, "bundle", f"{len(out)} entries")
    return out


def _check_tiles(folder: Path, leaves: list[bytes]) -> int:
    paths = ledger.tile_paths(len(leaves))
    for path in paths:
        _, _, level, rest = path.split("/", 3)
        index = int(rest.split(".p/")[0].replace("x", "").replace("/", ""))
        stored = (folder / path[1:]).read_bytes()
        require(stored == ledger.tile(leaves, int(level), index), "tile", path)
    return len(paths)


def _check_checkpoint(arguments: Namespace) -> dict[str, Any]:
    verifier, origin = _log(arguments)
    checkpoint = ledger.open_checkpoint(read(arguments.checkpoint), [verifier], origin)
    ledger.check_whole_tiles(checkpoint)
    result: dict[str, Any] = {"root": b64(checkpoint.root), "size": checkpoint.size}
    if not arguments.tiles:
        require(not arguments.old, "usage", "--old needs --tiles")
        return result
    folder = Path(arguments.tiles)
    commitments = _from_bundles(folder, checkpoint.size)
    leaves = [ledger.leaf_hash(c) for c in commitments]
    require(ledger.root(leaves) == checkpoint.root, "root")
    result["tiles"] = _check_tiles(folder, leaves)
    if arguments.old:
        old = ledger.open_checkpoint(read(arguments.old), [verifier], origin)
        require(old.size <= checkpoint.size, "proof", "the log shrank")
        require(ledger.root(leaves[: old.size]) == old.root, "proof", "not consistent")
        proof = ledger.consistency(old.size, leaves)
        ledger.check_consistency(old.size, checkpoint.size, old.root, checkpoint.root, proof)
        result["old_size"] = old.size
    wanted = [binary(text, 32) for text in arguments.commitment]
    for commitment in wanted:
        require(commitment in commitments, "missing", b64(commitment))
    result["found"] = len(wanted)
    return result


def _check_proof(arguments: Namespace) -> dict[str, Any]:
    verifier, origin = _log(arguments)
    commitment = binary(arguments.commitment, 32)
    proof, checkpoint = ledger.check_proof(read(arguments.proof), commitment, [verifier], origin)
    ledger.check_whole_tiles(checkpoint)
    return {"index": proof.index, "root": b64(checkpoint.root), "size": checkpoint.size}


def _check_roster(arguments: Namespace) -> dict[str, Any]:
    now = arguments.now if arguments.now is not None else int(time.time())
    notes = [member_of(path, "note") for path in arguments.roster]
    newest = roster.verify_chain(notes, arguments.origin, now)
    result: dict[str, Any] = {
        "log": newest.public["log"],
        "text_sha256": roster.text_hash(notes[-1]),
        "version": newest.version,
        "keys": [
            {"key_id": b64(line.key_id), "office": line.office, "state": state, "use": line.use}
            for line, state in newest.key_lines()
        ],
    }
    if arguments.staff:
        staff = roster.check_staff(newest, member_of(arguments.staff, "staff"))
        result["offices"] = [office["office"] for office in staff["offices"]]
    return result


def _check_page(arguments: Namespace) -> dict[str, Any]:
    """The newest of a chain of page notes that name one roster, and files held against it."""
    signed_by = roster.Roster.parse(member_of(arguments.roster, "note"), arguments.origin)
    newest: page.Page | None = None
    for path in arguments.page:
        following = page.Page.parse(member_of(path, "note"), arguments.origin)
        page.verify(following, signed_by, newest)
        newest = following
    assert newest is not None
    for served, path in arguments.document:
        body = read(path)
        document = newest.page["documents"].get(served)
        require(document is not None, "missing", served)
        require(b64(sha256(body)) == document["sha256"], "document", served)
    return {"page": newest.page, "text_sha256": newest.text_hash, "version": newest.version}


def add(subcommands: Any) -> None:
    parser: ArgumentParser = subcommands.add_parser("check-promise")
    parser.add_argument(
        "promise", metavar="FILE", help="the note, or the JSON answer with promise, record and salt"
    )
    add_record(parser)
    parser.add_argument("--salt", help="base64 or hex; by default from the JSON answer")
    parser.add_argument("--envelope", metavar="FILE", help="compare the record with it")
    _add_log(parser)
    parser.set_defaults(run=_check_promise)

    parser = subcommands.add_parser("check-checkpoint")
    parser.add_argument("checkpoint", metavar="FILE")
    parser.add_argument("--old", metavar="FILE", help="an earlier checkpoint; needs --tiles")
    parser.add_argument("--tiles", metavar="DIR", help="a folder with tile/L/N, tile/entries/N")
    parser.add_argument(
        "--commitment", action="append", default=[], help="must be among the entries; needs --tiles"
    )
    _add_log(parser)
    parser.set_defaults(run=_check_checkpoint)

    parser = subcommands.add_parser("check-proof")
    parser.add_argument("proof", metavar="FILE", help="a C2SP tlog-proof")
    parser.add_argument("--commitment", required=True)
    _add_log(parser)
    parser.set_defaults(run=_check_proof)

    parser = subcommands.add_parser("check-roster")
    parser.add_argument("roster", nargs="+", metavar="FILE", help="all versions, the first first")
    parser.add_argument("--origin", required=True)
    parser.add_argument("--now", type=int, help="unix seconds")
    parser.add_argument("--staff", metavar="FILE", help="the newest version's staff part")
    parser.set_defaults(run=_check_roster)

    parser = subcommands.add_parser("check-page")
    parser.add_argument("page", nargs="+", metavar="FILE", help="all versions, the first first")
    parser.add_argument("--roster", required=True, metavar="FILE", help="the one that they name")
    parser.add_argument("--origin", required=True)
    parser.add_argument(
        "--document", nargs=2, action="append", default=[], metavar=("PATH", "FILE")
    )
    parser.set_defaults(run=_check_page)
