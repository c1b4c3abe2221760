"""A gateway's files, made by the independent program, and the daemon that runs on them."""

from __future__ import annotations

import base64
import contextlib
import datetime
import functools
import json
import os
import queue
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Independent"))

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from resguardo_formats import jcs, roster
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.keylines import KeyLine
from resguardo_formats.notes import Signer

DAEMON = Path(os.environ.get("RESGUARDOD", ROOT / ".build" / "debug" / "resguardod"))
ORIGIN = "gateway.example/ar"
KEY_FILE_BYTES = 2_304
DESK_USES = ("envelope-x25519", "envelope-xwing", "seal-x25519", "seal-xwing")
Value = TypeVar("Value")


def make_certificate(certificate: Path, key: Path, name: str = "localhost") -> None:
    """A self-signed P-256 certificate; the key's file is for its owner only."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    write_private(
        key,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


DESKS = {"desk-ar": "AR", "desk-br": "BR", "desk-ht": "HT", "desk-region": "region"}
UNITS = {"police-ar": "AR", "police-br": "BR", "protection-ht": "HT"}


@functools.cache
def key_line(office: str, state: str, use: str, seed: bytes) -> KeyLine:
    """A key's line; the independent X-Wing takes its time over a public key."""
    return KeyLine.from_seed(ORIGIN, office, state, use, seed)


@dataclass
class Office:
    """An office with its secrets: the tests act for its members."""

    name: str
    state: str
    kind: str
    seeds: dict[str, bytes]
    members: dict[str, Signer]
    folder: Path
    is_revoked: bool = False
    retired: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def make(cls, name: str, state: str, kind: str, folder: Path) -> Office:
        uses = DESK_USES if kind == "desk" else ("seal-xwing",)
        members = {
            post: Signer(f"{ORIGIN}/{name}/{post}", os.urandom(32))
            for post in ("operator-1", "operator-2")
        }
        for post in members:
            make_certificate(folder / f"{name}-{post}.pem", folder / f"{name}-{post}.key", post)
        return cls(name, state, kind, {use: os.urandom(32) for use in uses}, members, folder)

    def line(self, use: str) -> KeyLine:
        return key_line(self.name, self.state, use, self.seeds[use])

    def key_file(self) -> bytes:
        """What the page fetches of a desk: both lines, and spaces up to the one length."""
        lines = (self.line(use).text + "\n" for use in ("envelope-x25519", "envelope-xwing"))
        return "".join(lines).encode().ljust(KEY_FILE_BYTES - 1) + b"\n"

    def keys(self) -> list[dict[str, Any]]:
        active = [{"line": self.line(use).text, "state": "active"} for use in self.seeds]
        return [*self.retired, *active]

    def replace_key(self, use: str, **state: Any) -> None:
        """A new key for a use; the old one stays in that state."""
        self.retired.append({"line": self.line(use).text, **state})
        self.seeds[use] = os.urandom(32)

    def certificate(self, post: str = "operator-1") -> tuple[str, str]:
        path = self.folder / f"{self.name}-{post}"
        return f"{path}.pem", f"{path}.key"

    def pin(self, post: str) -> str:
        certificate = x509.load_pem_x509_certificate(Path(self.certificate(post)[0]).read_bytes())
        public = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b64(sha256(public))

    def staff_part(self) -> dict[str, Any]:
        members = [
            {
                "key": signer.verifier.vkey,
                "name": post,
                "pins": [self.pin(post)],
                "state": "revoked" if self.is_revoked else "active",
            }
            for post, signer in self.members.items()
        ]
        keys = [] if self.kind == "desk" else self.keys()
        return {
            "keys": keys,
            "kind": self.kind,
            "members": members,
            "office": self.name,
            "state": self.state,
        }


@dataclass
class World:
    """Everybody with a key: authorities, desks, units and their members, and the log."""

    folder: Path
    log_seed: bytes
    authorities: list[Signer]
    offices: dict[str, Office]
    tick_seconds: int = 3_600
    version: int = 0
    previous: str = ""

    @classmethod
    def make(cls, folder: Path, log_seed: bytes, tick_seconds: int = 3_600) -> World:
        authorities = [Signer(f"{ORIGIN}/authority-{i}", os.urandom(32)) for i in (1, 2, 3)]
        desks = [Office.make(name, state, "desk", folder) for name, state in DESKS.items()]
        units = [Office.make(name, state, "unit", folder) for name, state in UNITS.items()]
        offices = {office.name: office for office in desks + units}
        return cls(folder, log_seed, authorities, offices, tick_seconds)

    @property
    def origin(self) -> str:
        return ORIGIN

    @property
    def log_key(self) -> str:
        return Signer(ORIGIN, self.log_seed).verifier.vkey

    def publish(self, signers: slice = slice(0, 2), days: int = 30) -> None:
        """Writes the next version of the roster, signed by some of the three authorities."""
        note, staff = self.draft(self.authorities[signers], days)
        self.version += 1
        self.previous = roster.text_hash(note)
        self.write(note, staff)

    def write(self, note: bytes, staff: bytes) -> None:
        """The two files, as the daemon reads them at its start and on SIGHUP."""
        (self.folder / "roster.note").write_bytes(note)
        (self.folder / "roster.staff").write_bytes(staff)

    def draft(
        self, signers: list[Signer], days: int = 30, **changes: Any
    ) -> tuple[bytes, bytes]:
        """The next version's note and staff part; `changes` replace the public part's members."""
        version = self.version + 1
        competence = [
            {"offence": "*", "territory": office.state, "units": [office.name]}
            for office in self.offices.values()
            if office.kind == "unit"
        ]
        staff = {
            "competence": competence,
            "offices": [office.staff_part() for office in self.offices.values()],
            "version": changes.get("version", version),
        }
        desks = [office for office in self.offices.values() if office.kind == "desk"]
        public = {
            "authorities": [a.verifier.vkey for a in self.authorities],
            "desks": [
                {"keys": desk.keys(), "office": desk.name, "state": desk.state} for desk in desks
            ],
            "expires": int(time.time()) + days * roster.DAY,
            "log": self.log_key,
            "previous": self.previous,
            "staff": b64(sha256(jcs.encode(staff))),
            "threshold": 2,
            "tick_seconds": self.tick_seconds,
            "version": version,
        }
        origin = changes.pop("origin", ORIGIN)
        return roster.make_note(origin, {**public, **changes}, signers), jcs.encode(staff)


def make_roster(folder: Path, log_seed: bytes, tick_seconds: int = 3_600) -> World:
    """A founding roster of four desks and three units, signed by two of three authorities."""
    world = World.make(folder, log_seed, tick_seconds)
    world.publish()
    return world


def make_files(folder: Path) -> dict[str, Any]:
    """All files of a gateway; the settings that name them, with ports that the kernel chooses."""
    return make_gateway(folder)[1]


def make_gateway(
    folder: Path, tick_seconds: int = 3_600, **settings: Any
) -> tuple[World, dict[str, Any]]:
    """As `make_files`, with more settings and a tick of one's own; and who has which key."""
    seed = os.urandom(32)
    make_certificate(folder / "tls.pem", folder / "tls.key")
    write_private(folder / "log.key", base64.b64encode(seed) + b"\n")
    world = make_roster(folder, seed, tick_seconds)
    (folder / "state").mkdir(exist_ok=True)
    return world, {
        "origin": ORIGIN,
        "listen": {name: "127.0.0.1:0" for name in ("public", "staff", "loopback")},
        "tls": {"certificate": str(folder / "tls.pem"), "key": str(folder / "tls.key")},
        "state": {"directory": str(folder / "state")},
        "log": {"key": str(folder / "log.key")},
        "roster": {"note": str(folder / "roster.note"), "staff": str(folder / "roster.staff")},
        **settings,
    }


# How long is waited for what is bound to come: nothing comes near it, but on a machine that does much else.
PATIENCE_SECONDS = 120


def eventually(read: Callable[[], Value], seconds: float = PATIENCE_SECONDS) -> Value:
    """The first true value that `read` gives; its last one if that never comes."""
    deadline = time.monotonic() + seconds
    while not (value := read()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return value


# So many workers of the tests have ports of their own.
WORKERS_MAX = 8


def free_ports(count: int) -> list[int]:
    """Ports that no client is given by the kernel, and no other worker of the tests, so that they stay free."""
    found: list[int] = []
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS_MAX
    candidates = iter(random.SystemRandom().sample(range(15_000 + worker, 30_000, WORKERS_MAX), 100))
    while len(found) < count:
        port = next(candidates)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    return found


@dataclass
class Daemon:
    """A running daemon: its supervisor's process, and the lines it wrote."""

    process: subprocess.Popen[bytes]
    lines: list[str] = field(default_factory=list)
    _arrived: queue.Queue[str] = field(default_factory=queue.Queue)

    @classmethod
    def start(cls, folder: Path, settings: dict[str, Any], **options: Any) -> Daemon:
        config = folder / "resguardod.json"
        config.write_text(json.dumps(settings))
        command = options.pop("command", [str(DAEMON)])
        process = subprocess.Popen(
            [*command, "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **options,
        )
        daemon = cls(process)
        threading.Thread(target=daemon._listen, daemon=True).start()
        return daemon

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            text = line.decode().rstrip("\n").removeprefix("resguardod: ")
            self.lines.append(text)
            self._arrived.put(text)

    def heard(self, text: str, times: int = 1) -> None:
        """Waits until the daemon has written a line that contains `text`, so many times."""
        found = eventually(lambda: sum(text in line for line in list(self.lines)) >= times)
        assert found, f"{text!r} is not {times} times in {self.lines}"

    def hang_up(self, expected: str) -> str:
        """SIGHUP; the line that says what became of it."""
        times = sum(expected in line for line in list(self.lines)) + 1
        self.process.send_signal(signal.SIGHUP)
        self.heard(expected, times)
        return next(line for line in reversed(self.lines) if expected in line)

    def port(self, name: str) -> int:
        self.heard(f"listening, {name}: port ")
        line = next(line for line in self.lines if line.startswith(f"listening, {name}: port "))
        return int(re.sub(r".* ", "", line))

    def children(self) -> dict[str, int]:
        """The process number of each role that runs now."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = re.search(r"^PPid:\t(\d+)$", (entry / "status").read_text(), re.M)
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if parent and int(parent[1]) == self.process.pid and b"--role" in words:
                found[words[words.index(b"--role") + 1].decode()] = int(entry.name)
        return found

    def child(self, role: str, other_than: int = 0) -> int:
        """The role's process number, once there is one other than that."""
        number = eventually(
            lambda: (n := self.children().get(role, 0)) != other_than and n
        )
        assert number, f"no {role}: {self.lines}"
        return number

    def stop(self) -> int:
        """Ends the daemon as an operator does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def verify_ledger(folder: Path) -> subprocess.CompletedProcess[str]:
    """Recomputes what the stopped daemon of a folder has stored."""
    command = [str(DAEMON), "--config", str(folder / "resguardod.json"), "--verify-ledger"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)
