"""What becomes of a role when it ends, of all when the supervisor does, and what the others notice."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import time
from pathlib import Path

from deployment import Daemon, eventually
from roles import ROLES, checkpoint, confined, healthy, is_root, secure, status_of


def seconds_until_healthy(daemon: Daemon, role: str) -> float:
    before = daemon.child(role)
    start = time.monotonic()
    os.kill(before, signal.SIGKILL)
    daemon.child(role, other_than=before)
    assert eventually(lambda: healthy(daemon)), daemon.lines
    return time.monotonic() - start


def back_within(daemon: Daemon, role: str, seconds: float) -> bool:
    """Whether one kill of several is mended in time: other work on the machine is no fault here."""
    return any(seconds_until_healthy(daemon, role) < seconds for _ in range(5))


def test_a_killed_edge_is_back_within_a_second(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    assert back_within(daemon, "edge-public", 1)
    daemon.heard("edge public ended by signal 9, starting again")


def test_a_killed_vault_is_back_within_two_seconds(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    edges = {role: daemon.child(role) for role in ("edge-public", "edge-staff")}
    assert back_within(daemon, "vault", 2)
    daemon.heard("vault ended by signal 9, starting again")
    # The edges lived through it, and with them their visitors' connections.
    assert {role: daemon.child(role) for role in edges} == edges


def test_a_connection_outlives_the_vault(daemon: Daemon) -> None:
    with secure(daemon.port("public")) as stream:
        assert eventually(lambda: status_of(stream, "/checkpoint") == 200)
        vault = daemon.child("vault")
        os.kill(vault, signal.SIGKILL)
        daemon.child("vault", other_than=vault)
        assert eventually(lambda: status_of(stream, "/checkpoint") == 200)


def test_connections_made_while_an_edge_is_away_are_answered(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    edge = daemon.child("edge-public")
    os.kill(edge, signal.SIGSTOP)
    waiting = [
        socket.create_connection(("127.0.0.1", daemon.port("public"))) for _ in range(20)
    ]
    os.kill(edge, signal.SIGKILL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for raw in waiting:
        raw.settimeout(30)
        with context.wrap_socket(raw) as stream:
            assert status_of(stream, "/checkpoint") in (200, 503)


def test_roles_that_die_together_come_back_together(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    for _ in range(3):
        before = {role: daemon.child(role) for role in ROLES}
        for number in before.values():
            os.kill(number, signal.SIGKILL)
        for role, number in before.items():
            daemon.child(role, other_than=number)
        assert eventually(lambda: healthy(daemon)), daemon.lines


def test_a_role_that_keeps_dying_is_started_again_all_the_same(daemon: Daemon) -> None:
    before = 0
    for _ in range(11):
        before = daemon.child("edge-staff", other_than=before)
        os.kill(before, signal.SIGKILL)
    daemon.heard("edge staff ended by signal 9, starting again", times=11)
    daemon.child("edge-staff", other_than=before)


def test_terminate_ends_everything_with_code_0(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    numbers = list(daemon.children().values())
    assert len(numbers) == 3
    assert daemon.stop() == 0
    assert not [number for number in numbers if Path(f"/proc/{number}").exists()]
    assert eventually(lambda: daemon.lines[-1] == "stopped")
    assert not any("did not finish in time" in line for line in daemon.lines)


def test_terminate_finishes_what_was_accepted(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    body = os.urandom(17_640)
    head = (
        "POST /v1/tips HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/vnd.resguardo.envelope\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with secure(daemon.port("public")) as stream:
        stream.sendall(head.encode() + body[:9_000])
        # The edge has read it once another connection's later request is answered.
        assert checkpoint(daemon.port("public")) == 200
        daemon.process.send_signal(signal.SIGTERM)
        daemon.heard("stopping")
        stream.sendall(body[9_000:])
        answer = stream.recv(65_536)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer), answer
    assert daemon.stop() == 0
    assert not any("did not finish in time" in line for line in daemon.lines)


def test_no_role_outlives_a_killed_supervisor(daemon: Daemon) -> None:
    numbers = [confined(daemon, role) for role in ROLES] if is_root else [
        daemon.child(role) for role in ROLES
    ]
    assert eventually(lambda: healthy(daemon))
    daemon.process.kill()
    daemon.process.wait(30)
    assert eventually(lambda: not any(Path(f"/proc/{n}").exists() for n in numbers))


def test_the_log_says_little(daemon: Daemon) -> None:
    """Short sentences without a number of a process, a time or an address."""
    assert eventually(lambda: healthy(daemon))
    os.kill(daemon.child("edge-public"), signal.SIGKILL)
    os.kill(daemon.child("vault"), signal.SIGABRT)
    daemon.heard("vault ended by signal 6, starting again")
    assert daemon.stop() == 0
    known = re.compile(
        r"listening, (public|staff|loopback): port \d+"
        r"|(vault|edge public|edge staff) started"
        r"|(vault|edge public|edge staff) ended by signal (6|9), starting again"
        r"|memory lock limited to \d+ KiB, set LimitMEMLOCK=infinity"
        r"|(edge public|edge staff): Landlock ABI \d knows files only"
        r"|stopping|stopped"
    )
    assert [line for line in daemon.lines if not known.fullmatch(line)] == []
