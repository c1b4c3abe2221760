"""What a desk types and reads: names that begin with a dash, times instead of ticks, a member's new certificate."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deployment import Daemon, eventually
from founded import Talk, talking
from people import make_envelope
from resguardo_formats.encodings import b64url, unb64
from tool import Ceremony, run

# One name in 64 is like this: with so many tips there is always one.
TIPS_MAX = 2_000
UNKNOWN = "-Ab3defgh"
TICK = 3_600


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talking(tmp_path_factory.mktemp("words"), TICK) as talk:
        yield talk


def desk(talk: Talk, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("desk", *arguments, "--home", talk.tool.home("desk-ar"),
               RESGUARDO_PASSPHRASE_FILE=str(talk.tool.folder / "words"))


@pytest.fixture(scope="module")
def dashed(talk: Talk) -> str:
    """The name of a tip that begins with one dash."""
    line, public = talk.tool.key_line("desk-ar", "envelope-x25519"), talk.public
    for _ in range(TIPS_MAX):
        answer = public.send(make_envelope(line, "un mensaje"))
        assert answer.status == 201, answer
        name = b64url(unb64(answer.json["promise"].split("\n")[2]))
        if name[0] == "-" != name[1]:
            listed = desk(talk, "list")
            assert listed.returncode == 0, listed.stderr
            return name
    raise AssertionError("chance is broken")


@pytest.mark.parametrize("length", [8, 43])
def test_a_name_that_begins_with_a_dash_opens_its_tip(
    talk: Talk, dashed: str, tmp_path: Path, length: int
) -> None:
    opened = desk(talk, "open", dashed[:length], "--into", str(tmp_path))
    assert opened.returncode == 0, opened.stderr
    assert "un mensaje" in opened.stdout


def test_and_is_routed(talk: Talk, dashed: str) -> None:
    routed = desk(talk, "route", "--to", "police-ar", dashed)
    assert routed.returncode == 0, routed.stderr
    assert routed.stdout.startswith("report 1 to police-ar: ")


@pytest.mark.parametrize(
    "words",
    [["open"], ["originals"], ["route", "--to", "police-ar"], ["reply", "--status", "read"]],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("name", [UNKNOWN, "--" + "A" * 41])
def test_every_command_takes_such_a_name(talk: Talk, words: list[str], name: str) -> None:
    answered = desk(talk, *words, name)
    assert answered.returncode == 65, answered.stderr
    assert f"{name} is not in the list" in answered.stderr


def test_what_is_no_name_is_still_wrong_usage(talk: Talk) -> None:
    assert desk(talk, "open", "--despite-gaps").returncode == 64
    assert desk(talk, "open", "-x").returncode == 64


def test_a_list_says_when_and_not_which_tick(talk: Talk, tmp_path: Path) -> None:
    name = talk.send(make_envelope(talk.tool.key_line("desk-region", "envelope-xwing"), "hola"), "desk-region")
    _, custody = talk.open("desk-region", name, tmp_path)
    tick = custody["tick"]
    assert isinstance(tick, dict)
    record = json.loads(custody["tip"]["record"])  # type: ignore[index]
    assert tick["number"] == record["tick"]
    began = datetime.fromtimestamp(tick["number"] * TICK, UTC)
    assert tick["began"] == began.strftime("%Y-%m-%d %H:%M UTC")
    listed = next(line for line in talk.work("desk-region", "list").splitlines() if name in line)
    assert f"{name}  {tick['began']}, " in listed and "tick" not in listed


def test_a_new_certificate_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    tool = Ceremony(tmp_path)
    daemon = Daemon.start(tool.folder, tool.found(1))
    try:
        tool.settle(daemon)
        old, new = tmp_path / "desk-ar-1.key", tmp_path / "desk-ar-1-new.key"
        tool("keys", "renew-certificate", "--key", str(old), "--out", str(new), "--light-passphrase")
        roster = ("--roster", str(tmp_path / "roster"))
        described = str(tmp_path / "desk-ar-1-new.pub.json")
        tool("roster", "renew-certificate", *roster, "--member", described)
        for number in (1, 2):
            tool("roster", "sign", *roster, "--key", str(tmp_path / f"authority-{number}.key"), "--yes")

        def works(key: Path) -> bool:
            shutil.copyfile(key, Path(tool.home("desk-ar"), "member.key"))
            done = run("desk", "list", "--home", tool.home("desk-ar"),
                       RESGUARDO_PASSPHRASE_FILE=str(tmp_path / "words"))
            assert done.returncode in (0, 65, 69, 77), done
            return done.returncode == 0

        assert works(old) and not works(new)
        daemon.hang_up("read the roster again")
        assert eventually(lambda: works(new), 60)
        assert not works(old)
    finally:
        daemon.stop()
