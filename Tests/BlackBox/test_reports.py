"""What a desk and a unit may enter: reports, acknowledgements, statuses and replies, each judged by its signed note."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

from client import MALFORMED, NOT_ALLOWED, UNAUTHORISED
from deployment import Office
from people import Desk, Gateway, Kept, OpenedTip, new_receipt
from resguardo_formats import jcs
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.keylines import KeyLine
from resguardo_formats.note_texts import Acknowledgement, Status
from resguardo_formats.notes import Signer, sign


class Reports:
    """A tip at a desk, a unit to report it to, and the next number."""

    def __init__(self, gateway: Gateway, desk: str, unit: str) -> None:
        self.gateway = gateway
        self.tip = gateway.new_tip(desk)
        self.desk = gateway.desk(desk)
        self.unit = gateway.world.offices[unit]
        self.line = self.unit.line("seal-xwing")

    def post(self, number: int = 1, to: list[KeyLine] | None = None, **changes: Any) -> Any:
        desk: Desk = changes.pop("desk", self.desk)
        tip: OpenedTip = changes.pop("opened", self.tip)
        note, sealed = desk.report(tip, to or [self.line], number, b"{}", **changes)
        return desk.post_report(note, sealed)

    def length(self) -> int:
        return len(self.gateway.unit(self.unit.name).queue())


def test_report_numbers_have_no_gap_and_no_repeat(quiet: Gateway) -> None:
    reports = Reports(quiet, "desk-region", "police-br")
    gap = (409, "number-gap")
    assert reports.post(2).problem == gap
    assert reports.post(0).problem == MALFORMED
    assert reports.post(1).status == 201
    for number in (1, 3, 2**53 - 1):
        answer = reports.post(number)
        assert answer.problem == gap and json.loads(answer.body)["expected"] == 2
    assert reports.post(2).status == 201
    assert reports.length() == 2


def test_nobody_learns_the_numbers_of_others(quiet: Gateway) -> None:
    """Each desk is told its own next number, and whoever may not report is told none."""
    first, second = (Reports(quiet, desk, "police-br") for desk in ("desk-ht", "desk-br"))
    assert [first.post(number).status for number in (1, 2)] == [201, 201]
    answer = second.post(7)
    assert answer.problem == (409, "number-gap") and json.loads(answer.body)["expected"] == 1
    for desk in (quiet.desk("desk-ar"), quiet.desk("desk-ht")):
        assert second.post(7, desk=desk).problem == NOT_ALLOWED


def test_same_report_twice_is_one_entry(quiet: Gateway) -> None:
    reports = Reports(quiet, "desk-region", "protection-ht")
    note, sealed = reports.desk.report(reports.tip, [reports.line], 1, b"{}")
    before = reports.length()
    first, second = (reports.desk.post_report(note, sealed) for _ in range(2))
    assert first.status == second.status == 201 and first.body == second.body
    assert reports.length() == before + 1


def test_reports_that_go_nowhere_or_everywhere(quiet: Gateway) -> None:
    reports = Reports(quiet, "desk-br", "police-ar")
    other = quiet.world.offices["police-br"].line("seal-xwing")
    stranger = KeyLine.from_seed(
        quiet.world.origin, "police-ar", "AR", "seal-xwing", os.urandom(32)
    )
    desk = quiet.world.offices["desk-ar"].line("seal-xwing")
    for to in ([reports.line, other], [stranger], [reports.line, stranger], [desk]):
        assert reports.post(to=to).problem == NOT_ALLOWED
    for changes in (
        {"tip": os.urandom(32)},
        {"triage_hash": os.urandom(32)},
        {"origin": "gateway.example/br"},
    ):
        assert reports.post(**changes).problem == NOT_ALLOWED, changes
    assert reports.post(wraps=[]).problem == MALFORMED
    assert reports.length() == 0


def test_desk_may_report_to_a_key_of_its_own(quiet: Gateway) -> None:
    """A desk's rotation is a report to its own new key."""
    reports = Reports(quiet, "desk-ht", "protection-ht")
    own = quiet.world.offices["desk-ht"].line("seal-xwing")
    assert reports.post(to=[own]).status == 201


def test_reports_by_those_who_may_not(quiet: Gateway) -> None:
    reports = Reports(quiet, "desk-br", "police-ar")
    unit = quiet.unit("police-br")
    as_desk = Desk(unit.office, unit.staff, quiet.log_key)
    colleague = quiet.world.offices["desk-br"].members["operator-2"]
    stranger = Signer(colleague.name, os.urandom(32))
    for changes in (
        {"desk": quiet.desk("desk-ar")},
        {"desk": as_desk},
        {"desk": as_desk, "note_type": "transfer"},
        {"note_type": "transfer"},
        {"signer": colleague},
        {"signer": stranger},
        {"signer": quiet.world.offices["desk-ar"].members["operator-1"]},
    ):
        assert reports.post(**changes).problem == NOT_ALLOWED, changes
    assert reports.length() == 0


def test_report_note_copied_by_another_member(quiet: Gateway) -> None:
    reports = Reports(quiet, "desk-ht", "police-ar")
    note, sealed = reports.desk.report(reports.tip, [reports.line], 1, b"{}")
    for thief in (quiet.desk("desk-ar"), quiet.desk("desk-ht", "operator-2")):
        assert thief.post_report(note, sealed).problem == NOT_ALLOWED
    assert reports.length() == 0


def test_reports_that_are_no_json_or_no_note(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    good = {"note": "x", "triage": b64(b"y")}
    bodies = [
        b"",
        b"[]",
        jcs.encode({**good, "more": 1}),
        jcs.encode({"note": "x"}),
        jcs.encode({**good, "triage": "!"}),
        b'{"triage":"eQ==","note":"x"}',
        b'{"note": "x","triage":"eQ=="}',
        jcs.encode(good),
    ]
    kind = "application/json"
    for body in bodies:
        answer = staff.signed("POST", "/v1/reports", body, kind)
        assert answer.problem in (MALFORMED, UNAUTHORISED), body
    answer = staff.signed("POST", "/v1/reports", jcs.encode(good), "text/plain")
    assert answer.problem == (415, "wrong-content-type")


# Acknowledgements, statuses, replies.


def test_acknowledgements_that_are_not_theirs(quiet: Gateway) -> None:
    tip = quiet.new_tip("desk-ar")
    desk, unit = quiet.desk("desk-ar"), quiet.unit("police-br")
    note = desk.route(tip, unit.office, {"v": 1})
    assert quiet.unit("police-ar").acknowledge(note, "accepted").problem == NOT_ALLOWED
    as_unit = replace(unit, staff=desk.staff)
    assert as_unit.acknowledge(note, "accepted").problem == NOT_ALLOWED
    assert unit.acknowledge(os.urandom(40), "accepted").problem == NOT_ALLOWED
    text = Acknowledgement(quiet.world.origin, sha256(note), "accepted").text
    for signer in (unit.office.members["operator-2"], quiet.world.offices["police-ar"].members
                   ["operator-1"]):
        answer = unit.staff.post_note("/v1/acknowledgements", sign(text, [signer]))
        assert answer.problem == NOT_ALLOWED
    for outcome in ("", "declined", "declined because", "maybe", "accepted \u202e"):
        assert unit.acknowledge(note, outcome).problem == MALFORMED, outcome
    assert [q["acknowledged"] for q in unit.queue() if q["note"].encode() == note] == [False]
    first, second = (unit.acknowledge(note, "accepted") for _ in range(2))
    assert first.status == 201 and second.body == first.body
    assert Kept.of(first.json, quiet.log_key).record["type"] == "acknowledgement"


def test_statuses_that_are_not_theirs(quiet: Gateway) -> None:
    quiet.new_tip("desk-ar")
    ar, br = quiet.desk("desk-ar"), quiet.desk("desk-br")

    def post(desk: Desk, office: Office, use: str, highest: int) -> tuple[int, str]:
        text = Status(quiet.world.origin, office.line(use).key_id, highest).text
        note = sign(text, [desk.signer])
        return desk.staff.post_note("/v1/statuses", note).problem

    assert post(br, ar.office, "envelope-x25519", 1) == NOT_ALLOWED
    assert post(ar, ar.office, "seal-xwing", 0) == NOT_ALLOWED
    assert post(ar, ar.office, "envelope-x25519", 1_000_000) == NOT_ALLOWED
    unit = quiet.unit("police-ar")
    assert post(Desk(unit.office, unit.staff, ""), ar.office, "envelope-x25519", 1) == NOT_ALLOWED


def test_same_reply_twice_is_one_entry(quiet: Gateway) -> None:
    """A desk that lost the answer sends the same bytes again, and the reporter reads them once."""
    keys = new_receipt()
    staff, public = quiet.desk("desk-ar").staff, quiet.public()
    value = {"blob": b64(os.urandom(4_144)), "id": b64(keys.id)}
    first, second = (staff.post_json("/v1/replies", value) for _ in range(2))
    assert first.status == second.status == 201 and first.body == second.body
    cursor, slots = public.mailbox(keys.id)
    assert cursor == 1 and b64(slots[0]) == value["blob"] and value["blob"] not in map(b64, slots[1:])


def test_replies_that_are_none(quiet: Gateway) -> None:
    staff = quiet.desk("desk-ar").staff
    blob, mailbox = b64(bytes(4_144)), b64(bytes(32))
    for value in (
        {"blob": blob, "id": b64(bytes(31))},
        {"blob": b64(bytes(4_143)), "id": mailbox},
        {"blob": b64(bytes(4_145)), "id": mailbox},
        {"blob": blob},
        {"blob": blob, "id": mailbox, "more": 1},
        {"blob": blob, "id": 1},
    ):
        assert staff.post_json("/v1/replies", value).problem == MALFORMED, value.keys()
