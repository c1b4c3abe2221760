"""A disk that is full, one that fails, and a ledger that a later program wrote."""

from __future__ import annotations

import contextlib
import html
import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from client import FORM, OCTETS, Answer, Public, tls_context
from deployment import Daemon, eventually, make_files, make_gateway
from disks import RESERVE_BYTES, fill, gateway_on_small_disk
from languages import wording
from people import Gateway, Kept, check_tip_kept, health
from resguardo_formats import effort, ledger
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.notes import Verifier

TICK_SECONDS = 2
TIPS_PER_MINUTE = 3
TIPS = "/v1/tips?after=0"
UNAVAILABLE = (503, "unavailable")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose ledger lies on a disk of its own, a small one."""
    with gateway_on_small_disk(
        tmp_path, TICK_SECONDS, flood={"tipsPerMinute": TIPS_PER_MINUTE}
    ) as gateway:
        yield gateway


def send(gateway: Gateway, text: str) -> Kept:
    wire = gateway.envelope("desk-ar", "x25519", text)
    answer = gateway.public().send(wire)
    assert answer.status == 201, answer
    kept = Kept.of(answer.json, gateway.log_key)
    check_tip_kept(kept, wire)
    return kept


def check_kept(gateway: Gateway, kept: list[Kept]) -> None:
    """All is in the log, and with the desk."""
    log = Verifier.parse(gateway.log_key)
    for each in kept:
        proof = lambda each=each: gateway.public().proof(each.commitment)  # noqa: E731
        answer = eventually(lambda: (found := proof()).status == 200 and found)
        assert answer, "a promise without its place"
        ledger.check_proof(answer.body, each.commitment, [log], log.name)
    listed = {Kept.of(tip, gateway.log_key).commitment for tip in gateway.desk("desk-ar").tips()}
    assert {each.commitment for each in kept} <= listed


def refuses(gateway: Gateway) -> None:
    """No tip and no upload is taken, and the answer says that it is for now."""
    public: Public = gateway.public()
    wire = gateway.envelope("desk-ar", "x25519", "sin lugar")
    for answer in (public.send(wire), public.ask("POST", "/v1/uploads", b"")):
        status, slug = answer.problem
        assert status == 503, answer
        assert slug == "unavailable", answer
        assert answer.headers["retry-after"]


def keeps_what_was_typed(gateway: Gateway) -> None:
    """A form that nothing is wrong with comes back as it was, and says that it was not kept."""
    typed = {"danger_now": "no", "what_happened": "Lo que escribí sin <lugar>", "where_country": "AR"}
    page = gateway.public().form("es", dict(typed))
    assert page.status == 503 and page.headers["content-type"] == "text/html; charset=utf-8"
    text = html.unescape(page.text)
    assert wording("es")["refused"] in text and typed["what_happened"] in text
    assert re.search(r'<input[^>]*name="danger_now" value="no"[^>]* checked', page.text)
    assert 'aria-invalid="true"' not in page.text


def keeps_an_answer(gateway: Gateway, words: list[str]) -> None:
    """So does an answer to a reply, with that said beside it."""
    body = urlencode({"receipt": " ".join(words), "answer": "Mi respuesta sin <lugar>"}).encode()
    page = gateway.public().ask("POST", "/es/mailbox", body, content_type=FORM)
    assert page.status == 503
    text = html.unescape(page.text)
    assert "Te leemos." in text and "Mi respuesta sin <lugar></textarea>" in text
    assert f'id="e-answer">{wording("es")["refused"]}<' in text


def test_a_full_disk_refuses_and_recovers_by_itself(small: Gateway) -> None:
    state = small.world.folder / "state"
    assert eventually(lambda: health(small)["status"] == "ok"), health(small)
    kept = [send(small, f"antes {n}") for n in range(5)]
    words = small.replied()
    filler = fill(state, RESERVE_BYTES // 2 - (1 << 20))
    refuses(small)
    keeps_what_was_typed(small)
    keeps_an_answer(small, words)
    assert health(small)["status"] == "degraded"
    # What was promised finds its place all the same: that is what the reserve is for.
    check_kept(small, kept)
    vault = small.daemon.child("vault")
    filler.unlink()
    assert eventually(lambda: health(small)["status"] == "ok"), health(small)
    kept += [send(small, "después")]
    check_kept(small, kept)
    assert small.daemon.child("vault") == vault


def test_the_reserve_is_for_ordinary_tips(small: Gateway) -> None:
    """An attack that has filled the disk with quarantined tips does not shut the door for the others."""
    state = small.world.folder / "state"
    assert eventually(lambda: health(small)["status"] == "ok"), health(small)
    public = small.public()
    while public.effort_asked()[0] == 0:
        send(small, "antes")
    # Each further tip without work goes into quarantine once half of the bucket is used.
    while "quarantine" not in small.desk("desk-ar").tips()[-1]:
        send(small, "sin trabajo")
    filler = fill(state, RESERVE_BYTES - (1 << 20))
    refuses(small)
    assert any("no tips into quarantine" in text for text in health(small)["warnings"])
    wire = small.envelope("desk-ar", "x25519", "con trabajo")

    def sent() -> Answer:
        # The tick is short, and so is the time for which a root is new.
        bits, root = public.effort_asked()
        return public.send(wire, resguardo_effort=b64(effort.work(root, sha256(wire), bits)))

    answer = eventually(lambda: (found := sent()).status == 201 and found)
    assert answer, "nothing is left for those that worked"
    kept = Kept.of(answer.json, small.log_key)
    check_tip_kept(kept, wire)
    check_kept(small, [kept])
    filler.unlink()
    assert eventually(lambda: health(small)["status"] == "ok"), health(small)
    send(small, "después")


def test_a_disk_without_any_room_loses_nothing(small: Gateway) -> None:
    """As when others eat up the reserve too."""
    state = small.world.folder / "state"
    assert eventually(lambda: health(small)["status"] == "ok")
    kept = [send(small, f"antes {n}") for n in range(5)]
    filler = fill(state, 0)
    for _ in range(3):
        refuses(small)
    filler.unlink()
    assert eventually(lambda: accepts(small)), small.daemon.lines
    check_kept(small, [*kept, send(small, "después")])


def test_a_start_on_a_full_disk_waits_for_room(small: Gateway) -> None:
    """As after a power cut on a machine that others have filled: it is no fault of the settings."""
    state = small.world.folder / "state"
    assert eventually(lambda: health(small)["status"] == "ok")
    kept = [send(small, "antes")]
    assert small.daemon.stop() == 0
    # The index of the write-ahead log, for which a start has to find room.
    (state / "ledger.sqlite-shm").unlink(missing_ok=True)
    filler = fill(state, 0)
    small.daemon = Daemon.start(small.world.folder, small.settings)
    try:
        small.daemon.heard("vault: the disk is full")
        small.daemon.heard("vault ended with exit code 75, starting again", times=2)
        filler.unlink()
        small.ports = {name: small.daemon.port(name) for name in small.ports}
        assert eventually(lambda: accepts(small)), small.daemon.lines
        check_kept(small, [*kept, send(small, "después")])
    finally:
        assert small.daemon.stop() == 0


def accepts(gateway: Gateway) -> bool:
    wire = gateway.envelope("desk-ar", "x25519", "¿ya?")
    with contextlib.suppress(OSError):
        return gateway.public().send(wire).status == 201
    return False


def test_a_revocation_without_room_takes_force_as_soon_as_there_is_some(small: Gateway) -> None:
    state, world = small.world.folder / "state", small.world
    assert eventually(lambda: health(small)["status"] == "ok")
    staff = small.desk("desk-ar").staff
    assert staff.read(TIPS).status == 200
    before = small.public().get("/v1/roster").body
    filler = fill(state, 0)
    world.offices["desk-ar"].is_revoked = True
    world.publish()
    small.daemon.hang_up("vault: the roster did not take force: the disk is full; whom it revokes")
    assert any("newer roster is not in force" in text for text in health(small)["warnings"])
    # What was said is so: nothing of the new one counts.
    assert small.public().get("/v1/roster").body == before
    assert staff.read(TIPS).status == 200
    assert not any("read the roster again" in line for line in small.daemon.lines)
    filler.unlink()
    small.daemon.heard("vault: read the roster again")
    assert staff.read(TIPS).problem == (401, "not-authorised")
    assert small.public().get("/v1/roster").body != before
    assert eventually(lambda: health(small)["status"] == "ok"), health(small)
    said = [line for line in small.daemon.lines if "did not take force" in line]
    assert len(said) == 1, "once, not at every try"


def damage(path: Path, table: str) -> None:
    """Garbage where the table and its indexes begin, as a failing disk leaves it."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        query = "SELECT rootpage FROM sqlite_master WHERE tbl_name = ? AND rootpage > 0"
        pages = [row[0] for row in database.execute(query, (table,))]
    assert pages
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(os.urandom(size))


def test_nothing_is_served_from_a_damaged_ledger(tmp_path: Path) -> None:
    world, settings = make_gateway(tmp_path, 3_600)

    def begin() -> Gateway:
        daemon = Daemon.start(tmp_path, settings)
        ports = {name: daemon.port(name) for name in ("public", "staff", "loopback")}
        return Gateway(world, ports, str(tmp_path / "tls.pem"), daemon, settings)

    first = begin()
    send(first, "antes del daño")
    assert first.daemon.stop() == 0
    damage(tmp_path / "state" / "ledger.sqlite", "mailbox")
    second = begin()
    try:
        public, staff = second.public(), second.desk("desk-ar").staff
        # What is not damaged is served until somebody asks for what is.
        assert public.get("/checkpoint").status == 200 and staff.read(TIPS).status == 200
        assert health(second)["status"] == "ok"
        vault = second.daemon.child("vault")
        body = os.urandom(32) + bytes(4)
        answer = public.ask("POST", "/v1/mailbox", body, content_type=OCTETS)
        assert answer.problem == UNAVAILABLE
        assert public.get("/checkpoint").problem == UNAVAILABLE
        assert staff.read(TIPS).problem == UNAVAILABLE
        wire = second.envelope("desk-ar", "x25519", "después del daño")
        assert public.send(wire).problem == UNAVAILABLE
        found = health(second)
        assert found["status"] == "stopped"
        assert any("the ledger is damaged" in text for text in found["warnings"]), found
        said = [line for line in second.daemon.lines if "the ledger is damaged" in line]
        assert len(said) == 1, second.daemon.lines
        # It was not started again over the damage.
        assert second.daemon.child("vault") == vault
        # An edge that starts anew meanwhile says why it serves nothing.
        edge = second.daemon.child("edge-public")
        os.kill(edge, signal.SIGKILL)
        edge = second.daemon.child("edge-public", other_than=edge)
        found = health(second)
        assert found["status"] == "stopped"
        assert any("the ledger is damaged" in text for text in found["warnings"]), found
        assert any("no page is served yet" in text for text in found["warnings"]), found
        assert second.daemon.child("edge-public") == edge
        assert not any("exit code" in line for line in second.daemon.lines)
    finally:
        assert second.daemon.stop() == 0


def test_a_ledger_of_a_later_program_is_refused_in_one_line(tmp_path: Path) -> None:
    settings = make_files(tmp_path)
    first = Daemon.start(tmp_path, settings)
    public = Public(first.port("public"), tls_context(str(tmp_path / "tls.pem")))
    assert eventually(lambda: public.get("/checkpoint").status == 200)
    assert first.stop() == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite")) as database:
        database.execute("PRAGMA user_version = 99")
    second = Daemon.start(tmp_path, settings)
    assert second.process.wait(60) == 65
    second.heard("vault cannot work with this configuration")
    said = [line for line in second.lines if line.startswith("vault: ")]
    assert len(said) == 1 and "version" in said[0] and "99" in said[0], second.lines
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)
