"""The guard in front of a commit."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from deployment import ROOT

GUARD = ROOT / "Keys" / "guard"
BOX = base64.b64encode(b"RSGP\x01\0\0\0" + bytes(120)).decode()


def staged(folder: Path, name: str, content: str) -> subprocess.CompletedProcess[str]:
    """What the guard says to a repository with this one file staged."""
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / name).write_text(content)
    subprocess.run(["git", "add", "-f", name], cwd=folder, check=True)
    return subprocess.run([str(GUARD)], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", "-----BEGIN " + "PRIVATE KEY-----\nabc\n"),
        ("notes.pem", "x\n-----BEGIN EC " + "PRIVATE KEY-----\nabc\n"),
        ("harmless.json", f'{{\n  "box" : "{BOX}"\n}}\n'),
        ("seed.txt", base64.b64encode(hashlib.sha256(b"a seed").digest()).decode() + "\n"),
        ("member.key", "anything\n"),
    ],
)
def test_a_secret_is_refused(tmp_path: Path, name: str, content: str) -> None:
    result = staged(tmp_path, name, content)
    assert result.returncode == 1
    assert f"refused: {name}" in result.stderr


def test_what_is_public_passes(tmp_path: Path) -> None:
    line = "key gateway.example/ar desk-ar AR seal-x25519 crypto_box_seal "
    text = line + base64.b64encode(hashlib.sha256(b"a seed").digest()).decode() + "\n"
    assert staged(tmp_path, "desk-ar.pub.json", text).returncode == 0


def test_the_repository_holds_no_secret() -> None:
    result = subprocess.run([str(GUARD), "--tree"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
