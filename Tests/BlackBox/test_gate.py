"""Who gets past the staff listener's certificates: members in force, from their first connection to their last."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from client import UNAUTHORISED, Answer, Staff
from conftest import running
from deployment import ORIGIN, eventually, make_certificate
from people import Gateway
from raw import parsed
from resguardo_formats.encodings import b64
from resguardo_formats.notes import Signer
from rosters import accepted

TIPS = "/v1/tips?after=0"
REPORT = (
    "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 500000\r\nResguardo-Request: {note}\r\n\r\n"
)
Start = Callable[..., Gateway]


@pytest.fixture(scope="module")
def brisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that waits two seconds for a handshake, and two minutes for everything else."""
    folder = tmp_path_factory.mktemp("brisk")
    with running(folder, 3_600, timeouts={"handshakeSeconds": 2}) as gateway:
        yield gateway


@pytest.fixture
def stranger(brisk: Gateway, tmp_path: Path) -> Staff:
    """A member's signing key, with a certificate that nobody has pinned."""
    pair = (str(tmp_path / "own.pem"), str(tmp_path / "own.key"))
    make_certificate(tmp_path / "own.pem", tmp_path / "own.key", "operator-1")
    signer = brisk.world.offices["desk-ar"].members["operator-1"]
    return Staff.with_certificate(brisk.ports["staff"], brisk.ca, pair, signer)


def last_answer(stream: ssl.SSLSocket) -> Answer:
    """The one answer of a connection that the gateway then ends."""
    data = b""
    while piece := stream.recv(65_536):
        data += piece
    answer = parsed(data)
    assert answer.headers["connection"] == "close"
    return answer


def test_stranger_is_told_so_before_the_body(brisk: Gateway, stranger: Staff) -> None:
    note = b64(stranger.note("POST", "/v1/reports"))
    with stranger.connect() as stream:
        stream.sendall(REPORT.format(note=note).encode() + bytes(1_000))
        assert last_answer(stream).problem == UNAUTHORISED
    assert stranger.read(TIPS).problem == UNAUTHORISED
    assert brisk.desk("desk-ar").staff.read(TIPS).status == 200


def test_what_a_stranger_sends_is_not_even_read_as_http(stranger: Staff) -> None:
    with stranger.connect() as stream:
        stream.sendall(b"\0\r\n\r\n")
        assert last_answer(stream).problem == UNAUTHORISED


def test_stranger_who_says_nothing_is_gone_after_a_handshakes_time(
    brisk: Gateway, stranger: Staff
) -> None:
    with brisk.desk("desk-ar").staff.connect() as member, stranger.connect() as stream:
        # A member in force may take longer.
        assert stream.recv(1) == b""
        member.sendall(b"GET /v1/queue HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert last_answer(member).problem == UNAUTHORISED


def test_member_without_a_note_sends_no_body(brisk: Gateway) -> None:
    """A body is read for a note in its form; whose it is, the vault says."""
    staff = brisk.desk("desk-ar").staff
    for note in ("", "x", b64(b"resguardo/1 request\n")):
        with staff.connect() as stream:
            stream.sendall(REPORT.format(note=note).encode() + bytes(1_000))
            assert last_answer(stream).problem == UNAUTHORISED


def test_member_from_the_first_connection_to_the_last(start: Start) -> None:
    gateway = start(2)
    office = gateway.world.offices["desk-ar"]
    post = "operator-3"
    make_certificate(office.folder / f"desk-ar-{post}.pem", office.folder / f"desk-ar-{post}.key")
    signer = Signer(f"{ORIGIN}/desk-ar/{post}", os.urandom(32))
    staff = Staff.with_certificate(
        gateway.ports["staff"], gateway.ca, office.certificate(post), signer)
    assert staff.read(TIPS).problem == UNAUTHORISED
    office.members[post] = signer
    gateway.world.publish()
    accepted(gateway)
    # In force from the next tick on, and the edge knows it at once.
    assert eventually(lambda: staff.read(TIPS).status == 200)
    with staff.connect() as stream:
        # Let in before the revocation: the next request is the last.
        ask = f"GET {TIPS} HTTP/1.1\r\nHost: localhost\r\nResguardo-Request: "
        stream.sendall(f"{ask}{b64(staff.note('GET', TIPS))}\r\n\r\n".encode())
        assert stream.recv(12) == b"HTTP/1.1 200"
        office.is_revoked = True
        gateway.world.publish()
        accepted(gateway)
        stream.sendall(f"{ask}{b64(staff.note('GET', TIPS))}\r\n\r\n".encode())
        rest = b""
        while piece := stream.recv(65_536):
            rest += piece
        _, found, answer = rest.rpartition(b"HTTP/1.1 ")
        assert found and parsed(found + answer).problem == UNAUTHORISED
    with staff.connect() as stream:
        note = b64(staff.note("POST", "/v1/reports"))
        stream.sendall(REPORT.format(note=note).encode() + bytes(1_000))
        assert last_answer(stream).problem == UNAUTHORISED
