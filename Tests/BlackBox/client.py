"""The HTTP clients of the black-box tests: the public's, and a member's with signed requests."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import socket
import ssl
import time
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import quote_from_bytes

from deployment import ORIGIN, Office
from resguardo_formats import jcs
from resguardo_formats.encodings import b64, b64url, sha256, unb64
from resguardo_formats.note_texts import Request
from resguardo_formats.notes import Signer, sign

ENVELOPE = "application/vnd.resguardo.envelope"
OCTETS = "application/octet-stream"
FORM = "application/x-www-form-urlencoded"
CHUNK = 65_536
SECONDS = 120.0
MALFORMED = (400, "malformed")
UNAUTHORISED = (401, "not-authorised")
STALE = (401, "stale")
NOT_ALLOWED = (403, "not-allowed")
NOT_FOUND = (404, "not-found")
SECURITY_HEADERS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Answer:
    """An answer with its whole body."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json", self
        return jcs.decode(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def problem(self) -> tuple[int, str]:
        """Status and slug of problem details, whose form is checked."""
        assert self.headers["content-type"] == "application/problem+json", self
        document = json.loads(self.body)
        details = {"number-gap": {"expected"}, "stale": {"time"}}
        more = details.get(document["type"].removeprefix("/problems/"), set())
        assert document.keys() == {"type", "title", "status", *more}, document
        assert document["status"] == self.status and document["title"]
        head, slash, slug = document["type"].rpartition("/")
        assert (head, slash) == ("/problems", "/"), document
        return self.status, slug

    def check_headers(self) -> None:
        """What every answer has to say, and what none may."""
        found = {name: self.headers[name] for name in SECURITY_HEADERS}
        assert found == SECURITY_HEADERS, self
        policy = self.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        assert "unsafe" not in policy
        for name in ("set-cookie", "server", "date", "x-powered-by", "etag", "last-modified"):
            assert name not in self.headers, self


def tls_context(ca: str) -> ssl.SSLContext:
    """Trusts exactly the gateway's certificate, as a visitor's browser trusts its authority's."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass
class Client:
    """One connection a request; every answer's headers are looked at."""

    port: int
    context: ssl.SSLContext
    source: str = "127.0.0.1"

    def connect(
        self, seconds: float = SECONDS, receive_bytes: int | None = None
    ) -> ssl.SSLSocket:
        """With few bytes to receive into, little is under way at a time."""
        raw = socket.socket()
        raw.settimeout(seconds)
        if receive_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        raw.bind((self.source, 0))
        raw.connect(("127.0.0.1", self.port))
        return self.context.wrap_socket(raw, server_hostname="localhost")

    def ask(
        self, method: str, target: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """Keyword `content_type` becomes `Content-Type`, and so on."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=SECONDS)
        connection.sock = self.connect()
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        try:
            connection.request(method, target, body, named)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        answer.check_headers()
        return answer

    def get(self, target: str) -> Answer:
        return self.ask("GET", target)

    def raw(self, data: bytes, seconds: float = 10) -> bytes:
        """Sends bytes as they are; all that comes until the other side closes or is silent."""
        received = b""
        with self.connect(seconds) as stream:
            try:
                stream.sendall(data)
                while piece := stream.recv(CHUNK):
                    received += piece
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
        return received


@dataclass
class Public(Client):
    """What a browser or a script sends."""

    def send(self, envelope: bytes, **headers: str) -> Answer:
        return self.ask("POST", "/v1/tips", envelope, content_type=ENVELOPE, **headers)

    def begin_upload(self) -> str:
        answer = self.ask("POST", "/v1/uploads", b"")
        assert answer.status == 201, answer
        assert answer.json.keys() == {"upload"}
        upload: str = answer.json["upload"]
        assert len(base64.urlsafe_b64decode(upload + "==")) == 16
        return upload

    def put(self, upload: str, index: int, chunk: bytes) -> Answer:
        target = f"/v1/uploads/{upload}?chunk={index}"
        return self.ask("PUT", target, chunk, content_type=OCTETS)

    def finish(self, upload: str, digest: bytes, **headers: str) -> Answer:
        body = jcs.encode({"sha256": b64(digest), "upload": upload})
        return self.ask("POST", "/v1/tips", body, content_type="application/json", **headers)

    def upload(self, envelope: bytes, **headers: str) -> Answer:
        """An envelope in pieces, whole."""
        handle = self.begin_upload()
        for index in range(-(-len(envelope) // CHUNK)):
            answer = self.put(handle, index, envelope[index * CHUNK : (index + 1) * CHUNK])
            assert answer.status == 204, answer
        answer = self.finish(handle, sha256(envelope), **headers)
        assert answer.status == 201, answer
        return answer

    def effort_asked(self) -> tuple[int, bytes]:
        """Bits and root."""
        answer = self.get("/v1/effort")
        assert answer.status == 200 and answer.json.keys() == {"bits", "root"}, answer
        return answer.json["bits"], unb64(answer.json["root"], 32)

    def form(self, language: str, fields: dict[str, bytes | str]) -> Answer:
        """As a browser sends a form without files: percent-encoded, the encoding the bytes have."""
        body = "&".join(
            f"{name}={quote_from_bytes(value.encode() if isinstance(value, str) else value)}"
            for name, value in fields.items()
        )
        return self.ask("POST", f"/{language}", body.encode(), content_type=FORM)

    def multipart(
        self, language: str, fields: dict[str, str], files: list[tuple[str, str, bytes]]
    ) -> Answer:
        kind, body = multipart(fields, files)
        return self.ask("POST", f"/{language}", body, content_type=kind)

    def mailbox(self, mailbox_id: bytes, cursor: int = 0) -> tuple[int, list[bytes]]:
        """The next cursor, and four slots."""
        body = mailbox_id + cursor.to_bytes(4, "big")
        answer = self.ask("POST", "/v1/mailbox", body, content_type=OCTETS)
        assert answer.status == 200 and len(answer.body) == 4 + 4 * 4_144, answer
        slots = [answer.body[i : i + 4_144] for i in range(4, len(answer.body), 4_144)]
        return int.from_bytes(answer.body[:4], "big"), slots

    def proof(self, commitment: bytes) -> Answer:
        return self.get(f"/v1/proofs/{b64url(commitment)}")


def multipart(
    fields: dict[str, str], files: list[tuple[str, str, bytes]]
) -> tuple[str, bytes]:
    """Content type and body, as Chromium writes them; a nameless file is "none chosen"."""
    boundary = "----WebKitFormBoundary" + os.urandom(8).hex()
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'Content-Disposition: form-data; name="attachments"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode() + data
        for name, kind, data in files
    ]
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def receipt_text(page: Answer) -> str:
    """The receipt as the page without JavaScript shows it: eight words, or ten groups of digits."""
    part = re.search(r'<p class="digits[^>]*>(.*?)</p>', page.text, re.S)
    assert part, page.text
    text = re.sub(r"<[^>]*>", "", part[1]).split()
    assert len(text) in (8, 10), part[1]
    return " ".join(text)


@dataclass
class Staff(Client):
    """A member at a workstation: the certificate, and the key that signs each request."""

    signer: Signer | None = None

    @classmethod
    def of(cls, port: int, ca: str, office: Office, post: str = "operator-1") -> Staff:
        return cls.with_certificate(port, ca, office.certificate(post), office.members[post])

    @classmethod
    def with_certificate(
        cls, port: int, ca: str, certificate: tuple[str, str], signer: Signer
    ) -> Staff:
        context = tls_context(ca)
        context.load_cert_chain(*certificate)
        return cls(port, context, signer=signer)

    def note(self, method: str, target: str, body: bytes = b"", /, **changes: Any) -> bytes:
        """The request note; `changes` replace its fields, for tests of refusal."""
        assert self.signer
        fields = {
            "origin": ORIGIN,
            "method": method,
            "target": target,
            "body_hash": sha256(body),
            "seconds": int(time.time()),
            "nonce": os.urandom(16),
        }
        signer = changes.pop("signer", self.signer)
        return sign(Request(**{**fields, **changes}).text, [signer])

    def signed(
        self, method: str, target: str, body: bytes = b"", kind: str = "", /, **changes: Any
    ) -> Answer:
        note = changes.pop("note", None)
        is_given = note is not None or "seconds" in changes
        headers = {"content_type": kind} if kind else {}
        while True:
            signed = note or self.note(method, target, body, **changes)
            answer = self.ask(
                method, target, body or None, resguardo_request=b64(signed), **headers
            )
            if is_given or answer.status != 401 or answer.problem != STALE:
                return answer
            # Signed in the second of the vault's start: no later one is refused so.
            is_given = True
            time.sleep(1)

    def read(self, target: str) -> Answer:
        return self.signed("GET", target)

    def post_json(self, target: str, value: Any) -> Answer:
        return self.signed("POST", target, jcs.encode(value), "application/json")

    def post_note(self, target: str, note: bytes) -> Answer:
        return self.signed("POST", target, note, "text/plain")

    def body(self, commitment: bytes, row: int = 0) -> Answer:
        return self.read(f"/v1/bodies/{b64url(commitment)}?chunk={row}")
