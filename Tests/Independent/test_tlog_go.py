"""Go's sumdb/tlog (Debian's golang-golang-x-mod-dev) reads what formats.md calls a log."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from resguardo_formats import ledger
from resguardo_formats.encodings import b64
from vectorgen import common, ledgers

SOURCE = Path(__file__).parent / "tlogcheck" / "main.go"
LOG = common.LOG.verifier.vkey


@pytest.fixture(scope="session")
def tlogcheck(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Go program, built offline from Debian's sources."""
    folder = tmp_path_factory.mktemp("go")
    binary = folder / "tlogcheck"
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    subprocess.run(["go", "build", "-o", str(binary), str(SOURCE)], env=environment, check=True)
    return str(binary)


def save(folder: Path, size: int) -> None:
    def file(name: str, data: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    leaves = ledgers.leaves()[:size]
    for path in ledger.tile_paths(size):
        _, _, level, rest = path.split("/", 3)
        index = int(rest.split(".p/")[0].replace("x", "").replace("/", ""))
        file(path[1:], ledger.tile(leaves, int(level), index))
    for index in range(size // 256):
        part = ledgers.commitments()[index * 256 : (index + 1) * 256]
        file(f"tile/entries/{ledger.tile_index_path(index)}", ledger.entry_bundle(part))
    file("checkpoint", ledgers.checkpoint(size))


def check(program: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program, "-vkey", LOG, "-dir", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [256, 768, 1_024])
def test_accepts(tlogcheck: str, tmp_path: Path, size: int) -> None:
    save(tmp_path, size)
    old = tmp_path / "old"
    old.write_bytes(ledgers.checkpoint(256))
    wanted = [b64(ledgers.commitments()[i]) for i in (0, 100, size - 1)]
    result = check(tlogcheck, tmp_path, "-old", str(old), *wanted)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"OK {common.ORIGIN} size {size} commitments 3\n"


def test_refuses(tlogcheck: str, tmp_path: Path) -> None:
    save(tmp_path, 768)
    absent = b64(ledgers.commitments()[800])
    assert "in no entry bundle" in check(tlogcheck, tmp_path, absent).stderr
    tile = tmp_path / "tile" / "0" / "001"
    good = tile.read_bytes()
    tile.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    assert check(tlogcheck, tmp_path).returncode == 1
    tile.write_bytes(good)
    bundle = tmp_path / "tile" / "entries" / "002"
    entries = bundle.read_bytes()
    bundle.write_bytes(entries[34:68] + entries[:34] + entries[68:])
    swapped = check(tlogcheck, tmp_path, b64(ledgers.commitments()[512]))
    assert swapped.returncode == 1
    checkpoint = (tmp_path / "checkpoint").read_text("utf-8")
    (tmp_path / "checkpoint").write_text(checkpoint.replace("\n768\n", "\n512\n"), "utf-8")
    assert check(tlogcheck, tmp_path).returncode == 1
