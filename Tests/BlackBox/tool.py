"""The staff tool as its users run it, and a gateway that was founded with nothing else."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deployment import (
    ORIGIN,
    PATIENCE_SECONDS,
    ROOT,
    Daemon,
    make_certificate,
    write_private,
)
from resguardo_formats.keylines import KeyLine

TOOL = Path(os.environ.get("RESGUARDO", ROOT / ".build" / "debug" / "resguardo"))
OFFICES = {"desk-ar": "AR", "desk-region": "region", "police-ar": "AR"}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the tool with nobody at its terminal."""
    return subprocess.run(
        [str(TOOL), *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def kind_of(office: str) -> str:
    return "desk" if office.startswith("desk-") else "unit"


@dataclass
class Ceremony:
    """A gateway's keys and roster as its authorities and offices make them, and everybody's home."""

    folder: Path

    def __call__(self, *arguments: str) -> str:
        """What the tool prints, which has to succeed."""
        words = str(self.folder / "words")
        done = run(*arguments, RESGUARDO_PASSPHRASE_FILE=words)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    @property
    def certificate(self) -> str:
        return str(self.folder / "tls.pem")

    def home(self, office: str) -> str:
        return str(self.folder / "homes" / office)

    def found(self, tick_seconds: int, **settings: Any) -> dict[str, Any]:
        """Makes everything that a daemon needs; its settings."""
        shutil.copytree(_held(tick_seconds).name, self.folder, dirs_exist_ok=True)
        make_certificate(self.folder / "tls.pem", self.folder / "tls.key")
        (self.folder / "state").mkdir()
        (self.folder / "homes").mkdir()
        roster = self.folder / "roster"
        return {
            "origin": ORIGIN,
            "listen": {name: "127.0.0.1:0" for name in ("public", "staff", "loopback")},
            "tls": {"certificate": self.certificate, "key": str(self.folder / "tls.key")},
            "state": {"directory": str(self.folder / "state")},
            "log": {"key": self._path("log.key")},
            "roster": {
                "note": str(roster / "roster.note"),
                "staff": str(roster / "roster.staff.json"),
            },
            **settings,
        }

    def hold(self, tick_seconds: int) -> None:
        """Makes the keys and the roster."""
        write_private(self.folder / "words", b"correct horse battery staple\n")
        self._make_roster(self._make_keys(), tick_seconds)

    def key_line(self, office: str, use: str) -> KeyLine:
        """The public line of an office's key."""
        lines = json.loads((self.folder / f"{office}.pub.json").read_text())["lines"]
        return KeyLine.parse(next(line for line in lines if line.split()[4] == use))

    def settle(self, daemon: Daemon) -> None:
        """Gives every office a home that knows where the daemon listens."""
        for office in OFFICES:
            self._set_up(office, self.home(office), daemon)

    def second_home(self, office: str, daemon: Daemon) -> str:
        """Another home of an office: that of a second workstation."""
        home = f"{self.home(office)}-second"
        self._set_up(office, home, daemon)
        return home

    def _set_up(self, office: str, home: str, daemon: Daemon) -> None:
        public, staff = (f"https://localhost:{daemon.port(name)}" for name in ("public", "staff"))
        self(
            *(kind_of(office), "setup", "--home", home, "--gateway", public),
            *("--staff", staff, "--ca", self.certificate),
            *("--roster", str(self.folder / "roster" / "roster.note")),
            *("--member", self._path(f"{office}-1.key"), "--office", self._path(f"{office}.key")),
        )

    def _path(self, name: str) -> str:
        return str(self.folder / name)

    def _key(self, kind: str, file: str, *arguments: str) -> str:
        light = () if kind == "log" else ("--light-passphrase",)
        where = ("--origin", ORIGIN, "--out", self._path(file))
        return self("keys", kind, *where, *light, *arguments).splitlines()[0]

    def _make_keys(self) -> list[str]:
        """The authorities' public lines, the log's last."""
        for office, state in OFFICES.items():
            described = ("--name", office, "--state", state, "--kind", kind_of(office))
            self._key("office", f"{office}.key", *described)
            self._key("member", f"{office}-1.key", "--office", office, "--name", "operator-1")
        names = [f"authority-{number}" for number in (1, 2, 3)]
        authorities = [self._key("authority", f"{name}.key", "--name", name) for name in names]
        return [*authorities, self._key("log", "log.key")]

    def _make_roster(self, lines: list[str], tick_seconds: int) -> None:
        *authorities, log = lines
        roster = ("--roster", self._path("roster"))
        self(
            *("roster", "found", *roster, "--origin", ORIGIN, "--threshold", "2", "--log", log),
            *("--tick-seconds", str(tick_seconds)),
            *(word for line in authorities for word in ("--authority", line)),
        )
        for office in OFFICES:
            self("roster", "add-office", *roster, "--office", self._path(f"{office}.pub.json"))
            self("roster", "add-member", *roster, "--member", self._path(f"{office}-1.pub.json"))
        competent = ("--territory", "AR", "--offence", "*", "--units", "police-ar")
        self("roster", "set-competence", *roster, *competent)
        for number in (1, 2):
            self("roster", "sign", *roster, "--key", self._path(f"authority-{number}.key"), "--yes")


@functools.cache
def _held(tick_seconds: int) -> TemporaryDirectory[str]:
    """The folder of a ceremony, held once: a passphrase makes every key slow, and gateways of tests may have the same."""
    folder = TemporaryDirectory(prefix="resguardo-")
    Ceremony(Path(folder.name)).hold(tick_seconds)
    return folder
