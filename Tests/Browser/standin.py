"""A gateway of the tests' own: serves the pages as the renderer made them and takes tips as formats.md says.

It opens what the page sends with the independent program, so that a page and a gateway that were wrong in the same way
would still be found out. It can also misbehave on request, which the real one must not be able to.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from resguardo_formats import envelope, frames, jcs, notes, reply
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.keylines import KeyLine
from resguardo_formats.note_texts import Promise

ORIGIN = "gateway.example/ar"
CHUNK = 65_536
KEY_FILE_BYTES = 2_304
ATTACHMENT_BYTES_MAX = 8 << 20


def seed(name: str) -> bytes:
    """A key that is the same in every run, so that the pages are too."""
    return hashlib.sha256(f"resguardo browser tests: {name}".encode()).digest()


@dataclass(frozen=True)
class Desk:
    """A desk with both envelope keys, and the key file that a page fetches."""

    state: str
    office: str

    def seed(self, use: str) -> bytes:
        return seed(f"{self.office} {use}")

    def line(self, use: str) -> KeyLine:
        return KeyLine.from_seed(ORIGIN, self.office, self.state, use, self.seed(use))

    @property
    def key_file(self) -> bytes:
        lines = (self.line("envelope-x25519"), self.line("envelope-xwing"))
        return "".join(f"{line.text}\n" for line in lines).encode().ljust(KEY_FILE_BYTES - 1) + b"\n"

    @property
    def hash(self) -> bytes:
        return sha256(self.key_file)


DESKS = [Desk("AR", "desk-ar"), Desk("BR", "desk-br"), Desk("region", "desk-region")]
ROOT = seed("the newest checkpoint's root")
DESK_LIST = "".join(f"{desk.state}:{b64(desk.hash)}\n" for desk in DESKS).encode()
LOG = notes.Signer(ORIGIN, seed("log"))


def page_settings(out: Path) -> dict:
    """What the renderer is told; the same for every run."""
    return {
        "origin": ORIGIN,
        "log": LOG.verifier.vkey,
        "desks": [{"state": d.state, "office": d.office, "keyFileHash": b64(d.hash)} for d in DESKS],
        "attachments": ["AR"],
        "attachmentBytesMax": ATTACHMENT_BYTES_MAX,
        "out": str(out),
    }


@dataclass
class Faults:
    """What goes wrong, counted down by each use."""

    drop_answers: int = 0
    """Take the request, then close without an answer: the worst that a bad line does."""
    cuts: dict[int, int] = field(default_factory=dict)
    """By chunk: how often the line is cut in the middle of it."""
    slow: float = 0
    """Seconds that each chunk takes."""
    unavailable: int = 0
    """Answer 503."""
    revoked: int = 0
    """Answer that the key was revoked."""
    wrong_key_file: bool = False
    wrong_commitment: bool = False
    wrong_signature: bool = False
    wrong_envelope: bool = False
    short_salt: bool = False
    """A salt of 31 bytes, which the rest of the promise agrees with."""
    record_with: str = ""
    """What stands behind the record's first brace, which the rest of the promise agrees with."""
    drop_forms: int = 0
    """Take a form that goes as it is, then close without an answer."""
    refuse_forms: int = 0
    """Refuse a form that goes as it is, and give it back."""
    key_file_missing: bool = False
    drop_files: int = 0
    """Close without an answer when the desks, a key file or a word list is asked for."""
    garbage: bool = False
    """Answer 201 with something that is no promise."""
    no_effort: bool = False
    """Answer 404 to whoever asks how much work is wanted."""
    no_worker: bool = False
    """Answer 404 to whoever asks for the worker."""
    refused: int = 0
    """Answer 403 as something between the two might, without problem details."""


@dataclass
class StandIn:
    """State of the gateway: what it was sent, and what it has promised."""

    pages: Path
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    tips: dict[bytes, bytes] = field(default_factory=dict)
    """Envelopes by their hash: the same bytes twice are one tip."""
    deliveries: int = 0
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    forms: list[tuple[str, bytes]] = field(default_factory=list)
    bits_asked: int = 0
    """The work that a tip is asked for."""
    efforts: list[str | None] = field(default_factory=list)
    """What each delivery proved, as it was sent."""
    replies: dict[bytes, list[bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def promise(self, wire: bytes) -> dict[str, str]:
        header = envelope.Header.parse(wire)
        record = {
            "body": b64(sha256(b"body")), "commit": b64(header.commit), "commit_s": b64(sha256(b"s")),
            "desk_key": b64(header.key_id), "envelope": b64(sha256(wire)), "origin": ORIGIN,
            "size": len(wire), "tick": 495_000, "type": "tip", "v": 1,
        }
        if self.faults.wrong_envelope:
            record["envelope"] = b64(sha256(b"another"))
        salt = sha256(wire)[self.faults.short_salt:]
        text = "{" + self.faults.record_with + jcs.encode(record).decode()[1:]
        commitment = sha256(b"resguardo/1 entry\0" + salt + text.encode())
        if self.faults.wrong_commitment:
            commitment = sha256(commitment)
        promise = Promise(ORIGIN, commitment, 495_000).text
        signer = notes.Signer(ORIGIN, seed("stranger")) if self.faults.wrong_signature else LOG
        note = notes.sign(promise, [signer]).decode()
        return {"promise": note, "record": text, "salt": b64(salt)}

    def opened(self, number: int = 0) -> tuple[Desk, frames.Tip]:
        """The tip, opened by the desk that it is addressed to."""
        wire = list(self.tips.values())[number]
        header = envelope.Header.parse(wire)
        for desk in DESKS:
            for use in envelope.SUITE_OF_USE:
                if desk.line(use).key_id == header.key_id:
                    return desk, envelope.open_envelope(wire, desk.line(use), desk.seed(use))
        raise AssertionError("the envelope is to nobody")

    def reply(self, mailbox: dict[str, str], content: bytes) -> None:
        """An office's reply to the mailbox that a tip names."""
        parts = {name: base64.b64decode(value) for name, value in mailbox.items()}
        blob = reply.seal(parts["id"], parts["reply_key"], parts["psk"], content, os.urandom(32))
        self.replies.setdefault(parts["id"], []).append(blob)


class Handler(BaseHTTPRequestHandler):
    """One request; keeps what was asked, so that tests can see everything that left the browser."""

    protocol_version = "HTTP/1.1"
    server: Server

    @property
    def gateway(self) -> StandIn:
        return self.server.gateway

    def log_message(self, *_: object) -> None:
        """Says nothing: the tests look at `requests`."""

    def _note(self) -> str:
        self.gateway.requests.append((self.command, self.path, dict(self.headers)))
        return urlsplit(self.path).path

    def _answer(self, status: int, body: bytes = b"", kind: str = "application/json",
                policy: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        if policy is not None:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def _page(self, name: str, status: int = 200) -> None:
        file = self.gateway.pages / f"{name}.html"
        if not file.exists():
            return self._problem(404, "not-found")
        policy = file.with_suffix(".policy").read_text()
        self._answer(status, file.read_bytes(), "text/html; charset=utf-8", policy)

    def _problem(self, status: int, slug: str) -> None:
        body = json.dumps({"type": f"/problems/{slug}", "title": slug, "status": status}).encode()
        self._answer(status, body, "application/problem+json")

    def do_GET(self) -> None:
        path = self._note()
        if path == "/unit":
            return self._answer(200, self.server.unit, "text/html; charset=utf-8")
        if path.startswith(("/v1/desks/", "/v1/keys/", "/words/")) and self._dropped():
            return None
        if path == f"/v1/desks/{sha256(DESK_LIST).hex()}":
            return self._answer(200, DESK_LIST, "text/plain; charset=utf-8")
        if path.startswith("/v1/keys/"):
            return self._key_file(path.rsplit("/", 1)[1])
        if path.startswith("/v1/proofs/"):
            return self._answer(200, b"c2sp.org/tlog-proof@v1\n", "text/plain; charset=utf-8")
        if path.startswith("/words/"):
            return self._word_list(path.rsplit("/", 1)[1])
        if path == "/v1/effort":
            return self._effort()
        if path == "/effort.js":
            return self._worker()
        name = path.strip("/").replace("/", "-")
        self._page(name if "-" in name else f"{name}-form")

    def _effort(self) -> None:
        if self.gateway.faults.no_effort:
            return self._problem(404, "not-found")
        answer = {"bits": self.gateway.bits_asked, "root": b64(ROOT)}
        self._answer(200, json.dumps(answer).encode())

    def _worker(self) -> None:
        if self.gateway.faults.no_worker:
            return self._problem(404, "not-found")
        file = self.gateway.pages / "effort.js"
        policy = file.with_suffix(".policy").read_text()
        self._answer(200, file.read_bytes(), "text/javascript; charset=utf-8", policy)

    def _dropped(self) -> bool:
        if not self.gateway.faults.drop_files:
            return False
        self.gateway.faults.drop_files -= 1
        self.close_connection = True
        self.connection.close()
        return True

    def _word_list(self, wanted: str) -> None:
        lists = [file.read_bytes() for file in receipts.LISTS.glob("*.txt")]
        body = next((text for text in lists if sha256(text).hex() == wanted), None)
        if body is None:
            return self._problem(404, "not-found")
        self._answer(200, body, "text/plain; charset=utf-8")

    def _key_file(self, wanted: str) -> None:
        desk = next((desk for desk in DESKS if desk.hash.hex() == wanted), None)
        if desk is None or self.gateway.faults.key_file_missing:
            return self._problem(404, "not-found")
        body = desk.key_file
        if self.gateway.faults.wrong_key_file:
            body = Desk(desk.state, "desk-of-a-stranger").key_file
        self._answer(200, body, "text/plain; charset=utf-8")

    def do_PUT(self) -> None:
        path = self._note()
        assert self.headers["Content-Type"] == "application/octet-stream"
        chunk = int(parse_qs(urlsplit(self.path).query)["chunk"][0])
        if self.gateway.faults.cuts.get(chunk):
            self.gateway.faults.cuts[chunk] -= 1
            return self._cut()
        body = self._body()
        time.sleep(self.gateway.faults.slow)
        upload = self.gateway.uploads.get(path.rsplit("/", 1)[1])
        if upload is None:
            return self._problem(404, "unknown-upload")
        upload[chunk] = body
        if self._spoilt():
            return
        self._answer(204)

    def do_POST(self) -> None:
        path = self._note()
        body = self._body()
        match path:
            case "/v1/tips":
                self._tip(body)
            case "/v1/uploads":
                upload = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
                self.gateway.uploads[upload] = {}
                self._answer(201, json.dumps({"upload": upload}).encode())
            case "/v1/mailbox":
                self._mailbox(body)
            case _:
                self._form(path, body)

    def _tip(self, body: bytes) -> None:
        gateway = self.gateway
        if self.headers["Content-Type"] == "application/json":
            finish = json.loads(body)
            rows = gateway.uploads[finish["upload"]]
            assert sorted(rows) == list(range(len(rows)))
            assert all(len(rows[n]) == CHUNK for n in range(len(rows) - 1))
            wire = b"".join(rows[n] for n in range(len(rows)))
            assert b64(sha256(wire)) == finish["sha256"]
        else:
            assert self.headers["Content-Type"] == "application/vnd.resguardo.envelope"
            wire = body
        if gateway.faults.revoked:
            gateway.faults.revoked -= 1
            return self._problem(409, "key-revoked")
        if gateway.faults.unavailable:
            gateway.faults.unavailable -= 1
            return self._problem(503, "unavailable")
        if gateway.faults.refused:
            gateway.faults.refused -= 1
            return self._answer(403, b"<html>no</html>", "text/html")
        if gateway.faults.garbage:
            return self._answer(201, b"<html>ok</html>", "text/html")
        with gateway.lock:
            gateway.deliveries += 1
            gateway.efforts.append(self.headers["Resguardo-Effort"])
            gateway.tips[sha256(wire)] = wire
        if not self._spoilt():
            self._answer(201, json.dumps(gateway.promise(wire)).encode())

    def _form(self, path: str, body: bytes) -> None:
        """One that goes as it is. The pages' own tests know what the real gateway makes of it."""
        faults, language = self.gateway.faults, path.split("/")[1]
        is_mailbox = path.endswith("mailbox")
        self.gateway.forms.append((path, body))
        if faults.drop_forms:
            faults.drop_forms -= 1
            self.close_connection = True
            return self.connection.close()
        if faults.refuse_forms:
            faults.refuse_forms -= 1
            return self._page(f"{language}-{'wrong' if is_mailbox else 'refusal'}", 422)
        self._page(f"{language}-{'answering' if is_mailbox else 'receipt'}", 201)

    def _spoilt(self) -> bool:
        if not self.gateway.faults.drop_answers:
            return False
        self.gateway.faults.drop_answers -= 1
        self.close_connection = True
        self.connection.close()
        return True

    def _cut(self) -> None:
        """Takes half of what is sent, and is gone."""
        self.rfile.read(int(self.headers["Content-Length"]) // 2)
        self.close_connection = True
        self.connection.close()

    def _mailbox(self, body: bytes) -> None:
        assert self.headers["Content-Type"] == "application/octet-stream"
        assert len(body) == 36
        cursor = int.from_bytes(body[32:], "big")
        blobs = self.gateway.replies.get(body[:32], [])[cursor : cursor + 4]
        slots = blobs + [os.urandom(4_144) for _ in range(4 - len(blobs))]
        answer = (cursor + len(blobs)).to_bytes(4, "big") + b"".join(slots)
        self._answer(200, answer, "application/octet-stream")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class Server(ThreadingHTTPServer):
    """The stand-in on a loopback port; 127.0.0.1 counts as a secure context, so WebCrypto works without TLS."""

    daemon_threads = True

    def __init__(self, gateway: StandIn, unit: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.gateway = gateway
        self.unit = unit

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is no error; a failed assertion is told by the missing answer."""
