"""resguardo-effort.json"""

from __future__ import annotations

from typing import Any

from resguardo_formats import effort
from resguardo_formats.encodings import b64, sha256

from .common import ENCODING, random, refused

ABOUT = [
    "Work for a tip in a flood: 'proof' is root and nonce; 'bits' is what it proves for the",
    "envelope whose SHA-256 is 'envelope'. 'refused': what is no proof.",
    ENCODING,
]
WANTED = (0, 1, 4, 8, 10)


def _accepted(name: str, proof: bytes, envelope: bytes) -> dict[str, Any]:
    root, bits = effort.check(proof, envelope)
    return {
        "bits": bits,
        "challenge": b64(effort.challenge(root, envelope)),
        "envelope": b64(envelope),
        "name": name,
        "proof": b64(proof),
    }


def make() -> dict[str, Any]:
    root, envelope = random("effort root", 32), sha256(b"an envelope")
    accepted = [
        _accepted(f"at-least-{wanted}", effort.work(root, envelope, wanted), envelope)
        for wanted in WANTED
    ]
    best = effort.work(root, envelope, WANTED[-1])
    accepted += [
        _accepted("before-the-first-checkpoint", effort.work(effort.EMPTY_ROOT, envelope, 4),
                  envelope),
        _accepted("of-another-envelope", best, sha256(b"another envelope")),
        _accepted("under-another-root", effort.EMPTY_ROOT + best[32:], envelope),
    ]
    cases = [("39-bytes", best[:-1]), ("41-bytes", best + b"\0"), ("empty", b"")]
    return {
        "about": ABOUT,
        "accepted": accepted,
        "refused": [
            refused(name, "effort", lambda proof=proof: effort.check(proof, envelope),
                    proof=b64(proof))
            for name, proof in cases
        ],
    }
