"""Pictures with EXIF data: a small valid one of any size, and real photographs from a Debian package."""

from __future__ import annotations

import os
import struct
from pathlib import Path

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


# Photographs of two cameras, with EXIF, as Debian's golang-github-rwcarlsen-goexif-dev installs them.
_PHOTOGRAPHS = Path("/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif")
PHOTOGRAPHS = (_PHOTOGRAPHS / "samples" / "has-lens-info.jpg", _PHOTOGRAPHS / "sample1.jpg")


def exif_of(data: bytes) -> dict[int, bytes]:
    """What the image's EXIF directory says: for each tag the field's value or where it stands."""
    assert data[:2] == b"\xff\xd8", "not a JPEG"
    at = 2
    while data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        content = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xE1 and content.startswith(b"Exif\x00\x00"):
            return _directory(content[6:])
        at += 2 + length
    return {}


def _directory(tiff: bytes) -> dict[int, bytes]:
    order = {b"II*\x00": "<", b"MM\x00*": ">"}[tiff[:4]]
    (at,) = struct.unpack(f"{order}I", tiff[4:8])
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    fields = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, length, value = struct.unpack_from(f"{order}HHII", tiff, entry)
        stands_elsewhere = kind == 2 and length > 4
        fields[tag] = tiff[value : value + length] if stands_elsewhere else tiff[entry + 8 : entry + 12]
    return fields
