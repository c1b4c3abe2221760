"""The ceremony of Keys/README.md, typed as it stands there, and the fingerprints that people compare aloud."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import threading
from pathlib import Path

import pytest
from deployment import ROOT, write_private
from tool import TOOL, run

DOCUMENT = ROOT / "Keys" / "README.md"
KEY_ID = re.compile(r"^key id ((?:[0-9a-f]{4} ){15}[0-9a-f]{4}) (\S+) (\S+)$", re.M)


def commands(heading: str) -> str:
    """The lines of a chapter that are there to be typed."""
    chapter = DOCUMENT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(line[4:] for line in chapter.splitlines() if line.startswith("    "))


def type_in(folder: Path, text: str) -> str:
    """Types commands at a terminal and answers its questions; what was printed."""
    programs = folder / "bin"
    if not programs.exists():
        programs.mkdir()
        (programs / "resguardo").symlink_to(TOOL)
    path = f"{programs}:{os.environ['PATH']}"
    ours, theirs = pty.openpty()

    def answer() -> None:
        heard = b""
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65_536):
                heard += piece
                if heard.endswith(b"Type yes: "):
                    os.write(ours, b"yes\n")

    person = threading.Thread(target=answer, daemon=True)
    person.start()
    done = subprocess.run(
        ["bash", "-euc", text],
        cwd=folder,
        env={**os.environ, "PATH": path, "RESGUARDO_PASSPHRASE_FILE": str(folder / "words")},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=600,
    )
    os.close(theirs)
    person.join(60)
    os.close(ours)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which everybody typed what the document says, and what they saw."""
    folder = tmp_path_factory.mktemp("ceremony")
    write_private(folder / "words", b"six words drawn by dice\n")
    return folder, type_in(folder, commands("2 Founding"))


def tool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inside = (str(folder / word) if word.endswith((".json", ".key")) else word for word in arguments)
    return run(*inside, RESGUARDO_PASSPHRASE_FILE=str(folder / "words"))


def shown(folder: Path) -> str:
    return tool(folder, "roster", "show", "--roster", str(folder / "roster")).stdout


def test_what_is_printed_founds_a_gateway(room: tuple[Path, str]) -> None:
    folder, said = room
    assert "Version 1 of the roster" in said and "Signed: version 1 is complete." in said
    assert re.search(r"^Page note 1 of gateway.example/ar, .* holds", said, re.M)
    assert "LEAVES NOBODY TO READ" not in shown(folder), "there is a desk for the region"
    assert "Names unit-ar-1 for every offence in AR." in shown(folder)
    for name in ("roster.note", "roster.staff.json", "page.note"):
        assert (folder / "roster" / name).exists()


def test_both_ends_of_the_telephone_read_the_same(room: tuple[Path, str]) -> None:
    folder, said = room
    in_roster = set(KEY_ID.findall(shown(folder)))
    owners = {(owner, use) for _, owner, use in in_roster}
    seals = {("desk-ar", f"{kind}-{suite}") for kind in ("envelope", "seal")
             for suite in ("x25519", "xwing")}
    assert seals <= owners and ("unit-ar-1", "seal-xwing") in owners
    assert {("log", "signing"), ("authority-3", "signing")} <= owners
    assert {("desk-ar/operator-1", use) for use in ("signing", "certificate")} <= owners
    assert len(in_roster) == 4 + 9 + 6
    # The log's seed lies bare, and the last two are made by the chapter on changes.
    others = {"log", "desk-ar-2", "desk-ar-operator-1-2"}
    keys = {path.stem for path in folder.glob("*.key")} - others
    printed = set().union(*(KEY_ID.findall(tool(folder, "keys", "show", f"{key}.key").stdout)
                            for key in keys))
    assert printed | {line for line in in_roster if line[1] == "log"} == in_roster
    assert printed <= set(KEY_ID.findall(said)), "making a key prints what showing it does"


def test_taking_an_office_in_reads_aloud_too(room: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = room
    roster = ("--roster", str(tmp_path / "roster"))
    authority = ("--authority", "authority-1.pub.json", "--threshold", "1", "--log", "log.pub.json")
    found = tool(folder, "roster", "found", *roster, "--origin", "gateway.example/ar", *authority)
    assert found.returncode == 0, found.stderr
    for verb, kind, name in (
        ("add-office", "office", "desk-ar"),
        ("add-office", "office", "unit-ar-1"),
        ("add-member", "member", "desk-ar-operator-1"),
    ):
        added = tool(folder, "roster", verb, *roster, f"--{kind}", f"{name}.pub.json")
        assert added.returncode == 0, added.stderr
        for groups, _, _ in KEY_ID.findall(tool(folder, "keys", "show", f"{name}.key").stdout):
            assert groups in added.stdout, f"{verb} does not show {groups}"


def test_a_description_that_was_put_in_its_place_sounds_different(
    room: tuple[Path, str], tmp_path: Path
) -> None:
    """What the call is for: one key line of the desk is somebody else's."""
    folder, _ = room
    forged = json.loads((folder / "desk-ar.pub.json").read_text())
    other = tool(folder, "keys", "office", "--origin", "gateway.example/ar", "--name", "desk-ar",
                 "--state", "AR", "--kind", "desk", "--light-passphrase", "--out",
                 str(tmp_path / "other.key"))
    assert other.returncode == 0, other.stderr
    forged["lines"][3] = json.loads((tmp_path / "other.pub.json").read_text())["lines"][3]
    (tmp_path / "desk-ar.pub.json").write_text(json.dumps(forged))
    roster = ("--roster", str(tmp_path / "roster"))
    tool(folder, "roster", "found", *roster, "--origin", "gateway.example/ar", "--authority",
         "authority-1.pub.json", "--threshold", "1", "--log", "log.pub.json")
    added = run("roster", "add-office", *roster, "--office", str(tmp_path / "desk-ar.pub.json"))
    own = KEY_ID.findall(tool(folder, "keys", "show", "desk-ar.key").stdout)
    assert [groups in added.stdout for groups, _, _ in own] == [True, True, True, False]


def test_changing_it_is_as_the_document_says(room: tuple[Path, str]) -> None:
    folder, _ = room
    pins = {use: groups for groups, owner, use in KEY_ID.findall(shown(folder))
            if owner == "desk-ar/operator-1"}
    revoked = next(groups for groups, owner, use in KEY_ID.findall(shown(folder))
                   if (owner, use) == ("unit-ar-1", "seal-xwing"))
    text = commands("3 Changing it")
    assert text.count("GROUPS") == 1
    said = type_in(folder, text.replace("GROUPS", revoked))
    renewed = tool(folder, "keys", "show", "--check", "desk-ar-operator-1-2.key")
    assert renewed.returncode == 0, renewed.stderr
    now = {use: groups for groups, _, use in KEY_ID.findall(renewed.stdout)}
    assert now["signing"] == pins["signing"] and now["certificate"] != pins["certificate"]
    post = "member operator-1 of desk-ar"
    assert f"Withdraws the certificate {pins['certificate']} of the {post}." in said
    assert f"Adds the certificate {now['certificate']} for the {post}." in said
    assert f"the seal-xwing key {revoked} of unit-ar-1 is now revoked." in said
    assert said.count("is now accepted until") >= 4
    assert f"Revokes the {post}." in said


def test_a_file_of_the_wrong_kind_is_named(room: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = room
    roster = ("--roster", str(folder / "roster"))
    before = sorted((path.name, path.read_bytes()) for path in (folder / "roster").iterdir())
    for verb, option, name in (
        ("rotate-key", "--office", "desk-ar-operator-1.pub.json"),
        ("add-office", "--office", "authority-1.pub.json"),
        ("add-member", "--member", "desk-ar.pub.json"),
        ("renew-certificate", "--member", "unit-ar-1.pub.json"),
    ):
        refused = tool(folder, "roster", verb, *roster, option, name)
        assert refused.returncode == 65 and refused.stderr.count("\n") == 1, refused
        assert f"{folder}/{name} describes no " in refused.stderr
    other = tool(folder, "keys", "member", "--origin", "gateway.example/ar", "--office", "desk-ar",
                 "--name", "operator-1", "--light-passphrase", "--out", str(tmp_path / "new.key"))
    assert other.returncode == 0, other.stderr
    refused = tool(folder, "roster", "renew-certificate", *roster, "--member",
                   str(tmp_path / "new.pub.json"))
    assert refused.returncode == 65 and "signs with another key" in refused.stderr
    assert before == sorted((p.name, p.read_bytes()) for p in (folder / "roster").iterdir())
