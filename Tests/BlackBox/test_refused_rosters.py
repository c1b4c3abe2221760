"""Rosters that are refused, on SIGHUP and at the start: what was in force stays so, and the intake goes on."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import running
from deployment import ORIGIN, Daemon, World, make_gateway
from people import Gateway, Kept, health
from resguardo_formats import roster
from resguardo_formats.encodings import b64
from resguardo_formats.notes import Note, Signer
from rosters import accepted, send

TIPS = "/v1/tips?after=0"
Start = Callable[..., Gateway]
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
    "a version left out": (
        changed(version=3), "leaves out version 2.*version-2.note and version-2.staff.json"
    ),
    "another predecessor": (changed(previous=b64(bytes(32))), "does not follow"),
    "another log": (
        changed(log=Signer(ORIGIN, b"\x05" * 32).verifier.vkey),
        "names another key of the log",
    ),
    "a desk's key left out": (key_left_out, "leaves out a key of desk-ar"),
    "another tick": (changed(tick_seconds=60), "tick_seconds cannot change"),
}


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose roster stays, whatever it is given."""
    with running(tmp_path_factory.mktemp("steady"), 3_600) as gateway:
        yield gateway


@pytest.mark.parametrize("name", LATER)
def test_refused_on_hangup(steady: Gateway, name: str) -> None:
    """The roster stays as it was, and one line says why."""
    draft, reason = LATER[name]
    before = steady.public().get("/v1/roster").body
    steady.world.write(*draft(steady.world))
    line = steady.daemon.hang_up("vault: the roster stays as it was: ")
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
    steady.daemon.hang_up("vault: read the roster again")
    assert steady.public().get("/v1/roster").body == before.body
