"""An edge that has no descriptor left for the next connection: it waits without spinning, and goes on by itself."""

from __future__ import annotations

import os
import re
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deployment import eventually
from people import Gateway
from roles import only_root

# Connections for which there are descriptors, and more that come.
PLACES = 4
CROWD = 16
WATCHED_SECONDS = 3
# A try at each pause of a fifth of a second would be 15; one that spins makes tens of thousands.
TRIES_MAX = 200


def descriptors(number: int) -> list[int]:
    return [int(name) for name in os.listdir(f"/proc/{number}/fd")]


@contextmanager
def few_descriptors(number: int) -> Iterator[int]:
    """The process may open a few more only; how many are then open in all."""
    before = resource.prlimit(number, resource.RLIMIT_NOFILE)
    limit = max(descriptors(number)) + 1 + PLACES
    resource.prlimit(number, resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        yield limit
    finally:
        resource.prlimit(number, resource.RLIMIT_NOFILE, before)


def tries(number: int, folder: Path) -> int:
    """How often a process tries to accept while it is watched; 0 where nobody may watch it."""
    counts = folder / "counts"
    command = ["strace", "-f", "-c", "-e", "trace=accept4", "-o", str(counts), "-p", str(number)]
    watching = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert watching.stderr
    if b"attached" not in watching.stderr.readline():
        watching.communicate()
        return 0
    time.sleep(WATCHED_SECONDS)
    watching.terminate()
    watching.communicate()
    found = re.search(r"(\d+)\s+(?:\d+\s+)?accept4$", counts.read_text(), re.M)
    return int(found[1]) if found else 0


@only_root
def test_no_descriptor_for_the_next_connection(quick: Gateway, tmp_path: Path) -> None:
    number = quick.daemon.child("edge-public")
    with ExitStack() as crowd:
        with few_descriptors(number) as limit:
            for _ in range(limit - len(descriptors(number)) + CROWD):
                address = ("127.0.0.1", quick.ports["public"])
                crowd.enter_context(socket.create_connection(address, timeout=60))
            assert eventually(lambda: len(descriptors(number)) == limit), "there is room"
            assert tries(number, tmp_path) < TRIES_MAX
            crowd.close()
            # With no more than those places, once they are free.
            assert quick.public().get("/es").status == 200
    assert quick.public().get("/es").status == 200
    assert quick.daemon.child("edge-public") == number
