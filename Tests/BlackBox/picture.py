"""A small, valid JPEG with EXIF data such as a telephone writes: maker, time and place."""

from __future__ import annotations

import os
import struct

MAKER = b"Telefono de prueba\x00"
PLACE = (34, 36, 13)  # degrees, minutes, seconds south

# One grey pixel: quantisation table, progressive frame, Huffman table, scan (ITU T.81, Annex B).
_PIXEL = (
    b"\xff\xdb\x00\x43\x00"
    + b"\x01" * 64
    + bytes.fromhex("ffc2000b080001000101011100")
    + bytes.fromhex("ffc40014000100000000000000000000000000000003")
    + bytes.fromhex("ffda00080101000001")
    + b"\x3f\x10\xff\xd9"
)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def _field(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack(">HHI", tag, kind, count) + value.ljust(4, b"\x00")


def _exif() -> bytes:
    """TIFF: the image's directory (Make, GPS), the GPS directory, then what they point to."""
    gps_at = 8 + 2 + 2 * 12 + 4
    values_at = gps_at + 2 + 2 * 12 + 4
    image = struct.pack(">H", 2)
    image += _field(0x010F, 2, len(MAKER), struct.pack(">I", values_at))
    image += _field(0x8825, 4, 1, struct.pack(">I", gps_at)) + bytes(4)
    gps = struct.pack(">H", 2) + _field(1, 2, 2, b"S\x00")
    gps += _field(2, 5, 3, struct.pack(">I", values_at + len(MAKER))) + bytes(4)
    place = b"".join(struct.pack(">II", number, 1) for number in PLACE)
    return b"Exif\x00\x00MM\x00\x2a" + struct.pack(">I", 8) + image + gps + MAKER + place


def jpeg(size: int) -> bytes:
    """A picture of at least `size` bytes: the rest stands in segments that no reader shows."""
    data = b"\xff\xd8" + _segment(0xE1, _exif())
    while len(data) + len(_PIXEL) < size:
        data += _segment(0xEF, os.urandom(min(60_000, size - len(data))))
    return data + _PIXEL
