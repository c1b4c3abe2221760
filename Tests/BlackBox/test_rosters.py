"""What a newer roster changes, from the moment it is in force."""

from __future__ import annotations

import contextlib
import itertools
import os
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
from client import CHUNK, UNAUTHORISED, Answer
from deployment import ORIGIN, eventually, make_certificate
from people import Desk, Gateway, Kept, OpenedTip, make_envelope
from resguardo_formats.encodings import b64, b64url, sha256
from resguardo_formats.frames import Attachment
from resguardo_formats.notes import Signer
from rosters import REVOKED, accepted, advance, send

TIPS = "/v1/tips?after=0"
Start = Callable[..., Gateway]


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
