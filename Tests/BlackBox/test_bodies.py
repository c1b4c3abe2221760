"""Bodies that are never sent to their end: an edge holds so much of them and no more, and a short tip still gets in."""

from __future__ import annotations

import contextlib
import select
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from client import ENVELOPE
from deployment import eventually
from people import Gateway
from roles import field, only_root

BODY_BYTES = 1 << 20
HALF_SENT = 200
# 64 MiB of bodies (README.md), the connections themselves, and what the allocator makes of it; not the 200 MiB sent.
GROWTH_MAX_KIB = 120 << 10
HANGING_MIN = 16


def half_sent(gateway: Gateway) -> ssl.SSLSocket:
    """A tip of the longest kind, but for its last bytes."""
    head = (
        f"POST /v1/tips HTTP/1.1\r\nHost: localhost\r\nContent-Type: {ENVELOPE}\r\n"
        f"Content-Length: {BODY_BYTES}\r\n\r\n"
    )
    stream = gateway.public().connect()
    # Some are told to come again before they have sent it all.
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        stream.sendall(head.encode() + bytes(BODY_BYTES - 3))
    return stream


def peak_kib(number: int) -> int:
    return int(field(number, "VmHWM").split()[0])


def unanswered(streams: list[ssl.SSLSocket]) -> int:
    """How many of them have been told nothing yet."""
    return len(streams) - len(select.select(streams, [], [], 0)[0])


@only_root
def test_half_sent_bodies(start: Callable[..., Gateway]) -> None:
    gateway = start(3_600)
    number = gateway.daemon.child("edge-public")
    wire = gateway.envelope("desk-ar", "x25519", "mientras cuelgan")
    assert gateway.public().send(wire).status == 201
    # Sets the peak back to what is held now (proc(5), clear_refs).
    Path(f"/proc/{number}/clear_refs").write_text("5")
    before = peak_kib(number)
    with ExitStack() as attack:
        streams = [attack.enter_context(half_sent(gateway)) for _ in range(HALF_SENT)]
        # As the page does, which is told to come again until somebody has owed enough.
        wire = gateway.envelope("desk-ar", "x25519", "un aviso corto")
        assert eventually(lambda: gateway.public().send(wire).status == 201)
        assert unanswered(streams) >= HANGING_MIN, "nothing is held any more"
        grown = peak_kib(number) - before
        assert grown <= GROWTH_MAX_KIB, f"{grown} KiB"
    assert gateway.public().send(wire).status == 201
    assert gateway.daemon.child("edge-public") == number
