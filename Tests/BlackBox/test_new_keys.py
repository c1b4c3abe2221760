"""An office's new keys, from the ceremony into its home: what comes to them can be opened there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import ORIGIN, eventually, write_private
from founded import TEXT, Life, living
from tool import run


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with living(tmp_path_factory.mktemp("new-keys")) as life:
        yield life


def desk(life: Life, verb: str, *arguments: str, words: str = "words") -> subprocess.CompletedProcess[str]:
    return run(
        *("desk", verb, "--home", life.tool.home("desk-ar"), *arguments),
        RESGUARDO_PASSPHRASE_FILE=str(life.folder / words))


def submitted(life: Life) -> str | None:
    where = ("--url", life.url, "--ca", life.tool.certificate, "--state", "AR")
    done = run("submit", *where, "--text", str(life.folder / "text.txt"))
    return done.stdout.split()[-1] if done.returncode == 0 else None


def test_an_office_takes_its_new_keys_in(life: Life) -> None:
    described = ("--name", "desk-ar", "--state", "AR", "--kind", "desk")
    before = life.submit()
    public = Path(life.key("office", "desk-ar-2", *described))
    life.roster("rotate-key", "--office", str(public), "--accept-old-days", "1")
    life.take_force()
    # A new key counts from the next tick on.
    lacking = "The roster gives desk-ar keys that this home does not have"
    assert eventually(lambda: lacking in desk(life, "list").stderr)
    after = eventually(lambda: submitted(life))
    listed = desk(life, "list")
    assert listed.returncode == 65 and lacking in listed.stderr and after in listed.stdout
    assert desk(life, "open", "--into", str(life.folder / "desk"), "--", after).returncode == 65
    looked = desk(life, "answer-probes")
    assert looked.returncode == 65 and f"{after}: it cannot be read" in looked.stderr

    key = str(public).removesuffix(".pub.json") + ".key"
    write_private(life.folder / "other-words", b"another passphrase than the others'\n")
    other = run("keys", "office", "--origin", ORIGIN, *described, "--light-passphrase",
                "--out", str(life.folder / "other.key"),
                RESGUARDO_PASSPHRASE_FILE=str(life.folder / "other-words"))
    assert other.returncode == 0, other.stderr
    refused = desk(life, "add-key", "--office", str(life.folder / "other.key"))
    assert refused.returncode == 65 and "the passphrase of the office's other keys" in refused.stderr
    members = desk(life, "add-key", "--office", str(life.folder / "police-ar.key"))
    assert members.returncode == 65, members

    assert "Taken in as" in desk(life, "add-key", "--office", key).stdout
    assert "has it already" in desk(life, "add-key", "--office", key).stdout
    looked = desk(life, "answer-probes")
    assert looked.returncode == 0, looked.stderr
    for name in (before, after):
        opened = desk(life, "open", "--into", str(life.folder / "desk"), "--", name)
        assert opened.returncode == 0 and TEXT in opened.stdout, opened.stderr
