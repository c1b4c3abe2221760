"""`./Deploy/quickstart --check` with the programs that were built: twice, as it may be run again at any time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from deployment import DAEMON, ROOT, free_ports


def test_the_quickstart_holds_twice(tmp_path: Path) -> None:
    ports = dict(zip(("PUBLIC", "STAFF", "LOOPBACK"), free_ports(3), strict=True))
    environment = {
        **{f"DEMO_{name}_PORT": str(port) for name, port in ports.items()},
        "DEMO_DIR": str(tmp_path / "demo"),
        "PATH": os.environ["PATH"],
        "RESGUARDO_BIN": str(DAEMON.parent),
    }
    for start in ("Demonstration keys in", "Using the demonstration gateway in"):
        done = subprocess.run(
            [ROOT / "Deploy" / "quickstart", "--check"], env=environment, capture_output=True,
            check=False, stdin=subprocess.DEVNULL, text=True, timeout=300)
        assert done.returncode == 0, (done.stdout[-4_000:], done.stderr[-4_000:])
        assert f"== {start}" in done.stdout
        assert "equal byte for byte: text, photo, sound" in done.stdout
        assert done.stdout.endswith("== All equal, the audit holds.\n")
    assert not (tmp_path / "demo" / "daemon.pid").exists()
