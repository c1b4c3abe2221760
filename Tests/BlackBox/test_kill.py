"""Two hundred kills under load: what was acknowledged is found again, once, and the log is one log."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from client import Answer, Public, tls_context
from deployment import ROOT, Daemon, World, eventually, free_ports, make_gateway, verify_ledger
from people import Desk, Gateway, Kept, check_tip_kept
from resguardo_formats import ledger
from resguardo_formats.encodings import sha256
from resguardo_formats.frames import Attachment
from resguardo_formats.notes import Verifier

KILLS = 200
TICK_SECONDS = 2
CHUNK = 65_536
DESK = "desk-ar"
# The desk opens each of them afterwards, which is slow in plain Python: so not too many.
SENDERS = 3
PAUSE = (0.3, 1.2)
Value = TypeVar("Value")


class HurriedPublic(Public):
    """Does not wait long for a daemon that is being killed."""

    def connect(self, seconds: float = 8) -> ssl.SSLSocket:
        return super().connect(seconds)


@dataclass
class Fleet:
    """A daemon that is killed and started again on the same folder and ports."""

    folder: Path
    world: World
    settings: dict[str, Any]
    daemon: Daemon
    ports: dict[str, int]
    lines: list[str] = field(default_factory=list)

    @classmethod
    def launch(cls, folder: Path) -> Fleet:
        world, settings = make_gateway(folder, TICK_SECONDS)
        ports = dict(zip(("public", "staff", "loopback"), free_ports(3), strict=True))
        settings["attachments"] = {"states": ["AR"], "bytesMax": 4 << 20}
        settings["listen"] = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        daemon = Daemon.start(folder, settings, start_new_session=True)
        daemon.port("loopback")
        return cls(folder, world, settings, daemon, ports)

    def public(self) -> HurriedPublic:
        return HurriedPublic(self.ports["public"], tls_context(str(self.folder / "tls.pem")))

    @property
    def gateway(self) -> Gateway:
        ca = str(self.folder / "tls.pem")
        return Gateway(self.world, self.ports, ca, self.daemon, self.settings)

    def kill(self, role: str, chance: random.Random) -> str:
        """Kills that role or, if it is just away, another one; what was killed."""
        if role == "daemon":
            self.kill_all()
            return role
        running = eventually(self.daemon.children)
        assert running, self.daemon.lines
        if role not in running:
            role = chance.choice(sorted(running))
        with contextlib.suppress(ProcessLookupError):
            os.kill(running[role], signal.SIGKILL)
        return role

    def kill_all(self) -> None:
        """As a machine that is switched off: all processes at once, then the daemon anew."""
        group = self.daemon.process.pid
        os.killpg(group, signal.SIGKILL)
        self.daemon.process.wait(30)
        assert eventually(lambda: not members(group))
        self.lines += self.daemon.lines
        self.start()

    def start(self) -> None:
        self.daemon = Daemon.start(self.folder, self.settings, start_new_session=True)
        self.daemon.port("loopback")


def members(group: int) -> list[int]:
    """The processes of a group that are more than a line in the table of processes."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                state, _, number = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(number) == group and state not in "ZX":
                    found.append(int(entry.name))
    return found


@dataclass
class Load:
    """What clients sent and what they were told, while the daemon is killed under them."""

    fleet: Fleet
    chance: random.Random
    acknowledged: dict[bytes, bytes] = field(default_factory=dict)
    checkpoints: dict[int, bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def persist(self, ask: Callable[[], Answer], statuses: tuple[int, ...]) -> Answer | None:
        """Asks until there is an answer; None if the load ended first."""
        while not self.over.is_set():
            try:
                answer = ask()
            except (OSError, http.client.HTTPException):
                answer = None
            if answer and answer.status in statuses:
                return answer
            if answer and answer.status != 503:
                self.refused.append(f"{answer.status} {answer.body[:200]!r}")
                return None
            self.over.wait(0.05)
        return None

    def note(self, wire: bytes, answer: Answer | None) -> None:
        if answer:
            self.acknowledged[wire] = answer.body

    def send_tips(self, seed: int) -> None:
        chance, public = random.Random(seed), self.fleet.public()
        number = 0
        while not self.over.is_set():
            number += 1
            wire = self.fleet.gateway.envelope(DESK, "x25519", f"carga {seed}/{number}")
            self.note(wire, self.persist(lambda wire=wire: public.send(wire), (201,)))
            self.over.wait(chance.uniform(*PAUSE))

    def upload_tips(self, seed: int) -> None:
        """A chunk that was answered is there when the upload is finished, whatever died between."""
        public = self.fleet.public()
        while not self.over.is_set():
            photo = Attachment("foto.jpg", "image/jpeg", os.urandom(150_000))
            wire = self.fleet.gateway.envelope(DESK, "x25519", f"subida {seed}", photo)
            begun = self.persist(lambda: public.ask("POST", "/v1/uploads", b""), (201,))
            if not begun:
                return
            handle = begun.json["upload"]
            for index in range(-(-len(wire) // CHUNK)):
                piece = wire[index * CHUNK : (index + 1) * CHUNK]
                self.persist(lambda i=index, p=piece: public.put(handle, i, p), (204,))
            finish = self.persist(lambda wire=wire: public.finish(handle, sha256(wire)), (201,))
            self.note(wire, finish)
            self.over.wait(1)

    def watch_checkpoints(self) -> None:
        public, log = self.fleet.public(), Verifier.parse(self.fleet.world.log_key)
        while not self.over.is_set():
            answer = self.persist(lambda: public.get("/checkpoint"), (200,))
            if answer:
                seen = ledger.open_checkpoint(answer.body, [log], log.name)
                if self.checkpoints.setdefault(seen.size, seen.root) != seen.root:
                    self.refused.append(f"two roots of size {seen.size}")
            self.over.wait(0.2)

    def go_on(self) -> None:
        """Until the next kill: mostly to where work is done again, at times into the start."""
        before = len(self.acknowledged)
        if self.chance.random() < 0.7:
            eventually(lambda: len(self.acknowledged) > before, 10)
            time.sleep(self.chance.uniform(0, 0.2))
        else:
            time.sleep(self.chance.uniform(0, 0.4))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        work = [(self.send_tips, self.chance.getrandbits(32)) for _ in range(SENDERS)]
        work.append((self.upload_tips, self.chance.getrandbits(32)))
        with ThreadPoolExecutor(len(work) + 1) as pool:
            done = [pool.submit(act, seed) for act, seed in work]
            done.append(pool.submit(self.watch_checkpoints))
            try:
                yield
            finally:
                self.over.set()
        for each in done:
            each.result()


def in_parallel(act: Callable[[Any], Value], values: list[Any]) -> list[Value]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(act, values))


def eventual_answer(ask: Callable[[], Answer]) -> Answer:
    """The first answer that is not "not now"."""

    def answer() -> Answer | None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = ask()
            return None if found.status == 503 else found
        return None

    found = eventually(answer)
    assert found, "no answer"
    return found


def check_promises_again(load: Load) -> list[Kept]:
    """The same envelope gives the very bytes that were answered before."""
    public = load.fleet.public()

    def check(item: tuple[bytes, bytes]) -> Kept:
        wire, before = item
        again = eventual_answer(lambda: public.send(wire))
        assert again.status == 201, again
        assert again.body == before, "the same envelope, another promise"
        kept = Kept.of(again.json, load.fleet.world.log_key)
        check_tip_kept(kept, wire)
        return kept

    small = [item for item in load.acknowledged.items() if len(item[0]) <= 1 << 20]
    assert len(small) == len(load.acknowledged)
    return in_parallel(check, small)


def whole_log(load: Load) -> tuple[ledger.Checkpoint, list[bytes]]:
    """The newest checkpoint and all commitments under it."""
    public, log = load.fleet.public(), Verifier.parse(load.fleet.world.log_key)
    answer = public.get("/checkpoint")
    newest = ledger.open_checkpoint(answer.body, [log], log.name)
    ledger.check_whole_tiles(newest)
    bundles = in_parallel(
        lambda index: public.get(f"/tile/entries/{ledger.tile_index_path(index)}").body,
        list(range(newest.size // ledger.TILE_WIDTH)),
    )
    return newest, [c for bundle in bundles for c in ledger.read_entry_bundle(bundle)]


def check_log(load: Load, kept: list[Kept]) -> None:
    """One tree: it holds each promise once, and every checkpoint that was ever seen is its start."""
    public, log = load.fleet.public(), Verifier.parse(load.fleet.world.log_key)
    proofs = [proof_of(public, each.commitment) for each in kept]
    newest, commitments = whole_log(load)
    hashes = [ledger.leaf_hash(commitment) for commitment in commitments]
    width = ledger.TILE_WIDTH
    tiles = [ledger.root(hashes[i : i + width]) for i in range(0, len(hashes), width)]
    assert ledger.root(tiles) == newest.root
    for size, root in load.checkpoints.items():
        assert ledger.root(tiles[: size // width]) == root, f"checkpoint of {size} is of another log"
    places = {commitment: index for index, commitment in enumerate(commitments)}
    assert len(places) == len(commitments), "an entry has two places"
    for each, proof in zip(kept, proofs, strict=True):
        found, checkpoint = ledger.check_proof(proof, each.commitment, [log], log.name)
        assert places[each.commitment] == found.index
        assert ledger.root(tiles[: checkpoint.size // width]) == checkpoint.root


def proof_of(public: Public, commitment: bytes) -> bytes:
    def found() -> bytes:
        answer = public.proof(commitment)
        assert answer.status in (200, 404, 503), answer
        return answer.body if answer.status == 200 else b""

    proof = eventually(found)
    assert proof, "a promise without its place"
    return proof


def check_desk(load: Load, kept: list[Kept]) -> None:
    """The desk opens everything: numbers without gap or repeat, each envelope once."""
    gateway = load.fleet.gateway
    desk: Desk = gateway.desk(DESK)
    listed = desk.tips()
    assert len({tip["record"] for tip in listed}) == len(listed)
    opened = in_parallel(desk.open, listed)
    assert [tip.desk_seq for tip in opened] == list(range(1, len(opened) + 1))
    envelopes = [tip.kept.record["envelope"] for tip in opened]
    assert len(set(envelopes)) == len(envelopes), "one envelope, two entries"
    commitments = {tip.kept.commitment for tip in opened}
    assert {each.commitment for each in kept} <= commitments


def audit(fleet: Fleet) -> None:
    """The staff tool accepts the ledger too."""
    tool = os.environ.get("RESGUARDO", str(ROOT / ".build" / "debug" / "resguardo"))
    known = ["--log-key", fleet.world.log_key, "--ca", str(fleet.folder / "tls.pem")]
    command = [tool, "audit", f"https://localhost:{fleet.ports['public']}", *known]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    running = Fleet.launch(tmp_path)
    try:
        yield running
    finally:
        running.daemon.stop()


def test_two_hundred_kills_lose_nothing_that_was_acknowledged(fleet: Fleet) -> None:
    seed = int(os.environ.get("RESGUARDO_SEED", random.SystemRandom().getrandbits(32)))
    print(f"RESGUARDO_SEED={seed}")
    chance = random.Random(seed)
    load = Load(fleet, chance)
    assert eventually(lambda: fleet.daemon.children().keys() >= {"vault", "edge-public"})
    killed: dict[str, int] = {}
    with load.running():
        for _ in range(KILLS):
            load.go_on()
            # A role that keeps dying is made to wait, but not when all of the daemon is new.
            wanted = chance.choices(["vault", "edge-public", "edge-staff", "daemon"], [5, 2, 1, 8])
            role = fleet.kill(wanted[0], chance)
            killed[role] = killed.get(role, 0) + 1
    print(f"killed {killed}, acknowledged {len(load.acknowledged)}")
    assert {"vault", "edge-public", "daemon"} <= killed.keys()
    assert not load.refused, load.refused
    assert len(load.acknowledged) >= KILLS / 2 and len(load.checkpoints) > 3
    kept = check_promises_again(load)
    check_log(load, kept)
    check_desk(load, kept)
    audit(fleet)
    fleet.daemon.stop()
    verified = verify_ledger(fleet.folder)
    assert verified.returncode == 0, verified.stderr
