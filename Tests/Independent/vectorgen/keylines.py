"""resguardo-keylines.json"""

from __future__ import annotations

from typing import Any

from resguardo_formats.encodings import b64
from resguardo_formats.keylines import SUITE_OF_USE, KeyLine

from .common import DESK, ENCODING, ORIGIN, OTHER_ORIGIN, STATE, UNIT, key_line, refused, seed

ABOUT = [
    "Key lines and key ids. 'accepted': the line of a 32-byte seed, its public key and its",
    "key_id = SHA-256(line). 'refused': lines that a reader refuses, with the reason's word.",
    ENCODING,
]


def _accepted(office: str, use: str, origin: str) -> dict[str, Any]:
    line = key_line(office, use, origin)
    return {
        "key_id": b64(line.key_id),
        "line": line.text,
        "office": office,
        "origin": origin,
        "public_key": b64(line.public_key),
        "seed": b64(seed(office, use)),
        "state": STATE,
        "suite": line.suite,
        "use": use,
    }


def _refused() -> list[dict[str, Any]]:
    good = key_line(DESK, "envelope-x25519").text
    short = b64(key_line(DESK, "envelope-x25519").public_key[:-1])
    cases = {
        "no-key-word": good.replace("key ", "kez ", 1),
        "two-spaces": good.replace(" AR ", "  AR "),
        "trailing-space": good + " ",
        "trailing-newline": good + "\n",
        "missing-field": good.replace(" AR ", " "),
        "extra-field": good + " more",
        "lower-case-state": good.replace(" AR ", " ar "),
        "unknown-use": good.replace("envelope-x25519", "envelope-p256"),
        "suite-of-another-use": good.replace("hpke-0020-", "hpke-647a-"),
        "short-public-key": good.rsplit(" ", 1)[0] + " " + short,
        "unpadded-base64": good.rstrip("="),
        "empty": "",
    }
    return [
        refused(name, "key-line", lambda line=line: KeyLine.parse(line), line=line)
        for name, line in cases.items()
    ]


def make() -> dict[str, Any]:
    places = [(DESK, ORIGIN), (DESK, OTHER_ORIGIN), (UNIT, ORIGIN)]
    accepted = [
        _accepted(office, use, origin)
        for office, origin in places
        for use in SUITE_OF_USE
        if (office == DESK and origin == ORIGIN) or use in ("envelope-x25519", "seal-xwing")
    ]
    return {"about": ABOUT, "accepted": accepted, "refused": _refused()}
