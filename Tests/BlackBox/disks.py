"""A ledger on a disk of its own, a small one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from deployment import make_gateway
from people import Gateway, running

DISK_BYTES = 48 << 20
RESERVE_BYTES = 16 << 20


def can_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0


@contextmanager
def gateway_on_small_disk(
    folder: Path, tick_seconds: int, **settings: Any
) -> Iterator[Gateway]:
    """A running gateway; what is mounted goes with it."""
    if not can_mount():
        pytest.skip("only root may mount a disk of a test's own")
    world, files = make_gateway(
        folder, tick_seconds, disk={"reserveBytes": RESERVE_BYTES},
        attachments={"states": ["AR"], "bytesMax": 4 << 20}, **settings)
    state = folder / "state"
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "tmpfs", str(state)]
    subprocess.run(mount, check=True)
    try:
        with running(folder, world, files) as gateway:
            yield gateway
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)
