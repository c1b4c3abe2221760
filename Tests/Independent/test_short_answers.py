"""The short answers of a tip, as the independent program reads them: the same that the daemon and the desk take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from resguardo_formats.encodings import b64
from resguardo_formats.errors import Refused
from resguardo_formats.frames import parse_document

GOOD = {
    "v": 1, "what_happened": "a", "child_count": "two_to_five", "child_sex_or_gender": "girl",
    "crosses_border": "unsure", "other_country": "España", "safe_contact_note": "De noche no.",
}


def parse(**changes: Any) -> dict[str, Any]:
    return parse_document(json.dumps({**GOOD, **changes}).encode())


def test_answers_are_read() -> None:
    assert parse() == GOOD


@pytest.mark.parametrize(("name", "value"), [
    ("crosses_border", "maybe"), ("child_count", "a b"), ("child_count", ""),
    ("child_sex_or_gender", ["girl"]), ("other_country", "a\u202eb"), ("other_country", "x" * 1_001),
    ("safe_contact_note", ""), ("safe_contact_note", 1),
])
def test_answers_that_no_form_sends_are_refused(name: str, value: Any) -> None:
    with pytest.raises(Refused):
        parse(**{name: value})


def attachment(**said: Any) -> list[dict[str, Any]]:
    return [{"name": "a.jpg", "type": "image/jpeg", "size": 1, "sha256": b64(bytes(32)), **said}]


@pytest.mark.parametrize("name", ["a.jpg", "ñ", "x" * 255, "...", " a"])
def test_files_may_be_called_so(name: str) -> None:
    assert parse(attachments=attachment(name=name))


@pytest.mark.parametrize("said", [
    *({"name": name} for name in (
        "", ".", "..", " ", "a/b", "a\\b", "a\tb", "a\nb", "a\x7fb", "a\u202eb", "x" * 256, "ñ" * 128, 1)),
    *({"type": kind} for kind in ("", "image/j peg", "ñ", "x" * 128, None)),
])
def test_names_and_types_of_files_that_no_sender_sends_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        parse(attachments=attachment(**said))
