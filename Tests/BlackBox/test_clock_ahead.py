"""A gateway whose clock was days ahead once: tips are taken, read and handed on meanwhile, and everybody is told until when."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from deployment import Daemon, eventually
from founded import TEXT, TICK_SECONDS, Life
from tool import Ceremony, kind_of, run

DAYS_AHEAD = 5
WARNING = "PROMISED FOR A TIME THAT IS FAR OFF"


def end_ticks(ledger: Path, days: int) -> None:
    """What a clock that is so far ahead leaves when it has ended the newest tick: everything before then is closed."""
    with closing(sqlite3.connect(ledger)) as database, database:
        guards = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'checkpoint'").fetchall()
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        moved = database.execute(
            "UPDATE checkpoint SET tick = tick + ? WHERE size = (SELECT max(size) FROM checkpoint)",
            (days * 86_400 // TICK_SECONDS,))
        assert moved.rowcount == 1
        for _, sql in guards:
            database.execute(sql)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    tool = Ceremony(tmp_path)
    settings = tool.found(TICK_SECONDS)
    before = Daemon.start(tmp_path, settings)
    life = Life(tool, before)
    # Once the roster has its place in the log: the audit reads a tree.
    assert eventually(lambda: life.audit_code() == 0)
    assert before.stop() == 0
    end_ticks(tmp_path / "state" / "ledger.sqlite", DAYS_AHEAD)
    life.daemon = Daemon.start(tmp_path, settings)
    try:
        tool.settle(life.daemon)
        assert eventually(lambda: life.audit_code() == 0)
        yield life
    finally:
        assert life.daemon.stop() == 0


def work(life: Life, office: str, verb: str, *rest: str) -> str:
    """What a command prints that does its work and says on the way that the gateway's clock was ahead, once.

    Only one that a script must not give again, because it would make a second report, ends as if nothing had been found.
    """
    done = run(
        kind_of(office), verb, "--home", life.tool.home(office), *rest,
        RESGUARDO_PASSPHRASE_FILE=str(life.folder / "words"))
    assert done.returncode == (0 if verb == "route" else 65), done
    assert done.stderr.count(WARNING) == 1 == len(done.stderr.splitlines()), done.stderr
    return done.stdout


def submit(life: Life) -> subprocess.CompletedProcess[str]:
    text = life.folder / "text.txt"
    text.write_text(TEXT)
    where = ("--url", life.url, "--ca", life.tool.certificate, "--state", "AR")
    return run("submit", *where, "--text", str(text))


def test_the_work_goes_on_and_each_command_says_so(life: Life) -> None:
    names = []
    for _ in range(2):
        sent = submit(life)
        assert sent.returncode == 0 and sent.stderr.count(WARNING) == 1, sent
        names.append(sent.stdout.split()[-1])
    assert all(name in work(life, "desk-ar", "list") for name in names)
    opened = work(life, "desk-ar", "open", "--into", str(life.folder / "desk"), "--", names[0])
    assert TEXT in opened and "promised" in opened
    work(life, "desk-ar", "route", "--to", "police-ar", "--", names[0])
    pulled = work(life, "police-ar", "pull", "--into", str(life.folder / "unit"))
    assert "1 opened, 0 known, 0 refused" in pulled
    assert (life.folder / "unit" / "desk-ar-000001" / "text.txt").read_text() == TEXT
    work(life, "police-ar", "acknowledge", "desk-ar-000001", "accepted")
