"""What a daemon starts with, what it does not start with, and what SIGHUP reads again."""

from __future__ import annotations

import base64
import fcntl
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from deployment import DAEMON, Daemon, eventually, free_ports, make_certificate, make_files, make_roster
from roles import field, healthy, secure, status_of

TERMINATE = 1 << (signal.SIGTERM - 1)


def fixed_ports(settings: dict[str, Any]) -> None:
    """Ports that are free now, as an operator chooses them: the same at every start."""
    names = ("public", "staff", "loopback")
    for name, port in zip(names, free_ports(len(names)), strict=True):
        settings["listen"][name] = f"127.0.0.1:{port}"


def test_a_start_follows_a_killed_supervisor_at_once(folder: Path) -> None:
    """What the killed one's roles still hold for a moment is waited for: ports, folder, ledger."""
    settings = make_files(folder)
    fixed_ports(settings)
    daemon = Daemon.start(folder, settings)
    try:
        for _ in range(8):
            assert eventually(lambda: healthy(daemon)), daemon.lines
            daemon.process.kill()
            daemon = Daemon.start(folder, settings)
        assert eventually(lambda: healthy(daemon)), daemon.lines
    finally:
        assert daemon.stop() == 0


def test_a_start_waits_until_the_folder_is_free(folder: Path) -> None:
    """As when the vault of a killed supervisor takes a moment to end."""
    settings = make_files(folder)
    held = os.open(folder / "state", os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    daemon = Daemon.start(folder, settings)
    try:
        time.sleep(1)
        assert daemon.process.poll() is None and daemon.lines == []
        os.close(held)
        assert eventually(lambda: healthy(daemon)), daemon.lines
    finally:
        assert daemon.stop() == 0


@pytest.mark.parametrize("same_ports", [True, False])
def test_a_second_daemon_on_the_same_folder_is_told_so(folder: Path, same_ports: bool) -> None:
    settings = make_files(folder)
    fixed_ports(settings)
    first = Daemon.start(folder, settings)
    try:
        assert eventually(lambda: healthy(first))
        if not same_ports:
            fixed_ports(settings)
        second = Daemon.start(folder, settings)
        assert second.process.wait(60) == 69
        second.heard(f"{folder / 'state'} is in use by another daemon that runs")
        assert not any("started" in line for line in second.lines)
        assert healthy(first)
    finally:
        assert first.stop() == 0


def test_terminate_ends_a_start_that_waits(folder: Path) -> None:
    settings = make_files(folder)
    first = Daemon.start(folder, settings)
    try:
        assert eventually(lambda: healthy(first))
        second = Daemon.start(folder, settings)
        # From when it waits for signals instead of being ended by them.
        assert eventually(lambda: int(field(second.process.pid, "SigBlk"), 16) & TERMINATE)
        second.process.terminate()
        assert second.process.wait(60) == 69
    finally:
        assert first.stop() == 0


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
