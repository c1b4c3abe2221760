"""verify.py on the vectors' own files, as the black-box tests use it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import generate_vectors
import pytest
import verify
from resguardo_formats import jcs, ledger, receipt
from resguardo_formats.encodings import b64
from vectorgen import bodies, common, ledgers, reports, rosters
from vectorgen.tips import TIPS, wire_of

ORIGIN = common.ORIGIN
LOG = common.LOG.verifier.vkey


class Runner:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def file(self, name: str, data: bytes | str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    def __call__(self, *arguments: str) -> dict[str, Any]:
        status = verify.main(list(arguments))
        result = json.loads(self._capsys.readouterr().out)
        assert status == (0 if result["ok"] else 1)
        return result

    def keys(self, *pairs: tuple[str, str]) -> str:
        items = [
            {"line": common.key_line(office, use).text, "seed": common.seed(office, use).hex()}
            for office, use in pairs
        ]
        return self.file("keys.json", json.dumps({"keys": items}))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(tmp_path, capsys)


DESK_KEYS = [
    (common.DESK, use) for use in ("envelope-x25519", "envelope-xwing", "seal-x25519", "seal-xwing")
]


def vectors(name: str) -> dict[str, Any]:
    return json.loads(generate_vectors.path_of(name).read_bytes())


@pytest.mark.parametrize("name", ["text-x25519", "attachments-xwing"])
def test_open_envelope(run: Runner, name: str) -> None:
    wire = run.file("envelope", wire_of(TIPS[name]))
    result = run(
        "open-envelope", wire, "--keys", run.keys(*DESK_KEYS), "--into", str(run.folder / "out")
    )
    assert result["document"]["what_happened"] == TIPS[name].document["what_happened"]
    assert (run.folder / "out" / "tip.json").read_bytes() == TIPS[name].json_bytes
    for number, size in enumerate(TIPS[name].sizes, 1):
        assert (run.folder / "out" / f"attachment-{number}").stat().st_size == size
    assert run("open-envelope", wire, "--k", result["k"])["document"] == result["document"]
    refused = run("open-envelope", wire, "--keys", run.keys((common.UNIT, "seal-xwing")))
    assert refused["error"] == "wrong-key"


def test_open_body(run: Runner) -> None:
    body, record = bodies.sealed("attachments-xwing")
    data = run.file("body", body.wire)
    stored = run.file("record", json.dumps({"record": jcs.encode(record).decode()}))
    keys = run.keys(*DESK_KEYS)
    result = run("open-body", data, "--record", stored, "--keys", keys)
    assert result["desk_seq"] == 258
    assert [a["size"] for a in result["tip"]["attachments"]] == [150_000, 0, 70_001]
    again = run(
        "open-body", data, "--record", stored, "--s", result["s"], "--k", result["tip"]["k"]
    )
    assert again["tip"]["document"] == result["tip"]["document"]
    damaged = run.file("damaged", body.wire[:-1])
    assert run("open-body", damaged, "--record", stored, "--keys", keys)["error"] == "body-hash"


def test_open_report(run: Runner) -> None:
    report = vectors("report")["accepted"][0]
    body, _ = bodies.sealed(report["body"])
    arguments = [
        "open-report",
        run.file("note", report["note"]),
        "--origin",
        ORIGIN,
        "--triage",
        run.file("triage", base64.b64decode(report["sealed_triage"])),
        "--record",
        run.file("record", report["record"]),
        "--keys",
        run.keys((common.UNIT, "seal-xwing")),
        "--member",
        vectors("report")["signer"]["vkey"],
        "--body",
        run.file("body", body.wire),
    ]
    result = run(*arguments)
    assert result["triage"] == reports.TRIAGE
    assert result["tip"]["document"] == TIPS[report["body"]].document
    arguments[arguments.index("--member") + 1] = LOG
    assert run(*arguments)["error"] == "unsigned"


def test_open_reply(run: Runner) -> None:
    reply = vectors("reply")["accepted"][0]
    blob = run.file("blob", base64.b64decode(reply["blob"]))
    digits = receipt.to_digits(common.random("receipt", 11))
    result = run("open-reply", blob, "--receipt", digits, "--origin", ORIGIN)
    assert result["content"] == reply["content"]
    other = receipt.to_digits(common.random("another receipt", 11))
    assert run("open-reply", blob, "--receipt", other, "--origin", ORIGIN)["error"] == "hpke"


def test_check_promise(run: Runner) -> None:
    case = vectors("ledger")["promises"]["accepted"][0]
    answer = run.file("answer.json", json.dumps(case))
    wire = run.file("envelope", wire_of(TIPS["text-xwing"]))
    arguments = ["check-promise", answer, "--record", answer, "--log", LOG, "--envelope", wire]
    assert run(*arguments)["tick"] == common.TICK
    other = run.file("other", wire_of(TIPS["text-x25519"]))
    assert run(*arguments[:-1], other)["error"] == "envelope-hash"
    for bad in vectors("ledger")["promises"]["refused"]:
        answer = run.file("bad.json", json.dumps(bad))
        result = run("check-promise", answer, "--record", answer, "--log", LOG)
        assert not result["ok"]


def _saved_log(run: Runner, size: int) -> str:
    leaves = ledgers.leaves()[:size]
    for path in ledger.tile_paths(size):
        _, _, level, rest = path.split("/", 3)
        index = int(rest.split(".p/")[0].replace("x", "").replace("/", ""))
        run.file(path[1:], ledger.tile(leaves, int(level), index))
    for index in range(size // 256):
        part = ledgers.commitments()[index * 256 : (index + 1) * 256]
        run.file(f"tile/entries/{ledger.tile_index_path(index)}", ledger.entry_bundle(part))
    return str(run.folder)


def test_check_checkpoint(run: Runner) -> None:
    folder = _saved_log(run, 768)
    new = run.file("checkpoint", ledgers.checkpoint(768))
    old = run.file("old", ledgers.checkpoint(256))
    arguments = ["check-checkpoint", new, "--log", LOG, "--tiles", folder]
    result = run(*arguments, "--old", old, "--commitment", b64(ledgers.commitments()[700]))
    assert (result["size"], result["old_size"], result["found"]) == (768, 256, 1)
    absent = b64(ledgers.commitments()[800])
    assert run(*arguments, "--commitment", absent)["error"] == "missing"
    tile = run.folder / "tile" / "0" / "001"
    tile.write_bytes(tile.read_bytes()[:-1] + b"\x00")
    assert run(*arguments)["error"] == "tile"


def test_check_proof(run: Runner) -> None:
    for case in vectors("ledger")["tlog_proofs"]:
        proof = run.file("proof", case["proof"])
        result = run("check-proof", proof, "--commitment", case["commitment"], "--log", LOG)
        assert (result["index"], result["size"]) == (case["index"], case["size"])
    for case in vectors("ledger")["refused_tlog_proofs"]:
        proof = run.file("proof", case["proof"])
        result = run("check-proof", proof, "--commitment", case["commitment"], "--log", LOG)
        assert result["error"] == case["expect"]


def test_check_roster(run: Runner) -> None:
    chain = vectors("roster")["chain"]
    notes = [run.file(f"roster-{r['version']}", r["note"]) for r in chain]
    notes[2] = run.file("roster-3.json", json.dumps({"note": chain[2]["note"]}))
    staff = run.file("staff", chain[2]["staff"])
    tail = ["--origin", ORIGIN, "--now", str(rosters.NOW)]
    result = run("check-roster", *notes, "--staff", staff, *tail)
    assert (result["version"], result["log"]) == (3, LOG)
    assert run("check-roster", notes[0], notes[2], *tail)["error"] == "version"
    old_staff = run.file("old-staff", chain[0]["staff"])
    refused = run("check-roster", *notes, "--staff", old_staff, *tail)
    assert refused["error"] == "staff-hash"
    late = ["--origin", ORIGIN, "--now", str(rosters.EXPIRES)]
    assert run("check-roster", *notes, *late)["error"] == "expired"


def test_check_page(run: Runner) -> None:
    found = vectors("page")
    notes = [run.file(f"page-{v['version']}", v["note"]) for v in found["chain"]]
    tail = ["--origin", ORIGIN, "--roster", run.file("roster", found["roster"])]
    for document in found["documents"]:
        file = run.file("document", base64.b64decode(document["body"]))
        result = run("check-page", *notes, *tail, "--document", document["path"], file)
        assert (result["version"], result["text_sha256"]) == (2, found["chain"][1]["text_sha256"])
    other = run.file("document", b"another page")
    assert run("check-page", *notes, *tail, "--document", "/es", other)["error"] == "document"
    assert run("check-page", notes[1], *tail)["error"] == "version"


@pytest.mark.parametrize("suite", ["1", "2"])
def test_make_envelope(run: Runner, suite: str) -> None:
    lines = "".join(
        f"{common.key_line(common.DESK, use).text}\n"
        for use in ("envelope-x25519", "envelope-xwing")
    )
    attachment = run.file("photo.jpg", bytes(200_000))
    out = str(run.folder / "envelope")
    made = run(
        "make-envelope",
        "--key-file",
        run.file("lines", lines),
        "--suite",
        suite,
        "--text",
        "Hola",
        "--attach",
        attachment,
        "--out",
        out,
    )
    opened = run("open-envelope", out, "--keys", run.keys(*DESK_KEYS))
    assert opened["document"] == made["document"]
    assert opened["attachments"][0]["size"] == 200_000
    mailbox = run("receipt", "--receipt", made["receipt"], "--origin", ORIGIN)
    assert mailbox["id"] == made["document"]["mailbox"]["id"]


def test_make_and_open_a_reply(run: Runner) -> None:
    mailbox = run("receipt", "--origin", ORIGIN)
    out = str(run.folder / "blob")
    run(
        "make-reply",
        "--text",
        "Gracias",
        "--out",
        out,
        "--id",
        mailbox["id"],
        "--reply-key",
        mailbox["reply_key"],
        "--psk",
        mailbox["psk"],
    )
    result = run("open-reply", out, "--receipt", mailbox["receipt"], "--origin", ORIGIN)
    assert json.loads(result["content"]) == {"text": "Gracias", "v": 1}
