"""Photographs from a real browser to a unit's disk: the daemon and the staff tool, nothing in between."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import (
    WITHOUT_X25519, WITHOUT_XWING, chromium, click, fill, receipt, send, wait_for,
)
from founded import Talk, talking
from picture import PHOTOGRAPHS, exif_of
from resguardo_formats.encodings import b64

TEXT = "La foto es del hotel de la ruta.\nHay más, ñandú y «comillas»."
MAKE, DATE, PLACE = 0x010F, 0x0132, 0x8825
# formats.md, section 4: what the page cannot encrypt, the edge encrypts, and always with X-Wing.
WAYS = {
    "x-wing": ({}, "envelope-xwing"),
    "x25519": ({"before": WITHOUT_XWING}, "envelope-x25519"),
    "no encryption in the page": ({"before": WITHOUT_X25519}, "envelope-xwing"),
    "no script": ({"javascript": False}, "envelope-xwing"),
}
# A copy of a photo is made where it is encrypted: in the page or not at all.
WITH_COPIES = {"x-wing", "x25519"}


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    attachments = {"states": ["AR"], "bytesMax": 4 << 20}
    with talking(tmp_path_factory.mktemp("founded"), attachments=attachments) as talk:
        yield talk


def test_the_photographs_say_who_took_them_when_and_where() -> None:
    makes = [exif_of(photo.read_bytes())[MAKE].rstrip(b"\x00") for photo in PHOTOGRAPHS]
    assert makes == [b"Apple", b"NIKON CORPORATION"]
    for photo in PHOTOGRAPHS:
        assert {DATE, PLACE} <= exif_of(photo.read_bytes()).keys()


@pytest.mark.parametrize("way", WAYS)
def test_what_was_typed_and_chosen_lies_on_the_units_disk(
    talk: Talk, tmp_path: Path, way: str
) -> None:
    options, use = WAYS[way]
    # The same form once more would be taken for a second tap.
    text = f"{TEXT}\n{way}"
    with chromium(certificate_errors=True, **options) as driver:
        driver.get(f"https://localhost:{talk.daemon.port('public')}/es")
        fill(driver, {"danger_now": "no", "where_country": "AR", "what_happened": text},
             list(PHOTOGRAPHS))
        send(driver)
        if way == "no encryption in the page":
            wait_for(driver, "#confirm")
            click(driver, "#plain")
        assert len(receipt(driver)) == 8
    (listed,) = talk.work("desk-ar", "list", "--new").splitlines()
    name = listed.split()[0]
    talk.work("desk-ar", "open", "--into", str(tmp_path / "desk"), "--", name)
    talk.work("desk-ar", "route", "--to", "police-ar", "--priority", "p1", "--", name)
    talk.work("police-ar", "pull", "--into", str(tmp_path / "unit"))
    (pulled,) = (tmp_path / "unit").iterdir()
    assert (pulled / "text.txt").read_text() == text
    custody = json.loads((pulled / "custody.json").read_text())
    names = [photo.name for photo in PHOTOGRAPHS]
    originals = pulled
    if way in WITH_COPIES:
        # What lies open is a copy that says nothing of place and device; the original is opened on purpose.
        assert [file["originalName"] for file in custody["files"]] == 2 * names
        for number in (1, 2):
            assert not (pulled / f"attachment-{number}.jpg").exists()
            copy = (pulled / f"attachment-{number + 2}.jpg").read_bytes()
            assert copy[:2] == b"\xff\xd8" and b"Exif" not in copy
        said = talk.work("police-ar", "originals", "--into", str(tmp_path / "unit"), pulled.name)
        assert re.match(r"originals opened, number \d of this office's journal", said)
        originals = pulled.with_name(f"{pulled.name}-originals")
    else:
        assert [file["originalName"] for file in custody["files"]] == names
    for number, photo in enumerate(PHOTOGRAPHS, 1):
        assert (originals / f"attachment-{number}.jpg").read_bytes() == photo.read_bytes()
    line = talk.tool.key_line("desk-ar", use)
    assert json.loads(custody["tip"]["record"])["desk_key"] == b64(line.key_id)
