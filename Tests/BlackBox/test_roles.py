"""What each role is given, and what it has given up."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from pathlib import Path

import pytest
from deployment import DAEMON, Daemon, eventually, make_files, make_gateway
from people import Gateway, Kept
from resguardo_formats.frames import Attachment
from roles import ROLES, confined, field, healthy, is_root, only_root, proc

ENVIRONMENT = {
    "SWIFT_BACKTRACE": "enable=no",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=131072",
    "TZ": "UTC",
    "LANG": "C",
}


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
    processes = {role: confined(daemon, role) for role in ROLES}
    for role, number in {**processes, "supervisor": daemon.process.pid}.items():
        assert field(number, "NoNewPrivs") == "1"
        for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(field(number, which), 16) == 0, (role, which)
        assert re.search(r"^Max core file size +0 +0 ", proc(number, "limits"), re.M)
        own = os.readlink("/proc/self/ns/net")
        shares = role in ("vault", "supervisor")
        assert (os.readlink(f"/proc/{number}/ns/net") == own) == shares


@only_root
def test_each_role_starts_with_the_descriptors_that_are_its_own(
    daemon: Daemon, folder: Path
) -> None:
    given = {
        "vault": {4, 5, 6, 7},
        "edge-public": {3, 4, 5, 6, 7},
        "edge-staff": {3, 4, 7},
    }
    assert eventually(lambda: healthy(daemon))
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
        lock = {6} if role == "vault" else set()
        assert all(links[number].startswith("socket:") for number in numbers - lock)
        assert all(links[number] == str(folder / "state") for number in lock)
        tcp = {number for number, link in links.items() if link in listeners}
        assert tcp == {"vault": set(), "edge-public": {3, 5}, "edge-staff": {3}}[role]
        assert "memfd" not in " ".join(links.values())


def test_nobody_else_may_open_what_the_daemon_makes(folder: Path) -> None:
    """Whatever the mask it was started with; the socket for tor is for the daemon's group."""
    world, settings = make_gateway(folder, 2)
    settings["listen"]["onion"] = str(folder / "onion.sock")
    before = set(folder.rglob("*"))
    daemon = Daemon.start(folder, settings, umask=0)
    try:
        masks = [field(daemon.child(role), "Umask") for role in ROLES] if is_root else []
        assert set(masks) <= {"0077"}
        assert eventually(lambda: healthy(daemon)), daemon.lines
        ports = {name: daemon.port(name) for name in ("public", "staff")}
        gateway = Gateway(world, ports, str(folder / "tls.pem"), daemon, settings)
        file = Attachment("a", "a/b", os.urandom(300_000))
        wire = gateway.envelope("desk-ar", "x-wing", "sólo para mí", file)
        answer = gateway.public().send(wire)
        assert answer.status == 201
        commitment = Kept.of(answer.json, gateway.log_key).commitment
        # The tick has run, too.
        assert eventually(lambda: gateway.public().proof(commitment).status == 200)
        made = set(folder.rglob("*")) - before - {folder / "resguardod.json"}
        assert len(made) > 3, made
        wanted = {path: 0o660 if path.name == "onion.sock" else 0o600 for path in made}
        assert {path: path.stat().st_mode & 0o777 for path in made} == wanted
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
