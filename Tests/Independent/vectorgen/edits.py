"""Edits that make a broken wire of a good one, described so that any language can repeat them."""

from __future__ import annotations

from typing import Any

from resguardo_formats.encodings import b64, unb64

Edit = dict[str, Any]

EDITS_ABOUT = [
    "An 'edits' list is applied in order to the base's bytes: {'ranges': [[a, b], ...]} keeps",
    "these half-open slices, joined in this order; {'xor': [offset, mask]} changes one byte;",
    "{'append': base64} adds bytes at the end; {'replace': [offset, base64]} overwrites",
    "bytes.",
]


def ranges(*slices: tuple[int, int]) -> Edit:
    return {"ranges": [list(s) for s in slices]}


def xor(offset: int, mask: int = 1) -> Edit:
    return {"xor": [offset, mask]}


def append(data: bytes) -> Edit:
    return {"append": b64(data)}


def replace(offset: int, data: bytes) -> Edit:
    return {"replace": [offset, b64(data)]}


def apply(data: bytes, edits: list[Edit]) -> bytes:
    for edit in edits:
        ((kind, argument),) = edit.items()
        if kind == "ranges":
            data = b"".join(data[a:b] for a, b in argument)
        elif kind == "xor":
            offset, mask = argument
            data = data[:offset] + bytes([data[offset] ^ mask]) + data[offset + 1 :]
        elif kind == "append":
            data += unb64(argument)
        else:
            offset, text = argument
            piece = unb64(text)
            data = data[:offset] + piece + data[offset + len(piece) :]
    return data


def pattern(start: int, length: int) -> bytes:
    """Attachment bytes: at position p, (31 p + floor(p / 256)) mod 256."""
    return bytes((31 * p + (p >> 8)) & 0xFF for p in range(start, start + length))
