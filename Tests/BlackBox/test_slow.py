"""Senders and readers whose only aim is to hold a connection, beside those on a bad line."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import Iterator

import pytest
from client import ENVELOPE
from conftest import running
from deployment import eventually
from people import Gateway
from raw import parsed_all

STEP_SECONDS = 4
POST = f"POST /v1/tips HTTP/1.1\r\nHost: localhost\r\nContent-Type: {ENVELOPE}\r\n".encode()
PAGE = b"GET /es HTTP/1.1\r\nHost: localhost\r\n\r\n"
# More than the system itself takes of the answers.
PAGES = 400


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that waits for nobody long."""
    with running(
        tmp_path_factory.mktemp("impatient"), 3_600, timeouts={"stepSeconds": STEP_SECONDS}
    ) as gateway:
        yield gateway


def narrow(gateway: Gateway) -> ssl.SSLSocket:
    """A connection of which little is under way at a time."""
    return gateway.public().connect(receive_bytes=4_096)


def connections(gateway: Gateway) -> int:
    return len(os.listdir(f"/proc/{gateway.daemon.child('edge-public')}/fd"))


def is_sent_away(stream: ssl.SSLSocket, piece: bytes) -> bool:
    """Sends a piece again and again; whether the other side has had enough of it."""
    stream.settimeout(0.2)
    try:
        stream.sendall(piece)
        return not stream.recv(1)
    except TimeoutError:
        return False
    except (ConnectionError, ssl.SSLError):
        return True


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /v1/tips HTTP/1.1\r\nX: ", id="head"),
        pytest.param(POST + b"Content-Length: 17640\r\n\r\n", id="body"),
        pytest.param(
            b"POST /es HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 99999\r\n\r\n",
            id="form",
        ),
    ],
)
def test_slow_senders_are_sent_away(impatient: Gateway, start: bytes) -> None:
    """A byte now and then does not keep a connection."""
    with impatient.public().connect() as stream:
        if start:
            stream.sendall(start)
        assert eventually(lambda: is_sent_away(stream, b"x" if start else b""))


def test_slow_but_steady_sender_is_heard(impatient: Gateway) -> None:
    """More seconds than the deadline, but never a deadline without its 4,096 bytes."""
    pieces = 2 * STEP_SECONDS * 5
    with impatient.public().connect() as stream:
        stream.sendall(POST + f"Content-Length: {6_000 * pieces}\r\n\r\n".encode())
        for _ in range(pieces):
            time.sleep(0.2)
            stream.sendall(bytes(6_000))
        assert stream.recv(12) == b"HTTP/1.1 400"


def test_reader_that_reads_nothing_is_sent_away(impatient: Gateway) -> None:
    """It asks on and on, so that its last request comes when the answers have long been stuck."""
    before = connections(impatient)
    with narrow(impatient) as stream:
        stream.sendall(PAGE)
        assert eventually(lambda: connections(impatient) > before)
        # On a slow machine it is sent away while it still asks.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for _ in range(PAGES):
                time.sleep(0.01)
                stream.sendall(PAGE)
        assert eventually(lambda: connections(impatient) <= before), "it is still there"


def test_reader_that_is_slow_but_steady_gets_all(impatient: Gateway) -> None:
    """Many times the deadline, while the gateway waits nearly all the time."""
    length = len(impatient.public().get("/es").body)
    data = bytearray()
    with narrow(impatient) as stream:
        stream.sendall(PAGE * (PAGES - 1) + PAGE.replace(b"Host", b"Connection: close\r\nHost"))
        while piece := stream.recv(16_384):
            data += piece
    answers = parsed_all(bytes(data))
    assert {len(answer.body) for answer in answers} == {length}
    assert len(answers) == PAGES


def test_body_without_end_after_its_answer(impatient: Gateway) -> None:
    """What is refused is passed over for a while, so that a request can follow; not for ever."""
    head = b"POST /none HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    sent = 0
    with impatient.public().connect() as stream:
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
