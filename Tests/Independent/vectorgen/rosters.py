"""resguardo-roster.json"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from resguardo_formats import jcs, roster
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.keylines import KeyLine
from resguardo_formats.notes import Signer, sign

from .common import (
    DESK,
    ENCODING,
    LOG,
    ORIGIN,
    OTHER_ORIGIN,
    UNIT,
    key_line,
    member,
    random,
    refused,
    signer,
)

ABOUT = [
    "Rosters (formats.md section 2). 'chain': notes of version 1, 2, 3 with their staff parts",
    "(the JCS text). Version 2 rotates an envelope key (the old one accepted until a date),",
    "revokes a member and replaces one authority; version 3 is signed by the new authorities.",
    "'now' is when each is verified. 'refused': a note verified after the first 'after' notes",
    "of the chain (0: as a founding roster) at 'now'. The note is the first 'keep_start'",
    "bytes of the chain's note of version 'base', then 'middle', then the last 'keep_end'",
    "bytes of the base; the staff part, where that is what is wrong, is made the same way",
    "('staff', of the base's staff part). A signature counts under the rule of the version",
    "before; of the first, under its own. 'key_states': a desk key's state by the newest",
    "roster at a time.",
    ENCODING,
]
NOW = 1_795_000_000
EXPIRES = NOW + 80 * roster.DAY
AUTHORITIES = [signer(f"{ORIGIN}/authority-{i}") for i in (1, 2, 3, 4)]
STRANGERS = [signer(f"{ORIGIN}/stranger-{i}") for i in (1, 2)]
ROTATED = "desk-ar rotated"


def _rotated() -> str:
    line = key_line(DESK, "envelope-xwing")
    return KeyLine.from_seed(
        ORIGIN, DESK, line.state, "envelope-xwing", random(ROTATED)
    ).text


def _key(office: str, use: str, state: str = "active", **more: Any) -> dict[str, Any]:
    return {"line": key_line(office, use).text, "state": state, **more}


def _member(office: str, state: str = "active") -> dict[str, Any]:
    return {
        "key": member(office).verifier.vkey,
        "name": "operator-1",
        "pins": [b64(random(f"pin {office}"))],
        "state": state,
    }


def _staff(version: int, unit_member: str) -> dict[str, Any]:
    return {
        "competence": [
            {"offence": "*", "territory": "AR", "units": [UNIT]},
            {"offence": "online-grooming", "territory": "region", "units": [UNIT]},
        ],
        "offices": [
            {"keys": [], "kind": "desk", "members": [_member(DESK)], "office": DESK, "state": "AR"},
            {
                "keys": [_key(UNIT, "seal-xwing")],
                "kind": "unit",
                "members": [_member(UNIT, unit_member)],
                "office": UNIT,
                "state": "AR",
            },
        ],
        "version": version,
    }


def _public(
    version: int,
    previous: str,
    staff: dict[str, Any],
    keys: list[dict[str, Any]],
    authorities: list[Signer],
) -> dict[str, Any]:
    return {
        "authorities": [a.verifier.vkey for a in authorities],
        "desks": [{"keys": keys, "office": DESK, "state": "AR"}],
        "expires": EXPIRES,
        "log": LOG.verifier.vkey,
        "previous": previous,
        "staff": b64(sha256(jcs.encode(staff))),
        "threshold": 2,
        "tick_seconds": 3_600,
        "version": version,
    }


def _chain() -> list[tuple[bytes, dict[str, Any], dict[str, Any]]]:
    """(note, public part, staff part) of each version."""
    uses = ["envelope-x25519", "envelope-xwing", "seal-x25519", "seal-xwing"]
    first_keys = [_key(DESK, use) for use in uses]
    later_keys = [
        _key(DESK, "envelope-x25519"),
        _key(DESK, "envelope-xwing", "accepted", until=NOW + 7 * roster.DAY),
        {"line": _rotated(), "state": "active"},
        _key(DESK, "seal-x25519"),
        _key(DESK, "seal-xwing"),
    ]
    old, new = AUTHORITIES[:3], [AUTHORITIES[0], AUTHORITIES[1], AUTHORITIES[3]]
    plans = [
        (first_keys, "active", old, old[:2]),
        (later_keys, "revoked", new, old[1:]),
        (later_keys, "revoked", new, new[1:]),
    ]
    out: list[tuple[bytes, dict[str, Any], dict[str, Any]]] = []
    for version, (keys, state, authorities, signers) in enumerate(plans, 1):
        staff = _staff(version, state)
        previous = roster.text_hash(out[-1][0]) if out else ""
        public = _public(version, previous, staff, keys, authorities)
        out.append((roster.make_note(ORIGIN, public, signers), public, staff))
    return out


CHAIN = _chain()


def _verify(note: bytes, after: int, now: int) -> Callable[[], object]:
    def action() -> None:
        previous = roster.Roster.parse(CHAIN[after - 1][0], ORIGIN) if after else None
        roster.verify(roster.Roster.parse(note, ORIGIN), previous, now)

    return action


def _changed(version: int, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    public = copy.deepcopy(CHAIN[version - 1][1])
    change(public)
    return public


def _difference(data: bytes, bases: list[bytes]) -> dict[str, Any]:
    """`data` as the shortest middle between the start and the end of one of `bases`."""
    best: dict[str, Any] | None = None
    for version, base in enumerate(bases, 1):
        limit = min(len(base), len(data))
        start = next((i for i in range(limit) if base[i] != data[i]), limit)
        end = next((i for i in range(limit - start) if base[-1 - i] != data[-1 - i]), limit - start)
        middle = data[start : len(data) - end].decode()
        if best is None or len(middle) < len(best["middle"]):
            best = {"base": version, "keep_end": end, "keep_start": start, "middle": middle}
    assert best is not None
    return best


def _note_difference(note: bytes) -> dict[str, Any]:
    return _difference(note, [entry[0] for entry in CHAIN])


def _staff_difference(staff: bytes) -> dict[str, Any]:
    return _difference(staff, [jcs.encode(entry[2]) for entry in CHAIN])


def _signature_faults() -> list[tuple[str, bytes, int, int, str]]:
    """(name, note, after, now, slug)"""
    a1, a2, a3, a4 = AUTHORITIES
    note1, public1, _ = CHAIN[0]
    note2, public2, _ = CHAIN[1]
    other = roster.make_note(OTHER_ORIGIN, public1, [a1, a2])
    damaged = note1.decode().replace('"threshold":2', '"threshold":1').encode()
    text = roster.note_text(ORIGIN, public1).encode()
    line = a1.signature_line(text).encode()
    return [
        (
            "unsigned-by-any-authority",
            roster.make_note(ORIGIN, public1, STRANGERS),
            0,
            NOW,
            "threshold",
        ),
        ("one-of-two", roster.make_note(ORIGIN, public1, [a1]), 0, NOW, "threshold"),
        ("one-authority-twice", text + b"\n" + line + line, 0, NOW, "threshold"),
        (
            "one-and-a-stranger",
            roster.make_note(ORIGIN, public1, [a1, STRANGERS[0]]),
            0,
            NOW,
            "threshold",
        ),
        ("changed-after-signing", damaged, 0, NOW, "signature"),
        ("other-origin", other, 0, NOW, "origin"),
        (
            "new-authority-does-not-count-yet",
            roster.make_note(ORIGIN, public2, [a1, a4]),
            1,
            NOW,
            "threshold",
        ),
        (
            "removed-authority-counts-no-more",
            roster.make_note(ORIGIN, CHAIN[2][1], [a1, a3]),
            2,
            NOW,
            "threshold",
        ),
        ("version-skipped", CHAIN[2][0], 1, NOW, "version"),
        ("older-version", note1, 1, NOW, "version"),
        ("same-version-again", note2, 2, NOW, "version"),
        ("founding-is-not-version-1", note2, 0, NOW, "version"),
        ("expired", note1, 0, EXPIRES, "expired"),
        ("expires-in-more-than-90-days", note1, 0, EXPIRES - 90 * roster.DAY - 1, "expires"),
    ]


def _content_faults() -> list[tuple[str, bytes, int, int, str]]:
    a1, a2 = AUTHORITIES[:2]

    def signed(version: int, change: Callable[[dict[str, Any]], object]) -> bytes:
        return roster.make_note(ORIGIN, _changed(version, change), [a1, a2])

    def other_state(public: dict[str, Any]) -> None:
        public["desks"][0]["state"] = "BR"

    def until_with_active(public: dict[str, Any]) -> None:
        public["desks"][0]["keys"][0]["until"] = NOW

    def key_state(public: dict[str, Any]) -> None:
        public["desks"][0]["keys"][0]["state"] = "perhaps"

    other = b64(random("another roster"))
    first = CHAIN[0][1]
    loose = roster.note_text(ORIGIN, first).replace('{"authorities"', '{ "authorities"')
    return [
        ("previous-of-another", signed(2, lambda p: p.update(previous=other)), 1, NOW, "previous"),
        (
            "founding-with-previous",
            signed(1, lambda p: p.update(previous=other)),
            0,
            NOW,
            "previous",
        ),
        ("threshold-0", signed(1, lambda p: p.update(threshold=0)), 0, NOW, "roster"),
        ("threshold-4-of-3", signed(1, lambda p: p.update(threshold=4)), 0, NOW, "roster"),
        (
            "authority-listed-twice",
            signed(1, lambda p: p["authorities"].__setitem__(2, p["authorities"][0])),
            0,
            NOW,
            "roster",
        ),
        (
            "log-of-another-name",
            signed(1, lambda p: p.update(log=signer("log.example").verifier.vkey)),
            0,
            NOW,
            "roster",
        ),
        (
            "another-log",
            signed(2, lambda p: p.update(log=Signer(ORIGIN, random("another log")).verifier.vkey)),
            1,
            NOW,
            "log",
        ),
        ("unknown-member", signed(1, lambda p: p.update(more=1)), 0, NOW, "roster"),
        ("line-of-another-state", signed(1, other_state), 0, NOW, "roster"),
        ("until-with-an-active-key", signed(1, until_with_active), 0, NOW, "roster"),
        ("unknown-key-state", signed(1, key_state), 0, NOW, "roster"),
        ("not-canonical", sign(loose, [a1, a2]), 0, NOW, "jcs"),
    ]


def _staff_faults() -> list[dict[str, Any]]:
    good = roster.Roster.parse(CHAIN[0][0], ORIGIN)
    staff = CHAIN[0][2]
    changed = jcs.encode({**staff, "competence": []})
    out = [
        refused(
            "staff-changed",
            "staff-hash",
            lambda: roster.check_staff(good, changed),
            after=0,
            now=NOW,
            staff=_staff_difference(changed),
            **_note_difference(CHAIN[0][0]),
        )
    ]

    def case(name: str, change: Callable[[dict[str, Any]], object]) -> None:
        bad = copy.deepcopy(staff)
        change(bad)
        data = jcs.encode(bad)
        public = {**CHAIN[0][1], "staff": b64(sha256(data))}
        note = roster.make_note(ORIGIN, public, AUTHORITIES[:2])
        parsed = roster.Roster.parse(note, ORIGIN)
        out.append(
            refused(
                name,
                "staff",
                lambda: roster.check_staff(parsed, data),
                after=0,
                now=NOW,
                staff=_staff_difference(data),
                **_note_difference(note),
            )
        )

    case("staff-of-another-version", lambda s: s.update(version=2))
    case("competence-of-unknown-unit", lambda s: s["competence"][0].update(units=["unit-x"]))
    case("desk-as-competent-unit", lambda s: s["competence"][0].update(units=[DESK]))
    case("member-under-another-office", lambda s: s["offices"][0]["members"].append(_member(UNIT)))
    return out


def _key_states() -> list[dict[str, Any]]:
    newest = roster.Roster.parse(CHAIN[2][0], ORIGIN)
    accepted = key_line(DESK, "envelope-xwing").key_id
    until = NOW + 7 * roster.DAY
    cases = [
        (key_line(DESK, "envelope-x25519").key_id, NOW),
        (accepted, until - 1),
        (accepted, until),
        (key_line(UNIT, "seal-xwing").key_id, NOW),
    ]
    return [
        {"expect": roster.key_state(newest, key_id, now), "key_id": b64(key_id), "now": now}
        for key_id, now in cases
    ]


def make() -> dict[str, Any]:
    notes = [note for note, _, _ in CHAIN]
    assert roster.verify_chain(notes, ORIGIN, NOW).version == 3
    for note, _, staff in CHAIN:
        roster.check_staff(roster.Roster.parse(note, ORIGIN), jcs.encode(staff))
    rejected = [
        refused(
            name, expect, _verify(note, after, now), after=after, now=now, **_note_difference(note)
        )
        for name, note, after, now, expect in _signature_faults() + _content_faults()
    ]
    return {
        "about": ABOUT,
        "chain": [
            {
                "note": note.decode(),
                "now": NOW,
                "staff": jcs.encode(staff).decode(),
                "text_sha256": roster.text_hash(note),
                "version": version,
            }
            for version, (note, _, staff) in enumerate(CHAIN, 1)
        ],
        "key_states": _key_states(),
        "origin": ORIGIN,
        "refused": rejected + _staff_faults(),
        "seeds": {s.name: b64(s.seed) for s in [*AUTHORITIES, *STRANGERS, LOG]},
    }
