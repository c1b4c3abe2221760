"""`resguardod --verify-ledger`: everything that a stopped daemon has stored is recomputed, and faults are named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from deployment import verify_ledger
from people import Gateway


def stored(gateway: Gateway) -> sqlite3.Connection:
    """The ledger's database, without what guards it against mistakes."""
    path = Path(gateway.settings["state"]["directory"], "ledger.sqlite")
    database = sqlite3.connect(path, isolation_level=None)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    return database


def test_what_was_stored_is_recomputed_and_each_fault_named(
    start: Callable[..., Gateway], tmp_path: Path
) -> None:
    gateway = start()
    for text in ("uno", "dos"):
        assert gateway.public().send(gateway.envelope("desk-ar", "x25519", text)).status == 201
    running = verify_ledger(tmp_path)
    assert running.returncode == 69 and "in use by another daemon" in running.stderr
    gateway.daemon.stop()
    sound = verify_ledger(tmp_path)
    assert sound.returncode == 0, sound.stderr
    assert "the ledger holds: " in sound.stderr and "; 0 were shredded" in sound.stderr

    database = stored(gateway)
    database.execute("UPDATE record SET row1 = zeroblob(length(row1)) WHERE row1 IS NOT NULL")
    database.close()
    damaged = verify_ledger(tmp_path)
    assert damaged.returncode == 65
    lines = damaged.stderr.splitlines()
    assert sum("is not what its record says" in line for line in lines) == 2, lines
    assert lines[-1] == "resguardod: 2 faults in the ledger"

    Path(gateway.settings["state"]["directory"], "ledger.sqlite").rename(tmp_path / "elsewhere")
    missing = verify_ledger(tmp_path)
    assert missing.returncode == 65 and "there is no ledger at " in missing.stderr
    assert not Path(gateway.settings["state"]["directory"], "ledger.sqlite").exists()
