"""A gateway that is restored from a backup: an office that saw more stops, and goes on when somebody decides."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deployment import ROOT, Daemon, eventually
from founded import TEXT, TICK_SECONDS, Life
from tool import Ceremony, run

OFFICE = "desk-ar"
DOCUMENT = ROOT / "Keys" / "README.md"


class Restored(Life):
    """A gateway that its operator stops, copies and starts again."""

    settings: dict[str, Any]

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def start(self) -> None:
        """Starts it; the desk's home is told where it listens now."""
        self.daemon = Daemon.start(self.folder, self.settings)
        path = Path(self.tool.home(OFFICE)) / "home.json"
        home = json.loads(path.read_text())
        home["gateway"], home["staff"] = (
            f"https://localhost:{self.daemon.port(name)}" for name in ("public", "staff"))
        path.write_text(json.dumps(home))
        self.await_service()

    def await_service(self) -> None:
        """A daemon that has only just started may leave who comes waiting for too long."""
        assert eventually(lambda: self.audit_code() == 0)

    def audited(self, *options: str) -> subprocess.CompletedProcess[str]:
        home = ("--home", self.tool.home(OFFICE))
        return run("audit", self.url, "--ca", self.tool.certificate, *home, *options)

    def await_place(self, name: str) -> None:
        """Opens a tip anew until the log holds it: from then on the desk's home knows a tree with it."""
        def look() -> bool:
            folder = self.folder / f"look-{len(list(self.folder.glob('look-*')))}"
            return "in the log at" in self.desk("open", "--into", str(folder), "--", name)

        assert eventually(look)

    def shown(self) -> list[str]:
        """After an audit: roots of checkpoints in the home's evidence that it did not know before."""
        assert self.audited().returncode == 65
        home = Path(self.tool.home(OFFICE))
        known = [base64.b64decode(seen["note"])
                 for seen in json.loads((home / "checkpoints.json").read_text())]
        evidence = [path.read_bytes() for path in (home / "contradictions").iterdir()]
        assert set(evidence) & set(known)
        return [note.splitlines()[2].decode() for note in evidence if note not in known]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Restored]:
    tool = Ceremony(tmp_path)
    settings = tool.found(TICK_SECONDS)
    life = Restored(tool, Daemon.start(tmp_path, settings))
    life.settings = settings
    try:
        tool.settle(life.daemon)
        life.await_service()
        yield life
    finally:
        assert life.daemon.stop() == 0


def copy(state: Path, backup: Path) -> None:
    """A copy of a gateway that runs, as Keys/README.md says."""
    (command,) = re.findall(r"sqlite3 STATE/(\S+) \"(.*)'COPY'\"", DOCUMENT.read_text())
    backup.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(state / command[0])) as database:
        database.execute(f"{command[1]}'{backup / command[0]}'")


def test_the_desk_stops_and_goes_on_by_a_decision(life: Restored) -> None:
    backup = life.folder / "backup"
    kept = life.submit()
    copy(life.state, backup)
    lost = life.submit()
    assert lost in life.desk("list")
    life.await_place(lost)

    assert life.daemon.stop() == 0
    shutil.rmtree(life.state)
    backup.rename(life.state)
    life.start()
    new = life.submit()
    assert eventually(lambda: life.audited().returncode == 65)
    # What operator and auditor would say on the telephone: a root of the log that is served.
    roots = eventually(life.shown)
    alarmed = life.audited()
    assert re.search("FORK|ROLLBACK", alarmed.stderr) and "contradictions" in alarmed.stderr
    assert life.audited("--accept-history", "yes").returncode == 64
    assert life.audited().returncode == 65, "it is not accepted yet"
    decided = life.audited("--accept-history", roots[0])
    assert decided.returncode == 0, decided.stderr
    assert "Accepted as decision 1" in decided.stdout
    home = Path(life.tool.home(OFFICE))
    assert (home / "histories" / "1" / "decision.json").exists()
    assert life.audited().returncode == 0
    listed = life.desk("list")
    assert kept in listed and new in listed and lost not in listed
    assert TEXT in life.desk("open", "--into", str(life.folder / "desk"), "--", new)
