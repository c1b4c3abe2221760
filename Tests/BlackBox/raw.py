"""Answers taken apart from a connection's bytes, for requests that no client library sends."""

from __future__ import annotations

import email

from client import Answer


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
