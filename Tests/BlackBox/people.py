"""Reporter, desk and unit, acting by the formats alone: nothing of the product's code runs here."""

from __future__ import annotations

import contextlib
import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client import Answer, Public, Staff, tls_context
from deployment import ORIGIN, Daemon, Office, World, eventually
from resguardo_formats import envelope, frames, jcs, ledger, receipt, reply, report, sealed_body
from resguardo_formats.encodings import b64, sha256, unb64
from resguardo_formats.errors import Refused
from resguardo_formats.frames import Attachment
from resguardo_formats.keylines import KeyLine
from resguardo_formats.note_texts import Acknowledgement, Promise, Report, Status
from resguardo_formats.notes import Note, Signer, Verifier, sign

USE_OF_SUITE = {"x25519": "envelope-x25519", "x-wing": "envelope-xwing"}


@dataclass(frozen=True)
class Kept:
    """Promise, record and salt: what everybody with an entry keeps, checked as they check it."""

    promise: Promise
    record: dict[str, Any]

    @classmethod
    def of(cls, document: dict[str, Any], log_key: str) -> Kept:
        promise, record = ledger.check_promise(
            document["promise"].encode(),
            document["record"].encode(),
            unb64(document["salt"], 32),
            Verifier.parse(log_key),
            ORIGIN,
        )
        return cls(promise, record)

    @property
    def commitment(self) -> bytes:
        return self.promise.commitment


def tip_document(text: str, attachments: list[Attachment], **more: Any) -> bytes:
    document = {"v": 1, "channel": "script", "language": "es", "danger_now": "no", **more}
    if attachments:
        document["attachments"] = [a.described() for a in attachments]
    return jcs.encode({**document, "what_happened": text})


def make_envelope(
    line: KeyLine, text: str, attachments: list[Attachment] | None = None, **more: Any
) -> bytes:
    """An envelope of a tip with these attachments."""
    attachments = attachments or []
    document = tip_document(text, attachments, **more)
    k, coins = os.urandom(32), os.urandom(line.kem.coins_bytes)
    return envelope.make_tip(line, k, coins, document, [a.data for a in attachments])


def new_receipt() -> receipt.ReceiptKeys:
    return receipt.derive(os.urandom(11), ORIGIN)


def mailbox_part(keys: receipt.ReceiptKeys) -> dict[str, str]:
    """What travels inside the tip, so that the desk can answer."""
    return {
        "answer": b64(keys.answer),
        "id": b64(keys.id),
        "psk": b64(keys.psk),
        "reply_key": b64(keys.reply_public),
    }


def make_answer(
    line: KeyLine, text: str, keys: receipt.ReceiptKeys, *, signed_with: bytes | None = None,
    taken_from: bytes | None = None,
) -> bytes:
    """An answer of the receipt's holder; or of somebody who has another key, or took the tag from another answer."""
    k, coins = os.urandom(32), os.urandom(line.kem.coins_bytes)
    header = envelope.make_header(line, k, coins)
    covered = envelope.Header.parse(taken_from) if taken_from else header
    tag = envelope.answer_tag(signed_with or keys.answer, covered)
    about = {"answer_tag": b64(tag), "answer_to": b64(keys.id), "mailbox": mailbox_part(keys)}
    wire = envelope.make_tip(line, k, coins, tip_document(text, [], **about), [])
    assert wire.startswith(header.wire)
    return wire


def replies_of(public: Public, keys: receipt.ReceiptKeys) -> list[dict[str, Any]]:
    """The documents that wait in a mailbox, at most four."""
    found = []
    for slot in public.mailbox(keys.id)[1]:
        with contextlib.suppress(Refused):
            found.append(jcs.decode(reply.open_(keys.id, keys.reply_secret, keys.psk, slot)))
    return found


def check_tip_kept(kept: Kept, wire: bytes) -> None:
    """What a reporter can check against the very bytes that were sent."""
    sealed_body.check_tip_record(kept.record)
    sealed_body.check_envelope(kept.record, wire)


@dataclass(frozen=True)
class OpenedTip:
    """A tip as a desk or a unit has it open."""

    kept: Kept
    s: bytes
    k: bytes
    desk_seq: int
    tip: frames.Tip


@dataclass
class Desk:
    """A desk's operator."""

    office: Office
    staff: Staff
    log_key: str
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def signer(self) -> Signer:
        assert self.staff.signer
        return self.staff.signer

    def tips(self, after: int = 0) -> list[dict[str, Any]]:
        """All pages of the list from a cursor on."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.staff.read(f"/v1/tips?after={after}")
            assert answer.status == 200, answer
            assert answer.json.keys() == {"tips", "next"}
            page = answer.json["tips"]
            assert [tip["cursor"] for tip in page] == sorted(tip["cursor"] for tip in page)
            if not page:
                return found
            found += page
            after = answer.json["next"]

    def newest(self) -> OpenedTip:
        """The last of its tips, opened."""
        return self.open(self.tips()[-1])

    def open(self, listed: dict[str, Any]) -> OpenedTip:
        """Fetches and opens a body: both hashes, both commitments, then the tip."""
        kept = Kept.of(listed, self.log_key)
        assert listed["key"] == kept.record["desk_key"]
        answer = self.staff.body(kept.commitment)
        assert answer.status == 200, answer
        rows = 1 + -(-kept.record["size"] // sealed_body.MESSAGE)
        assert listed["chunks"] == rows
        line = self.office.line("seal-xwing")
        seeds = self.office.seeds
        opened = sealed_body.open_body(
            answer.body, kept.record, line, seeds["seal-xwing"], seeds["seal-x25519"]
        )
        use = {1: "envelope-x25519", 2: "envelope-xwing"}[envelope.Header.parse(opened.wire).suite]
        k = envelope.open_key(opened.wire, self.office.line(use), seeds[use])
        tip = frames.read_tip(envelope.open_payload(opened.wire, k))
        return OpenedTip(kept, opened.s, k, opened.desk_seq, tip)

    def report(
        self, tip: OpenedTip, to: list[KeyLine], number: int, triage: bytes, /, **changes: Any
    ) -> tuple[bytes, bytes]:
        """A report's note and its sealed triage; `changes` replace the note's fields."""
        r = os.urandom(32)
        commitment = changes.pop("tip", tip.kept.commitment)
        signer = changes.pop("signer", self.signer)
        sealed = report.seal_triage(r, commitment, triage)
        keys = report.ReportKeys(tip.s, tip.k, r)
        wraps = [(line.key_id, report.wrap(line, commitment, keys, os.urandom(64))) for line in to]
        fields: dict[str, Any] = {
            "origin": ORIGIN,
            "tip": commitment,
            "number": number,
            "commit_r": report.commitment_r(r),
            "triage_hash": sha256(sealed),
            "wraps": wraps,
        }
        return sign(Report(**{**fields, **changes}).text, [signer]), sealed

    def post_report(self, note: bytes, sealed: bytes) -> Answer:
        return self.staff.post_json("/v1/reports", {"note": note.decode(), "triage": b64(sealed)})

    def route(self, tip: OpenedTip, unit: Office, triage: dict[str, Any]) -> bytes:
        """Reports a tip to a unit with the next number; the note's bytes."""
        number = self.numbers.get(unit.name, 0) + 1
        note, sealed = self.report(tip, [unit.line("seal-xwing")], number, jcs.encode(triage))
        answer = self.post_report(note, sealed)
        assert answer.status == 201, answer
        kept = Kept.of(answer.json, self.log_key)
        assert kept.record == {
            "note": b64(sha256(note)),
            "origin": ORIGIN,
            "tick": kept.promise.tick,
            "tip": b64(tip.kept.commitment),
            "triage": b64(sha256(sealed)),
            "type": "report",
            "v": 1,
        }
        self.numbers[unit.name] = number
        return note

    def answer(self, tip: OpenedTip, content: bytes) -> Answer:
        """A reply that only the receipt opens."""
        mailbox = {name: unb64(value, 32) for name, value in tip.tip.document["mailbox"].items()}
        blob = reply.seal(
            mailbox["id"], mailbox["reply_key"], mailbox["psk"], content, os.urandom(32)
        )
        value = {"blob": b64(blob), "id": b64(mailbox["id"])}
        return self.staff.post_json("/v1/replies", value)

    def status(self, use: str, highest: int) -> Answer:
        note = sign(Status(ORIGIN, self.office.line(use).key_id, highest).text, [self.signer])
        return self.staff.post_note("/v1/statuses", note)


@dataclass(frozen=True)
class OpenedReport:
    note: bytes
    report: Report
    triage: bytes
    opened: OpenedTip
    acknowledged: bool


@dataclass
class Unit:
    """A specialised unit's operator."""

    office: Office
    staff: Staff
    log_key: str

    def queue(self, after: int = 0) -> list[dict[str, Any]]:
        answer = self.staff.read(f"/v1/queue?after={after}")
        assert answer.status == 200, answer
        reports: list[dict[str, Any]] = answer.json["reports"]
        return reports

    def open(self, queued: dict[str, Any], desk: Office) -> OpenedReport:
        """Signature, promises, hashes, commitments; then the tip itself."""
        data = queued["note"].encode()
        note = Note.parse(data)
        assert note.valid([signer.verifier for signer in desk.members.values()])
        parsed = Report.parse(note.text, ORIGIN)
        sealed = unb64(queued["triage"])
        entry = Kept.of(queued, self.log_key)
        assert entry.record["note"] == b64(sha256(data))
        assert entry.record["triage"] == b64(sha256(sealed))
        tip = Kept.of(queued["tip"], self.log_key)
        assert parsed.tip == tip.commitment and entry.record["tip"] == b64(tip.commitment)
        line, seed = self.office.line("seal-xwing"), self.office.seeds["seal-xwing"]
        found = report.open_report(
            parsed,
            sealed,
            line,
            seed,
            commit_s=unb64(tip.record["commit_s"], 32),
            commit=unb64(tip.record["commit"], 32),
        )
        body = self.staff.body(tip.commitment)
        assert body.status == 200 and b64(sha256(body.body)) == tip.record["body"], body.status
        wire = sealed_body.open_stream(body.body, found.keys.s)
        sealed_body.check_envelope(tip.record, wire)
        opened = frames.read_tip(envelope.open_payload(wire, found.keys.k))
        kept = OpenedTip(tip, found.keys.s, found.keys.k, 0, opened)
        return OpenedReport(data, parsed, found.triage, kept, queued["acknowledged"])

    def acknowledge(self, report_note: bytes, outcome: str) -> Answer:
        assert self.staff.signer
        text = Acknowledgement(ORIGIN, sha256(report_note), outcome).text
        return self.staff.post_note("/v1/acknowledgements", sign(text, [self.staff.signer]))


@dataclass
class Gateway:
    """A running gateway with everybody around it."""

    world: World
    ports: dict[str, int]
    ca: str
    daemon: Daemon
    settings: dict[str, Any]

    @property
    def log_key(self) -> str:
        return self.world.log_key

    def public(self, source: str = "127.0.0.1") -> Public:
        return Public(self.ports["public"], tls_context(self.ca), source)

    def compressed(self) -> Gateway:
        """Once the pages are served compressed, a moment after an edge serves them at all."""
        assert eventually(lambda: "br" == self.public().ask(
            "GET", "/es", accept_encoding="br").headers["content-encoding"])
        return self

    def staff(self, office: str, post: str = "operator-1") -> Staff:
        return Staff.of(self.ports["staff"], self.ca, self.world.offices[office], post)

    def desk(self, office: str, post: str = "operator-1") -> Desk:
        return Desk(self.world.offices[office], self.staff(office, post), self.log_key)

    def unit(self, office: str, post: str = "operator-1") -> Unit:
        return Unit(self.world.offices[office], self.staff(office, post), self.log_key)

    def new_tip(self, desk: str) -> OpenedTip:
        """A tip that was just sent, opened by its desk."""
        assert self.public().send(self.envelope(desk, "x25519", "un aviso")).status == 201
        return self.desk(desk).newest()

    def replied(self) -> list[str]:
        """The words of a receipt whose mailbox holds a reply."""
        secret = os.urandom(receipt.SECRET_BYTES)
        mailbox = mailbox_part(receipt.derive(secret, ORIGIN))
        wire = self.envelope("desk-ar", "x25519", "¿me leen?", mailbox=mailbox)
        assert self.public().send(wire).status == 201
        desk = self.desk("desk-ar")
        opened = desk.open(desk.tips()[-1])
        assert desk.answer(opened, b'{"state":"AR","text":"Te leemos.","v":1}').status == 201
        return receipt.to_words(secret, "es").split()

    def kept(self, answer: Answer, wire: bytes) -> Kept:
        """What whoever sent the envelope keeps of the answer, checked as they check it."""
        assert answer.status == 201, answer
        assert answer.json.keys() == {"promise", "record", "salt"}
        kept = Kept.of(answer.json, self.log_key)
        check_tip_kept(kept, wire)
        return kept

    def envelope(self, desk: str, suite: str, text: str, *files: Attachment, **more: Any) -> bytes:
        line = self.world.offices[desk].line(USE_OF_SUITE[suite])
        return make_envelope(line, text, list(files), **more)


def health(gateway: Gateway) -> dict[str, Any]:
    """What the operator's own machine is told."""
    url = f"http://127.0.0.1:{gateway.ports['loopback']}/healthz"
    with urllib.request.urlopen(url, timeout=30) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


def is_well(gateway: Gateway) -> bool:
    """Nothing is told but that the log is a new one."""
    found = health(gateway)
    news = [text for text in found["warnings"] if "a new log was founded" not in text]
    return found["status"] != "stopped" and not news


@contextlib.contextmanager
def running(folder: Path, world: World, files: dict[str, Any]) -> Iterator[Gateway]:
    """The gateway of a folder and its settings, while the block runs."""
    daemon = Daemon.start(folder, files)
    gateway = None
    try:
        ports = {name: daemon.port(name) for name in ("public", "staff", "loopback")}
        gateway = Gateway(world, ports, str(folder / "tls.pem"), daemon, files)
        yield gateway
    finally:
        daemon.stop()
        # A test may have started it again.
        if gateway:
            gateway.daemon.stop()
