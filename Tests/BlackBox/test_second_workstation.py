"""A unit's second workstation, set up after the desk's member has changed, on a gateway that the staff tool founded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from founded import TEXT, Life, living
from tool import run


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with living(tmp_path) as life:
        yield life


def test_reports_of_a_member_who_was_replaced_are_opened_in_a_new_home(life: Life) -> None:
    name = life.submit()
    life.desk("list")
    life.desk("route", "--to", "police-ar", "--", name)
    post = ("--office", "desk-ar", "--name", "operator-1")
    replaced = life.key("member", "desk-ar-1b", *post)
    life.roster("add-member", "--member", replaced, "--replace")
    life.take_force()
    life.roster("revoke-member", *post)
    life.take_force()
    home = life.tool.second_home("police-ar", life.daemon)
    into = life.folder / "second"
    words = {"RESGUARDO_PASSPHRASE_FILE": str(life.folder / "words")}
    pulled = run("unit", "pull", "--home", home, "--into", str(into), **words)
    assert pulled.returncode == 0, pulled.stderr
    assert "1 opened, 0 known, 0 refused" in pulled.stdout
    assert (into / "desk-ar-000001" / "text.txt").read_text() == TEXT
