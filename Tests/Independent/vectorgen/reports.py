"""resguardo-report.json"""

from __future__ import annotations

from typing import Any

from resguardo_formats import envelope, hpke, jcs, ledger, note_texts, report
from resguardo_formats.chunks import seal_chunks
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.notes import sign

from .bodies import sealed
from .common import (
    DESK,
    ENCODING,
    ORIGIN,
    UNIT,
    described_key,
    key_line,
    member,
    random,
    refused,
    seed,
)
from .edits import EDITS_ABOUT, append, apply, ranges, xor
from .tips import TIPS, digest

ABOUT = [
    "Reports (formats.md section 7) about tips whose sealed bodies are in resguardo-sealed-",
    "body.json. 'tip' is the commitment of the tip's entry, from 'salt' and the record there.",
    "'coins' are the 64 bytes of X-Wing's encapsulation for each recipient, 'triage' the",
    "JSON's exact text, zero-padded to a multiple of 4,096 and sealed in section 4's chunks",
    "(no header before them). 'note' is the signed report. 'refused_wraps' replace the wrap,",
    "its context or the key; 'refused_triages' edit the sealed triage ('keep_hash': the",
    "note's hash still that of the good one). 'numbers': the numbers of one desk's reports to",
    "one unit in order, and what the unit says.",
    *EDITS_ABOUT,
    ENCODING,
]
SALT = random("salt tip")
TRIAGE = {
    "notes": "Coincide con dos avisos anteriores.",
    "offence": "online-grooming",
    "place": "Rosario",
    "priority": "urgent",
    "v": 1,
}


def _tip(name: str) -> bytes:
    return ledger.entry_commitment(SALT, sealed(name)[1])


def keys_of(name: str) -> report.ReportKeys:
    return report.ReportKeys(random(f"S {name}"), TIPS[name].k, random(f"R {name}"))


def _triage(label: str) -> bytes:
    """A short triage, and two whose JSON ends just on and just after the padding's step."""
    if label == "short":
        return jcs.encode(TRIAGE)
    length = {"exactly-4096": 4_096, "4097": 4_097, "two-chunks": 70_000}[label]
    bare = len(jcs.encode({**TRIAGE, "notes": ""}))
    return jcs.encode({**TRIAGE, "notes": "x" * (length - bare)})


def _report(name: str, note_type: str, triage: bytes) -> tuple[note_texts.Report, bytes]:
    tip, keys = _tip(name), keys_of(name)
    line = key_line(UNIT, "seal-xwing")
    wrap = report.wrap(line, tip, keys, random(f"report {name}", 64))
    sealed_triage = report.seal_triage(keys.r, tip, triage)
    text = note_texts.Report(
        ORIGIN,
        tip,
        1,
        report.commitment_r(keys.r),
        sha256(sealed_triage),
        [(line.key_id, wrap)],
        note_type,
    )
    return text, sealed_triage


def _accepted(name: str, note_type: str, label: str) -> dict[str, Any]:
    triage = _triage(label)
    text, sealed_triage = _report(name, note_type, triage)
    body, record = sealed(name)
    line, secret = key_line(UNIT, "seal-xwing"), seed(UNIT, "seal-xwing")
    commit = envelope.commitment(TIPS[name].k)
    opened = report.open_report(
        text, sealed_triage, line, secret, commit_s=body.commit_s, commit=commit
    )
    assert opened == report.OpenedReport(keys_of(name), triage)
    keys = keys_of(name)
    note = sign(text.text, [member(DESK)])
    out = {
        "body": name,
        "coins": b64(random(f"report {name}", 64)),
        "commit": b64(commit),
        "commit_r": b64(text.commit_r),
        "commit_s": b64(body.commit_s),
        "k": b64(keys.k),
        "key": "unit",
        "note": note.decode(),
        "note_sha256": digest(note),
        "number": 1,
        "r": b64(keys.r),
        "record": jcs.encode(record).decode(),
        "s": b64(keys.s),
        "salt": b64(SALT),
        "sealed_triage_length": len(sealed_triage),
        "sealed_triage_sha256": digest(sealed_triage),
        "tip": b64(text.tip),
        "triage_key": b64(report.triage_key(keys.r, text.tip)),
        "triage_sha256": digest(triage),
        "type": note_type,
        "wrap_info": b64(report.wrap_info(line.key_id, text.tip, text.commit_r)),
    }
    if label == "short":
        out["triage"] = triage.decode()
        out["sealed_triage"] = b64(sealed_triage)
    else:
        out["triage_rule"] = {"length": len(triage), "like": "the first triage, notes all 'x'"}
    return out


def _refused_wraps() -> list[dict[str, Any]]:
    name = "text-xwing"
    text, _ = _report(name, "report", _triage("short"))
    wrap = text.wraps[0][1]
    line, secret = key_line(UNIT, "seal-xwing"), seed(UNIT, "seal-xwing")
    desk, desk_secret = key_line(DESK, "seal-xwing"), seed(DESK, "seal-xwing")
    other_tip, other_r = random("another commitment"), random("another R")
    false_r = report.ReportKeys(keys_of(name).s, keys_of(name).k, other_r)
    info = report.wrap_info(line.key_id, text.tip, text.commit_r)
    enc, ct = hpke.seal(
        hpke.XWING,
        line.public_key,
        info,
        false_r.s + false_r.k + false_r.r,
        random("false R", 64),
    )
    fields = {"base": name}

    def case(
        label: str,
        expect: str,
        data: bytes = wrap,
        tip: bytes = text.tip,
        commit_r: bytes = text.commit_r,
        unit: bool = True,
        **more: Any,
    ) -> dict[str, Any]:
        used, its_seed = (line, secret) if unit else (desk, desk_secret)
        return refused(
            label,
            expect,
            lambda: report.open_wrap(data, used, its_seed, tip, commit_r),
            **fields,
            **more,
        )

    flip_enc, flip_ct, cut = [xor(0)], [xor(1_120)], [ranges((0, 1_231))]
    return [
        case("enc-changed", "hpke", data=apply(wrap, flip_enc), edits=flip_enc),
        case("ct-changed", "hpke", data=apply(wrap, flip_ct), edits=flip_ct),
        case("cut", "truncated", data=apply(wrap, cut), edits=cut),
        case("for-another-tip", "hpke", tip=other_tip, tip_is=b64(other_tip)),
        case("another-commit-r", "hpke", commit_r=other_tip, commit_r_is=b64(other_tip)),
        case("opened-by-the-desk", "hpke", unit=False, key="desk"),
        case("r-not-committed", "commitment-r", data=enc + ct, wrap=b64(enc + ct)),
    ]


def _refused_reports() -> list[dict[str, Any]]:
    """Keys that open the wrap but not the record's commitments."""
    name = "text-xwing"
    text, triage = _report(name, "report", _triage("short"))
    body, _ = sealed(name)
    line, secret = key_line(UNIT, "seal-xwing"), seed(UNIT, "seal-xwing")
    commit = envelope.commitment(TIPS[name].k)
    other = random("another commitment")
    return [
        refused(
            "commit-s-of-another-body",
            "commitment-s",
            lambda: report.open_report(text, triage, line, secret, commit_s=other, commit=commit),
            base=name,
            commit_s_is=b64(other),
        ),
        refused(
            "commit-of-another-envelope",
            "commitment",
            lambda: report.open_report(
                text, triage, line, secret, commit_s=body.commit_s, commit=other
            ),
            base=name,
            commit_is=b64(other),
        ),
    ]


def _refused_triages() -> list[dict[str, Any]]:
    name = "text-xwing"
    text, good = _report(name, "report", _triage("short"))
    keys = keys_of(name)
    out = []
    for label, edits, expect in [
        ("flipped", [xor(100)], "chunk"),
        ("cut", [ranges((0, len(good) - 1))], "chunk"),
        ("trailing-byte", [append(b"\x00")], "chunk"),
        ("only-a-tag", [ranges((0, 16))], "truncated"),
        ("empty", [ranges((0, 0))], "truncated"),
    ]:
        data = apply(good, edits)
        out.append(
            refused(
                label,
                expect,
                lambda d=data: report.open_triage(keys.r, text.tip, d),
                base=name,
                edits=edits,
            )
        )
    key = report.triage_key(keys.r, text.tip)
    content = _triage("short")
    for label, padded in [
        ("padding-not-zero", content.ljust(4_095, b"\x00") + b"\x01"),
        ("all-zeros", bytes(4_096)),
        ("not-a-multiple", content.ljust(4_095, b"\x00")),
    ]:
        data = seal_chunks(key, padded)
        out.append(
            refused(
                label,
                "padding",
                lambda d=data: report.open_triage(keys.r, text.tip, d),
                base=name,
                sealed_triage=b64(data),
            )
        )
    body, _ = sealed(name)
    edits = [xor(100)]
    changed = apply(good, edits)
    out.append(
        refused(
            "not-the-notes-hash",
            "triage-hash",
            lambda: report.open_report(
                text,
                changed,
                key_line(UNIT, "seal-xwing"),
                seed(UNIT, "seal-xwing"),
                commit_s=body.commit_s,
                commit=envelope.commitment(TIPS[name].k),
            ),
            base=name,
            edits=edits,
            keep_hash=True,
        )
    )
    return out


def _numbers() -> list[dict[str, Any]]:
    out = []
    for seen in ([1, 2, 3], [1, 3], [2], [1, 2, 2], [1, 2, 1], [0]):
        word, which = report.check_numbers(seen)
        out.append({"expect": word, "seen": seen, "which": which})
    return out


def make() -> dict[str, Any]:
    return {
        "about": ABOUT,
        "accepted": [
            _accepted("text-xwing", "report", "short"),
            _accepted("text-x25519", "report", "exactly-4096"),
            _accepted("attachments-xwing", "transfer", "4097"),
            _accepted("attachments-xwing", "report", "two-chunks"),
        ],
        "keys": {
            "desk": described_key(DESK, "seal-xwing"),
            "unit": described_key(UNIT, "seal-xwing"),
        },
        "numbers": _numbers(),
        "refused_reports": _refused_reports(),
        "refused_triages": _refused_triages(),
        "refused_wraps": _refused_wraps(),
        "signer": {"vkey": member(DESK).verifier.vkey, "seed": b64(member(DESK).seed)},
    }
