"""resguardo-notes.json"""

from __future__ import annotations

from typing import Any

from resguardo_formats import jcs, note_texts
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.notes import Note, Signer, Verifier, open_note, sign

from .common import (
    DESK,
    ENCODING,
    LOG,
    ORIGIN,
    OTHER_ORIGIN,
    TICK,
    UNIT,
    key_line,
    member,
    random,
    refused,
    signer,
)

ABOUT = [
    "Signed notes (C2SP signed-note, Ed25519) and the text of each type. 'keys': name, seed,",
    "vkey. 'accepted': 'note' is the encoded note as a string (UTF-8), signed by 'signer';",
    "'fields' are the values in it. 'refused_notes': whole notes read with 'vkeys', expecting",
    "'type' and the origin",
    f"{ORIGIN}. A note counts as signed when one of the given keys signed it; a"
    " signature that names a",
    "given key and is false is refused; signatures of unknown keys are passed over.",
    "'refused_texts': the text of a note of 'type' whose lines are wrong (signatures do not",
    "matter). 'refused_vkeys'. 'published': the example that accompanies C2SP's signed-note.",
    "'jcs': canonical JSON; 'accepted' pairs of any JSON and its JCS; 'refused' is not",
    "canonical, or not allowed here (floats, integers of 2^53 and more, duplicate keys).",
    ENCODING,
]
PUBLISHED = {
    "note": "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
    "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    "vkey": "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
}
AUTHORITY = signer(f"{ORIGIN}/authority-1")
STRANGER = signer(f"{ORIGIN}/stranger")
KEYS: dict[str, Signer] = {
    "log": LOG,
    "desk": member(DESK),
    "unit": member(UNIT),
    "authority": AUTHORITY,
    "stranger": STRANGER,
}


def promise() -> note_texts.Promise:
    return note_texts.Promise(ORIGIN, random("commitment"), TICK)


def request(method: str, target: str, body: bytes) -> note_texts.Request:
    return note_texts.Request(
        ORIGIN, method, target, sha256(body), 1_795_000_000, random("request", 16)
    )


def report(wraps: int = 1, note_type: str = "report") -> note_texts.Report:
    to = [(key_line(UNIT, "seal-xwing").key_id, random(f"wrap {i}", 1232)) for i in range(wraps)]
    return note_texts.Report(
        ORIGIN, random("commitment"), 7, random("commit_R"), random("triage hash"), to, note_type
    )


def acknowledgement(outcome: str) -> note_texts.Acknowledgement:
    return note_texts.Acknowledgement(ORIGIN, random("report hash"), outcome)


def _fields(value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, content in vars(value).items():
        if name in ("origin", "note_type"):
            continue
        if name == "wraps":
            fields[name] = [{"key_id": b64(k), "wrap": b64(w)} for k, w in content]
        else:
            fields[name] = b64(content) if isinstance(content, bytes) else content
    return fields


def _accepted() -> list[dict[str, Any]]:
    status = note_texts.Status(ORIGIN, key_line(DESK, "envelope-xwing").key_id, 258)
    values: list[tuple[str, str, Any]] = [
        ("promise", "log", promise()),
        ("request", "unit", request("GET", "/v1/queue?after=0", b"")),
        ("request", "desk", request("POST", "/v1/reports", b'{"note":""}')),
        ("report", "desk", report()),
        ("report", "desk", report(2)),
        ("transfer", "unit", report(1, "transfer")),
        ("acknowledgement", "unit", acknowledgement("accepted")),
        ("acknowledgement", "unit", acknowledgement("declined out-of-territory")),
        ("acknowledgement", "unit", acknowledgement("transfer asked")),
        ("status", "desk", status),
    ]
    out = []
    for note_type, key, value in values:
        note = sign(value.text, [KEYS[key]])
        assert open_note(note, [KEYS[key].verifier], note_type, ORIGIN)
        parse = type(value).parse
        again = (
            parse(value.text, ORIGIN, note_type)
            if note_type in ("report", "transfer")
            else parse(value.text, ORIGIN)
        )
        assert again == value
        out.append(
            {
                "fields": _fields(value),
                "note": note.decode(),
                "note_sha256": b64(sha256(note)),
                "signer": key,
                "type": note_type,
            }
        )
    return out


def _refused_notes() -> list[dict[str, Any]]:
    text = promise().text
    good = sign(text, [LOG]).decode()
    false = Signer(LOG.name, random("another seed"))
    signature_line = good.split("\n\n", 1)[1]
    cases: list[tuple[str, str, str]] = [
        ("text-changed", good.replace(str(TICK), str(TICK + 1)), "signature"),
        ("signed-by-a-stranger", sign(text, [STRANGER]).decode(), "unsigned"),
        ("same-name-other-key", sign(text, [false]).decode(), "unsigned"),
        ("other-origin", sign(text.replace(ORIGIN, OTHER_ORIGIN), [LOG]).decode(), "origin"),
        ("other-type", sign(text.replace("1 promise", "1 status"), [LOG]).decode(), "note-type"),
        ("unknown-type", sign(text.replace("1 promise", "1 present"), [LOG]).decode(), "note-type"),
        ("version-2", sign(text.replace("/1 promise", "/2 promise"), [LOG]).decode(), "note-type"),
        ("no-signature", text, "note"),
        ("no-signature-line", text + "\n", "note"),
        ("no-blank-line", text + signature_line, "note"),
        ("no-final-newline", good[:-1], "note"),
        ("hyphen-for-dash", good.replace("\u2014 ", "- "), "note"),
        ("signature-not-base64", good[:-3] + "!=\n", "note"),
        ("control-character", good.replace(ORIGIN, ORIGIN + "\t"), "note"),
        ("carriage-returns", good.replace("\n", "\r\n"), "note"),
        ("signature-too-short", f"{text}\n\u2014 {LOG.name} AAAAAA==\n", "note"),
        ("empty", "", "note"),
    ]
    return [
        refused(
            name,
            expect,
            lambda n=note: open_note(n.encode(), [LOG.verifier], "promise", ORIGIN),
            note=note,
            type="promise",
            vkeys=[LOG.verifier.vkey],
        )
        for name, note, expect in cases
    ]


def _accepted_signatures() -> list[dict[str, Any]]:
    """Several signatures, of known and unknown keys."""
    text = promise().text
    both = sign(text, [STRANGER, LOG])
    twice = sign(text, [LOG, LOG])
    out = []
    for name, note in (("with-an-unknown-key", both), ("the-same-key-twice", twice)):
        assert Note.parse(note).valid([LOG.verifier]) == [LOG.verifier]
        out.append(
            {
                "name": name,
                "note": note.decode(),
                "signed_by": 1,
                "type": "promise",
                "vkeys": [LOG.verifier.vkey],
            }
        )
    return out


def _text_cases() -> list[tuple[str, str, str, str]]:
    p = promise().text
    q = request("GET", "/v1/queue?after=0", b"").text
    r = report().text
    a = acknowledgement("declined other").text
    to = "to " + r.split("\nto ", 1)[1]
    return [
        ("promise", "tick-leading-zero", p.replace(f"\n{TICK}", f"\n0{TICK}"), "decimal"),
        ("promise", "tick-signed", p.replace(f"\n{TICK}", f"\n+{TICK}"), "decimal"),
        ("promise", "tick-2-to-the-53", p.replace(f"\n{TICK}", f"\n{2**53}"), "decimal"),
        ("promise", "extra-line", p + "more\n", "note-lines"),
        ("promise", "missing-line", p.replace(f"{TICK}\n", ""), "note-lines"),
        (
            "promise",
            "commitment-31-bytes",
            p.replace(b64(random("commitment")), b64(random("commitment")[:31])),
            "base64",
        ),
        ("promise", "commitment-unpadded", p.replace("=\n", "\n"), "base64"),
        ("promise", "commitment-stray-bits", _stray(p), "base64"),
        ("request", "no-method", q.replace("GET ", ""), "request-line"),
        ("request", "space-in-target", q.replace("queue?", "queue ?"), "request-line"),
        ("request", "target-without-slash", q.replace("GET /", "GET "), "request-line"),
        ("request", "short-nonce", q.replace(b64(random("request", 16)), b64(bytes(15))), "base64"),
        ("report", "no-recipient", r.replace(to, ""), "note-lines"),
        ("report", "number-0", r.replace("\n7\n", "\n0\n"), "decimal"),
        ("report", "recipient-without-to", r.replace("\nto ", "\nfor "), "report-to"),
        (
            "report",
            "recipient-without-wrap",
            r.replace(to, to.rsplit(" ", 1)[0] + "\n"),
            "report-to",
        ),
        (
            "report",
            "short-wrap",
            r.replace(to, " ".join([*to.split(" ")[:2], b64(bytes(1231))]) + "\n"),
            "base64",
        ),
        (
            "acknowledgement",
            "unknown-reason",
            a.replace("declined other", "declined bored"),
            "outcome",
        ),
        (
            "acknowledgement",
            "declined-without-reason",
            a.replace("declined other", "declined"),
            "outcome",
        ),
        ("acknowledgement", "unknown-outcome", a.replace("declined other", "perhaps"), "outcome"),
        (
            "acknowledgement",
            "accepted-with-reason",
            a.replace("declined other", "accepted duplicate"),
            "outcome",
        ),
    ]


def _stray(text: str) -> str:
    """The commitment's last base64 character with bits set that mean nothing."""
    good = b64(random("commitment"))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet[alphabet.index(good[-2]) ^ 1]
    return text.replace(good, good[:-2] + last + "=")


def _refused_texts() -> list[dict[str, Any]]:
    readers = {
        "promise": note_texts.Promise.parse,
        "request": note_texts.Request.parse,
        "report": note_texts.Report.parse,
        "acknowledgement": note_texts.Acknowledgement.parse,
    }
    return [
        refused(name, expect, lambda k=kind, t=text: readers[k](t, ORIGIN), text=text, type=kind)
        for kind, name, text, expect in _text_cases()
    ]


def _refused_vkeys() -> list[dict[str, Any]]:
    good = LOG.verifier.vkey
    name, digest, key = good.split("+", 2)
    other = f"{int(digest, 16) ^ 1:08x}"
    cases = {
        "wrong-hash": f"{name}+{other}+{key}",
        "no-hash": f"{name}+{key}",
        "other-name": f"{name}x+{digest}+{key}",
        "short-key": f"{name}+{digest}+{b64(b'01' + bytes(30))}",
        "other-algorithm": f"{name}+{digest}+{b64(bytes([2]) + LOG.verifier.public_key)}",
        "upper-case-hash": f"{name}+{digest.upper()}+{key}",
    }
    return [refused(n, "vkey", lambda v=v: Verifier.parse(v), vkey=v) for n, v in cases.items()]


def _jcs() -> dict[str, Any]:
    values: list[Any] = [
        {},
        [],
        {"b": 1, "a": [True, False, None, "x"]},
        {"a": {"z": {}, "y": []}},
        {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
        "\u20ac$\u000f\nA'B\"\\/",
        "\u007f\u0080\u2028",
        2**53 - 1,
        -(2**53 - 1),
        0,
        {"text": "Rosario, 12 a\u00f1os \U0001f6a8"},
    ]
    accepted = [{"jcs": jcs.encode(v).decode(), "json": _loose(v)} for v in values]
    bad = {
        "space": '{"a": 1}',
        "unordered": '{"b":1,"a":2}',
        "duplicate-key": '{"a":1,"a":1}',
        "float": "1.5",
        "exponent": "1e3",
        "negative-zero": "-0",
        "leading-zero": "01",
        "integer-2-to-the-53": str(2**53),
        "escaped-slash": '"\\/"',
        "escaped-letter": '"\\u0061"',
        "upper-case-escape": '"\\u000F"',
        "lone-surrogate": '"\\ud800"',
        "trailing-newline": "{}\n",
        "trailing-comma": "[1,]",
        "two-values": "{}{}",
        "empty": "",
        "utf-16-order": '{"\ufb33":1,"\U0001f600":2}',
    }
    rejected = [
        refused(name, "jcs", lambda t=text: jcs.decode(t.encode()), json=text)
        for name, text in bad.items()
    ]
    return {"accepted": accepted, "refused": rejected}


def _loose(value: Any) -> str:
    import json

    return json.dumps(value, indent=1)


def make() -> dict[str, Any]:
    published = PUBLISHED["note"].encode()
    assert Note.parse(published).valid([Verifier.parse(PUBLISHED["vkey"])])
    return {
        "about": ABOUT,
        "accepted": _accepted(),
        "accepted_signatures": _accepted_signatures(),
        "jcs": _jcs(),
        "keys": {
            name: {"name": s.name, "seed": b64(s.seed), "vkey": s.verifier.vkey}
            for name, s in KEYS.items()
        },
        "origin": ORIGIN,
        "published": PUBLISHED,
        "refused_notes": _refused_notes(),
        "refused_texts": _refused_texts(),
        "refused_vkeys": _refused_vkeys(),
    }
