"""The plaintext of an envelope: frames, then zeros up to a fixed or Padmé length."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .encodings import b64, sha256, unb64
from .errors import Refused, require

FRAME_JSON = 1
FRAME_PIECE = 2
FRAME_END = 3
FRAME_HEAD = 5
FIXED = {1: 17_472, 2: 16_384}
TEXT_MAX = 4_000
LINE_MAX = 1_000
# What a tip may say beside its story; the texts are words of the person's own, the keys are of the form's lists.
TEXTS = ("where_text", "when_text", "other_country", "safe_contact_note")
KEYS = ("child_count", "child_sex_or_gender", "child_age_band", "exploiter_known", "who_am_i")
UNSURE = ("danger_now", "still_happening", "crosses_border")
ORIGINALS_MAX = 16
NAME_BYTES_MAX = 255
BIDI = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A))


def padme(length: int) -> int:
    """Padmé (Nikitin and others, 2019): at most 12 % more, O(log log L) bits of length shown."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (length + mask) & ~mask


def padded_length(suite: int, length: int) -> int:
    return max(FIXED[suite], padme(length)) if length > FIXED[suite] else FIXED[suite]


def frame(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + len(data).to_bytes(4, "big") + data


@dataclass(frozen=True)
class Attachment:
    name: str
    media_type: str
    data: bytes
    copy_of: int | None = None
    """For a copy without place and device data: the index of its original."""

    def described(self) -> dict[str, Any]:
        described = {
            "name": self.name,
            "sha256": b64(sha256(self.data)),
            "size": len(self.data),
            "type": self.media_type,
        }
        return described if self.copy_of is None else {**described, "copy_of": self.copy_of}


@dataclass(frozen=True)
class Tip:
    """What the reader yields: the JSON's exact bytes, the parsed object, the attachments."""

    json_bytes: bytes
    document: dict[str, Any]
    attachments: list[Attachment]


def write_frames(json_bytes: bytes, attachments: list[bytes], piece: int = 65_536) -> bytes:
    parts = [frame(FRAME_JSON, json_bytes)]
    for data in attachments:
        for start in range(0, len(data), piece):
            parts.append(frame(FRAME_PIECE, data[start : start + piece]))
        parts.append(frame(FRAME_END, b""))
    return b"".join(parts)


def pad(suite: int, frames: bytes) -> bytes:
    return frames.ljust(padded_length(suite, len(frames)), b"\x00")


def _split_frames(plaintext: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(plaintext):
        kind = plaintext[position]
        if kind == 0:
            require(not any(plaintext[position:]), "padding")
            return
        require(kind in (FRAME_JSON, FRAME_PIECE, FRAME_END), "frame-kind", str(kind))
        head = plaintext[position : position + FRAME_HEAD]
        require(len(head) == FRAME_HEAD, "frame-length", "cut in its head")
        length = int.from_bytes(head[1:], "big")
        position += FRAME_HEAD
        require(position + length <= len(plaintext), "frame-length", "longer than the rest")
        yield kind, plaintext[position : position + length]
        position += length


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    require(len({key for key, _ in pairs}) == len(pairs), "json", "duplicate key")
    return dict(pairs)


def parse_document(data: bytes) -> dict[str, Any]:
    """The tip's JSON: an object, version 1, with the text and attachment rules checked."""
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_no_duplicates)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # no lone surrogates
    except ValueError as error:
        raise Refused("json") from error
    require(isinstance(document, dict) and document.get("v") == 1, "json", "v")
    text = document.get("what_happened", "")
    require(isinstance(text, str) and len(text) <= TEXT_MAX, "text", "length")
    require(not any(_forbidden(ord(c)) for c in text), "text", "characters")
    _check_answers(document)
    attachments = document.get("attachments", [])
    require(isinstance(attachments, list), "json", "attachments")
    for item in attachments:
        require(isinstance(item, dict), "json", "attachment")
        require(_is_name(item.get("name")), "json", "attachment name")
        kind = item.get("type")
        require(isinstance(kind, str) and re.fullmatch(r"[!-~]{1,127}", kind), "json", "attachment type")
        size = item.get("size")
        require(type(size) is int and 0 <= size < 2**53, "json", "attachment size")
        require(isinstance(item.get("sha256"), str), "json", "attachment hash")
        unb64(item["sha256"], 32)
    _check_copies(attachments)
    return document


def _is_name(name: Any) -> bool:
    """What a sender may call a file: nothing that could do more than name one."""
    return (
        isinstance(name, str) and 0 < len(name.encode()) <= NAME_BYTES_MAX and name not in (".", "..")
        and not name.isspace() and not any(ord(c) < 0x20 or c in "/\\" or _forbidden(ord(c)) for c in name)
    )


def _check_answers(document: dict[str, Any]) -> None:
    """The short answers, each absent or well-formed."""
    for name in TEXTS:
        line = document.get(name, "-")
        require(isinstance(line, str) and 0 < len(line) <= LINE_MAX, "text", name)
        require(not any(_forbidden(ord(c)) for c in line), "text", name)
    for name in KEYS:
        key = document.get(name, "-")
        require(isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key), "json", name)
    for name in UNSURE:
        require(document.get(name, "no") in ("yes", "no", "unsure"), "json", name)


def _check_copies(attachments: list[dict[str, Any]]) -> None:
    """A copy names an original before it; each original has one copy at most."""
    originals = [n for n, item in enumerate(attachments) if "copy_of" not in item]
    require(len(originals) <= ORIGINALS_MAX, "json", "too many attachments")
    without_copy = set(originals)
    for number, item in enumerate(attachments):
        if "copy_of" not in item:
            continue
        original = item["copy_of"]
        require(type(original) is int and original < number, "json", "a copy before its original")
        require(original in without_copy, "json", "a copy of a copy, or a second one")
        without_copy.remove(original)


def _forbidden(scalar: int) -> bool:
    control = (scalar < 0x20 and scalar not in (0x09, 0x0A)) or 0x7F <= scalar < 0xA0
    return control or scalar in BIDI


def read_tip(plaintext: bytes) -> Tip:
    """Parse a whole plaintext, or refuse it with the slug of its first fault."""
    json_bytes: bytes | None = None
    document: dict[str, Any] = {}
    contents: list[bytes] = []
    current: list[bytes] | None = None
    for kind, data in _split_frames(plaintext):
        if kind == FRAME_JSON:
            require(current is None, "json-inside")
            require(json_bytes is None, "json-twice")
            json_bytes, document = data, parse_document(data)
            continue
        if kind == FRAME_PIECE:
            current = [*(current or []), data]
        else:
            require(not data, "frame-length", "an end has no content")
            contents.append(b"".join(current or []))
            current = None
        if json_bytes is not None:
            _check_named(document, contents, current)
    require(json_bytes is not None, "json-missing")
    _check_named(document, contents, current)
    named = document.get("attachments", [])
    require(current is None and len(contents) == len(named), "attachment-missing")
    found = [
        Attachment(item["name"], item["type"], data, item.get("copy_of"))
        for item, data in zip(named, contents, strict=True)
    ]
    return Tip(json_bytes or b"", document, found)


def _check_named(
    document: dict[str, Any], contents: list[bytes], current: list[bytes] | None
) -> None:
    """What has come so far against what the JSON names, which may come before or after it."""
    named = document.get("attachments", [])
    require(len(contents) + (current is not None) <= len(named), "attachment-unnamed")
    for item, data in zip(named, contents, strict=False):
        require(len(data) == item["size"], "attachment-size")
        require(sha256(data) == unb64(item["sha256"]), "attachment-hash")
    if current is not None:
        size = sum(map(len, current))
        require(size <= named[len(contents)]["size"], "attachment-size")
