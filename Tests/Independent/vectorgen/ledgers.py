"""resguardo-ledger.json"""

from __future__ import annotations

from functools import cache
from typing import Any

from resguardo_formats import jcs, ledger, note_texts
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.notes import Signer, Verifier, sign

from .bodies import sealed
from .common import DESK, ENCODING, LOG, ORIGIN, OTHER_ORIGIN, TICK, key_line, random, refused
from .tips import digest

ABOUT = [
    "Entries, promises and the tree (formats.md section 6). 'entries': records of each type",
    "as JCS, salt, commitment, RFC 6962 leaf. The trees below have as entry i the commitment",
    "SHA-256('resguardo vectors entry ' || decimal i); 'roots' by size. 'inclusion',",
    "'consistency': proofs as arrays; 'checkpoints' signed by the log; 'tlog_proofs' as text;",
    "'tiles': SHA-256 of each tile and entry bundle of a tree of 'size' (a bundle's entry:",
    "u16 length 32, then the commitment). 'tile_paths': path of a level and index.",
    "'promises': note, record, salt, accepted or refused. A checkpoint of this log always has",
    "a multiple of 256 as its size.",
    ENCODING,
]
LARGEST = 1_024
SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 256, 257, 512, 768, 1_000, LARGEST]


@cache
def commitments() -> list[bytes]:
    return [sha256(f"resguardo vectors entry {i}".encode()) for i in range(LARGEST)]


@cache
def leaves() -> list[bytes]:
    return [ledger.leaf_hash(c) for c in commitments()]


def checkpoint(size: int) -> bytes:
    text = ledger.Checkpoint(ORIGIN, size, ledger.root(leaves()[:size])).text
    return sign(text, [LOG])


def _records() -> list[dict[str, Any]]:
    def record(record_type: str, **more: Any) -> dict[str, Any]:
        return {"origin": ORIGIN, "tick": TICK, "type": record_type, "v": 1, **more}

    def hash_of(label: str) -> str:
        return b64(random(f"record {label}"))

    tip = b64(ledger.entry_commitment(random("salt tip"), sealed("text-xwing")[1]))
    return [
        sealed("text-xwing")[1],
        record("report", note=hash_of("note"), tip=tip, triage=hash_of("triage")),
        record("transfer", note=hash_of("note 2"), tip=tip, triage=hash_of("triage 2")),
        record("acknowledgement", note=hash_of("note 3"), report=hash_of("report")),
        record("reply", blob=hash_of("blob"), id=hash_of("id")),
        record("status", note=hash_of("note 4")),
        record("roster", note=hash_of("note 5"), version=2),
        record("shred", note=hash_of("note 6")),
        record("cover"),
    ]


def _entries() -> list[dict[str, Any]]:
    out = []
    for record in _records():
        salt = random(f"salt {record['type']}")
        commitment = ledger.entry_commitment(salt, record)
        out.append(
            {
                "commitment": b64(commitment),
                "leaf": b64(ledger.leaf_hash(commitment)),
                "record": jcs.encode(record).decode(),
                "salt": b64(salt),
            }
        )
    return out


def _inclusion() -> list[dict[str, Any]]:
    out = []
    for index, size in [
        (0, 1),
        (0, 7),
        (3, 7),
        (6, 7),
        (0, 256),
        (255, 256),
        (256, 512),
        (511, 768),
        (700, 1_000),
        (1_023, LARGEST),
    ]:
        proof = ledger.inclusion(index, leaves()[:size])
        root = ledger.root(leaves()[:size])
        ledger.check_inclusion(index, size, leaves()[index], proof, root)
        out.append(
            {
                "commitment": b64(commitments()[index]),
                "index": index,
                "proof": [b64(p) for p in proof],
                "root": b64(root),
                "size": size,
            }
        )
    return out


def _consistency() -> list[dict[str, Any]]:
    out = []
    for old, new in [
        (1, 2),
        (3, 7),
        (4, 7),
        (6, 8),
        (256, 512),
        (256, 768),
        (512, 768),
        (768, LARGEST),
        (512, 512),
    ]:
        proof = ledger.consistency(old, leaves()[:new])
        roots = ledger.root(leaves()[:old]), ledger.root(leaves()[:new])
        ledger.check_consistency(old, new, *roots, proof)
        out.append(
            {
                "new": new,
                "new_root": b64(roots[1]),
                "old": old,
                "old_root": b64(roots[0]),
                "proof": [b64(p) for p in proof],
            }
        )
    return out


def _refused_proofs() -> list[dict[str, Any]]:
    size, index = 768, 511
    tree = leaves()[:size]
    proof, root = ledger.inclusion(index, tree), ledger.root(tree)
    leaf = leaves()[index]
    cases: dict[str, tuple[int, int, bytes, list[bytes], bytes]] = {
        "wrong-index": (index - 1, size, leaf, proof, root),
        "index-beyond-size": (size, size, leaf, proof, root),
        "wrong-leaf": (index, size, leaves()[510], proof, root),
        "wrong-root": (index, size, leaf, proof, ledger.root(leaves()[:512])),
        "proof-too-short": (index, size, leaf, proof[:-1], root),
        "proof-too-long": (index, size, leaf, [*proof, proof[0]], root),
        "proof-reordered": (index, size, leaf, proof[::-1], root),
        "no-proof": (index, size, leaf, [], root),
    }
    out = [
        refused(
            name,
            "proof",
            lambda a=args: ledger.check_inclusion(*a),
            index=args[0],
            size=args[1],
            leaf=b64(args[2]),
            proof=[b64(p) for p in args[3]],
            root=b64(args[4]),
            kind="inclusion",
        )
        for name, args in cases.items()
    ]
    good = ledger.consistency(256, tree)
    old_root, other = ledger.root(tree[:256]), random("another root")
    consistency: dict[str, tuple[int, int, bytes, bytes, list[bytes]]] = {
        "old-root-changed": (256, size, other, root, good),
        "new-root-changed": (256, size, old_root, other, good),
        "too-short": (256, size, old_root, root, good[:-1]),
        "too-long": (256, size, old_root, root, [*good, other]),
        "shrunk": (size, 256, root, old_root, good),
        "same-size-other-root": (size, size, other, root, []),
    }
    out += [
        refused(
            name,
            "proof",
            lambda a=args: ledger.check_consistency(*a),
            old=args[0],
            new=args[1],
            old_root=b64(args[2]),
            new_root=b64(args[3]),
            proof=[b64(p) for p in args[4]],
            kind="consistency",
        )
        for name, args in consistency.items()
    ]
    return out


def _tlog_proofs() -> list[dict[str, Any]]:
    out = []
    for index, size in [(0, 256), (300, 512), (767, 768)]:
        proof = ledger.TlogProof(index, ledger.inclusion(index, leaves()[:size]), checkpoint(size))
        ledger.check_proof(proof.text, commitments()[index], [LOG.verifier], ORIGIN)
        assert ledger.TlogProof.parse(proof.text) == proof
        out.append(
            {
                "commitment": b64(commitments()[index]),
                "index": index,
                "proof": proof.text.decode(),
                "size": size,
            }
        )
    return out


def _refused_tlog_proofs() -> list[dict[str, Any]]:
    tree = leaves()[:512]
    good = ledger.TlogProof(300, ledger.inclusion(300, tree), checkpoint(512)).text.decode()
    stranger = Signer(ORIGIN, random("another log"))
    text = ledger.Checkpoint(ORIGIN, 512, ledger.root(tree)).text
    other = ledger.Checkpoint(OTHER_ORIGIN, 512, ledger.root(tree)).text
    head = good.split("\n\n", 1)[0] + "\n\n"
    unsigned = head + sign(text, [stranger]).decode()
    cases = [
        ("other-version", good.replace("@v1", "@v2"), "proof-format"),
        ("no-index", good.replace("index 300\n", ""), "proof-format"),
        ("index-leading-zero", good.replace("index 300", "index 0300"), "proof-format"),
        ("no-checkpoint", head[:-1], "proof-format"),
        ("hash-of-31-bytes", good.replace(good.split("\n")[2], b64(bytes(31))), "proof-format"),
        ("other-index", good.replace("index 300", "index 301"), "proof"),
        ("older-checkpoint", head + checkpoint(768).decode(), "proof"),
        ("signed-by-another-log", unsigned, "unsigned"),
        ("checkpoint-changed", good.replace("\n512\n", "\n513\n"), "signature"),
        ("other-origin", head + sign(other, [LOG]).decode(), "origin"),
    ]
    return [
        refused(
            name,
            expect,
            lambda p=proof: ledger.check_proof(
                p.encode(), commitments()[300], [LOG.verifier], ORIGIN
            ),
            commitment=b64(commitments()[300]),
            proof=proof,
        )
        for name, proof, expect in cases
    ]


def _checkpoints() -> dict[str, list[dict[str, Any]]]:
    accepted = []
    for size in (256, 512, 768, LARGEST):
        parsed = ledger.open_checkpoint(checkpoint(size), [LOG.verifier], ORIGIN)
        accepted.append(
            {"checkpoint": checkpoint(size).decode(), "root": b64(parsed.root), "size": size}
        )
    root = b64(random("a root"))
    texts = {
        "no-root": f"{ORIGIN}\n256\n",
        "root-of-31-bytes": f"{ORIGIN}\n256\n{b64(bytes(31))}\n",
        "size-leading-zero": f"{ORIGIN}\n0256\n{root}\n",
        "size-negative": f"{ORIGIN}\n-256\n{root}\n",
        "empty-line": f"{ORIGIN}\n256\n{root}\n\n",
    }
    rejected = []
    for name, text in texts.items():
        note = sign(text, [LOG])
        rejected.append(
            refused(
                name,
                "checkpoint",
                lambda n=note: ledger.open_checkpoint(n, [LOG.verifier], ORIGIN),
                checkpoint=note.decode(),
            )
        )
    return {"accepted": accepted, "refused": rejected}


def _tiles(size: int) -> dict[str, Any]:
    tree = leaves()[:size]
    tiles = {}
    for path in ledger.tile_paths(size):
        _, _, level, rest = path.split("/", 3)
        index = int(
            rest.removesuffix(".p/" + rest.split(".p/")[-1]).replace("x", "").replace("/", "")
        )
        tiles[path] = digest(ledger.tile(tree, int(level), index))
    bundles = {
        f"/tile/entries/{ledger.tile_index_path(i)}": digest(
            ledger.entry_bundle(commitments()[i * 256 : (i + 1) * 256])
        )
        for i in range(size // 256)
    }
    return {"bundles": bundles, "size": size, "tiles": tiles}


def _promises() -> dict[str, list[dict[str, Any]]]:
    record = sealed("text-xwing")[1]
    salt = random("salt tip")
    data = jcs.encode(record)
    commitment = ledger.entry_commitment(salt, record)
    good = sign(note_texts.Promise(ORIGIN, commitment, TICK).text, [LOG])
    ledger.check_promise(good, data, salt, LOG.verifier, ORIGIN)
    later = sign(note_texts.Promise(ORIGIN, commitment, TICK + 1).text, [LOG])
    other_log = Signer(ORIGIN, random("another log"))
    forged = sign(note_texts.Promise(ORIGIN, commitment, TICK).text, [other_log])
    other_record = jcs.encode({**record, "size": record["size"] + 1})
    other_salt = random("another salt")
    loose = data.replace(b'{"', b'{ "', 1)
    plans: list[tuple[str, bytes, bytes, bytes, str]] = [
        ("record-changed", good, other_record, salt, "promise-commitment"),
        ("another-salt", good, data, other_salt, "promise-commitment"),
        ("short-salt", good, data, salt[:31], "salt"),
        ("record-not-canonical", good, loose, salt, "jcs"),
        ("tick-differs-from-record", later, data, salt, "record"),
        ("signed-by-another-log", forged, data, salt, "unsigned"),
        (
            "changed-after-signing",
            good.replace(str(TICK).encode(), str(TICK + 1).encode()),
            data,
            salt,
            "signature",
        ),
    ]
    log: Verifier = LOG.verifier
    rejected = [
        refused(
            name,
            expect,
            lambda n=note, r=rec, s=slt: ledger.check_promise(n, r, s, log, ORIGIN),
            promise=note.decode(),
            record=rec.decode(),
            salt=b64(slt),
        )
        for name, note, rec, slt, expect in plans
    ]
    accepted = [{"promise": good.decode(), "record": data.decode(), "salt": b64(salt)}]
    return {"accepted": accepted, "refused": rejected}


def make() -> dict[str, Any]:
    indices = [0, 5, 999, 1_000, 1_234_067, 999_999, 1_000_000]
    return {
        "about": ABOUT,
        "checkpoints": _checkpoints(),
        "consistency": _consistency(),
        "desk_key": b64(key_line(DESK, "envelope-xwing").key_id),
        "entries": _entries(),
        "inclusion": _inclusion(),
        "log": {"seed": b64(LOG.seed), "vkey": LOG.verifier.vkey},
        "origin": ORIGIN,
        "promises": _promises(),
        "refused_proofs": _refused_proofs(),
        "refused_tlog_proofs": _refused_tlog_proofs(),
        "roots": [{"root": b64(ledger.root(leaves()[:n])), "size": n} for n in SIZES],
        "tile_paths": [
            {"index": i, "level": level, "path": ledger.tile_path(level, i)}
            for level in (0, 2)
            for i in indices
        ],
        "tiles": [_tiles(size) for size in (256, LARGEST)],
        "tlog_proofs": _tlog_proofs(),
    }
