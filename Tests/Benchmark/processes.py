"""What a server's processes used: CPU seconds and memory, from /proc."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.05
IDLE_CPU_SECONDS = 0.03


@dataclass(frozen=True)
class Family:
    """A process and its children."""

    parent: int

    def members(self) -> list[int]:
        children = Path(f"/proc/{self.parent}/task/{self.parent}/children").read_text().split()
        return [self.parent, *map(int, children)]

    def cpu_seconds(self) -> float:
        """User and system time of all of them; of those that ended, only what was waited for."""
        total = 0
        for process in self.members():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / CLOCK_TICKS

    def settle(self) -> None:
        """Waits until they do nothing: an edge compresses its pages behind its first answers, for some seconds."""
        spent = -1.0
        while self.cpu_seconds() - spent > IDLE_CPU_SECONDS:
            spent = self.cpu_seconds()
            time.sleep(1)

    def rss_mib(self) -> float:
        """The sum of their resident sets, with each page that they share counted once.

        (Their proportional sets: all are one program, so a plain sum would count its code four times.)
        """
        total = 0
        for process in self.members():
            found = re.search(r"^Pss:\s+(\d+) kB$", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) if found else 0
        return total / 1024

    @contextmanager
    def peak_rss_mib(self) -> Iterator[list[float]]:
        """Samples the sum while the block runs; the highest is the list's one member afterwards."""
        peak, done = [self.rss_mib()], threading.Event()

        def sample() -> None:
            while not done.wait(SAMPLE_SECONDS):
                peak[0] = max(peak[0], self.rss_mib())

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield peak
        finally:
            done.set()
            thread.join()
