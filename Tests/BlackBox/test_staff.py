"""Who may ask the staff listener, and for what: every request is judged by its signed note."""

from __future__ import annotations

import json
import os
import signal
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
from client import MALFORMED, NOT_ALLOWED, NOT_FOUND, STALE, UNAUTHORISED, Client, Staff, tls_context
from deployment import make_certificate
from people import Gateway
from resguardo_formats import jcs
from resguardo_formats.encodings import b64, b64url, sha256
from resguardo_formats.notes import Signer, sign

TIPS = "/v1/tips?after=0"


# The connection.


def test_no_certificate_no_connection(quiet: Gateway) -> None:
    client = Client(quiet.ports["staff"], tls_context(quiet.ca))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        client.get(TIPS)


def test_certificate_of_somebody_else(quiet: Gateway, tmp_path: Any) -> None:
    """The note is right; the connection is not the member's."""
    signer = quiet.world.offices["desk-ar"].members["operator-1"]
    own = (str(tmp_path / "own.pem"), str(tmp_path / "own.key"))
    make_certificate(tmp_path / "own.pem", tmp_path / "own.key", "operator-1")
    certificates = [
        quiet.world.offices["desk-ar"].certificate("operator-2"),
        quiet.world.offices["desk-br"].certificate("operator-1"),
        quiet.world.offices["police-ar"].certificate("operator-1"),
        own,
    ]
    for certificate in certificates:
        staff = Staff.with_certificate(quiet.ports["staff"], quiet.ca, certificate, signer)
        assert staff.read(TIPS).problem == UNAUTHORISED, certificate


# The note.


def test_unsigned_requests(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    note = staff.note("GET", TIPS)
    text = note.partition(b"\n\n")[0] + b"\n"
    headers = ["", "x", "é", b64(b""), b64(text), b64(text + b"\n"), b64(note)[:-4], b64(note[:-2])]
    assert staff.get(TIPS).problem == UNAUTHORISED
    for header in headers:
        answer = staff.ask("GET", TIPS, resguardo_request=header)
        assert answer.problem == UNAUTHORISED, header
    assert staff.ask("GET", TIPS, resguardo_request="A" * 12_000).problem == UNAUTHORISED


def test_signed_by_others(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    own = quiet.world.offices["desk-ar"].members["operator-1"]
    for signer in (
        Signer(own.name, os.urandom(32)),
        Signer(f"{quiet.world.origin}/desk-ar/operator-9", os.urandom(32)),
        Signer(f"{quiet.world.origin}/desk-br/operator-1", own.seed),
        quiet.world.offices["desk-ar"].members["operator-2"],
        quiet.world.offices["desk-br"].members["operator-1"],
        quiet.world.offices["police-ar"].members["operator-1"],
        quiet.world.authorities[0],
        Signer(quiet.world.origin, quiet.world.log_seed),
    ):
        answer = staff.signed("GET", TIPS, signer=signer)
        assert answer.problem == UNAUTHORISED, signer.name


def test_note_with_two_signatures(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    members = quiet.world.offices["desk-ar"].members
    text = staff.note("GET", TIPS).decode().partition("\n\n")[0] + "\n"
    note = sign(text, list(members.values()))
    assert staff.signed("GET", TIPS, note=note).problem == UNAUTHORISED


def test_note_of_another_type(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    text = staff.note("GET", TIPS).decode().partition("\n\n")[0] + "\n"
    assert staff.signer
    for changed in (
        text.replace("resguardo/1 request", "resguardo/1 status", 1),
        text.replace("resguardo/1 request", "resguardo/2 request", 1),
        text.replace("resguardo/1 request\n", "", 1),
        text + "more\n",
    ):
        note = sign(changed, [staff.signer])
        assert staff.signed("GET", TIPS, note=note).problem == UNAUTHORISED, changed


def test_note_for_another_request(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    changes: list[dict[str, Any]] = [
        {"origin": "gateway.example/br"},
        {"method": "POST"},
        {"method": "HEAD"},
        {"target": "/v1/queue?after=0"},
        {"target": "/v1/tips"},
        {"target": "/v1/tips?after=1"},
        {"target": "/v1/tips?after=00"},
        {"target": "/v1/tips?after=0&x=1"},
        {"body_hash": sha256(b"x")},
        {"body_hash": bytes(32)},
    ]
    for change in changes:
        assert staff.signed("GET", TIPS, **change).problem == UNAUTHORISED, change
    reply = jcs.encode({"blob": b64(os.urandom(4_144)), "id": b64(os.urandom(32))})
    note = staff.note("POST", "/v1/replies", reply)
    other = jcs.encode({"blob": b64(os.urandom(4_144)), "id": b64(os.urandom(32))})
    kind = "application/json"
    answer = staff.signed("POST", "/v1/replies", other, kind, note=note)
    assert answer.problem == UNAUTHORISED


def test_replayed_note(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    note = staff.note("GET", TIPS)
    assert staff.signed("GET", TIPS, note=note).status == 200
    assert staff.signed("GET", TIPS, note=note).problem == (401, "replayed")
    nonce = os.urandom(16)
    assert staff.signed("GET", TIPS, nonce=nonce).status == 200
    other = "/v1/roster/staff"
    assert staff.signed("GET", other, nonce=nonce).problem == (401, "replayed")


def test_stale_and_future_notes(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    now = int(time.time())
    # One that is ahead could be used again after a restart.
    for seconds in (0, now - 86_400, now - 310, now + 30, now + 310, now + 86_400, 2**53 - 1):
        answer = staff.signed("GET", TIPS, seconds=seconds)
        assert answer.problem == STALE, seconds - now
        assert now <= json.loads(answer.body)["time"] <= time.time()
    assert staff.read(TIPS).status == 200


def test_the_gateways_time_is_for_members(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    stranger = Signer(f"{quiet.world.origin}/desk-ar/operator-1", os.urandom(32))
    assert staff.signed("GET", TIPS, signer=stranger, seconds=1).problem == UNAUTHORISED
    other = quiet.desk("desk-br").staff.note("GET", TIPS, seconds=1)
    assert staff.signed("GET", TIPS, note=other).problem == UNAUTHORISED


def test_note_used_before_a_restart_is_not_taken_after_it(start: Callable[..., Gateway]) -> None:
    """Whatever its time: the vault has forgotten which were used."""
    gateway = start(3_600)
    staff = gateway.desk("desk-ar").staff
    assert staff.read(TIPS).status == 200
    vault = gateway.daemon.child("vault")
    used: list[bytes] = []

    def use() -> bool:
        note = staff.note("GET", TIPS)
        taken = staff.signed("GET", TIPS, note=note).status == 200
        used.extend([note] if taken else [])
        return taken

    assert all(use() for _ in range(20))
    os.kill(vault, signal.SIGKILL)
    gateway.daemon.child("vault", other_than=vault)
    # It is in force the first time that a note of now is taken.
    assert staff.read(TIPS).status == 200
    assert [staff.signed("GET", TIPS, note=note).problem for note in used] == [STALE] * 20


def test_refused_note_does_not_use_up_its_nonce(quiet: Gateway) -> None:
    """A stranger who saw a nonce cannot spend it for the member."""
    staff = quiet.desk("desk-ar").staff
    nonce = os.urandom(16)
    stranger = Signer(f"{quiet.world.origin}/desk-ar/operator-1", os.urandom(32))
    assert staff.signed("GET", TIPS, nonce=nonce, signer=stranger).problem == UNAUTHORISED
    assert staff.signed("GET", TIPS, nonce=nonce).status == 200


# Reading.


def test_lists_are_for_their_offices(quiet: Gateway) -> None:
    tip = quiet.new_tip("desk-br")
    assert quiet.unit("police-br").staff.read(TIPS).problem == NOT_ALLOWED
    keys = {listed["key"] for listed in quiet.desk("desk-ar").tips()}
    assert tip.kept.record["desk_key"] not in keys
    lists = (("desk-ar", "/v1/tips", "tips"), ("police-ar", "/v1/queue", "reports"))
    for name, path, members in lists:
        staff, list_path = quiet.staff(name), f"{path}?after="
        last = {members: [], "next": 2**53 - 1}
        assert staff.read(f"{list_path}{2**53 - 1}").json == last
        for after in ("-1", "x", "0x1", "1.0", str(2**53), str(2**63), str(2**64 - 1), str(2**64)):
            assert staff.read(list_path + after).problem == MALFORMED, after


def test_bodies_of_others_look_like_none(quiet: Gateway) -> None:
    tip = quiet.new_tip("desk-br")
    for asking in ("desk-ar", "desk-region", "police-br", "police-ar", "protection-ht"):
        staff = quiet.staff(asking)
        other, none = staff.body(tip.kept.commitment), staff.body(os.urandom(32))
        assert other.problem == NOT_FOUND, asking
        assert (other.body, other.headers.items()) == (none.body, none.headers.items())
    for target in ("/v1/bodies/x?chunk=0", f"/v1/bodies/{b64url(bytes(31))}?chunk=0",
                   f"/v1/bodies/{b64url(tip.kept.commitment)}?chunk=x"):
        assert quiet.staff("desk-br").read(target).problem == MALFORMED


def test_queue_has_only_what_is_addressed_to_the_unit(quiet: Gateway) -> None:
    tip = quiet.new_tip("desk-ar")
    note = quiet.desk("desk-ar").route(tip, quiet.world.offices["protection-ht"], {"v": 1})
    assert [q["note"].encode() for q in quiet.unit("protection-ht").queue()] == [note]
    for name in ("police-ar", "police-br"):
        assert note not in [q["note"].encode() for q in quiet.unit(name).queue()]
        assert quiet.staff(name).body(tip.kept.commitment).problem == NOT_FOUND


def test_offices_without_members_in_the_public_roster(quiet: Gateway) -> None:
    """Who works where is for staff alone."""
    note = quiet.public().get("/v1/roster").json["note"]
    for office in quiet.world.offices.values():
        assert (office.name in note) == (office.kind == "desk")
        assert all(signer.verifier.vkey not in note for signer in office.members.values())
    assert "operator-1" not in note
