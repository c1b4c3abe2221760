"""Nothing of a tip, its sender or the way it was sent stays: not on disk, not in a line, not in memory."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
import signal
import socket
import string
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from client import ENVELOPE, FORM, multipart
from conftest import running
from deployment import eventually
from people import Gateway
from resguardo_formats import receipt
from resguardo_formats.frames import Attachment

SOURCE = "127.55.66.77"
SOURCE_BYTES = bytes(int(part) for part in SOURCE.split("."))
ROLES = ("vault", "edge-public", "edge-staff")
AFTER_ANSWER_SECONDS = 1.0
REGION = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r(.).. \S+ \S+ (\d+) *(.*)$")
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may read a process's memory")


class Marker:
    """A word and a number that are nowhere else, in the disguises that programs give to text."""

    def __init__(self) -> None:
        self.word = "".join(secrets.choice(string.ascii_uppercase) for _ in range(12))
        self.number = "".join(secrets.choice(string.digits) for _ in range(18))
        # What is sent twice differs in this: the same form again would be one tip.
        self.turn = ""
        self.disguises = disguises(self.word) | {
            f"number, {name}": found for name, found in disguises(self.number).items()
        }

    def named(self, what: str) -> str:
        return f"{self.word}.{what}{self.turn}"

    def watch(self, page: bytes) -> None:
        """Looks for the receipt that a page shows too: its secret, its words, its words as they stand there."""
        shown = re.findall(rb"<span>([^<]+) </span>", page)
        if not shown:
            return
        assert len(shown) == 8, shown
        secret = receipt.from_words(b" ".join(shown).decode(), "es")
        self.disguises |= {
            f"issued {secret.hex()}, secret": secret,
            f"issued {secret.hex()}, words": b" ".join(shown[:3]),
            f"issued {secret.hex()}, page": b" </span><span>".join(shown[:3]),
        }

    def hits(self, data: bytes, where: str) -> list[str]:
        """What was found there; the sender's address as text, and as the system passes it."""
        found = [
            f"{name} in {where}: {data[max(0, at - 40):at + 60]!r}"
            for name, disguise in self.disguises.items()
            if (at := data.find(disguise)) >= 0
        ]
        senders = [match for pattern in SENDER if (match := pattern.search(data))]
        return found + [f"the sender in {where}: {match[0]!r}" for match in senders]


def disguises(text: str) -> dict[str, bytes]:
    raw = text.encode()
    found = {
        "raw": raw,
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "utf-16": text.encode("utf-16-le"),
        "percent": percent(raw),
    }
    for shift in range(3):
        # Only the characters that no neighbour has a say in.
        whole = base64.b64encode(b"\0" * shift + raw + b"\0" * (-len(raw) - shift % 3))
        found[f"base64+{shift}"] = whole[2 * shift : 2 * shift + 12]
    return found


SENDER = [
    re.compile(re.escape(SOURCE.encode())),
    # sockaddr_in: family, port, address; and the address inside one of IPv6.
    re.compile(rb"\x02\x00..(?:\0\0)?" + re.escape(SOURCE_BYTES), re.S),
    re.compile(rb"\xff\xff" + re.escape(SOURCE_BYTES)),
]


def percent(data: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in data)


def memory(number: int) -> Iterator[tuple[str, bytes]]:
    """What a process has in its memory, except what it maps from files and cannot write."""
    maps = Path(f"/proc/{number}/maps").read_text().splitlines()
    with open(f"/proc/{number}/mem", "rb", buffering=0) as file:
        for line in maps:
            region = REGION.match(line)
            if not region or region[5] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            if region[4] != "0" and region[3] != "w":
                continue
            start, end = int(region[1], 16), int(region[2], 16)
            # A region may go away, and guarded blocks cannot be read: no error of ours.
            with contextlib.suppress(OSError):
                file.seek(start)
                yield f"{region[1]} {region[5]}", read_all(file.fileno(), start, end)


def read_all(descriptor: int, start: int, end: int) -> bytes:
    pieces = []
    while start < end:
        try:
            piece = os.pread(descriptor, min(end - start, 1 << 24), start)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


@dataclass
class Scene:
    """A gateway, and what is looked through for traces."""

    gateway: Gateway
    folder: Path
    since: float
    receipt: list[str]

    def processes(self) -> dict[str, int]:
        return {"supervisor": self.gateway.daemon.process.pid, **self.gateway.daemon.children()}

    def hits_in_memory(self, marker: Marker) -> list[str]:
        processes = self.processes()
        assert set(processes) == {"supervisor", *ROLES}
        return [
            hit
            for name, number in processes.items()
            for where, data in memory(number)
            for hit in marker.hits(data, f"{name}, {where}")
        ]

    def hits_outside(self, marker: Marker) -> list[str]:
        found = []
        for path in self.new_files():
            with contextlib.suppress(OSError):
                found += marker.hits(path.read_bytes(), str(path))
        assert (self.folder / "state" / "ledger.sqlite-wal").exists()
        for name in ("healthz", "metrics"):
            url = f"http://127.0.0.1:{self.gateway.ports['loopback']}/{name}"
            with urllib.request.urlopen(url, timeout=30) as answer:
                found += marker.hits(answer.read(), name)
        lines = "\n".join(self.gateway.daemon.lines).encode()
        return found + marker.hits(lines, "standard error")

    def new_files(self) -> Iterator[Path]:
        """The gateway's own folder, and what anybody left in the folders for temporary files."""
        yield from (path for path in self.folder.rglob("*") if path.is_file())
        for top in {"/tmp", "/var/tmp", "/dev/shm"}:
            for parent, folders, names in os.walk(top):
                folders[:] = [f for f in folders if f != ".build" and not f.startswith("pytest-")]
                for name in names:
                    path = Path(parent, name)
                    with contextlib.suppress(OSError):
                        if path.is_file() and self.since < path.stat().st_mtime:
                            yield path

    def connect(self, listener: str) -> socket.socket:
        if listener == "onion":
            stream = socket.socket(socket.AF_UNIX)
            stream.settimeout(60)
            stream.connect(str(self.folder / "onion.sock"))
            return stream
        return self.gateway.public(SOURCE).connect()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("leaks")
    since = time.time()
    listen = {name: "127.0.0.1:0" for name in ("public", "staff", "loopback")}
    listen["onion"] = str(folder / "onion.sock")
    with running(folder, 3_600, listen=listen) as gateway:
        assert eventually(lambda: set(gateway.daemon.children()) == set(ROLES))
        assert eventually(lambda: gateway.public().get("/checkpoint").status == 200)
        yield Scene(gateway, folder, since, gateway.replied())


def head(target: str, kind: str, length: int, marker: Marker) -> bytes:
    """A request's head, with all that a browser tells about its user."""
    lines = [
        f"POST {target} HTTP/1.1",
        "Host: localhost",
        f"User-Agent: Mozilla/5.0 ({marker.named('agent')})",
        f"Accept-Language: es-AR,{marker.named('language')};q=0.5",
        f"Cookie: seen={marker.named('cookie')}",
        f"Referer: https://search.example/?q={marker.named('referer')}",
        f"X-Forwarded-For: {SOURCE}",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


FIELDS = {"danger_now": "no", "where_country": "AR", "mailbox": "yes"}


def envelope_request(scene: Scene, marker: Marker) -> bytes:
    photo = Attachment(marker.named("photo.jpg"), "image/jpeg", marker.word.encode() * 500)
    text = f"{marker.named('text')} " * 50
    wire = scene.gateway.envelope("desk-ar", "x25519", text, photo)
    return head("/v1/tips", ENVELOPE, len(wire), marker) + wire


def urlencoded_request(scene: Scene, marker: Marker) -> bytes:
    # Both ways of writing a letter: as it is, and in disguise.
    text = f"{marker.named('text')}+".encode() * 40 + percent(marker.named("text").encode()) * 10
    body = b"&".join(f"{name}={value}".encode() for name, value in FIELDS.items())
    body += b"&what_happened=" + text + b"&online=" + marker.named("online").encode()
    return head("/es", FORM, len(body), marker) + body


def multipart_request(scene: Scene, marker: Marker) -> bytes:
    content = marker.named("content").encode()
    files = [
        (marker.named("photo.jpg"), "image/jpeg", content * 20_000),
        (marker.named("note.txt"), "text/plain", content * 3),
    ]
    kind, body = multipart({**FIELDS, "what_happened": f"{marker.named('text')} " * 80}, files)
    return head("/es", kind, len(body), marker) + body


def refused_request(scene: Scene, marker: Marker) -> bytes:
    """A form that comes back with what was typed: a choice is missing, the text is too long."""
    body = b"where_country=AR&what_happened=" + marker.named("text").encode() * 300
    return head("/es", FORM, len(body), marker) + body


def answer_request(scene: Scene, marker: Marker, times: int = 40) -> bytes:
    """An answer to a reply; what is no letter stands between the words of a receipt."""
    typed = f"+{marker.number}+".join(quote(word) for word in scene.receipt[:2])
    typed = "+".join([typed, *(quote(word) for word in scene.receipt[2:])])
    body = f"receipt={typed}&answer=".encode() + f"{marker.named('answer')}+".encode() * times
    return head("/es/mailbox", FORM, len(body), marker) + body


def refused_answer_request(scene: Scene, marker: Marker) -> bytes:
    return answer_request(scene, marker, 300)


WAYS = {
    "envelope": (envelope_request, 201),
    "urlencoded": (urlencoded_request, 201),
    "multipart": (multipart_request, 201),
    "refused": (refused_request, 422),
    "answer": (answer_request, 201),
    "refused answer": (refused_answer_request, 422),
}


def answered(stream: socket.socket) -> tuple[int, bytes]:
    """Reads one whole answer: its status and its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = stream.recv(65_536)
        assert piece, received
        received += piece
    start, body = received.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", start)
    assert length, start
    while len(body) < int(length[1]):
        piece = stream.recv(65_536)
        assert piece
        body += piece
    return int(start.split(b" ")[1]), body


@only_root
@pytest.mark.parametrize("ending", ["closed", "kept open"])
def test_nothing_stays_of_a_tip(scene: Scene, ending: str) -> None:
    """Every way of sending one, over TLS and over the onion's socket, searched for at once."""
    marker = Marker()
    with contextlib.ExitStack() as streams:
        for listener in ("public", "onion"):
            marker.turn = f".{listener}"
            for make, status in WAYS.values():
                stream = streams.enter_context(scene.connect(listener))
                stream.sendall(make(scene, marker))
                found, page = answered(stream)
                assert found == status
                marker.watch(page)
                if ending == "closed":
                    stream.close()
        issued = sum(name.endswith("secret") for name in marker.disguises)
        assert issued == 4, "two forms that were taken, on two listeners"
        time.sleep(AFTER_ANSWER_SECONDS)
        assert scene.hits_in_memory(marker) == []
        assert scene.hits_outside(marker) == []


@only_root
@pytest.mark.parametrize("way", ["urlencoded", "multipart"])
def test_half_a_form_is_seen_and_then_gone(scene: Scene, way: str) -> None:
    """That the search finds what is there; and that a form broken off leaves as little."""
    marker = Marker()
    request = WAYS[way][0](scene, marker)
    with scene.connect("public") as stream:
        stream.sendall(request[:-60])
        assert eventually(lambda: marker_in(scene, "edge-public", marker))
    time.sleep(AFTER_ANSWER_SECONDS)
    assert scene.hits_in_memory(marker) == []
    assert scene.hits_outside(marker) == []


def marker_in(scene: Scene, role: str, marker: Marker) -> bool:
    number = scene.gateway.daemon.children()[role]
    return any(marker.hits(data, where) for where, data in memory(number))


def test_disguises_are_found() -> None:
    marker = Marker()
    raw = marker.word.encode()
    for shift in range(3):
        text = base64.b64encode(b"xyz"[:shift] + raw + b"abcdef")
        assert marker.hits(text, "here"), shift
    for data in (raw, raw.hex().encode(), percent(raw), marker.word.encode("utf-16-le")):
        assert marker.hits(b"ab" + data, "here")
    assert marker.hits(b"ab" + marker.number.encode(), "here")
    assert not marker.hits(b"nothing", "here")
    assert marker.hits(b"\x02\x00\x12\x34" + SOURCE_BYTES, "here")
    assert marker.hits(f"from {SOURCE}:1".encode(), "here")


@pytest.mark.parametrize(
    ("role", "number"),
    [(role, signal.SIGSEGV) for role in ROLES]
    + [("edge-public", signal.SIGILL), ("edge-public", signal.SIGABRT)],
)
def test_a_crash_says_nothing(scene: Scene, role: str, number: signal.Signals) -> None:
    """In the middle of a request, with text in memory."""
    daemon, marker = scene.gateway.daemon, Marker()
    before = daemon.child(role)
    said = len(daemon.lines)
    with scene.connect("public") as stream:
        stream.sendall(multipart_request(scene, marker)[:-60])
        if os.geteuid() == 0:
            assert eventually(lambda: marker_in(scene, "edge-public", marker))
        os.kill(before, number)
        daemon.child(role, other_than=before)
    words = role.replace("-", " ")
    assert eventually(lambda: len(daemon.lines) > said + 1)
    for line in daemon.lines[said:]:
        assert "Landlock ABI" in line or line in (
            f"{words} ended by signal {int(number)}, starting again",
            f"{words} started",
        ), line
    assert eventually(lambda: scene.gateway.public().get("/checkpoint").status == 200)
    assert scene.hits_outside(marker) == []
    assert not [path for path in scene.new_files() if path.name.startswith("core")]
    assert not [path for path in Path.cwd().glob("core*") if scene.since < path.stat().st_mtime]
