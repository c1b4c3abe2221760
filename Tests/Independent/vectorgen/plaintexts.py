"""Plaintexts with good encryption and bad content, for the frame reader."""

from __future__ import annotations

from typing import Any

from resguardo_formats import frames, jcs
from resguardo_formats.encodings import b64

from .common import refused
from .edits import Edit, apply, pattern, replace
from .tips import SHORT, digest

LENGTH = 17_472
CONTENT = pattern(0, 600)
NAMED = jcs.encode(
    {**SHORT, "attachments": [frames.Attachment("a.bin", "application/x", CONTENT).described()]}
)
NAMED_TWICE = jcs.encode(
    {
        **SHORT,
        "attachments": [
            frames.Attachment(name, "application/x", CONTENT).described()
            for name in ("a.bin", "b.bin")
        ],
    }
)


def _described(*copies_of: int | None) -> list[dict[str, Any]]:
    return [
        frames.Attachment(f"{n}", "a/b", b"x", copy_of).described()
        for n, copy_of in enumerate(copies_of)
    ]


def _copied(*copies_of: Any) -> bytes:
    """The JSON of attachments that are copies of others (None: of none)."""
    return _named(_described(*copies_of))


def _copies(*copies_of: int | None) -> bytes:
    """Such a JSON, and then the attachments."""
    return _copied(*copies_of) + (_piece(b"x") + END) * len(copies_of)


def _named(attachments: list[dict[str, Any]]) -> bytes:
    return frames.frame(1, jcs.encode({**SHORT, "attachments": attachments}))


PLAIN = jcs.encode(SHORT)
JSON = frames.frame(1, PLAIN)
JSON_NAMED = frames.frame(1, NAMED)
END = frames.frame(3, b"")


def _piece(data: bytes) -> bytes:
    return frames.frame(2, data)


def _text(text: str) -> bytes:
    return frames.frame(1, jcs.encode({"v": 1, "what_happened": text}))


def _raw(json_text: str) -> bytes:
    return frames.frame(1, json_text.encode("utf-8"))


def _frame_faults() -> dict[str, tuple[bytes, list[Edit], str]]:
    return {
        "padding-last-byte": (JSON, [replace(LENGTH - 1, b"\x01")], "padding"),
        "padding-after-first-zero": (JSON, [replace(len(JSON) + 1, b"\x01")], "padding"),
        "frame-after-padding": (JSON + b"\x00" * 5 + _piece(b"x"), [], "padding"),
        "unknown-kind-4": (JSON + frames.frame(4, b""), [], "frame-kind"),
        "unknown-kind-255": (JSON + frames.frame(255, b"x"), [], "frame-kind"),
        "second-json": (JSON + JSON, [], "json-twice"),
        "second-json-after-end": (JSON_NAMED + _piece(CONTENT) + END + JSON, [], "json-twice"),
        "no-json": (b"", [], "json-missing"),
        "attachment-without-json": (_piece(CONTENT) + END, [], "json-missing"),
        "json-inside-attachment": (_piece(CONTENT) + JSON_NAMED + END, [], "json-inside"),
        "json-inside-named-attachment": (
            JSON_NAMED + _piece(CONTENT) + JSON_NAMED + END,
            [],
            "json-inside",
        ),
        "length-beyond-end": (JSON_NAMED + b"\x02\x00\x01\x00\x00", [], "frame-length"),
        "length-maximal": (JSON_NAMED + b"\x02\xff\xff\xff\xff", [], "frame-length"),
        "head-cut": (JSON_NAMED + _piece(CONTENT) + END[:3], [], "frame-length"),
        "end-with-content": (
            JSON_NAMED + _piece(CONTENT) + frames.frame(3, b"x"),
            [],
            "frame-length",
        ),
    }


def _attachment_faults() -> dict[str, tuple[bytes, list[Edit], str]]:
    other = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    return {
        "piece-not-named": (JSON + _piece(b"x") + END, [], "attachment-unnamed"),
        "end-not-named": (JSON + END, [], "attachment-unnamed"),
        "second-attachment-not-named": (
            JSON_NAMED + _piece(CONTENT) + END + _piece(b"x") + END,
            [],
            "attachment-unnamed",
        ),
        "named-but-missing": (JSON_NAMED, [], "attachment-missing"),
        "named-but-not-ended": (JSON_NAMED + _piece(CONTENT), [], "attachment-missing"),
        "one-byte-short": (JSON_NAMED + _piece(CONTENT[:-1]) + END, [], "attachment-size"),
        "one-byte-long": (JSON_NAMED + _piece(CONTENT + b"x") + END, [], "attachment-size"),
        "other-content": (JSON_NAMED + _piece(other) + END, [], "attachment-hash"),
        "not-named-by-the-json-behind": (_piece(CONTENT) + END + JSON, [], "attachment-unnamed"),
        "other-content-before-json": (_piece(other) + END + JSON_NAMED, [], "attachment-hash"),
    }


def _json_faults() -> dict[str, tuple[bytes, list[Edit], str]]:
    bad_hash = NAMED.replace(b'"size":600', b'"size":-1')
    return {
        "json-empty": (frames.frame(1, b""), [], "json"),
        "json-cut": (frames.frame(1, PLAIN[:-1]), [], "json"),
        "json-array": (_raw("[]"), [], "json"),
        "json-not-utf-8": (frames.frame(1, b'{"v":1,"what_happened":"\xff"}'), [], "json"),
        "json-two-values": (_raw('{"v":1}{"v":1}'), [], "json"),
        "json-duplicate-key": (_raw('{"v":1,"what_happened":"a","what_happened":"b"}'), [], "json"),
        "json-version-2": (_raw('{"v":2,"what_happened":"a"}'), [], "json"),
        "json-no-version": (_raw('{"what_happened":"a"}'), [], "json"),
        "attachment-size-negative": (frames.frame(1, bad_hash), [], "json"),
        "text-4001": (_text("x" * 4_001), [], "text"),
        "text-nul": (_text("a\x00b"), [], "text"),
        "text-escape": (_text("a\x1bb"), [], "text"),
        "text-carriage-return": (_text("a\r\nb"), [], "text"),
        "text-delete": (_text("a\x7fb"), [], "text"),
        "text-c1-control": (_text("a\u0085b"), [], "text"),
        "text-bidi-override": (_text("a\u202eb"), [], "text"),
        "text-bidi-isolate": (_text("a\u2066b"), [], "text"),
        "lone-surrogate": (_raw('{"v":1,"what_happened":"\\ud800"}'), [], "json"),
    }


def _copy_faults() -> dict[str, tuple[bytes, list[Edit], str]]:
    first, second = _described(None, None)
    null = [first, {**second, "copy_of": None}]
    return {
        "copy-of-itself": (_copied(0), [], "json"),
        "copy-of-a-later-one": (_copied(1, None), [], "json"),
        "copy-of-none-there": (_copied(None, 2), [], "json"),
        "copy-of-a-copy": (_copied(None, 0, 1), [], "json"),
        "second-copy": (_copied(None, 0, 0), [], "json"),
        "copy-of-minus-one": (_copied(None, -1), [], "json"),
        "copy-of-text": (_copied(None, "0"), [], "json"),
        "copy-of-true": (_copied(None, None, True), [], "json"),
        "copy-of-null": (_named(null), [], "json"),
        "seventeen-originals": (_named(_described(*[None] * 17)), [], "json"),
    }


def _allowed() -> dict[str, bytes]:
    split = _piece(CONTENT[:1]) + _piece(CONTENT[1:400]) + _piece(CONTENT[400:])
    overhead = len(_with_attachment(10_000)) - 10_000
    return {
        "attachment-in-three-pieces": JSON_NAMED + split + END,
        "json-behind-its-attachment": split + END + JSON_NAMED,
        "json-between-attachments": (
            _piece(CONTENT) + END + frames.frame(1, NAMED_TWICE) + _piece(CONTENT) + END
        ),
        "copy-behind-its-original": _copies(None, 0),
        "copies-behind-all": _copies(None, None, None, 2, 0),
        "text-4000": _text("\u00e9" * 4_000),
        "text-tab-and-newline": _text("a\tb\nc"),
        "keys-in-any-order": _raw('{"what_happened":"a", "v": 1}'),
        "three-bytes-of-padding": _with_attachment(LENGTH - overhead - 3),
    }


def _with_attachment(size: int) -> bytes:
    """All frames of a tip with one attachment of `size` bytes, of five digits."""
    content = pattern(0, size)
    described = frames.Attachment("a.bin", "application/x", content).described()
    data = jcs.encode({**SHORT, "attachments": [described]})
    return frames.frame(1, data) + _piece(content) + END


def refused_plaintexts() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(accepted, refused)"""
    accepted = []
    for name, prefix in _allowed().items():
        tip = frames.read_tip(prefix.ljust(LENGTH, b"\x00"))
        accepted.append(
            {
                "attachments": [
                    {"copy_of": a.copy_of, "sha256": digest(a.data), "size": len(a.data)}
                    for a in tip.attachments
                ],
                "length": LENGTH,
                "name": name,
                "prefix": b64(prefix),
                "text_sha256": digest(tip.document["what_happened"].encode("utf-8")),
            }
        )
    rejected = []
    for name, (prefix, edits, expect) in (
        _frame_faults() | _attachment_faults() | _copy_faults() | _json_faults()
    ).items():
        length = len(prefix) if name == "head-cut" else LENGTH
        plaintext = apply(prefix.ljust(length, b"\x00"), edits)
        rejected.append(
            refused(
                name,
                expect,
                lambda p=plaintext: frames.read_tip(p),
                edits=edits,
                length=length,
                prefix=b64(prefix),
            )
        )
    return accepted, rejected
