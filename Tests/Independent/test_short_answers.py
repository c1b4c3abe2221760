"""The short answers of a tip, as the independent program reads them: the same that the daemon and the desk take."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
