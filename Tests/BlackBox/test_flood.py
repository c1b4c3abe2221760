"""More tips than the budget: all are taken and answered alike, and a desk reads first those that were worked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from client import Public, tls_context
from deployment import Daemon
from people import Gateway, Kept, check_tip_kept, make_envelope
from resguardo_formats import effort
from resguardo_formats.encodings import b64, sha256, unb64
from resguardo_formats.keylines import KeyLine
from tool import Ceremony

TIPS_PER_MINUTE = 2
BURST = 10 * TIPS_PER_MINUTE
FORMS_BURST = 10
BITS_MAX = 10
FLOOD = {"tipsPerMinute": TIPS_PER_MINUTE, "formsPerMinute": 1}


@pytest.fixture
def gateway(start: Callable[..., Gateway]) -> Gateway:
    """A gateway with a tiny budget, whose tick does not end meanwhile."""
    return start(3_600, flood=FLOOD)


def worked(gateway: Gateway, wire: bytes, bits: int) -> str:
    """The header of a tip that was worked for."""
    root = gateway.public().effort_asked()[1]
    return b64(effort.work(root, sha256(wire), bits))


def tip(gateway: Gateway, text: str) -> bytes:
    return gateway.envelope("desk-ar", "x25519", text)


def lanes(gateway: Gateway) -> dict[bytes, int | None]:
    """The effort of each listed tip by its envelope's hash; None in the ordinary lane."""
    listed = gateway.desk("desk-ar").tips()
    return {
        Kept.of(line, gateway.log_key).record["envelope"]: line.get("quarantine")
        for line in listed
    }


def flood(gateway: Gateway) -> tuple[list[bytes], list[bytes]]:
    """Tips for which nobody worked, all taken: those of the ordinary lane, and those of the quarantine."""
    wires = [tip(gateway, f"inundación {number}") for number in range(BURST)]
    for wire in wires:
        answer = gateway.public().send(wire)
        assert answer.status == 201, answer
        check_tip_kept(Kept.of(answer.json, gateway.log_key), wire)
    found = lanes(gateway)
    ordinary = [wire for wire in wires if found[b64(sha256(wire))] is None]
    beyond = [wire for wire in wires if found[b64(sha256(wire))] == 0]
    assert sorted(ordinary + beyond) == sorted(wires), "without work, there is no effort"
    assert beyond, "they are more than the budget"
    return ordinary, beyond


def test_what_is_beyond_the_budget_is_taken_and_ranked(gateway: Gateway) -> None:
    public = gateway.public()
    newest = unb64(public.get("/checkpoint").text.split("\n")[2], 32)
    assert public.effort_asked() == (0, newest)
    ordinary, _ = flood(gateway)
    bits, root = public.effort_asked()
    assert 4 <= bits <= BITS_MAX and root == newest
    # Half of the bucket is for those that worked; it fills up meanwhile by a tip in half a minute.
    assert BURST // 2 <= len(ordinary) < BURST * 3 // 4
    # Who works is in the ordinary lane, whole or in pieces.
    whole, pieces = tip(gateway, "con trabajo"), tip(gateway, "con trabajo, en partes")
    assert public.send(whole, resguardo_effort=worked(gateway, whole, bits)).status == 201
    upload = public.begin_upload()
    assert public.put(upload, 0, pieces).status == 204
    header = worked(gateway, pieces, bits)
    assert public.finish(upload, sha256(pieces), resguardo_effort=header).status == 201
    # A root that the log does not have, and another tip's work, prove nothing.
    strange, borrowed = tip(gateway, "otra raíz"), tip(gateway, "trabajo ajeno")
    header = b64(effort.work(sha256(b"?"), sha256(strange), bits))
    assert public.send(strange, resguardo_effort=header).status == 201
    proof = effort.work(root, sha256(whole), bits)
    while effort.check(proof, sha256(borrowed))[1] >= 4:
        # By luck it is worth something for the other tip too.
        borrowed = tip(gateway, "trabajo ajeno")
    assert public.send(borrowed, resguardo_effort=b64(proof)).status == 201
    found = lanes(gateway)
    assert found[b64(sha256(whole))] is None and found[b64(sha256(pieces))] is None
    assert found[b64(sha256(strange))] == 0
    assert found[b64(sha256(borrowed))] == effort.check(proof, sha256(borrowed))[1]


def test_what_is_refused_uses_up_nothing_of_the_budget(gateway: Gateway) -> None:
    public, wire = gateway.public(), tip(gateway, "otra suma")
    for number in range(2 * BURST):
        upload = public.begin_upload()
        assert public.put(upload, 0, wire).status == 204
        assert public.finish(upload, sha256(b"%d" % number)).problem == (409, "upload-mismatch")
    assert public.effort_asked()[0] == 0, "what is refused is no arrival"
    ordinary, _ = flood(gateway)
    assert len(ordinary) >= BURST // 2, "honest tips have what they had before"


def test_both_lanes_look_the_same_from_outside(gateway: Gateway) -> None:
    ordinary, beyond = flood(gateway)
    public = gateway.public()
    first, last = public.send(ordinary[0]), public.send(beyond[-1])
    assert first.status == last.status and first.headers.items() == last.headers.items()
    assert len(first.body) == len(last.body)
    records = [Kept.of(answer.json, gateway.log_key).record for answer in (first, last)]
    assert records[0].keys() == records[1].keys()
    # The desk's numbers go through both without a gap, and it opens both alike.
    desk = gateway.desk("desk-ar")
    opened = [desk.open(line) for line in desk.tips()]
    assert [each.desk_seq for each in opened] == list(range(1, BURST + 1))
    said = [each.tip.document["what_happened"] for each in opened]
    assert said == [f"inundación {number}" for number in range(BURST)]


def test_the_same_envelope_again_is_the_same_tip(gateway: Gateway) -> None:
    ordinary, beyond = flood(gateway)
    public = gateway.public()
    before, asked = lanes(gateway), public.effort_asked()
    for wire in (ordinary[0], beyond[-1]):
        first = public.send(wire)
        again = public.send(wire, resguardo_effort=worked(gateway, wire, asked[0]))
        assert first.status == again.status == 201 and first.body == again.body
    for _ in range(BURST):
        assert public.send(ordinary[0]).status == 201
    assert lanes(gateway) == before
    assert public.effort_asked()[0] <= asked[0], "what is known already is no arrival"


@pytest.mark.parametrize("value", [
    "", "x", "A" * 56, "A" * 52 + "=", b64(bytes(39)), b64(bytes(41)), b64(bytes(40)) + " x",
    b64(bytes(40)) + ", " + b64(bytes(40)), b64(bytes(40))[:-2],
])
def test_a_header_that_is_no_proof_is_refused(quiet: Gateway, value: str) -> None:
    wire = tip(quiet, "mal encabezado")
    public = quiet.public()
    assert public.send(wire, resguardo_effort=value).problem == (400, "malformed")
    upload = public.begin_upload()
    answer = public.finish(upload, sha256(wire), resguardo_effort=value)
    assert answer.problem == (400, "malformed")
    assert b64(sha256(wire)) not in lanes(quiet)


def test_forms_have_a_budget_of_their_own(gateway: Gateway) -> None:
    public = gateway.public()
    for number in range(2 * FORMS_BURST):
        text = f"Por el formulario, {number}."
        fields = {"danger_now": "no", "what_happened": text, "where_country": "AR"}
        assert public.form("es", fields).status == 201
    assert public.effort_asked()[0] == 0, "nobody is asked to work because of forms"
    found = list(lanes(gateway).values())
    assert found[:FORMS_BURST] == [None] * FORMS_BURST and 0 in found
    wire = tip(gateway, "por la página")
    assert public.send(wire).status == 201
    assert lanes(gateway)[b64(sha256(wire))] is None


def test_nothing_of_it_is_known_for_long(gateway: Gateway) -> None:
    """A restart begins calm: nothing about who sent how much is on the disk."""
    flood(gateway)
    assert gateway.public().effort_asked()[0] > 0
    before = lanes(gateway)
    assert gateway.daemon.stop() == 0
    daemon = Daemon.start(gateway.world.folder, gateway.settings)
    try:
        ports = {name: daemon.port(name) for name in ("public", "staff", "loopback")}
        again = Gateway(gateway.world, ports, gateway.ca, daemon, gateway.settings)
        assert again.public().effort_asked()[0] == 0
        assert lanes(again) == before
        assert again.public().send(tip(again, "después")).status == 201
        assert list(lanes(again).values())[-1] is None
    finally:
        daemon.stop()


def test_programs_work_when_asked_and_the_desk_lists_by_lane(tmp_path: Path) -> None:
    tool = Ceremony(tmp_path)
    daemon = Daemon.start(tmp_path, tool.found(3_600, flood=FLOOD))
    try:
        tool.settle(daemon)
        port = daemon.port("public")
        public = Public(port, tls_context(tool.certificate))
        roster = public.get("/v1/roster").json["note"]
        line = re.search(r"key \S+ desk-ar AR envelope-x25519 \S+ [A-Za-z0-9+/=]+", roster)
        assert line
        key = KeyLine.parse(line[0])
        wires = [make_envelope(key, f"inundación {number}") for number in range(BURST)]
        assert all(public.send(wire).status == 201 for wire in wires)
        (tmp_path / "text").write_text("Vi algo en el hotel.\n")
        sent = tool("submit", "--url", f"https://localhost:{port}", "--ca", tool.certificate,
                    "--state", "AR", "--text", str(tmp_path / "text"))
        name = sent.split()[-1]
        *ordinary, end = desk_list(tool)
        assert name in [line.split()[0] for line in ordinary], "the program worked"
        found = re.fullmatch(
            r"(\d+) tips in quarantine \(list --quarantine shows them\)", end)
        assert found and len(ordinary) + int(found[1]) == BURST + 1
        beyond = desk_list(tool, "--quarantine")
        assert len(beyond) == int(found[1])
        assert all(line.endswith(", effort 0") for line in beyond)
        opened = tool("desk", "open", beyond[0].split()[0], "--home", tool.home("desk-ar"),
                      "--into", str(tmp_path))
        assert "inundación" in opened
        assert desk_list(tool, "--new") == []
    finally:
        daemon.stop()


def desk_list(tool: Ceremony, *options: str) -> list[str]:
    return tool("desk", "list", "--home", tool.home("desk-ar"), *options).splitlines()
