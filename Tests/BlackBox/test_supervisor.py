"""What becomes of a role when it ends, of all when the supervisor does, and what the others notice."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from deployment import DAEMON, Daemon, eventually, make_gateway
from people import Gateway, health
from roles import ROLES, checkpoint, confined, healthy, is_root, secure, status_of


def stopped(process: int) -> bool:
    """Whether every thread of a process stands still (proc(5): the state is after the name, which may hold blanks)."""
    threads = [task.read_text() for task in Path("/proc", str(process), "task").glob("*/stat")]
    return all(thread.rpartition(")")[2].split()[0] == "T" for thread in threads)


def killed_and_back(daemon: Daemon, role: str) -> None:
    """The role is started again as soon as it is gone, and answers. How soon that is, the benchmark says."""
    words = role.replace("-", " ")
    expected = [f"{words} ended by signal 9, starting again", f"{words} started"]
    said = len(daemon.lines)
    before = daemon.child(role)
    os.kill(before, signal.SIGKILL)
    daemon.child(role, other_than=before)
    assert eventually(lambda: healthy(daemon)), daemon.lines
    # Lines come through a thread: some of what was said before may arrive only now.
    assert eventually(lambda: [line for line in daemon.lines[said:] if line in expected] == expected), daemon.lines


def test_a_killed_edge_is_back_at_once(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    for _ in range(3):
        killed_and_back(daemon, "edge-public")


def test_killed_edges_serve_reporters_and_members_again(start: Callable[..., Gateway]) -> None:
    """What one knew of its connections is gone with it, and nothing else."""
    gateway = start(3_600)
    public, desk, daemon = gateway.public(), gateway.desk("desk-ar"), gateway.daemon
    for number in range(1, 4):
        for role in ("edge-public", "edge-staff"):
            before = daemon.child(role)
            os.kill(before, signal.SIGKILL)
            daemon.child(role, other_than=before)
        assert public.get("/es").status == 200
        assert public.send(gateway.envelope("desk-ar", "x25519", f"después {number}")).status == 201
        assert len(desk.tips()) == number


def test_a_killed_vault_is_back_at_once(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    edges = {role: daemon.child(role) for role in ("edge-public", "edge-staff")}
    for _ in range(3):
        killed_and_back(daemon, "vault")
    # The edges lived through it, and with them their visitors' connections.
    assert {role: daemon.child(role) for role in edges} == edges


def test_an_edge_that_starts_while_the_vault_dies_waits_for_the_next_one(daemon: Daemon) -> None:
    assert eventually(lambda: healthy(daemon))
    for _ in range(4):
        vault, edge = daemon.child("vault"), daemon.child("edge-public")
        os.kill(edge, signal.SIGKILL)
        daemon.child("edge-public", other_than=edge)
        os.kill(vault, signal.SIGKILL)
        daemon.child("vault", other_than=vault)
        assert eventually(lambda: healthy(daemon)), daemon.lines
    wrong = [line for line in daemon.lines if "exit code" in line or "Unavailable" in line]
    assert wrong == []


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
    # Until its last thread stands still it may take a connection, which then dies with it.
    assert eventually(lambda: stopped(edge))
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


def test_a_tip_that_was_half_sent_at_the_end_is_kept(folder: Path) -> None:
    """SIGTERM comes in the middle of a tip: its sender gets the promise, and the next daemon has it."""
    world, settings = make_gateway(folder)
    daemon = Daemon.start(folder, settings)
    try:
        assert eventually(lambda: healthy(daemon))
        gateway = Gateway(world, {}, str(folder / "tls.pem"), daemon, settings)
        wire = gateway.envelope("desk-ar", "x25519", "a la mitad")
        head = (
            "POST /v1/tips HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            f"application/vnd.resguardo.envelope\r\nContent-Length: {len(wire)}\r\n\r\n"
        )
        with secure(daemon.port("public")) as stream:
            stream.sendall(head.encode() + wire[:9_000])
            assert checkpoint(daemon.port("public")) == 200
            daemon.process.send_signal(signal.SIGTERM)
            daemon.heard("stopping")
            stream.sendall(wire[9_000:])
            answer = http.client.HTTPResponse(stream)
            answer.begin()
            assert answer.status == 201
            promised = answer.read()
        assert daemon.stop() == 0
        daemon = Daemon.start(folder, settings)
        assert eventually(lambda: healthy(daemon))
        gateway.ports["public"] = daemon.port("public")
        again = gateway.public().send(wire)
        assert (again.status, again.body) == (201, promised)
    finally:
        assert daemon.stop() == 0


DESCRIPTORS = 300


def test_more_connections_than_descriptors_cost_an_edge_nothing(folder: Path) -> None:
    """It stops accepting while it still has descriptors for itself, such as for the pair to the next vault."""
    world, settings = make_gateway(folder, timeouts={"handshakeSeconds": 60})
    limit = ["prlimit", f"--nofile={DESCRIPTORS}", str(DAEMON)]
    daemon = Daemon.start(folder, settings, command=limit)
    try:
        assert eventually(lambda: healthy(daemon))
        ports = {name: daemon.port(name) for name in ("public", "staff", "loopback")}
        gateway = Gateway(world, ports, str(folder / "tls.pem"), daemon, settings)
        edge, vault = daemon.child("edge-public"), daemon.child("vault")
        with ExitStack() as stack:
            for _ in range(DESCRIPTORS + 40):
                address = ("127.0.0.1", ports["public"])
                stack.enter_context(socket.create_connection(address))
            descriptors = Path(f"/proc/{edge}/fd")
            assert not is_root or eventually(
                lambda: len(list(descriptors.iterdir())) > DESCRIPTORS * 3 // 4)
            # Whoever operates it can still ask, and the vault comes back.
            os.kill(vault, signal.SIGKILL)
            daemon.child("vault", other_than=vault)
            assert eventually(lambda: health(gateway)["status"] == "ok")
            assert not is_root or len(list(descriptors.iterdir())) < DESCRIPTORS
        wire = gateway.envelope("desk-ar", "x25519", "después")
        assert gateway.public().send(wire).status == 201
        assert daemon.child("edge-public") == edge
    finally:
        assert daemon.stop() == 0


REQUESTS = [
    b"GET /es HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n",
    b"GET /ht HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /checkpoint HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /v1/mailbox HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Length: 36\r\n\r\n" + bytes(36),
    b"POST /v1/tips HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/vnd.resguardo.envelope\r\nContent-Length: 17640\r\n\r\n" + bytes(17_640),
]
VISITORS = 12
VISITS = 250


def visit(port: int) -> int:
    """One visitor's many requests on one connection; how many were answered."""
    answered = 0
    with secure(port) as stream:
        for number in range(VISITS):
            stream.sendall(REQUESTS[number % len(REQUESTS)])
            answer = http.client.HTTPResponse(stream)
            answer.begin()
            answer.read()
            answered += answer.status in (200, 400)
    return answered


def test_edges_live_through_load_without_the_pool_that_traps(daemon: Daemon) -> None:
    """libdispatch watches the workers of its pool through /proc, which an edge cannot open, and traps: an edge that
    has such a worker dies under load. All threads of an edge are its own and NIO's."""
    assert eventually(lambda: healthy(daemon))
    before = daemon.children()
    with ThreadPoolExecutor(VISITORS) as pool:
        assert sum(pool.map(visit, [daemon.port("public")] * VISITORS)) == VISITORS * VISITS
    assert daemon.children() == before
    assert not any("ended" in line for line in daemon.lines)
    for role in ("edge-public", "edge-staff"):
        tasks = Path(f"/proc/{before[role]}/task").iterdir()
        names = sorted((task / "comm").read_text().strip() for task in tasks)
        known = re.compile(r"control|exe|NIO-SGLTN-\d-#\d|TP-#\d")
        assert [name for name in names if not known.fullmatch(name)] == []
        assert names.count("exe") == 1, names


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
        r"|vault: a new log was founded at \S+/state/ledger\.sqlite, where there was none: [a-z :,]+"
        r"|stopping|stopped"
    )
    assert [line for line in daemon.lines if not known.fullmatch(line)] == []
