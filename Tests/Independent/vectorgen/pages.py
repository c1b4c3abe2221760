"""resguardo-page.json"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from resguardo_formats import page, roster
from resguardo_formats.encodings import b64, sha256

from . import rosters
from .common import ENCODING, ORIGIN, OTHER_ORIGIN, random, refused, signer

ABOUT = [
    "Page notes (formats.md section 1). 'roster' is the note that they name; 'chain': notes of",
    "version 1 and 2. 'documents': bytes (base64) and policy behind a path of version 2.",
    "'refused': a note verified under the roster after the first 'after' notes of the chain.",
    ENCODING,
]
ROSTER = rosters.CHAIN[0][0]
AUTHORITIES = rosters.AUTHORITIES[:3]
POLICY = "default-src 'none'; script-src 'sha256-x'"
BODIES = {"/es": "<!doctype html><p>Español".encode(), "/gn/safety": b"<!doctype html><p>gn"}


def _page(version: int, previous: str, bodies: dict[str, bytes]) -> dict[str, Any]:
    return {
        "date": "2026-11-24",
        "documents": {
            path: {"policy": b64(sha256(POLICY.encode())), "sha256": b64(sha256(body))}
            for path, body in bodies.items()
        },
        "keys": sorted(b64(random(f"key file {number}")) for number in (1, 2)),
        "limits": {"attachment_bytes_max": 64 << 20, "attachment_states": ["AR", "region"]},
        "previous": previous,
        "roster": roster.text_hash(ROSTER),
        "version": version,
        "words": [b64(random("word list"))],
    }


def _chain() -> list[bytes]:
    first = page.make_note(ORIGIN, _page(1, "", {"/es": b"earlier"}), AUTHORITIES[:2])
    previous = page.Page.parse(first, ORIGIN).text_hash
    second = page.make_note(ORIGIN, _page(2, previous, BODIES), AUTHORITIES[1:])
    return [first, second]


CHAIN = _chain()


def _second(change: Callable[[dict[str, Any]], object] = lambda _: None) -> dict[str, Any]:
    value = copy.deepcopy(page.Page.parse(CHAIN[1], ORIGIN).page)
    change(value)
    return value


def _verify(note: bytes, after: int) -> Callable[[], object]:
    def action() -> None:
        previous = page.Page.parse(CHAIN[after - 1], ORIGIN) if after else None
        page.verify(page.Page.parse(note, ORIGIN), roster.Roster.parse(ROSTER, ORIGIN), previous)

    return action


def _faults() -> list[tuple[str, bytes, int, str]]:
    two = AUTHORITIES[:2]

    def signed(change: Callable[[dict[str, Any]], object]) -> bytes:
        return page.make_note(ORIGIN, _second(change), two)

    def document(value: dict[str, Any]) -> dict[str, Any]:
        return value["documents"]["/es"]

    def with_query(value: dict[str, Any]) -> None:
        value["documents"]["/es?x"] = document(value)

    def three_letters(value: dict[str, Any]) -> None:
        value["limits"]["attachment_states"] = ["ARG"]

    text = page.note_text(ORIGIN, _second())
    strangers = [signer(f"{ORIGIN}/stranger-{number}") for number in (1, 2)]
    loose = text.replace('{"date"', '{ "date"')
    changed = CHAIN[1].decode().replace("2026-11-24", "2026-11-25").encode()
    other = b64(random("another"))
    return [
        ("one-of-two", page.make_note(ORIGIN, _second(), two[:1]), 1, "threshold"),
        ("strangers", page.make_note(ORIGIN, _second(), strangers), 1, "threshold"),
        ("changed-after-signing", changed, 1, "signature"),
        ("other-origin", page.make_note(OTHER_ORIGIN, _second(), two), 1, "origin"),
        ("other-roster", signed(lambda p: p.update(roster=other)), 1, "page-roster"),
        ("same-version-again", CHAIN[1], 2, "version"),
        ("version-skipped", CHAIN[1], 0, "version"),
        ("older-version", CHAIN[0], 2, "version"),
        ("previous-of-another", signed(lambda p: p.update(previous=other)), 1, "previous"),
        ("no-previous", signed(lambda p: p.update(previous="")), 1, "previous"),
        ("not-canonical", page.sign(loose, two), 1, "jcs"),
        ("second-line", page.sign(text + "more\n", two), 1, "note-lines"),
        ("unknown-member", signed(lambda p: p.update(more=1)), 1, "page"),
        ("no-document", signed(lambda p: p.update(documents={})), 1, "page"),
        ("path-with-query", signed(with_query), 1, "page"),
        ("document-without-policy", signed(lambda p: document(p).pop("policy")), 1, "page"),
        ("keys-out-of-order", signed(lambda p: p["keys"].reverse()), 1, "page"),
        ("word-list-twice", signed(lambda p: p["words"].append(p["words"][0])), 1, "page"),
        ("state-of-three", signed(three_letters), 1, "page"),
        ("no-such-day", signed(lambda p: p.update(date="2026-02-29")), 1, "page"),
        ("time-of-day", signed(lambda p: p.update(date="2026-11-24T02:00")), 1, "page"),
    ]


def make() -> dict[str, Any]:
    parsed = [page.Page.parse(note, ORIGIN) for note in CHAIN]
    signed_by = roster.Roster.parse(ROSTER, ORIGIN)
    for index, value in enumerate(parsed):
        page.verify(value, signed_by, parsed[index - 1] if index else None)
    for path, body in BODIES.items():
        page.check_document(parsed[1], path, body, POLICY)
    return {
        "about": ABOUT,
        "chain": [
            {"note": note.decode(), "text_sha256": value.text_hash, "version": value.version}
            for note, value in zip(CHAIN, parsed, strict=True)
        ],
        "documents": [
            {"body": b64(body), "path": path, "policy": POLICY} for path, body in BODIES.items()
        ],
        "origin": ORIGIN,
        "refused": [
            refused(name, expect, _verify(note, after), after=after, note=note.decode())
            for name, note, after, expect in _faults()
        ],
        "roster": ROSTER.decode(),
    }
