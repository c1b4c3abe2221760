"""Disks that are small, full, or fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from deployment import eventually, make_gateway
from people import Gateway, health, running

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


def free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def fill(folder: Path, leave: int) -> Path:
    """A file that takes all room but so many bytes."""
    path = folder / "somebody-elses"
    # Without a buffer: one that could not be written would be tried again, in vain, as the file is closed.
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while (missing := free_bytes(folder) - leave) > 0:
            file.write(bytes(min(missing, 1 << 16)))
    return path


@contextmanager
def failing(
    calls: str, *processes: int, error: str = "EIO", paths: tuple[Path, ...] = ()
) -> Iterator[None]:
    """None of these calls, on these files, of these processes and of those that they start, succeeds in the block."""
    strace = shutil.which("strace")
    if not strace or os.geteuid() != 0:
        pytest.skip("only root may trace the roles")
    numbers = [word for number in processes for word in ("-p", str(number))]
    files = [word for path in paths for word in ("-P", str(path))]
    inject = ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}", *files]
    tracer = subprocess.Popen([strace, "-f", "-qq", "-o", "/dev/null", *inject, *numbers])

    def is_traced(number: int) -> bool:
        tasks = Path(f"/proc/{number}/task").iterdir()
        return all(f"TracerPid:\t{tracer.pid}" in (task / "status").read_text() for task in tasks)

    try:
        assert eventually(lambda: all(map(is_traced, processes)))
        yield
    finally:
        tracer.terminate()
        tracer.wait(30)


def is_stopped(gateway: Gateway, reason: str) -> bool:
    with suppress(urllib.error.URLError):
        found = health(gateway)
        return found["status"] == "stopped" and any(reason in text for text in found["warnings"])
    return False
