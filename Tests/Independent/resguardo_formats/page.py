"""Page notes (formats.md section 1): what the public pages are, by hash, signed like a roster."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import jcs
from .encodings import b64, sha256, unb64
from .errors import Refused, require
from .notes import PREFIX, Note, Signer, note_lines, sign
from .roster import Roster

KEYS = frozenset(
    ("date", "documents", "keys", "limits", "previous", "roster", "version", "words")
)
LIMIT_KEYS = frozenset(("attachment_bytes_max", "attachment_states"))
_PATH = re.compile(r"/[A-Za-z0-9/\-_.]{0,127}")
_STATE = re.compile(r"[A-Z]{2}|region")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def note_text(origin: str, page: dict[str, Any]) -> str:
    return f"{PREFIX}page\n{origin}\n{jcs.encode(page).decode('utf-8')}\n"


def make_note(origin: str, page: dict[str, Any], authorities: Sequence[Signer]) -> bytes:
    return sign(note_text(origin, page), authorities)


@dataclass(frozen=True)
class Page:
    """A page note whose form is right; `note` keeps the signatures for verification."""

    origin: str
    page: dict[str, Any]
    note: Note

    @classmethod
    def parse(cls, data: bytes, origin: str) -> Page:
        note = Note.parse(data)
        lines = note_lines(note.text, "page", origin)
        require(len(lines) == 1, "note-lines")
        page = jcs.decode(lines[0].encode("utf-8"))
        try:
            _check(page)
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused("page", "shape") from error
        return cls(origin, page, note)

    @property
    def version(self) -> int:
        return self.page["version"]

    @property
    def text_hash(self) -> str:
        return b64(sha256(self.note.text.encode("utf-8")))


def _check(page: Any) -> None:
    require(isinstance(page, dict) and frozenset(page) == KEYS, "page", "members")
    require(type(page["version"]) is int and page["version"] >= 1, "page", "version")
    require((page["version"] == 1) == (page["previous"] == ""), "previous")
    if page["previous"]:
        unb64(page["previous"], 32)
    unb64(page["roster"], 32)
    _check_date(page["date"])
    require(len(page["documents"]) >= 1, "page", "no document")
    for path, document in page["documents"].items():
        require(_PATH.fullmatch(path) is not None, "page", "path")
        require(frozenset(document) == {"policy", "sha256"}, "page", "document's members")
        for value in document.values():
            unb64(value, 32)
    for name in ("keys", "words"):
        require(all(len(unb64(value, 32)) == 32 for value in page[name]), "page", name)
        _check_set(page[name])
    limits = page["limits"]
    require(frozenset(limits) == LIMIT_KEYS, "page", "limits")
    most = limits["attachment_bytes_max"]
    require(type(most) is int and most >= 0, "page", "attachment_bytes_max")
    _check_set(limits["attachment_states"])
    for state in limits["attachment_states"]:
        require(_STATE.fullmatch(state) is not None, "page", "attachment_states")


def _check_date(text: str) -> None:
    require(_DAY.fullmatch(text) is not None, "page", "date")
    try:
        datetime.date.fromisoformat(text)
    except ValueError as error:
        raise Refused("page", "date") from error


def _check_set(values: list[str]) -> None:
    """A set has one spelling: in order, each once."""
    require(isinstance(values, list) and values == sorted(set(values)), "page", "order")


def verify(page: Page, roster: Roster, previous: Page | None) -> None:
    """The roster it names, its signatures under that roster's rule, version and predecessor."""
    require(page.origin == roster.origin, "origin")
    expected = b64(sha256(roster.note.text.encode("utf-8")))
    require(page.page["roster"] == expected, "page-roster")
    signed = page.note.valid(roster.authorities)
    require(len(signed) >= roster.public["threshold"], "threshold", f"{len(signed)} signatures")
    require(page.version == (previous.version + 1 if previous else 1), "version")
    require(page.page["previous"] == (previous.text_hash if previous else ""), "previous")


def check_document(page: Page, path: str, body: bytes, policy: str) -> None:
    """A document as it was served."""
    document = page.page["documents"].get(path)
    require(document is not None, "missing", path)
    require(b64(sha256(body)) == document["sha256"], "document", path)
    require(b64(sha256(policy.encode("latin-1"))) == document["policy"], "policy", path)
