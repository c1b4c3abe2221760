"""The fixed randomness, names and keys that all vectors share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

from resguardo_formats.encodings import b64
from resguardo_formats.errors import Refused
from resguardo_formats.keylines import KeyLine
from resguardo_formats.notes import Signer

ORIGIN = "gateway.example/ar"
OTHER_ORIGIN = "gateway.example/br"
DESK = "desk-ar"
UNIT = "unit-ar-1"
STATE = "AR"
TICK = 493_105
ENCODING = "All binary values are standard base64 with padding."


def random(label: str, length: int = 32) -> bytes:
    """Fixed bytes for a label: SHAKE-256 of the seed phrase, a zero byte and the label."""
    return hashlib.shake_256(b"resguardo vectors 1\x00" + label.encode("utf-8")).digest(length)


@cache
def key_line(office: str, use: str, origin: str = ORIGIN) -> KeyLine:
    return KeyLine.from_seed(origin, office, STATE, use, seed(office, use))


def seed(office: str, use: str) -> bytes:
    return random(f"seed {office} {use}")


def signer(name: str) -> Signer:
    return Signer(name, random(f"signer {name}"))


def member(office: str) -> Signer:
    return signer(f"{ORIGIN}/{office}/operator-1")


LOG = signer(ORIGIN)


def described_key(office: str, use: str, origin: str = ORIGIN) -> dict[str, Any]:
    line = key_line(office, use, origin)
    return {
        "key_id": b64(line.key_id),
        "line": line.text,
        "seed": b64(seed(office, use)),
    }


def slug_of(action: Callable[[], object]) -> str:
    """The slug with which an action refuses; a vector that is not refused is a mistake here."""
    try:
        action()
    except Refused as refusal:
        return refusal.slug
    raise AssertionError("a negative case was accepted")


def refused(name: str, expect: str, action: Callable[[], object], **fields: Any) -> dict[str, Any]:
    found = slug_of(action)
    assert found == expect, f"{name}: {found}, not {expect}"
    return {"expect": expect, "name": name, **fields}
