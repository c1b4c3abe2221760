"""open-envelope, open-body, open-report, open-reply."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from resguardo_formats import envelope, frames, note_texts, reply, report, sealed_body
from resguardo_formats.encodings import b64, sha256, unb64
from resguardo_formats.errors import Refused, require
from resguardo_formats.notes import Note, Verifier

from .inputs import (
    Keys,
    add_keys,
    add_receipt,
    add_record,
    binary,
    member_of,
    read,
    receipt_of,
    record_of,
)


def _described(wire: bytes, k: bytes, tip: frames.Tip, into: str | None) -> dict[str, Any]:
    header = envelope.Header.parse(wire)
    if into:
        folder = Path(into)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tip.json").write_bytes(tip.json_bytes)
        for number, attachment in enumerate(tip.attachments, 1):
            (folder / f"attachment-{number}").write_bytes(attachment.data)
    return {
        "answer_digest": b64(header.answer_digest),
        "attachments": [a.described() for a in tip.attachments],
        "document": tip.document,
        "envelope": b64(sha256(wire)),
        "k": b64(k),
        "key_id": b64(header.key_id),
        "suite": header.suite,
    }


def _opened_tip(wire: bytes, k: bytes, into: str | None) -> dict[str, Any]:
    return _described(wire, k, frames.read_tip(envelope.open_payload(wire, k)), into)


def _open_envelope(arguments: Namespace) -> dict[str, Any]:
    wire = read(arguments.envelope)
    if arguments.k:
        return _opened_tip(wire, binary(arguments.k, 32), arguments.into)
    line, seed = Keys.of(arguments).by_id(envelope.Header.parse(wire).key_id)
    return _opened_tip(wire, envelope.open_key(wire, line, seed), arguments.into)


def _open_with_any(body: bytes, record: dict[str, Any], keys: Keys) -> sealed_body.OpenedBody:
    """Try every pair of seal keys that one office has; the last refusal is the answer."""
    refusal = Refused("wrong-key", "no pair of seal keys is given")
    for line, seed in keys.by_use("seal-xwing"):
        for _, inner_seed in keys.by_use("seal-x25519", line.office):
            try:
                return sealed_body.open_body(body, record, line, seed, inner_seed)
            except Refused as error:
                refusal = error
    raise refusal


def _open_body(arguments: Namespace) -> dict[str, Any]:
    body, record, keys = read(arguments.body), record_of(arguments), Keys.of(arguments)
    if arguments.s:
        s, desk_seq = binary(arguments.s, 32), None
        sealed_body.check_tip_record(record)
        require(sha256(body) == unb64(record["body"], 32), "body-hash")
        require(sealed_body.commitment(s) == unb64(record["commit_s"], 32), "commitment-s")
        wire = sealed_body.open_stream(body, s)
        sealed_body.check_envelope(record, wire)
    else:
        opened = _open_with_any(body, record, keys)
        s, desk_seq, wire = opened.s, opened.desk_seq, opened.wire
    if arguments.out:
        Path(arguments.out).write_bytes(wire)
    result: dict[str, Any] = {"desk_seq": desk_seq, "envelope": b64(sha256(wire)), "s": b64(s)}
    header = envelope.Header.parse(wire)
    if arguments.k:
        result["tip"] = _opened_tip(wire, binary(arguments.k, 32), arguments.into)
    elif any(line.key_id == header.key_id for line, _ in keys.pairs):
        line, seed = keys.by_id(header.key_id)
        k = envelope.open_key(wire, line, seed)
        result["tip"] = _opened_tip(wire, k, arguments.into)
    return result


def _open_report(arguments: Namespace) -> dict[str, Any]:
    data, triage = member_of(arguments.note, "note"), _triage_of(arguments.triage)
    note = Note.parse(data)
    text = note_texts.Report.parse(note.text, arguments.origin, arguments.type)
    signed = note.valid([Verifier.parse(vkey) for vkey in arguments.member])
    require(bool(signed) or not arguments.member, "unsigned")
    record = record_of(arguments)
    sealed_body.check_tip_record(record)
    keys = Keys.of(arguments)
    known = [
        key_id for key_id, _ in text.wraps if any(line.key_id == key_id for line, _ in keys.pairs)
    ]
    require(bool(known), "wrong-key", "no line to a given key")
    line, seed = keys.by_id(known[0])
    opened = report.open_report(
        text,
        triage,
        line,
        seed,
        commit_s=unb64(record["commit_s"], 32),
        commit=unb64(record["commit"], 32),
    )
    result: dict[str, Any] = {
        "k": b64(opened.keys.k),
        "note_sha256": b64(sha256(data)),
        "number": text.number,
        "r": b64(opened.keys.r),
        "s": b64(opened.keys.s),
        "signed_by": [v.name for v in signed],
        "tip_commitment": b64(text.tip),
        "triage": json.loads(opened.triage),
    }
    if arguments.body:
        body = read(arguments.body)
        require(sha256(body) == unb64(record["body"], 32), "body-hash")
        wire = sealed_body.open_stream(body, opened.keys.s)
        sealed_body.check_envelope(record, wire)
        result["tip"] = _opened_tip(wire, opened.keys.k, arguments.into)
    return result


def _triage_of(path: str) -> bytes:
    """Raw bytes, or the base64 member `triage` of a JSON answer."""
    data = read(path)
    text = member_of(path, "triage") if data[:1] == b"{" else data
    return unb64(text.decode()) if text is not data else data


def _open_reply(arguments: Namespace) -> dict[str, Any]:
    keys = receipt_of(arguments)
    blob = read(arguments.blob)
    content = reply.open_(keys.id, keys.reply_secret, keys.psk, blob)
    return {"content": content.decode("utf-8", "replace"), "id": b64(keys.id)}


def add(subcommands: Any) -> None:
    parser: ArgumentParser = subcommands.add_parser("open-envelope")
    parser.add_argument("envelope", metavar="FILE")
    parser.add_argument("--k", help="K itself instead of a key")
    parser.add_argument("--into", metavar="DIR", help="writes tip.json and attachment-N")
    add_keys(parser)
    parser.set_defaults(run=_open_envelope)

    parser = subcommands.add_parser("open-body")
    parser.add_argument("body", metavar="FILE", help="all rows of the sealed body, joined")
    add_record(parser)
    add_keys(parser)
    parser.add_argument("--s", help="S itself instead of keys")
    parser.add_argument("--k", help="K, to open the envelope too")
    parser.add_argument("--out", metavar="FILE", help="writes the envelope")
    parser.add_argument("--into", metavar="DIR")
    parser.set_defaults(run=_open_body)

    parser = subcommands.add_parser("open-report")
    parser.add_argument("note", metavar="FILE", help="the report's note")
    parser.add_argument("--triage", required=True, metavar="FILE", help="the sealed triage")
    parser.add_argument("--origin", required=True)
    parser.add_argument("--type", choices=("report", "transfer"), default="report")
    parser.add_argument(
        "--member",
        action="append",
        default=[],
        metavar="VKEY",
        help="one of these must have signed",
    )
    parser.add_argument("--body", metavar="FILE")
    parser.add_argument("--into", metavar="DIR")
    add_record(parser)
    add_keys(parser)
    parser.set_defaults(run=_open_report)

    parser = subcommands.add_parser("open-reply")
    parser.add_argument("blob", metavar="FILE", help="4,144 bytes")
    add_receipt(parser, required=True)
    parser.set_defaults(run=_open_reply)
