"""What the subcommands read: files, JSON answers of the gateway, keys."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from resguardo_formats import receipt
from resguardo_formats.encodings import unb64
from resguardo_formats.errors import Refused, require
from resguardo_formats.keylines import KeyLine


def read(path: str) -> bytes:
    """A file's bytes; `-` is standard input."""
    if path == "-":
        return sys.stdin.buffer.read()
    return Path(path).read_bytes()


def member_of(path: str, name: str) -> bytes:
    """A file, or where it holds a JSON object with `name` (a gateway's answer), that member."""
    data = read(path)
    try:
        value = json.loads(data)
    except ValueError:
        return data
    if isinstance(value, dict) and isinstance(value.get(name), str):
        return value[name].encode("utf-8")
    return data


def binary(text: str, length: int | None = None) -> bytes:
    """Hex, standard base64 or base64url, whichever the text is."""
    if length is not None and len(text) == 2 * length:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    standard = text.replace("-", "+").replace("_", "/")
    return unb64(standard + "=" * (-len(standard) % 4), length)


def add_keys(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--keys", metavar="FILE", help='JSON {"keys": [{"line": "key ...", "seed": hex or base64}]}'
    )
    parser.add_argument(
        "--line",
        action="append",
        default=[],
        metavar="LINE",
        help="a key line; the n-th --line goes with the n-th --seed",
    )
    parser.add_argument("--seed", action="append", default=[], metavar="HEX")


class Keys:
    """Secret keys by key id and by use."""

    def __init__(self, pairs: list[tuple[KeyLine, bytes]]) -> None:
        for line, seed in pairs:
            require(line.kem.public_key(seed) == line.public_key, "key-pair", line.office)
        self.pairs = pairs

    @classmethod
    def of(cls, arguments: Namespace) -> Keys:
        require(len(arguments.line) == len(arguments.seed), "usage", "--line without --seed")
        pairs = [
            (KeyLine.parse(line), binary(seed, 32))
            for line, seed in zip(arguments.line, arguments.seed, strict=True)
        ]
        if arguments.keys:
            items = json.loads(read(arguments.keys))["keys"]
            pairs += [(KeyLine.parse(i["line"]), binary(i["seed"], 32)) for i in items]
        return cls(pairs)

    def by_id(self, key_id: bytes) -> tuple[KeyLine, bytes]:
        for line, seed in self.pairs:
            if line.key_id == key_id:
                return line, seed
        raise Refused("wrong-key", "no such key is given")

    def by_use(self, use: str, office: str | None = None) -> list[tuple[KeyLine, bytes]]:
        return [
            (line, seed)
            for line, seed in self.pairs
            if line.use == use and office in (None, line.office)
        ]


def add_record(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--record",
        required=True,
        metavar="FILE",
        help="the record's JCS, or a JSON answer with a member record",
    )


def record_of(arguments: Namespace) -> dict[str, Any]:
    from resguardo_formats import jcs

    value = jcs.decode(member_of(arguments.record, "record"))
    require(isinstance(value, dict), "record", "no object")
    return value


def add_receipt(parser: ArgumentParser, required: bool = False) -> None:
    parser.add_argument(
        "--receipt", required=required, metavar="DIGITS", help="ten groups of three digits"
    )
    parser.add_argument("--origin", required=required, help="the gateway's log name")


def receipt_of(arguments: Namespace) -> receipt.ReceiptKeys:
    require(bool(arguments.origin), "usage", "--receipt needs --origin")
    return receipt.derive(receipt.from_digits(arguments.receipt), arguments.origin)
