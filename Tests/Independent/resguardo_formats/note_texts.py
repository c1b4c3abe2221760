"""The text of each type of note: made from values, and read back strictly."""

from __future__ import annotations

from dataclasses import dataclass

from .encodings import b64, decimal, unb64
from .errors import Refused, require
from .notes import PREFIX, note_lines

DECLINE_REASONS = frozenset(
    ("out-of-territory", "out-of-competence", "duplicate", "insufficient", "other")
)


def _text(note_type: str, origin: str, *lines: str) -> str:
    return "".join(f"{line}\n" for line in (PREFIX + note_type, origin, *lines))


def _lines(text: str, note_type: str, origin: str, count: int) -> list[str]:
    lines = note_lines(text, note_type, origin)
    require(len(lines) == count, "note-lines", str(len(lines)))
    return lines


@dataclass(frozen=True)
class Promise:
    origin: str
    commitment: bytes
    tick: int

    @property
    def text(self) -> str:
        return _text("promise", self.origin, b64(self.commitment), str(self.tick))

    @classmethod
    def parse(cls, text: str, origin: str) -> Promise:
        commitment, tick = _lines(text, "promise", origin, 2)
        return cls(origin, unb64(commitment, 32), decimal(tick))


@dataclass(frozen=True)
class Request:
    origin: str
    method: str
    target: str
    body_hash: bytes
    seconds: int
    nonce: bytes

    @property
    def text(self) -> str:
        return _text(
            "request",
            self.origin,
            f"{self.method} {self.target}",
            b64(self.body_hash),
            str(self.seconds),
            b64(self.nonce),
        )

    @classmethod
    def parse(cls, text: str, origin: str) -> Request:
        line, body, seconds, nonce = _lines(text, "request", origin, 4)
        method, space, target = line.partition(" ")
        require(bool(space) and method.isupper() and target.startswith("/"), "request-line")
        require(" " not in target, "request-line")
        return cls(origin, method, target, unb64(body, 32), decimal(seconds), unb64(nonce, 16))


@dataclass(frozen=True)
class Report:
    """A report or a transfer; `wraps` are (key id, 1,232 bytes)."""

    origin: str
    tip: bytes
    number: int
    commit_r: bytes
    triage_hash: bytes
    wraps: list[tuple[bytes, bytes]]
    note_type: str = "report"

    @property
    def text(self) -> str:
        wraps = [f"to {b64(key_id)} {b64(wrap)}" for key_id, wrap in self.wraps]
        return _text(
            self.note_type,
            self.origin,
            b64(self.tip),
            str(self.number),
            b64(self.commit_r),
            b64(self.triage_hash),
            *wraps,
        )

    @classmethod
    def parse(cls, text: str, origin: str, note_type: str = "report") -> Report:
        lines = note_lines(text, note_type, origin)
        require(len(lines) >= 5, "note-lines", str(len(lines)))
        wraps = [cls._parse_wrap(line) for line in lines[4:]]
        number = decimal(lines[1])
        require(number >= 1, "decimal", "a report's number starts at 1")
        return cls(
            origin,
            unb64(lines[0], 32),
            number,
            unb64(lines[2], 32),
            unb64(lines[3], 32),
            wraps,
            note_type,
        )

    @staticmethod
    def _parse_wrap(line: str) -> tuple[bytes, bytes]:
        fields = line.split(" ")
        require(len(fields) == 3 and fields[0] == "to", "report-to")
        return unb64(fields[1], 32), unb64(fields[2], 1232)


@dataclass(frozen=True)
class Acknowledgement:
    origin: str
    report_hash: bytes
    outcome: str

    @property
    def text(self) -> str:
        return _text("acknowledgement", self.origin, b64(self.report_hash), self.outcome)

    @classmethod
    def parse(cls, text: str, origin: str) -> Acknowledgement:
        report, outcome = _lines(text, "acknowledgement", origin, 2)
        if outcome not in ("accepted", "transfer asked"):
            word, _, reason = outcome.partition(" ")
            if word != "declined" or reason not in DECLINE_REASONS:
                raise Refused("outcome", outcome)
        return cls(origin, unb64(report, 32), outcome)


@dataclass(frozen=True)
class Status:
    origin: str
    key_id: bytes
    desk_seq: int

    @property
    def text(self) -> str:
        return _text("status", self.origin, f"desk_seq {b64(self.key_id)} {self.desk_seq}")

    @classmethod
    def parse(cls, text: str, origin: str) -> Status:
        (line,) = _lines(text, "status", origin, 1)
        fields = line.split(" ")
        require(len(fields) == 3 and fields[0] == "desk_seq", "note-lines", line)
        return cls(origin, unb64(fields[1], 32), decimal(fields[2]))
