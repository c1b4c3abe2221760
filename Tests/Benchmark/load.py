"""Load by wrk, and what the server spent on it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import Family

HERE = Path(__file__).resolve().parent
WARM_SECONDS = 1


@dataclass(frozen=True)
class Rate:
    """A run's rates and latencies."""

    per_cpu_second: float
    per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Load:
    """wrk with one of the scripts in this folder."""

    script: str
    url: str
    seconds: int
    environment: dict[str, str]

    def run(self, kind: str, connections: int, server: Family) -> Rate:
        """`kind` is `fresh`, a TLS connection a request, or `kept`."""
        self._wrk(kind, connections, WARM_SECONDS)
        before = server.cpu_seconds()
        found = self._wrk(kind, connections, self.seconds)
        spent = server.cpu_seconds() - before
        if any(found["failed"].values()):
            raise SystemExit(f"{self.script} {kind}: failed of {found['requests']}: {found['failed']}")
        return Rate(
            found["requests"] / spent,
            found["requests"] / found["seconds"],
            found["p50_ms"],
            found["p99_ms"],
        )

    def _wrk(self, kind: str, connections: int, seconds: int) -> dict[str, Any]:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", self.script, self.url]
        environment = {
            **os.environ, **self.environment, "RESGUARDO_REPORT": str(HERE / "report.lua"),
        }
        ran = subprocess.run(
            [*command, "--", kind], cwd=HERE, env=environment, capture_output=True, text=True,
            timeout=seconds + 60, check=True,
        )
        found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
        return found
