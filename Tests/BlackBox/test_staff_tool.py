"""The staff tool from outside: exit codes, one line for each error, and what it leaves on the disk."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from deployment import ORIGIN
from tool import TOOL, run


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words"
    path.write_text("correct horse battery staple\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def key(tmp_path: Path, words: Path) -> Path:
    path = tmp_path / "authority-1.key"
    made = run(
        *("keys", "authority", "--origin", ORIGIN, "--name", "authority-1", "--light-passphrase"),
        *("--out", str(path), "--passphrase-file", str(words)),
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"{ORIGIN}/authority-1+")
    return path


def refused(result: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line of an error, after its exit code."""
    assert result.returncode == code, result
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("resguardo: "), result.stderr
    return result.stderr


def test_a_key_file_is_for_its_owner_and_holds_no_clear_key(key: Path, words: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    checked = run("keys", "show", "--check", str(key), RESGUARDO_PASSPHRASE_FILE=str(words))
    assert checked.returncode == 0 and "the private part fits" in checked.stdout
    again = run(
        *("keys", "authority", "--origin", ORIGIN, "--name", "authority-1", "--light-passphrase"),
        *("--out", str(key), "--passphrase-file", str(words)),
    )
    assert "exists already" in refused(again, 77)


def test_a_wrong_passphrase_is_65(key: Path, words: Path) -> None:
    words.write_text("another\n")
    shown = run("keys", "show", "--check", str(key), "--passphrase-file", str(words))
    assert "wrong passphrase" in refused(shown, 65)


@pytest.mark.parametrize("which", ["key", "words"])
def test_open_permissions_are_77(key: Path, words: Path, which: str) -> None:
    (key if which == "key" else words).chmod(0o640)
    shown = run("keys", "show", "--check", str(key), "--passphrase-file", str(words))
    assert "chmod 600" in refused(shown, 77)


def test_nobody_to_ask_is_64(key: Path) -> None:
    shown = run("keys", "show", "--check", str(key), RESGUARDO_PASSPHRASE_FILE="")
    assert shown.returncode in (64, 65)
    environment = {k: v for k, v in os.environ.items() if k != "RESGUARDO_PASSPHRASE_FILE"}
    silent = subprocess.run(
        [str(TOOL), "keys", "show", "--check", str(key)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "No passphrase" in refused(silent, 64)


def test_wrong_usage_is_64() -> None:
    assert run("desk", "juggle").returncode == 64
    assert run("keys", "log", "--origin", ORIGIN).returncode == 64
    unknown = run("desk", "reply", "--home", "nowhere", "--status", "juggling", "aaaaaaaa")
    assert "juggling is no status word; known: read, under-review, with-unit" in refused(unknown, 64)
    assert run("audit", "http://localhost:1").returncode == 64


def test_an_unreachable_gateway_is_69(tmp_path: Path) -> None:
    log = run("keys", "log", "--origin", ORIGIN, "--out", str(tmp_path / "log.key"))
    assert log.returncode == 0
    audited = run("audit", "https://localhost:1", "--log-key", log.stdout.strip())
    assert "cannot be reached: nothing listens there; does the gateway run" in refused(audited, 69)


def test_a_file_of_certificates_that_is_none_is_named(tmp_path: Path) -> None:
    """Without it no gateway can be reached, and nobody would look at the file."""
    missing = run("audit", "https://localhost:1", "--ca", str(tmp_path / "tls.pem"))
    assert f"{tmp_path}/tls.pem does not exist" in refused(missing, 65)
    (tmp_path / "tls.pem").write_text("no certificate\n")
    empty = run("audit", "https://localhost:1", "--ca", str(tmp_path / "tls.pem"))
    assert "holds no certificate" in refused(empty, 65)


def test_a_key_for_no_folder_or_no_state_names_it(tmp_path: Path, words: Path) -> None:
    def make(state: str, out: Path) -> subprocess.CompletedProcess[str]:
        described = ("--name", "desk-ar", "--state", state, "--kind", "desk", "--light-passphrase")
        where = ("--out", str(out), "--passphrase-file", str(words))
        return run("keys", "office", "--origin", ORIGIN, *described, *where)

    assert "QQ is no State" in refused(make("QQ", tmp_path / "desk.key"), 64)
    nowhere = tmp_path / "nowhere"
    assert f"{nowhere} does not exist." in refused(make("AR", nowhere / "desk.key"), 65)


def test_hostile_text_does_not_reach_the_terminal(key: Path) -> None:
    text = key.read_text().replace("authority-1", "\\u001b]0;x\\u0007\\u202eauthority-1", 1)
    key.write_text(text)
    shown = run("keys", "show", str(key))
    assert shown.returncode == 0
    assert not any(mark in shown.stdout for mark in ("\x1b", "\x07", "\u202e"))


def test_a_roster_needs_two_of_three(tmp_path: Path, words: Path) -> None:
    keys = []
    for number in (1, 2, 3):
        path = tmp_path / f"authority-{number}.key"
        made = run(
            *("keys", "authority", "--origin", ORIGIN, "--name", f"authority-{number}"),
            *("--light-passphrase", "--out", str(path), "--passphrase-file", str(words)),
        )
        keys.append((path, made.stdout.strip()))
    log = run("keys", "log", "--origin", ORIGIN, "--out", str(tmp_path / "log.key"))
    folder = str(tmp_path / "roster")
    authorities = [word for _, vkey in keys for word in ("--authority", vkey)]
    found = run(
        *("roster", "found", "--roster", folder, "--origin", ORIGIN, "--threshold", "2"),
        *("--log", log.stdout.strip(), *authorities),
    )
    assert found.returncode == 0, found.stderr
    sign = ("roster", "sign", "--roster", folder, "--passphrase-file", str(words), "--key")
    assert "Nobody is there to ask" in refused(run(*sign, str(keys[0][0])), 64)
    assert "1 of 2 signatures" in run(*sign, str(keys[0][0]), "--yes").stdout
    refused(run("roster", "verify", "--roster", folder), 65)
    assert "version 1 is complete" in run(*sign, str(keys[2][0]), "--yes").stdout
    assert "holds" in run("roster", "verify", "--roster", folder).stdout
