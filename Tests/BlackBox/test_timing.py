"""How long an answer takes tells nobody whether a receipt exists: distributions are compared, never durations."""

from __future__ import annotations

import http.client
import os
import random
import time
from collections.abc import Callable

import pytest
from client import OCTETS, tls_context
from people import Gateway
from ranks import mann_whitney
from resguardo_formats.encodings import b64

PAIRS = 2_000
MAILBOXES = 8
SLOTS = 4
# One measurement of a hundred is this odd by chance, and of two in a row one of ten thousand.
P_MIN = 0.01
Ask = Callable[[bytes], int]


@pytest.fixture(scope="module")
def known(quiet: Gateway) -> list[bytes]:
    """Mailboxes whose every slot has a reply."""
    staff = quiet.desk("desk-ar").staff
    found = [os.urandom(32) for _ in range(MAILBOXES)]
    for mailbox in found * SLOTS:
        value = {"blob": b64(os.urandom(4_144)), "id": b64(mailbox)}
        assert staff.post_json("/v1/replies", value).status == 201
    for mailbox in found:
        assert quiet.public().mailbox(mailbox)[0] == SLOTS
    return found


def asking(gateway: Gateway) -> Ask:
    """Asks for a mailbox over one connection; nanoseconds from the first byte sent to the last one received."""
    line = http.client.HTTPSConnection(
        "localhost", gateway.ports["public"], context=tls_context(gateway.ca))
    line.connect()

    def ask(mailbox: bytes) -> int:
        before = time.perf_counter_ns()
        line.request("POST", "/v1/mailbox", mailbox + bytes(4), {"Content-Type": OCTETS})
        answer = line.getresponse()
        body = answer.read()
        after = time.perf_counter_ns()
        assert answer.status == 200 and len(body) == 4 + SLOTS * 4_144
        return after - before

    return ask


def measure(ask: Ask, known: list[bytes]) -> float:
    """The p of one measurement, whose two kinds of request take turns in an order drawn for each pair."""
    # All drawn before: what the client does between two requests is the same for both kinds.
    turns = [
        (is_known, random.choice(known) if is_known else os.urandom(32))
        for _ in range(PAIRS) for is_known in random.sample((True, False), 2)
    ]
    times: dict[bool, list[int]] = {True: [], False: []}
    for is_known, mailbox in turns:
        times[is_known].append(ask(mailbox))
    return mann_whitney(times[True], times[False])


def test_a_receipt_with_replies_takes_as_long_as_one_that_nobody_has(
    quiet: Gateway, known: list[bytes]
) -> None:
    ask = asking(quiet)
    measured = [measure(ask, known)]
    if measured[0] <= P_MIN:
        measured.append(measure(ask, known))
    assert measured[-1] > P_MIN, measured


def test_the_comparison_finds_what_differs() -> None:
    """A shift of a fifth of the spread is found, and none where there is none."""
    draw = random.Random(7)
    same = [[draw.gauss(0, 1) for _ in range(PAIRS)] for _ in range(2)]
    shifted = [value + 0.2 for value in same[1]]
    assert mann_whitney(*same) > P_MIN
    assert mann_whitney(same[0], shifted) < P_MIN / 100
    # By hand: U is 0.5 of 9, since the value that both have shares its rank; z is (4 - 0.5) / sqrt(5.1).
    assert mann_whitney([1, 2, 3], [3, 4, 5]) == pytest.approx(0.1212, abs=1e-4)
    assert mann_whitney([1, 1], [1, 1]) == 1
