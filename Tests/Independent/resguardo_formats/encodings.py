"""Base64 as the formats use it (standard, padded, canonical), decimals, and hashes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from .errors import Refused, require

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}\Z")


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def unb64(text: str, length: int | None = None) -> bytes:
    """Strict standard base64: padded, no other characters, no stray bits."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("base64") from error
    require(b64(data) == text, "base64", "not canonical")
    require(length is None or len(data) == length, "base64", "length")
    return data


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decimal(text: str) -> int:
    """A non-negative decimal below 2^53 without sign or leading zeros."""
    require(_DECIMAL.fullmatch(text) is not None, "decimal", text)
    value = int(text)
    require(value < 2**53, "decimal", text)
    return value
