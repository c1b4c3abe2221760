"""A hundred times more tips than the budget, through the daemon: nobody is turned away, and who worked comes first."""

from __future__ import annotations

import http.client
import math
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from client import ENVELOPE, Public, tls_context
from deployment import Daemon, eventually
from people import make_envelope
from resguardo_formats import effort, jcs
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.keylines import KeyLine
from tool import Ceremony

TIPS_PER_MINUTE = 4
# What a minute of the attack brings; it ends when it has sent that, however long it takes.
OFFERED = 100 * TIPS_PER_MINUTE
ATTACKERS = 4
PEOPLE = 10
# PBKDF2 on a cheap phone, which has 2 ms for an attempt of 1,024 iterations (README.md); the page gives up after ten seconds.
SLOW_PHONE_ITERATIONS_A_SECOND = 512 * 1_024
PAGE_SECONDS = 10


class Attack:
    """Tips for which nobody worked, over kept connections, from several threads."""

    def __init__(self, public: Public, wire: bytes) -> None:
        self.public = public
        self.wire = wire
        self.statuses: list[int] = []
        self.threads = [threading.Thread(target=self._send) for _ in range(ATTACKERS)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        line = http.client.HTTPSConnection(
            "localhost", self.public.port, context=self.public.context)
        for _ in range(OFFERED // ATTACKERS):
            # All that the gateway can see of an envelope is its head.
            wire = self.wire[:-32] + os.urandom(32)
            line.request("POST", "/v1/tips", wire, {"Content-Type": ENVELOPE})
            answer = line.getresponse()
            answer.read()
            self.statuses.append(answer.status)
        line.close()

    def has_sent(self, part: float) -> None:
        assert eventually(lambda: len(self.statuses) >= part * OFFERED), "the attack stopped"

    def end(self) -> None:
        for thread in self.threads:
            thread.join()


class Person:
    """Somebody whose page does the work that it is asked for."""

    def __init__(self, public: Public, wire: bytes) -> None:
        self.bits, root = public.effort_asked()
        proof = effort.work(root, sha256(wire), self.bits)
        answer = public.send(wire, resguardo_effort=b64(proof))
        assert answer.status == 201, answer
        self.name = name_of(answer.json)


def name_of(kept: dict[str, str]) -> str:
    """The tip's name as a desk lists it: its commitment, which is the promise's third line."""
    return kept["promise"].split("\n")[2].replace("+", "-").replace("/", "_").rstrip("=")


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[tuple[Ceremony, Public]]:
    """A gateway with a tiny budget, and its desk's tool."""
    tool = Ceremony(tmp_path)
    flood = {"tipsPerMinute": TIPS_PER_MINUTE, "formsPerMinute": 1}
    daemon = Daemon.start(tmp_path, tool.found(3_600, flood=flood))
    try:
        tool.settle(daemon)
        yield tool, Public(daemon.port("public"), tls_context(tool.certificate))
    finally:
        daemon.stop()


def desk_key(public: Public) -> KeyLine:
    roster = jcs.decode(public.get("/v1/roster").body)["note"]
    line = re.search(r"key \S+ desk-ar AR envelope-x25519 \S+ [A-Za-z0-9+/=]+", roster)
    assert line
    return KeyLine.parse(line[0])


def test_a_hundred_times_the_budget(attacked: tuple[Ceremony, Public]) -> None:
    tool, public = attacked
    key = desk_key(public)
    attack = Attack(public, make_envelope(key, "inundación"))
    # Who sends before anything is asked shares half of the bucket with the attack (SECURITY.md).
    assert eventually(lambda: public.effort_asked()[0] > 0), "nobody was asked to work"
    people = []
    for number in range(PEOPLE):
        attack.has_sent(number / PEOPLE)
        people.append(Person(public, make_envelope(key, f"con trabajo {number}")))
    attack.end()
    # An attacker who works less than is asked.
    little = [worked_little(public, make_envelope(key, "poco trabajo"), bits) for bits in (1, 3, 2)]
    assert attack.statuses == [201] * OFFERED
    listed = desk_list(tool)
    ordinary = [line.split()[0] for line in listed[:-1]]
    assert {person.name for person in people} <= set(ordinary), "who worked waits in quarantine"
    # The attack has the half that needs no work, and what came back meanwhile: less than the whole bucket.
    assert len(ordinary) - PEOPLE < 10 * TIPS_PER_MINUTE
    beyond = desk_list(tool, "--quarantine")
    assert len(beyond) + len(ordinary) == OFFERED + PEOPLE + len(little)
    efforts = [int(line.rpartition(", effort ")[2]) for line in beyond]
    assert efforts == sorted(efforts, reverse=True), "the desk reads first what most was worked for"
    first = [line.split()[0] for line in beyond[: len(little)]]
    assert first == [little[1], little[2], little[0]] and efforts[:4] == [3, 2, 1, 0]
    phone_gets_there(max(person.bits for person in people))


def worked_little(public: Public, wire: bytes, bits: int) -> str:
    """A tip with exactly so many bits, which are fewer than any page was asked for."""
    root = public.effort_asked()[1]
    proof, start = b"", 0
    while not proof or effort.check(proof, sha256(wire))[1] != bits:
        proof = effort.work(root, sha256(wire), bits, start)
        start = int.from_bytes(proof[32:], "big") + 1
    answer = public.send(wire, resguardo_effort=b64(proof))
    assert answer.status == 201, answer
    return name_of(answer.json)


def phone_gets_there(bits: int) -> None:
    """Of a hundred slow phones, ninety-nine find what is asked before their page gives up."""
    assert bits > 0
    attempts = math.log(100) * 2**bits
    assert attempts * effort.ITERATIONS <= PAGE_SECONDS * SLOW_PHONE_ITERATIONS_A_SECOND


def desk_list(tool: Ceremony, *options: str) -> list[str]:
    return tool("desk", "list", "--home", tool.home("desk-ar"), *options).splitlines()
