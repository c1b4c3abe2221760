"""A roster that has run out: the public intake goes on, who sends is told, and who watches ends as if it had found a fault."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from deployment import eventually, make_gateway
from people import Gateway, running
from tool import run

LIFE_SECONDS = 60
WARNING = "of the roster ran out on"


def ask(gateway: Gateway, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    url = f"https://localhost:{gateway.daemon.port('public')}"
    where = (url,) if command[0] == "audit" else ("--url", url)
    return run(*command, *where, "--ca", str(folder / "tls.pem"))


def test_audit_and_submit_go_on_and_say_so(tmp_path: Path) -> None:
    world, settings = make_gateway(tmp_path, 2)
    world.version, world.previous = 0, ""
    world.write(*world.draft(world.authorities[:2], expires=int(time.time()) + LIFE_SECONDS))
    text = tmp_path / "text.txt"
    text.write_text("Hotel.")
    home = ("--home", str(tmp_path / "auditor"))
    with running(tmp_path, world, settings) as gateway:
        begun = ask(gateway, tmp_path, "audit", *home)
        assert begun.returncode == 0 and WARNING not in begun.stderr, begun

        def look() -> bool:
            audited = ask(gateway, tmp_path, "audit")
            return audited.returncode == 65 and WARNING in audited.stderr

        assert eventually(look)
        audited = ask(gateway, tmp_path, "audit", *home)
        assert audited.returncode == 65 and WARNING in audited.stderr, audited
        assert "The log holds" in audited.stdout
        fresh = ask(gateway, tmp_path, "audit", "--home", str(tmp_path / "fresh"))
        assert fresh.returncode == 77 and "has expired" in fresh.stderr, fresh
        sent = ask(gateway, tmp_path, "submit", "--text", str(text), "--state", "AR")
        assert sent.returncode == 0 and WARNING in sent.stderr, sent
        assert len(sent.stdout.splitlines()) == 2
