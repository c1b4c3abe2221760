"""Rosters on SIGHUP and at the start: what they change, and which are refused."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client import CHUNK, UNAUTHORISED, Answer
from conftest import running
from deployment import ORIGIN, Daemon, World, eventually, make_certificate, make_gateway
from people import Desk, Gateway, Kept, OpenedTip, health, make_envelope
from resguardo_formats import roster
from resguardo_formats.encodings import b64, b64url, sha256
from resguardo_formats.frames import Attachment
from resguardo_formats.keylines import KeyLine
from resguardo_formats.notes import Note, Signer

TIPS = "/v1/tips?after=0"
REVOKED = (409, "key-revoked")
Start = Callable[..., Gateway]


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose roster stays, whatever it is given."""
    with running(tmp_path_factory.mktemp("steady"), 3_600) as gateway:
        yield gateway


def hang_up(gateway: Gateway, expected: str) -> str:
    """SIGHUP; the line that says what became of the roster."""
    lines = gateway.daemon.lines
    times = sum(expected in line for line in lines) + 1
    gateway.daemon.process.send_signal(signal.SIGHUP)
    gateway.daemon.heard(expected, times)
    return next(line for line in reversed(lines) if expected in line)


def accepted(gateway: Gateway) -> None:
    """The world's newest roster is in force: the public one, too."""
    hang_up(gateway, "vault: read the roster again")

    def document() -> dict[str, Any]:
        return gateway.public().get("/v1/roster").json

    assert eventually(lambda: document()["note"] == newest(gateway)), "the roster did not come"
    record = Kept.of(document(), gateway.log_key).record
    assert record["version"] == gateway.world.version


def newest(gateway: Gateway) -> str:
    return (gateway.world.folder / "roster.note").read_text("utf-8")


def send(gateway: Gateway, line: KeyLine) -> tuple[int, str]:
    answer = gateway.public().send(make_envelope(line, "a esta clave"))
    return (201, "") if answer.status == 201 else answer.problem


# What a newer roster changes.


def test_member_revoked_a_moment_ago(start: Start) -> None:
    gateway = start(3_600)
    world = gateway.world
    staff, other = gateway.desk("desk-ar").staff, gateway.desk("desk-br").staff
    note = staff.note("GET", TIPS)
    assert staff.read(TIPS).status == 200
    world.offices["desk-ar"].is_revoked = True
    world.publish()
    accepted(gateway)
    assert staff.read(TIPS).problem == UNAUTHORISED
    assert staff.signed("GET", TIPS, note=note).problem == UNAUTHORISED
    assert other.read(TIPS).status == 200


def test_download_that_is_under_way_ends_with_its_members_revocation(start: Start) -> None:
    gateway = start(3_600, attachments={"states": ["AR"], "bytesMax": 16 << 20})
    desk, world = gateway.desk("desk-ar"), gateway.world
    sound = Attachment("sound.ogg", "audio/ogg", os.urandom(16 << 20))
    gateway.public().upload(gateway.envelope("desk-ar", "x25519", "largo", sound))
    (tip,) = desk.tips()
    target = f"/v1/bodies/{b64url(Kept.of(tip, gateway.log_key).commitment)}?chunk=0"
    note = b64(desk.staff.note("GET", target))
    received = 0
    with desk.staff.connect(receive_bytes=4_096) as stream:
        head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nResguardo-Request: {note}\r\n\r\n"
        stream.sendall(head.encode())
        assert stream.recv(12) == b"HTTP/1.1 200"
        world.offices["desk-ar"].is_revoked = True
        world.publish()
        accepted(gateway)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while piece := stream.recv(CHUNK):
                received += len(piece)
    # What the system had taken by then still comes: it keeps some MiB at most.
    assert 0 < received < 12 << 20


def test_certificate_taken_back(start: Start) -> None:
    """A member's new certificate waits for the tick; the old one ends at once."""
    gateway = start(3_600)
    office = gateway.world.offices["desk-ar"]
    staff = gateway.desk("desk-ar").staff
    pins = {office.pin("operator-1"): office.pin("operator-2")}
    own_pin = office.pin

    def swapped(post: str) -> str:
        return pins.get(own_pin(post), own_pin(post))

    office.pin = swapped  # type: ignore[method-assign]
    gateway.world.publish()
    accepted(gateway)
    assert staff.read(TIPS).problem == UNAUTHORISED


def test_revoked_envelope_key(start: Start) -> None:
    gateway = start(3_600)
    world, office = gateway.world, gateway.world.offices["desk-ar"]
    uses = ("envelope-x25519", "envelope-xwing")
    old = [office.line(use) for use in uses]
    before = make_envelope(old[0], "antes de la revocación")
    first = gateway.public().send(before)
    assert first.status == 201
    for use in uses:
        office.replace_key(use, state="revoked")
    world.publish()
    accepted(gateway)
    assert [send(gateway, line) for line in old] == [REVOKED, REVOKED]
    upload = gateway.public().begin_upload()
    wire = make_envelope(old[1], "por partes")
    assert gateway.public().put(upload, 0, wire).status == 204
    assert gateway.public().finish(upload, sha256(wire)).problem == REVOKED
    assert [send(gateway, office.line(use)) for use in uses] == [(201, ""), (201, "")]
    keys = {listed["key"] for listed in gateway.desk("desk-ar").tips()}
    assert b64(old[0].key_id) in keys, "what came to the old key is still the desk's"
    wanted = sha256(office.key_file()).hex()
    found = eventually(lambda: gateway.public().get(f"/v1/keys/{wanted}").status == 200)
    assert found, "the page does not hear of the new keys"


@pytest.mark.parametrize("state", [{"state": "revoked"}, {"state": "accepted", "until": 1}])
def test_same_tip_again_after_its_key_has_ended(start: Start, state: dict[str, Any]) -> None:
    """Its answer was lost on a bad line: the same bytes get the promise that they had, and are kept once."""
    gateway = start(3_600)
    world, office = gateway.world, gateway.world.offices["desk-ar"]
    uses = ("envelope-x25519", "envelope-xwing")
    old = [office.line(use) for use in uses]
    whole, pieces = (make_envelope(line, "una sola vez") for line in old)
    public = gateway.public()
    ended, staged = public.begin_upload(), public.begin_upload()
    for upload in (ended, staged):
        assert public.put(upload, 0, pieces).status == 204
    first = [public.send(whole), public.finish(ended, sha256(pieces))]
    assert [answer.status for answer in first] == [201, 201]
    for use in uses:
        office.replace_key(use, **state)
    world.publish()
    accepted(gateway)
    assert public.send(whole).body == first[0].body
    assert public.finish(ended, sha256(pieces)).body == first[1].body
    assert public.finish(staged, sha256(pieces)).body == first[1].body
    assert [send(gateway, line) for line in old] == [REVOKED, REVOKED]
    assert len(gateway.desk("desk-ar").tips()) == 2


def test_key_that_is_accepted_until_a_date(start: Start) -> None:
    gateway = start(3_600)
    office = gateway.world.offices["desk-br"]
    old = {use: office.line(use) for use in ("envelope-x25519", "envelope-xwing")}
    now = int(time.time())
    office.replace_key("envelope-x25519", state="accepted", until=now + 3_600)
    office.replace_key("envelope-xwing", state="accepted", until=now - 1)
    gateway.world.publish()
    accepted(gateway)
    assert send(gateway, old["envelope-x25519"]) == (201, "")
    assert send(gateway, old["envelope-xwing"]) == REVOKED
    assert send(gateway, office.line("envelope-xwing")) == (201, "")


def test_new_seal_key_of_a_desk(start: Start) -> None:
    """The next tip is sealed to the new key."""
    gateway = start(2)
    office = gateway.world.offices["desk-br"]
    for use in ("seal-x25519", "seal-xwing"):
        office.replace_key(use, state="revoked")
    gateway.world.publish()
    accepted(gateway)
    assert send(gateway, office.line("envelope-xwing")) == (201, "")
    desk = gateway.desk("desk-br")
    assert desk.open(desk.tips()[-1]).tip.document["what_happened"] == "a esta clave"


def test_members_of_a_new_roster_wait_for_the_tick(start: Start) -> None:
    gateway = start(2)
    office = gateway.world.offices["desk-br"]
    new = Signer(f"{ORIGIN}/desk-br/operator-3", b"\x03" * 32)
    make_certificate(
        office.folder / "desk-br-operator-3.pem", office.folder / "desk-br-operator-3.key"
    )
    office.members["operator-3"] = new
    staff = gateway.staff("desk-br", "operator-3")
    assert staff.read(TIPS).problem == UNAUTHORISED
    gateway.world.publish()
    accepted(gateway)
    assert eventually(lambda: staff.read(TIPS).status == 200)


def test_expired_roster_takes_tips_and_routes_none(start: Start) -> None:
    gateway = start(3_600)
    gateway.world.write(*advance(gateway.world, expires=int(time.time()) + 20))
    accepted(gateway)
    desk = gateway.desk("desk-ar")
    tip = opened(gateway, desk)
    unit = gateway.world.offices["police-ar"]
    numbers = itertools.count(1)

    def refused() -> Answer | None:
        time.sleep(0.2)
        note, sealed = desk.report(tip, [unit.line("seal-xwing")], next(numbers), b"{}")
        answer = desk.post_report(note, sealed)
        return None if answer.status == 201 else answer

    answer = eventually(refused)
    assert answer, "an expired roster still routes"
    assert answer.problem == (403, "roster-expired")
    opened(gateway, desk)


def opened(gateway: Gateway, desk: Desk) -> OpenedTip:
    """A new tip at its desk."""
    assert send(gateway, desk.office.line("envelope-x25519")) == (201, "")
    return desk.open(desk.tips()[-1])


def advance(world: World, **changes: object) -> tuple[bytes, bytes]:
    """The next version, signed as it should be, with changes."""
    note, staff = world.draft(world.authorities[:2], **changes)
    world.version += 1
    world.previous = roster.text_hash(note)
    return note, staff


# Rosters that are refused: on SIGHUP, and at the first start.

Draft = Callable[[World], tuple[bytes, bytes]]


def unsigned(world: World) -> tuple[bytes, bytes]:
    note, staff = world.draft(world.authorities[:2])
    return Note.parse(note).text.encode(), staff


def strangers(world: World) -> tuple[bytes, bytes]:
    return world.draft([Signer(f"{ORIGIN}/authority-{n}", bytes([n]) * 32) for n in (1, 2)])


def one_twice(world: World) -> tuple[bytes, bytes]:
    return world.draft([world.authorities[0]] * 2)


def forged(world: World) -> tuple[bytes, bytes]:
    """The second signature is of another text."""
    note, staff = world.draft(world.authorities[:1])
    line = world.authorities[1].signature_line(b"another text\n")
    return note + line.encode(), staff


def other_staff(world: World) -> tuple[bytes, bytes]:
    note, staff = world.draft(world.authorities[:2])
    return note, staff.replace(b'"operator-1"', b'"operator-7"', 1)


def changed(**changes: object) -> Draft:
    return lambda world: world.draft(world.authorities[:2], **changes)


def key_left_out(world: World) -> tuple[bytes, bytes]:
    note, _ = world.draft(world.authorities[:2])
    desks = roster.Roster.parse(note, ORIGIN).public["desks"]
    desks[0]["keys"] = desks[0]["keys"][1:]
    return world.draft(world.authorities[:2], desks=desks)


FEW = "signed by 1 of the 2 authorities"
BOTH: dict[str, tuple[Draft, str]] = {
    "expired": (changed(expires=int(time.time()) - 1), "has expired"),
    "unsigned": (unsigned, "is unsigned"),
    "one of two": (lambda w: w.draft(w.authorities[:1]), FEW),
    "one of two, twice": (one_twice, FEW),
    "strangers": (strangers, "signed by none of its authorities"),
    "forged": (forged, "signature by gateway.example/ar/authority-2 is forged"),
    "another staff part": (other_staff, "staff part is not the one that was signed"),
    "another gateway's": (changed(origin="gateway.example/br"), "malformed: authorities"),
    "too long a life": (changed(expires=int(time.time()) + 91 * roster.DAY), "longer life than 90"),
    "garbage": (lambda w: (b"\x00\xff" * 100, b"{}"), "malformed: note"),
    "empty": (lambda w: (b"", b""), "malformed: note"),
}
LATER: dict[str, tuple[Draft, str]] = {
    **BOTH,
    "older": (changed(version=1, previous=""), "version 1, not newer than 1"),
    "a version left out": (changed(version=3), "does not follow"),
    "another predecessor": (changed(previous=b64(bytes(32))), "does not follow"),
    "another log": (
        changed(log=Signer(ORIGIN, b"\x05" * 32).verifier.vkey),
        "names another key of the log",
    ),
    "a desk's key left out": (key_left_out, "leaves out a key of desk-ar"),
    "another tick": (changed(tick_seconds=60), "tick_seconds cannot change"),
}


@pytest.mark.parametrize("name", LATER)
def test_refused_on_hangup(steady: Gateway, name: str) -> None:
    """The roster stays as it was, and one line says why."""
    draft, reason = LATER[name]
    before = steady.public().get("/v1/roster").body
    steady.world.write(*draft(steady.world))
    line = hang_up(steady, "vault: the roster stays as it was: ")
    assert matches(reason, line), line
    assert steady.public().get("/v1/roster").body == before
    assert steady.desk("desk-ar").staff.read(TIPS).status == 200
    answer = steady.public().send(steady.envelope("desk-ar", "x25519", name))
    assert Kept.of(answer.json, steady.log_key).record["type"] == "tip"


def matches(reason: str, line: str) -> bool:
    return re.search(rf"The roster.*({reason})", line) is not None


@pytest.mark.parametrize("name", BOTH)
def test_refused_at_the_first_start(tmp_path: Path, name: str) -> None:
    """One line says why, the exit code says bad input, and nothing is served."""
    draft, reason = BOTH[name]
    world, settings = make_gateway(tmp_path)
    world.version, world.previous = 0, ""
    world.write(*draft(world))
    daemon = Daemon.start(tmp_path, settings)
    try:
        assert daemon.process.wait(60) == 65
    finally:
        daemon.stop()
    assert any("vault: " in line and matches(reason, line) for line in daemon.lines), daemon.lines


def test_restart_with_files_older_than_the_ledger(start: Start, tmp_path: Path) -> None:
    """The ledger has version 2: whoever puts version 1 back into the folder does not undo it, and shuts no door."""
    gateway = start(3_600)
    first = [(tmp_path / name).read_bytes() for name in ("roster.note", "roster.staff")]
    gateway.world.publish()
    accepted(gateway)
    gateway.daemon.stop()
    gateway.world.write(*first)
    gateway.daemon = Daemon.start(tmp_path, gateway.settings)
    try:
        gateway.daemon.heard("version 1, not newer than 2")
        gateway.ports = {name: gateway.daemon.port(name) for name in gateway.ports}
        document = gateway.public().get("/v1/roster").json
        assert Kept.of(document, gateway.log_key).record["version"] == 2
        assert health(gateway)["status"] == "degraded"
    finally:
        assert gateway.daemon.stop() == 0


@pytest.mark.parametrize("name", ["another predecessor", "expired", "none"])
def test_intake_goes_on_after_the_vault_whatever_the_file(start: Start, name: str) -> None:
    """The ledger holds a good roster: a file that nobody can take does not make a crash an outage."""
    gateway = start(3_600)
    if name == "none":
        (gateway.world.folder / "roster.staff").unlink()
    else:
        gateway.world.write(*LATER[name][0](gateway.world))
    vault = gateway.daemon.child("vault")
    os.kill(vault, signal.SIGKILL)
    gateway.daemon.child("vault", other_than=vault)
    gateway.daemon.heard("vault: the roster stays as it was: ")
    line = gateway.world.offices["desk-ar"].line("envelope-x25519")
    assert send(gateway, line) == (201, "")
    found = health(gateway)
    assert found["status"] == "degraded"
    assert any("it was refused" in warning for warning in found["warnings"]), found
    gateway.world.publish()
    accepted(gateway)
    assert health(gateway) == {"status": "ok", "warnings": []}


def test_same_roster_again_is_no_entry(steady: Gateway) -> None:
    before = steady.public().get("/v1/roster")
    document = steady.desk("desk-ar").staff.read("/v1/roster/staff").json
    steady.world.write(document["note"].encode(), document["staff"].encode())
    hang_up(steady, "vault: read the roster again")
    assert steady.public().get("/v1/roster").body == before.body


def test_offices_without_members_in_the_public_roster(steady: Gateway) -> None:
    """Who works where is for staff alone."""
    note = steady.public().get("/v1/roster").json["note"]
    for office in steady.world.offices.values():
        assert (office.name in note) == (office.kind == "desk")
        assert all(signer.verifier.vkey not in note for signer in office.members.values())
    assert "operator-1" not in note
