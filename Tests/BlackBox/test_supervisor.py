"""Roles: what each is given, what becomes of it when it ends, and what the others notice."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import DAEMON, Daemon, eventually, make_certificate, make_files, make_roster

ROLES = {"vault", "edge-public", "edge-staff"}
WORDS = {"vault": "vault", "edge-public": "edge public", "edge-staff": "edge staff"}
ENVIRONMENT = {
    "SWIFT_BACKTRACE": "enable=no",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0",
    "TZ": "UTC",
    "LANG": "C",
}
is_root = os.geteuid() == 0
only_root = pytest.mark.skipif(not is_root, reason="the roles cannot be looked into by their user")


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="resguardo-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def daemon(folder: Path) -> Iterator[Daemon]:
    settings = make_files(folder)
    settings["listen"]["onion"] = str(folder / "onion.sock")
    running = Daemon.start(folder, settings, env={**os.environ, "SECRET_OF_OURS": "x"})
    try:
        for role in ROLES:
            running.child(role)
        yield running
    finally:
        running.stop()


def secure(port: int) -> ssl.SSLSocket:
    """A TLS connection that trusts whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), timeout=30)
    return context.wrap_socket(raw)


def status_of(stream: socket.socket, path: str) -> int:
    """Asks and reads the whole answer; the connection stays usable."""
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = stream.recv(65_536)
        if not piece:
            raise ConnectionError(answer)
        answer += piece
    head, body = answer.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += stream.recv(65_536)
    return int(head.split(b" ")[1])


def checkpoint(port: int) -> int:
    with secure(port) as stream:
        return status_of(stream, "/checkpoint")


def healthy(daemon: Daemon) -> bool:
    """Whether the public edge answers with what only the vault knows."""
    with contextlib.suppress(OSError):
        return checkpoint(daemon.port("public")) == 200
    return False


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


def proc(number: int, name: str) -> str:
    return Path(f"/proc/{number}/{name}").read_text()


def field(number: int, name: str) -> str:
    found = re.search(rf"^{name}:\s+(.*)$", proc(number, "status"), re.M)
    assert found
    return found[1]


def confined(daemon: Daemon, role: str) -> int:
    number = daemon.child(role)
    wanted = "0" if role == "vault" else "2"
    assert eventually(lambda: field(number, "Seccomp") == wanted)
    return number


@only_root
def test_each_role_has_the_environment_that_was_decided_and_no_other(daemon: Daemon) -> None:
    for role in ROLES:
        # The C library cuts the list of tunables into strings, in place.
        text = proc(daemon.child(role), "environ").replace("\0glibc.", ":glibc.")
        pairs = [pair.split("=", 1) for pair in text.split("\0") if pair]
        environment = dict(pairs)
        assert len(pairs) == len(environment)
        assert environment.pop("NIO_SINGLETON_GROUP_LOOP_COUNT").isdigit()
        assert environment == ENVIRONMENT


@only_root
def test_each_role_is_hardened(daemon: Daemon) -> None:
    for role in ROLES:
        number = confined(daemon, role)
        assert field(number, "NoNewPrivs") == "1"
        for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(field(number, which), 16) == 0, (role, which)
        assert re.search(r"^Max core file size +0 +0 ", proc(number, "limits"), re.M)
        own = os.readlink("/proc/self/ns/net")
        assert (os.readlink(f"/proc/{number}/ns/net") == own) == (role == "vault")


@only_root
def test_each_role_starts_with_the_descriptors_that_are_its_own(daemon: Daemon) -> None:
    given = {
        "vault": {4, 5, 7},
        "edge-public": {3, 4, 5, 6, 7},
        "edge-staff": {3, 4, 7},
    }
    listeners = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A":
            listeners.add(f"socket:[{words[9]}]")
    for role, numbers in given.items():
        process = confined(daemon, role)
        links = {
            int(entry.name): os.readlink(entry)
            for entry in Path(f"/proc/{process}/fd").iterdir()
        }
        assert numbers <= links.keys()
        assert all(links[number].startswith("socket:") for number in numbers)
        tcp = {number for number, link in links.items() if link in listeners}
        assert tcp == {"vault": set(), "edge-public": {3, 5}, "edge-staff": {3}}[role]
        assert "memfd" not in " ".join(links.values())


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


def served_certificate(port: int) -> bytes:
    with secure(port) as stream:
        return stream.getpeercert(binary_form=True) or b""


def der(path: Path) -> bytes:
    return base64.b64decode("".join(path.read_text().splitlines()[1:-1]))


def test_hang_up_reads_certificate_and_key_again(daemon: Daemon, folder: Path) -> None:
    assert eventually(lambda: healthy(daemon))
    port = daemon.port("public")
    with secure(port) as before:
        assert before.getpeercert(binary_form=True) == der(folder / "tls.pem")
        make_certificate(folder / "tls.pem", folder / "tls.key")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.heard("certificate and key opened again")
        assert eventually(lambda: served_certificate(port) == der(folder / "tls.pem"))
        assert status_of(before, "/checkpoint") == 200


def test_hang_up_keeps_what_works_when_the_new_files_do_not(
    daemon: Daemon, folder: Path
) -> None:
    assert eventually(lambda: healthy(daemon))
    (folder / "tls.key").chmod(0o644)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.heard("certificate and key not read again: ")
    (folder / "tls.key").chmod(0o600)
    kept = der(folder / "tls.pem")
    (folder / "tls.pem").write_text("no certificate")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.heard("certificate and key stay as they were", times=2)
    (folder / "roster.note").write_text("no roster\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.heard("the roster stays as it was")
    assert served_certificate(daemon.port("public")) == kept
    assert healthy(daemon)


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


@pytest.mark.parametrize(
    ("name", "text"), [("roster.note", "no roster\n"), ("roster.staff", "{}"), ("log.key", "x\n")]
)
def test_what_a_role_cannot_work_with_ends_the_daemon(
    folder: Path, name: str, text: str
) -> None:
    settings = make_files(folder)
    (folder / name).write_text(text)
    daemon = Daemon.start(folder, settings)
    assert daemon.process.wait(60) == 65
    daemon.heard("vault cannot work with this configuration")


def test_a_roster_that_names_another_log_ends_the_daemon(folder: Path) -> None:
    settings = make_files(folder)
    make_roster(folder, os.urandom(32))
    daemon = Daemon.start(folder, settings)
    assert daemon.process.wait(60) == 65


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    settings = make_files(folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings["listen"]["staff"] = address
        daemon = Daemon.start(folder, settings)
        assert daemon.process.wait(60) == 69
    daemon.heard(f"listening on {address}: Address already in use")


def test_sockets_of_systemd_are_used(folder: Path) -> None:
    settings = make_files(folder)
    settings["listen"]["public"] = "127.0.0.1:1"
    with socket.create_server(("127.0.0.1", 0)) as given:
        # Descriptor 3 and the process's own number, as systemd passes them.
        script = (
            f"exec 3<&{given.fileno()} {given.fileno()}<&-; "
            'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=public exec "$0" "$@"'
        )
        daemon = Daemon.start(
            folder, settings, command=["/bin/bash", "-c", script, str(DAEMON)],
            pass_fds=[given.fileno()],
        )
        try:
            assert daemon.port("public") == given.getsockname()[1]
            assert eventually(lambda: healthy(daemon)), daemon.lines
        finally:
            assert daemon.stop() == 0


def nobody_can_run_the_daemon() -> bool:
    with contextlib.suppress(OSError):
        done = subprocess.run(
            [DAEMON, "--help"], user=65534, group=65534, extra_groups=[], capture_output=True,
            check=False,
        )
        return done.returncode == 0
    return False


@pytest.mark.skipif(
    not (is_root and nobody_can_run_the_daemon()), reason="needs root, and a daemon in reach of all"
)
def test_the_daemon_needs_no_privileges(folder: Path) -> None:
    settings = make_files(folder)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    daemon = Daemon.start(folder, settings, user=65534, group=65534, extra_groups=[])
    try:
        assert eventually(lambda: healthy(daemon)), daemon.lines
        own = os.readlink("/proc/self/ns/net")
        for role in ("edge-public", "edge-staff"):
            assert os.readlink(f"/proc/{confined(daemon, role)}/ns/net") != own
    finally:
        assert daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
