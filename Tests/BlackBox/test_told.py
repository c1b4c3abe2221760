"""What an operator is told in the log and in /healthz: of ticks, of reads that fail, of files, of a disk that is not there."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from client import OCTETS
from deployment import Daemon, eventually, make_gateway
from disks import failing, fill, gateway_on_small_disk, is_stopped
from people import Gateway, Kept, health, running
from rosters import accepted

TICK_SECONDS = 2
UNAVAILABLE = (503, "unavailable")
UNREAD = "could not be opened"


@pytest.fixture
def hourly(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of which nothing is told: its log was founded by a daemon before."""
    world, settings = make_gateway(tmp_path, 3_600)
    with running(tmp_path, world, settings) as first:
        first.daemon.heard("a new log was founded")
    with running(tmp_path, world, settings) as gateway:
        assert eventually(lambda: health(gateway)["status"] == "ok"), health(gateway)
        yield gateway


def warned(gateway: Gateway, text: str) -> bool:
    found = health(gateway)
    return found["status"] == "degraded" and any(text in warning for warning in found["warnings"])


def test_a_tick_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    with gateway_on_small_disk(tmp_path, TICK_SECONDS) as gateway:
        daemon = gateway.daemon
        assert eventually(lambda: health(gateway)["status"] == "ok"), health(gateway)
        filler = fill(tmp_path / "state", 0)
        text = "could not be written: the disk is full"
        daemon.heard(f" UTC {text}")
        assert warned(gateway, text), health(gateway)
        before = gateway.public().get("/checkpoint").body
        filler.unlink()
        daemon.heard("vault: the ticks that ended are written")
        assert eventually(lambda: health(gateway)["status"] == "ok"), health(gateway)
        assert gateway.public().get("/checkpoint").body != before
        assert sum(text in line for line in daemon.lines) == 1, "once, not at every try"
        assert sum("ticks that ended are written" in line for line in daemon.lines) == 1


def test_a_read_that_fails_is_no_damage(hourly: Gateway) -> None:
    """The next vault reads everything anew, and serves nothing before that has succeeded."""
    public, daemon = hourly.public(), hourly.daemon
    wire = hourly.envelope("desk-ar", "x25519", "sobre un disco que no lee")
    kept = hourly.kept(public.send(wire), wire)
    state = hourly.world.folder / "state"
    files = tuple(state / f"ledger.sqlite{end}" for end in ("", "-wal"))
    ended = "vault ended with exit code 74, starting again"
    # SQLite calls EIO damage: this is another error, as of a disk behind a network.
    roles = (daemon.process.pid, daemon.child("vault"))
    with failing("pread64", *roles, error="ETIMEDOUT", paths=files):
        body = os.urandom(32) + bytes(4)
        answer = public.ask("POST", "/v1/mailbox", body, content_type=OCTETS)
        assert answer.problem == UNAVAILABLE
        assert is_stopped(hourly, "the storage failed"), health(hourly)
        daemon.heard(ended)
        assert eventually(lambda: is_stopped(hourly, "the storage failed"), 90), daemon.lines
        assert public.get("/checkpoint").problem == UNAVAILABLE
    daemon.heard(ended, times=2)
    assert eventually(lambda: public.get("/checkpoint").status == 200, 90), daemon.lines
    assert health(hourly)["status"] == "ok"
    listed = [Kept.of(tip, hourly.log_key).commitment for tip in hourly.desk("desk-ar").tips()]
    assert listed == [kept.commitment]


def hang_up(gateway: Gateway) -> None:
    gateway.daemon.process.send_signal(signal.SIGHUP)


def test_a_roster_that_cannot_be_opened_is_said(hourly: Gateway) -> None:
    """It may revoke somebody, who is not revoked now."""
    path = hourly.world.folder / "roster.staff"
    path.rename(path.with_suffix(".away"))
    hang_up(hourly)
    hourly.daemon.heard("roster not read again: ")
    assert eventually(lambda: warned(hourly, "is not revoked")), health(hourly)
    assert warned(hourly, UNREAD)
    hourly.world.publish()
    accepted(hourly)
    assert health(hourly) == {"status": "ok", "warnings": []}


@pytest.mark.parametrize("name", ["tls.pem", "tls.key"])
def test_a_certificate_that_cannot_be_opened_is_said(hourly: Gateway, name: str) -> None:
    """By the vault that was told, and by the one after it."""
    path, daemon = hourly.world.folder / name, hourly.daemon
    away = path.rename(path.with_suffix(".away"))
    hang_up(hourly)
    text = "certificate and key stay as they were"
    assert eventually(lambda: warned(hourly, text)), health(hourly)
    vault = daemon.child("vault")
    os.kill(vault, signal.SIGKILL)
    daemon.child("vault", other_than=vault)
    assert eventually(lambda: warned(hourly, text)), health(hourly)
    away.rename(path)
    hang_up(hourly)
    assert eventually(lambda: health(hourly)["status"] == "ok"), health(hourly)


def test_a_new_log_is_said_until_its_first_tick(tmp_path: Path) -> None:
    """Nothing else tells the first start from one whose disk is not there."""
    world, settings = make_gateway(tmp_path, 3_600)
    text = f"a new log was founded at {tmp_path}/state/ledger.sqlite"
    with running(tmp_path, world, settings) as gateway:
        gateway.daemon.heard(f"vault: {text}")
        assert eventually(lambda: warned(gateway, text)), health(gateway)
    with running(tmp_path, world, settings) as gateway:
        assert eventually(lambda: health(gateway)["status"] == "ok"), health(gateway)
        assert not any("founded" in line for line in gateway.daemon.lines)


def test_no_second_log_is_founded_by_a_later_roster(tmp_path: Path) -> None:
    """As when the disk that has the ledger is not mounted."""
    world, settings = make_gateway(tmp_path, 3_600)
    world.publish()
    daemon = Daemon.start(tmp_path, settings)
    assert daemon.process.wait(60) == 65
    daemon.heard(f"vault: there is no ledger at {tmp_path}/state/ledger.sqlite, and the roster's files are version 2")
    assert any("is the disk mounted?" in line for line in daemon.lines)
