"""A desk's command that is killed once its report or reply is in the log: given again it makes no second one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from founded import Talk, talking
from people import mailbox_part, make_envelope, new_receipt, replies_of
from roles import only_root
from tool import TOOL

STRACE = shutil.which("strace")
pytestmark = [only_root, pytest.mark.skipif(not STRACE, reason="nothing can be killed in time")]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talking(tmp_path_factory.mktemp("talk")) as talk:
        yield talk


def kill_at_the_end(talk: Talk, *arguments: str) -> None:
    """Kills a desk's command where it would forget what it has sent."""
    home = talk.tool.home("desk-ar")
    kept = Path(home, "pending", "1.json")
    calls = "unlink,unlinkat"
    inject = ["-P", str(kept), "-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL"]
    done = subprocess.run(
        [str(STRACE), "-f", "-qq", "-o", "/dev/null", *inject, str(TOOL), "desk", arguments[0],
         "--home", home, *arguments[1:]],
        env={**os.environ, "RESGUARDO_PASSPHRASE_FILE": str(talk.tool.folder / "words")},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
    )
    assert done.returncode and kept.exists(), done.stderr


def test_a_report_and_a_reply_are_made_once(talk: Talk, tmp_path: Path) -> None:
    keys = new_receipt()
    line = talk.tool.key_line("desk-ar", "envelope-xwing")
    name = talk.send(make_envelope(line, "¿me leen?", mailbox=mailbox_part(keys)))
    route = ("route", "--to", "police-ar", "--", name)
    reply = ("reply", "--text", "Sí.", "--", name)
    for command in (route, reply):
        kill_at_the_end(talk, *command)
        said = talk.work("desk-ar", *command)
        assert "which an earlier command could not finish, is promised a place in the log" in said
        assert "It was made by an earlier command" in said
    pulled = talk.work("police-ar", "pull", "--into", str(tmp_path / "reports"))
    assert "1 opened, 0 known, 0 refused" in pulled
    assert [document["text"] for document in replies_of(talk.public, keys)] == ["Sí."]
