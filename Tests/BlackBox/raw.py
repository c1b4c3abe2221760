"""Answers taken apart from a connection's bytes, for requests that no client library sends."""

from __future__ import annotations

import email
import socket

from client import SECONDS, Answer, Client, tls_context
from people import Gateway


class Loopback(Client):
    """The operator's own listener has no TLS."""

    def connect(self, seconds: float = SECONDS) -> socket.socket:  # type: ignore[override]
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)


def client(gateway: Gateway, listener: str) -> Client:
    """Whoever asks on that listener."""
    if listener == "loopback":
        return Loopback(gateway.ports["loopback"], tls_context(gateway.ca))
    return gateway.staff("desk-ar") if listener == "staff" else gateway.public()


def parsed_all(data: bytes) -> list[Answer]:
    """The answers one after another, each checked for its headers; none may be cut off."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        assert status.startswith(b"HTTP/1.1 "), data
        headers = email.message_from_bytes(fields)
        length = int(headers["content-length"] or 0)
        assert len(rest) >= length, data
        answer = Answer(int(status.split()[1]), headers, rest[:length])
        answer.check_headers()
        found.append(answer)
        data = rest[length:]
    return found


def parsed(data: bytes) -> Answer:
    """The one answer of a connection that was read to its end."""
    (answer,) = parsed_all(data)
    return answer
