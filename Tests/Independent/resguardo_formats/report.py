"""Reports (formats.md section 7): the wrap for each recipient and the sealed triage."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from . import envelope, hpke, sealed_body
from .chunks import open_chunks, seal_chunks
from .encodings import sha256
from .errors import Refused, require
from .keylines import KeyLine
from .note_texts import Report

PAD = 4_096
WRAP_BYTES = 1120 + 96 + 16


def commitment_r(r: bytes) -> bytes:
    return hpke.hkdf(r, b"resguardo/1 commit")


def triage_key(r: bytes, tip: bytes) -> bytes:
    return hpke.hkdf(r, b"resguardo/1 triage\x00" + tip)


def wrap_info(key_id: bytes, tip: bytes, commit_r: bytes) -> bytes:
    return b"resguardo/1 report\x00" + key_id + tip + commit_r


@dataclass(frozen=True)
class ReportKeys:
    """S opens the sealed body, K the envelope, R the triage."""

    s: bytes
    k: bytes
    r: bytes


def seal_triage(r: bytes, tip: bytes, json_bytes: bytes) -> bytes:
    require(bool(json_bytes) and b"\x00" not in json_bytes, "padding", "JSON has no zero bytes")
    padded = json_bytes.ljust(-(-len(json_bytes) // PAD) * PAD, b"\x00")
    return seal_chunks(triage_key(r, tip), padded)


def open_triage(r: bytes, tip: bytes, sealed: bytes) -> bytes:
    padded = b"".join(open_chunks(triage_key(r, tip), sealed))
    require(len(padded) % PAD == 0, "padding")
    return strip_zeros(padded)


def strip_zeros(padded: bytes) -> bytes:
    """The content before the padding; JSON has no zero byte of its own."""
    content = padded.rstrip(b"\x00")
    require(bool(content) and b"\x00" not in content, "padding")
    return content


def wrap(line: KeyLine, tip: bytes, keys: ReportKeys, coins: bytes) -> bytes:
    """The wrap of a report's keys to one recipient's seal-xwing key."""
    require(line.use == "seal-xwing", "key-use", line.use)
    info = wrap_info(line.key_id, tip, commitment_r(keys.r))
    enc, ct = hpke.seal(hpke.XWING, line.public_key, info, keys.s + keys.k + keys.r, coins)
    return enc + ct


def open_wrap(data: bytes, line: KeyLine, seed: bytes, tip: bytes, commit_r: bytes) -> ReportKeys:
    """S, K and R of a wrap, with commit_R recomputed."""
    require(len(data) == WRAP_BYTES, "truncated")
    content = hpke.open_(
        hpke.XWING, seed, data[:1120], wrap_info(line.key_id, tip, commit_r), data[1120:]
    )
    require(len(content) == 96, "hpke", "size")
    keys = ReportKeys(content[:32], content[32:64], content[64:])
    require(hmac.compare_digest(commitment_r(keys.r), commit_r), "commitment-r")
    return keys


@dataclass(frozen=True)
class OpenedReport:
    keys: ReportKeys
    triage: bytes


def open_report(
    report: Report,
    sealed_triage: bytes,
    line: KeyLine,
    seed: bytes,
    *,
    commit_s: bytes,
    commit: bytes,
) -> OpenedReport:
    """What a unit does with a report's text before it fetches the body."""
    wraps = [data for key_id, data in report.wraps if key_id == line.key_id]
    require(len(wraps) == 1, "wrong-key", "no line to this key")
    require(sha256(sealed_triage) == report.triage_hash, "triage-hash")
    keys = open_wrap(wraps[0], line, seed, report.tip, report.commit_r)
    require(sealed_body.commitment(keys.s) == commit_s, "commitment-s")
    require(envelope.commitment(keys.k) == commit, "commitment")
    return OpenedReport(keys, open_triage(keys.r, report.tip, sealed_triage))


def check_numbers(numbers: list[int]) -> tuple[str, list[int]]:
    """Gap-free from 1: ('ok', []), ('gap', the missing) or ('repeat', the repeated)."""
    expected = 1
    for number in numbers:
        if number < expected:
            return "repeat", [number]
        if number > expected:
            return "gap", list(range(expected, number))
        expected += 1
    return "ok", []


def require_sequence(numbers: list[int]) -> None:
    word, which = check_numbers(numbers)
    if word != "ok":
        raise Refused(word, str(which))
