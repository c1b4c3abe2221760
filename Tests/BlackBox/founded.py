"""Gateways that were founded with the staff tool, and what their people do with it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from client import FORM, Answer, Public, tls_context
from deployment import ORIGIN, Daemon
from people import Kept
from proxy import Lie, lying
from resguardo_formats import page, roster
from resguardo_formats.encodings import b64, sha256
from tool import Ceremony, kind_of, run

TEXT = "En la casa azul, cada noche."
TICK_SECONDS = 2
STATES, BYTES_MAX = ["AR", "region"], 4 << 20
ATTACHMENTS = {"states": STATES, "bytesMax": BYTES_MAX}


@dataclass
class Life:
    """A founded gateway that runs."""

    tool: Ceremony
    daemon: Daemon
    signers: int = 2

    @property
    def url(self) -> str:
        return f"https://localhost:{self.daemon.port('public')}"

    @property
    def folder(self) -> Path:
        return self.tool.folder

    def desk(self, verb: str, *arguments: str) -> str:
        return self.tool("desk", verb, "--home", self.tool.home("desk-ar"), *arguments)

    def unit(self, verb: str, *arguments: str) -> str:
        return self.tool("unit", verb, "--home", self.tool.home("police-ar"), *arguments)

    def roster(self, verb: str, *arguments: str) -> str:
        return self.tool("roster", verb, "--roster", str(self.folder / "roster"), *arguments)

    def audit(self) -> str:
        home = ("--home", str(self.folder / "auditor"))
        return self.tool("audit", self.url, "--ca", self.tool.certificate, *home)

    def audit_code(self) -> int:
        return run("audit", self.url, "--ca", self.tool.certificate).returncode

    def submit(self, url: str | None = None) -> str:
        """Sends a tip; its name."""
        text = self.folder / "text.txt"
        text.write_text(TEXT)
        where = ("--url", url or self.url, "--ca", self.tool.certificate, "--state", "AR")
        sent = self.tool("submit", *where, "--text", str(text))
        return sent.split()[-1]

    def key(self, kind: str, name: str, *described: str) -> str:
        """Makes a key; the path of its public description."""
        path = self.folder / name
        where = ("--origin", ORIGIN, "--out", f"{path}.key", "--light-passphrase")
        self.tool("keys", kind, *where, *described)
        return f"{path}.pub.json"

    def take_force(self) -> None:
        """As many authorities as must sign the next version, and the daemon takes it."""
        for number in range(1, self.signers + 1):
            self.roster("sign", "--key", str(self.folder / f"authority-{number}.key"), "--yes")
        assert "holds" in self.roster("verify")
        self.daemon.hang_up("vault: read the roster again")


@contextlib.contextmanager
def living(folder: Path) -> Iterator[Life]:
    """A founded gateway that runs while the block does."""
    tool = Ceremony(folder)
    daemon = Daemon.start(folder, tool.found(TICK_SECONDS))
    try:
        tool.settle(daemon)
        yield Life(tool, daemon)
    finally:
        assert daemon.stop() == 0


@dataclass
class Talk:
    """A founded gateway, and the offices' homes."""

    tool: Ceremony
    daemon: Daemon

    @property
    def public(self) -> Public:
        return Public(self.daemon.port("public"), tls_context(self.tool.certificate))

    def work(self, office: str, verb: str, *rest: str) -> str:
        return self.tool(kind_of(office), verb, "--home", self.tool.home(office), *rest)

    def arrived(self, office: str) -> str:
        """The name of the one tip that is new."""
        (listed,) = self.work(office, "list", "--new").splitlines()
        return listed.split()[0]

    def send(self, wire: bytes, office: str = "desk-ar") -> str:
        assert self.public.send(wire).status == 201
        return self.arrived(office)

    def open(self, office: str, name: str, folder: Path) -> tuple[list[str], dict[str, object]]:
        """What the tool says, and what lies in the folder as `custody.json`."""
        said = self.work(office, "open", "--into", str(folder), "--", name)
        first, *more = said.splitlines()
        custody = Path(first.rpartition(": ")[2]) / "custody.json"
        return more, json.loads(custody.read_text())

    def mailbox(self, language: str = "es", **fields: str) -> Answer:
        body = urlencode(fields).encode()
        return self.public.ask("POST", f"/{language}/mailbox", body, content_type=FORM)


@contextlib.contextmanager
def talking(folder: Path, tick_seconds: int = 3_600, **settings: Any) -> Iterator[Talk]:
    """A founded gateway whose tick does not end while the block runs."""
    tool = Ceremony(folder)
    daemon = Daemon.start(folder, tool.found(tick_seconds, **settings))
    try:
        tool.settle(daemon)
        yield Talk(tool, daemon)
    finally:
        daemon.stop()


@dataclass
class Site:
    """A gateway founded with the tool, with its authorities' keys at hand."""

    tool: Ceremony
    settings: dict[str, Any]
    daemon: Daemon | None = None
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: Path, tick: int = 2) -> Site:
        tool = Ceremony(folder)
        note = str(folder / "roster" / "page.note")
        return cls(tool, tool.found(tick, attachments=ATTACHMENTS, page={"note": note}))

    @property
    def folder(self) -> str:
        return str(self.tool.folder / "roster")

    @property
    def url(self) -> str:
        return f"https://localhost:{self.ports['public']}"

    @property
    def log_key(self) -> str:
        return json.loads(self.public().get("/v1/roster").json["note"].split("\n")[2])["log"]

    def start(self) -> None:
        self.daemon = Daemon.start(self.tool.folder, self.settings)
        self.ports = {name: self.daemon.port(name) for name in ("public", "staff", "loopback")}

    def public(self) -> Public:
        return Public(self.ports["public"], tls_context(self.tool.certificate))

    def make(self, *options: str) -> str:
        made = self.tool("page", "make", "--roster", self.folder, *options)
        return made + "".join(self.sign(number) for number in (1, 3))

    def sign(self, number: int) -> str:
        key = str(self.tool.folder / f"authority-{number}.key")
        return self.tool("page", "sign", "--roster", self.folder, "--key", key, "--yes")

    def verify(self, url: str, *options: str) -> subprocess.CompletedProcess[str]:
        return run("page", "verify", url, "--ca", self.tool.certificate, *options)

    def loopback(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['loopback']}{path}") as answer:
            return answer.read().decode()

    def roster(self) -> roster.Roster:
        return roster.Roster.parse((Path(self.folder) / "roster.note").read_bytes(), ORIGIN)

    def served(self) -> page.Page:
        """The note as the gateway serves it, with its entry, checked by the independent program."""
        document = self.public().get("/.well-known/resguardo-page").json
        kept = Kept.of(document, self.log_key)
        assert kept.record == {
            **{name: kept.record[name] for name in ("origin", "tick", "v")},
            "note": b64(sha256(document["note"].encode())), "type": "page",
        }
        return page.Page.parse(document["note"].encode(), ORIGIN)

    def before(self, lie: Lie) -> contextlib.AbstractContextManager[str]:
        """The address of a proxy before the gateway that lies."""
        folder = self.tool.folder
        return lying(self.ports["public"], folder / "tls.pem", folder / "tls.key", lie)
