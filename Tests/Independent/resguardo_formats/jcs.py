"""JCS (RFC 8785) for what the formats allow: no floats, integers below 2^53."""

from __future__ import annotations

import json
from typing import Any

from .errors import Refused, require

LIMIT = 2**53


def _check(value: Any) -> None:
    match value:
        case None | bool() | str():
            pass
        case int():
            require(-LIMIT < value < LIMIT, "jcs", "integer")
        case list():
            for item in value:
                _check(item)
        case dict():
            for key, item in value.items():
                require(isinstance(key, str), "jcs", "key")
                _check(item)
        case _:
            raise Refused("jcs", type(value).__name__)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def encode(value: Any) -> bytes:
    """The canonical bytes of a value."""
    _check(value)
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    # json.dumps escapes as RFC 8785 does, but for U+007F, which it leaves alone as JCS does.
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("jcs", "lone surrogate") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    require(len({key for key, _ in pairs}) == len(pairs), "jcs", "duplicate key")
    return dict(pairs)


def decode(data: bytes) -> Any:
    """Parse bytes that must be canonical already."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_pairs)
    except ValueError as error:
        raise Refused("jcs") from error
    require(encode(value) == data, "jcs", "not canonical")
    return value
