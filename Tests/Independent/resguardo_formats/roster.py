"""Rosters (formats.md section 2): the public part, the staff part, and m of n signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import jcs
from .encodings import b64, sha256, unb64
from .errors import Refused, require
from .keylines import KeyLine
from .notes import PREFIX, Note, Signer, Verifier, note_lines, sign

DAY = 86_400
EXPIRES_MAX = 90 * DAY
PUBLIC_KEYS = frozenset(
    (
        "authorities",
        "desks",
        "expires",
        "log",
        "previous",
        "staff",
        "threshold",
        "tick_seconds",
        "version",
    )
)
STAFF_KEYS = frozenset(("competence", "offices", "version"))
KEY_STATES = ("active", "accepted", "revoked")


def note_text(origin: str, public: dict[str, Any]) -> str:
    return f"{PREFIX}roster\n{origin}\n{jcs.encode(public).decode('utf-8')}\n"


def make_note(origin: str, public: dict[str, Any], authorities: Sequence[Signer]) -> bytes:
    return sign(note_text(origin, public), authorities)


def text_hash(note: bytes) -> str:
    """What the next version calls `previous`."""
    return b64(sha256(Note.parse(note).text.encode("utf-8")))


@dataclass(frozen=True)
class Roster:
    """A roster whose form is right; `note` keeps the signatures for verification."""

    origin: str
    public: dict[str, Any]
    note: Note

    @classmethod
    def parse(cls, data: bytes, origin: str) -> Roster:
        note = Note.parse(data)
        lines = note_lines(note.text, "roster", origin)
        require(len(lines) == 1, "note-lines")
        public = jcs.decode(lines[0].encode("utf-8"))
        try:
            _check_public(public, origin)
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused("roster", "shape") from error
        return cls(origin, public, note)

    @property
    def authorities(self) -> list[Verifier]:
        return [Verifier.parse(vkey) for vkey in self.public["authorities"]]

    @property
    def log(self) -> Verifier:
        return Verifier.parse(self.public["log"])

    @property
    def version(self) -> int:
        return self.public["version"]

    def key_lines(self) -> list[tuple[KeyLine, str]]:
        """All lines of desks with their state."""
        return [
            (KeyLine.parse(key["line"]), key["state"])
            for desk in self.public["desks"]
            for key in desk["keys"]
        ]


def _check_public(public: Any, origin: str) -> None:
    require(isinstance(public, dict) and frozenset(public) == PUBLIC_KEYS, "roster", "members")
    vkeys = [Verifier.parse(vkey) for vkey in public["authorities"]]
    require(len({v.public_key for v in vkeys}) == len(vkeys), "roster", "an authority twice")
    require(all(v.name.startswith(f"{origin}/") for v in vkeys), "roster", "authority's name")
    _check_integer(public["threshold"], 1)
    require(public["threshold"] <= len(vkeys), "roster", "threshold")
    for name in ("expires", "tick_seconds", "version"):
        _check_integer(public[name], 1)
    require(Verifier.parse(public["log"]).name == origin, "roster", "log's name")
    unb64(public["staff"], 32)
    require((public["version"] == 1) == (public["previous"] == ""), "previous")
    if public["previous"]:
        unb64(public["previous"], 32)
    offices = [desk["office"] for desk in public["desks"]]
    require(len(set(offices)) == len(offices), "roster", "a desk twice")
    for desk in public["desks"]:
        require(frozenset(desk) == {"keys", "office", "state"}, "roster", "desk's members")
        _check_keys(desk, origin)


def _check_integer(value: Any, least: int) -> None:
    require(type(value) is int and value >= least, "roster", "integer")


def _check_keys(office: dict[str, Any], origin: str) -> None:
    for key in office["keys"]:
        line = KeyLine.parse(key["line"])
        mine = (line.origin, line.office, line.state)
        require(mine == (origin, office["office"], office["state"]), "roster", "line's office")
        require(key["state"] in KEY_STATES, "roster", "key's state")
        members = {"line", "state"} | ({"until"} if key["state"] == "accepted" else set())
        require(frozenset(key) == members, "roster", "key's members")
        if key["state"] == "accepted":
            _check_integer(key["until"], 1)


def verify(roster: Roster, previous: Roster | None, now: int) -> None:
    """Version, predecessor, signatures under the old rule, and expiry."""
    if previous is None:
        require(roster.version == 1, "version", "the first is 1")
        rule = roster
    else:
        require(roster.version == previous.version + 1, "version")
        expected = b64(sha256(previous.note.text.encode("utf-8")))
        require(roster.public["previous"] == expected, "previous")
        require(roster.public["log"] == previous.public["log"], "log", "the log's key changed")
        rule = previous
    signed = roster.note.valid(rule.authorities)
    require(len(signed) >= rule.public["threshold"], "threshold", f"{len(signed)} signatures")
    require(now < roster.public["expires"], "expired")
    require(roster.public["expires"] <= now + EXPIRES_MAX, "expires", "more than 90 days")


def verify_chain(notes: Sequence[bytes], origin: str, now: int) -> Roster:
    """A chain from version 1; only the newest has to be unexpired."""
    previous: Roster | None = None
    for index, data in enumerate(notes):
        roster = Roster.parse(data, origin)
        last = index == len(notes) - 1
        verify(roster, previous, now if last else roster.public["expires"] - 1)
        previous = roster
    require(previous is not None, "roster", "empty chain")
    assert previous is not None
    return previous


def check_staff(roster: Roster, staff_bytes: bytes) -> dict[str, Any]:
    """The staff part that a roster names."""
    require(sha256(staff_bytes) == unb64(roster.public["staff"], 32), "staff-hash")
    staff = jcs.decode(staff_bytes)
    try:
        _check_staff(staff, roster)
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused("staff", "shape") from error
    return staff


def _check_staff(staff: Any, roster: Roster) -> None:
    require(isinstance(staff, dict) and frozenset(staff) == STAFF_KEYS, "staff", "members")
    require(staff["version"] == roster.version, "staff", "version")
    offices: dict[str, str] = {}
    for office in staff["offices"]:
        require(frozenset(office) == {"keys", "kind", "members", "office", "state"}, "staff")
        require(office["kind"] in ("desk", "unit"), "staff", "kind")
        require(office["office"] not in offices, "staff", "an office twice")
        offices[office["office"]] = office["kind"]
        require(office["kind"] == "unit" or not office["keys"], "staff", "a desk's keys")
        _check_keys(office, roster.origin)
        for member in office["members"]:
            _check_member(member, f"{roster.origin}/{office['office']}/")
    units = {name for name, kind in offices.items() if kind == "unit"}
    for rule in staff["competence"]:
        require(frozenset(rule) == {"offence", "territory", "units"}, "staff", "competence")
        require(set(rule["units"]) <= units, "staff", "unknown unit")


def _check_member(member: dict[str, Any], prefix: str) -> None:
    require(frozenset(member) == {"key", "name", "pins", "state"}, "staff", "member")
    require(Verifier.parse(member["key"]).name == prefix + member["name"], "staff", "key's name")
    require(member["state"] in ("active", "revoked"), "staff", "member's state")
    for pin in member["pins"]:
        unb64(pin, 32)


def key_state(roster: Roster, key_id: bytes, now: int) -> str:
    """'active', 'accepted', 'revoked' or 'unknown' for a desk's key at a time."""
    for line, state in roster.key_lines():
        if line.key_id != key_id:
            continue
        if state != "accepted":
            return state
        until = next(
            key["until"]
            for desk in roster.public["desks"]
            for key in desk["keys"]
            if key["line"] == line.text
        )
        return "accepted" if now < until else "revoked"
    return "unknown"
