"""Senders and readers whose only aim is to hold a connection, beside those on a bad line."""

from __future__ import annotations

import contextlib
import os
import ssl
import time

from deployment import eventually
from people import Gateway
from raw import parsed_all

PAGE = b"GET /es HTTP/1.1\r\nHost: localhost\r\n\r\n"
# More than the system itself takes of the answers.
PAGES = 400


def narrow(gateway: Gateway) -> ssl.SSLSocket:
    """A connection of which little is under way at a time."""
    return gateway.public().connect(receive_bytes=4_096)


def connections(gateway: Gateway) -> int:
    return len(os.listdir(f"/proc/{gateway.daemon.child('edge-public')}/fd"))


def test_reader_that_reads_nothing_is_sent_away(quiet: Gateway) -> None:
    """It asks on and on, so that its last request comes when the answers have long been stuck."""
    before = connections(quiet)
    with narrow(quiet) as stream:
        stream.sendall(PAGE)
        assert eventually(lambda: connections(quiet) > before)
        # On a slow machine it is sent away while it still asks.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for _ in range(PAGES):
                time.sleep(0.01)
                stream.sendall(PAGE)
        assert eventually(lambda: connections(quiet) <= before, 30), "it is still there"


def test_reader_that_is_slow_but_steady_gets_all(quiet: Gateway) -> None:
    """Many times the deadline of two seconds, while the gateway waits nearly all the time."""
    length = len(quiet.public().get("/es").body)
    data = bytearray()
    with narrow(quiet) as stream:
        stream.sendall(PAGE * (PAGES - 1) + PAGE.replace(b"Host", b"Connection: close\r\nHost"))
        while piece := stream.recv(16_384):
            data += piece
    answers = parsed_all(bytes(data))
    assert {len(answer.body) for answer in answers} == {length}
    assert len(answers) == PAGES


def test_body_without_end_after_its_answer(quiet: Gateway) -> None:
    """What is refused is passed over for a while, so that a request can follow; not for ever."""
    head = b"POST /none HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    sent = 0
    with quiet.public().connect() as stream:
        stream.sendall(head)
        assert stream.recv(12) == b"HTTP/1.1 404"
        try:
            while sent < 3_000:
                time.sleep(0.02)
                stream.sendall(chunk)
                sent += 1
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
    assert sent < 3_000, "a minute of it was taken"
