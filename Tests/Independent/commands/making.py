"""make-envelope, make-reply, receipt: what a test posts as if it were a page or an office."""

from __future__ import annotations

import mimetypes
import secrets
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from resguardo_formats import envelope, frames, jcs, receipt, reply
from resguardo_formats.chunks import seal_chunks
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.errors import Refused, require
from resguardo_formats.keylines import KeyLine

from .inputs import add_receipt, binary, read, receipt_of


def _chosen_line(arguments: Namespace) -> KeyLine:
    """The line of a file like GET /v1/keys/{hash}: one of several, by suite."""
    text = read(arguments.key_file).decode("utf-8")
    lines = [KeyLine.parse(line) for line in text.splitlines() if line.strip()]
    wanted = {1: "envelope-x25519", 2: "envelope-xwing"}
    uses = [wanted[arguments.suite]] if arguments.suite else ["envelope-xwing", "envelope-x25519"]
    for use in uses:
        for line in lines:
            if line.use == use:
                return line
    raise Refused("key-use", "no such line in the file")


def _mailbox(keys: receipt.ReceiptKeys) -> dict[str, str]:
    return {
        "answer": b64(keys.answer),
        "id": b64(keys.id),
        "psk": b64(keys.psk),
        "reply_key": b64(keys.reply_public),
    }


def _draw_receipt() -> str:
    return receipt.to_digits(secrets.token_bytes(receipt.SECRET_BYTES))


def _make_envelope(arguments: Namespace) -> dict[str, Any]:
    line = _chosen_line(arguments)
    k = secrets.token_bytes(32)
    header = envelope.make_header(line, k, secrets.token_bytes(line.kem.coins_bytes))
    document: dict[str, Any] = {"v": 1, "what_happened": arguments.text}
    digits = None
    if arguments.answer_to:
        arguments.receipt = arguments.answer_to
        keys = receipt_of(arguments)
        document |= {
            "answer_tag": b64(envelope.answer_tag(keys.answer, header)),
            "answer_to": b64(keys.id),
        }
    else:
        digits = arguments.receipt or _draw_receipt()
        arguments.receipt = digits
        arguments.origin = arguments.origin or line.origin
        document["mailbox"] = _mailbox(receipt_of(arguments))
    data = [Path(path).read_bytes() for path in arguments.attach]
    attachments = [
        frames.Attachment(
            Path(path).name, mimetypes.guess_type(path)[0] or "application/octet-stream", content
        )
        for path, content in zip(arguments.attach, data, strict=True)
    ]
    if attachments:
        document["attachments"] = [a.described() for a in attachments]
    json_bytes = jcs.encode(document)
    frames.parse_document(json_bytes)
    plaintext = frames.pad(header.suite, frames.write_frames(json_bytes, data))
    chunks = seal_chunks(envelope.payload_key(k, header.h0), plaintext)
    wire = header.wire + chunks
    Path(arguments.out).write_bytes(wire)
    return {
        "document": document,
        "envelope": b64(sha256(wire)),
        "k": b64(k),
        "key_id": b64(line.key_id),
        "length": len(wire),
        "receipt": digits,
        "suite": header.suite,
    }


def _make_reply(arguments: Namespace) -> dict[str, Any]:
    if arguments.receipt:
        keys = receipt_of(arguments)
        place = (keys.id, keys.reply_public, keys.psk)
    else:
        given = (arguments.id, arguments.reply_key, arguments.psk)
        require(all(given), "usage", "--receipt, or --id, --reply-key and --psk")
        place = (binary(given[0], 32), binary(given[1], 32), binary(given[2], 32))
    blob = reply.seal(*place, jcs.encode({"text": arguments.text, "v": 1}), secrets.token_bytes(32))
    Path(arguments.out).write_bytes(blob)
    return {"blob": b64(sha256(blob)), "id": b64(place[0])}


def _receipt(arguments: Namespace) -> dict[str, Any]:
    arguments.receipt = arguments.receipt or _draw_receipt()
    keys = receipt_of(arguments)
    return {"receipt": arguments.receipt, **_mailbox(keys)}


def add(subcommands: Any) -> None:
    parser: ArgumentParser = subcommands.add_parser("make-envelope")
    parser.add_argument(
        "--key-file",
        required=True,
        metavar="FILE",
        help="key lines, as GET /v1/keys/{hash} answers them",
    )
    parser.add_argument("--suite", type=int, choices=(1, 2), help="by default 2 where there is one")
    parser.add_argument("--text", required=True)
    parser.add_argument("--attach", action="append", default=[], metavar="FILE")
    parser.add_argument("--out", required=True, metavar="FILE")
    parser.add_argument("--answer-to", metavar="DIGITS", help="an answer of this receipt's holder")
    add_receipt(parser)
    parser.set_defaults(run=_make_envelope)

    parser = subcommands.add_parser("make-reply")
    parser.add_argument("--text", required=True)
    parser.add_argument("--out", required=True, metavar="FILE")
    for name in ("--id", "--reply-key", "--psk"):
        parser.add_argument(name, help="from a tip's mailbox")
    add_receipt(parser)
    parser.set_defaults(run=_make_reply)

    parser = subcommands.add_parser("receipt")
    add_receipt(parser)
    parser.set_defaults(run=_receipt)
