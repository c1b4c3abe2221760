"""The socket pair between an edge and the vault: the longest things go through it in pieces, and it is made anew."""

from __future__ import annotations

import ctypes
import os
import socket
from typing import Any

from client import Staff
from deployment import Daemon, eventually
from people import Gateway, Unit
from resguardo_formats import jcs
from resguardo_formats.encodings import unb64
from roles import healthy, only_root

TIPS = "/v1/tips?after=0"
TRIAGE_BYTES_MAX = 262_144
SEALED_BYTES_MAX = TRIAGE_BYTES_MAX + 4 * 16
PAGE_BYTES_MAX = 2 << 20
PIDFD_GETFD = 438
VAULT_PAIR = 4


def longest_triage() -> bytes:
    empty = len(jcs.encode({"note": ""}))
    return jcs.encode({"note": "x" * (TRIAGE_BYTES_MAX - empty)})


def pulled(unit: Unit) -> list[dict[str, Any]]:
    """The whole queue, page by page as a unit reads it."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        answer = unit.staff.read(f"/v1/queue?after={after}")
        assert answer.status == 200, answer
        assert len(answer.body) < PAGE_BYTES_MAX
        page = answer.json["reports"]
        assert page or answer.json["next"] == after
        if not page:
            return found
        assert answer.json["next"] == page[-1]["cursor"] > after
        found += page
        after = answer.json["next"]


def test_the_longest_triages_are_pulled_and_no_other_office_notices(quiet: Gateway) -> None:
    """Eight of them are longer than any frame between edge and vault: they come in several pages."""
    desk, unit = quiet.desk("desk-ar"), quiet.unit("police-ar")
    other = quiet.desk("desk-br").staff
    tip = quiet.new_tip("desk-ar")
    edge = quiet.daemon.child("edge-staff")
    line = unit.office.line("seal-xwing")
    triage = longest_triage()
    notes = []
    for number in range(1, 9):
        note, sealed = desk.report(tip, [line], number, triage)
        assert len(sealed) == SEALED_BYTES_MAX
        answer = desk.post_report(note, sealed)
        assert answer.status == 201, answer
        notes.append(note)
    queue = pulled(unit)
    assert [report["note"].encode() for report in queue] == notes
    assert {len(unb64(report["triage"])) for report in queue} == {SEALED_BYTES_MAX}
    assert unit.open(queue[-1], desk.office).triage == triage
    assert other.read(TIPS).status == 200
    assert quiet.daemon.child("edge-staff") == edge


def test_a_triage_beyond_the_limit_is_refused(quiet: Gateway) -> None:
    desk, unit = quiet.desk("desk-ht"), quiet.world.offices["protection-ht"]
    tip = quiet.new_tip("desk-ht")
    note, sealed = desk.report(tip, [unit.line("seal-xwing")], 1, longest_triage() + b" ")
    assert len(sealed) > SEALED_BYTES_MAX
    assert desk.post_report(note, sealed).problem == (400, "malformed")


def hang_up(process: int) -> None:
    """Ends an edge's pair to the vault from outside, as either end does with what its table does not list."""
    library = ctypes.CDLL(None, use_errno=True)
    handle = os.pidfd_open(process)
    number = library.syscall(PIDFD_GETFD, handle, VAULT_PAIR, 0)
    assert number >= 0, os.strerror(ctypes.get_errno())
    with socket.socket(fileno=number) as pair:
        pair.shutdown(socket.SHUT_RDWR)
    os.close(handle)


@only_root
def test_an_edge_whose_pair_was_ended_starts_anew(daemon: Daemon) -> None:
    """The supervisor sends a new pair when one of the two has ended: so the edge ends, once none comes."""
    assert eventually(lambda: healthy(daemon))
    before = {role: daemon.child(role) for role in ("edge-public", "edge-staff")}
    vault = daemon.child("vault")
    for role, process in before.items():
        hang_up(process)
        daemon.heard(f"{role.replace('-', ' ')}: the vault has hung up")
        daemon.child(role, other_than=process)
    assert eventually(lambda: healthy(daemon)), daemon.lines
    assert daemon.child("vault") == vault


@only_root
def test_staff_are_served_again_after_their_edges_pair_was_ended(quiet: Gateway) -> None:
    staff: Staff = quiet.desk("desk-region").staff
    assert staff.read(TIPS).status == 200
    edge = quiet.daemon.child("edge-staff")
    hang_up(edge)
    quiet.daemon.child("edge-staff", other_than=edge)
    assert staff.read(TIPS).status == 200
