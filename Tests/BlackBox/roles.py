"""The roles of a daemon as other processes see them, and whether they answer."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
from pathlib import Path

import pytest
from deployment import Daemon, eventually

ROLES = {"vault", "edge-public", "edge-staff"}
is_root = os.geteuid() == 0
only_root = pytest.mark.skipif(not is_root, reason="the roles cannot be looked into by their user")


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
