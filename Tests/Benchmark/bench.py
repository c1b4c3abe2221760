"""The benchmark: one run, the daemon beside nginx and beside the raw loops. Prints a table, writes bench.json."""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build-release" / "release"
os.environ["RESGUARDOD"] = str(BUILT / "resguardod")
sys.path.insert(0, str(ROOT / "Tests" / "BlackBox"))

from client import Public, tls_context
from deployment import Daemon, eventually, free_ports
from load import Load, Rate
from peers import limits, nginx
from people import make_envelope
from processes import Family
from resguardo_formats.frames import Attachment
from resguardo_formats.keylines import KeyLine
from roles import healthy

FRESH_CONNECTIONS = 16
KEPT_CONNECTIONS = 64
IDLE_CONNECTIONS = 5_000
ATTACHMENT_MIB = 64
BACK_RUNS = 5
EXPECTED = {
    "fresh_ratio_nginx": "at least 0.6",
    "kept_ratio_limit": "at least 0.4",
    "rss_idle_mib": "at most 64",
    "rss_upload_mib": "at most idle + 32",
    "append_cost_ratio": "about 1",
    "open_1e6_s": "below 1",
    "pull_ratio_secretstream": "at least 0.5",
    "edge_back_s": "below 1",
    "vault_back_s": "below 2",
}


PARTS = ("rates", "memory", "back", "pull", "ledger")


class Bench:
    """The demonstration gateway of `Deploy/quickstart`, built for release, and what was found so far."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.folder = folder
        self.seconds = seconds
        self.demo = folder / "demo"
        self.figures: dict[str, float] = {}

    def found_gateway(self) -> None:
        """Keys, roster and offices; one whole way of a tip, so that what is measured also works."""
        ports = dict(zip(("PUBLIC", "STAFF", "LOOPBACK"), free_ports(3), strict=True))
        environment = {
            **os.environ,
            "RESGUARDO_BIN": str(BUILT),
            "DEMO_DIR": str(self.demo),
            **{f"DEMO_{name}_PORT": str(port) for name, port in ports.items()},
        }
        del environment["RESGUARDOD"]
        subprocess.run(
            [str(ROOT / "Deploy" / "quickstart"), "--check"], env=environment, check=True,
            stdout=subprocess.DEVNULL, timeout=600,
        )
        self.settings = json.loads((self.demo / "resguardod.json").read_text())
        # What is measured is what is taken without work.
        self.settings["flood"] = {"tipsPerMinute": 1_000_000, "formsPerMinute": 1_000_000}

    def desk_line(self, use: str = "envelope-xwing") -> KeyLine:
        note = (self.demo / "roster" / "roster.note").read_text()
        found = re.search(rf"key \S+ desk-ar AR {use} \S+ [A-Za-z0-9+/=]+", note)
        assert found
        return KeyLine.parse(found[0])

    def vault_part(self, *arguments: str) -> dict[str, float]:
        """A part of the vault, measured by itself."""
        ran = [str(BUILT / "VaultMeasure"), *arguments]
        found: dict[str, float] = json.loads(subprocess.check_output(ran, text=True, timeout=1_800))
        return found

    def start(self) -> Daemon:
        # The daemon takes every RESGUARDO_ variable for a setting.
        plain = {name: value for name, value in os.environ.items() if name == "PATH"}
        daemon = Daemon.start(self.folder, self.settings, env=plain)
        daemon.port("public")
        daemon.port("loopback")
        self.public = Public(
            daemon.port("public"), tls_context(self.settings["tls"]["certificate"])
        )
        return daemon

    def measure_rates(self) -> None:
        figures, tls = self.figures, self.settings["tls"]
        envelope = self.folder / "envelope"
        envelope.write_bytes(make_envelope(self.desk_line(), "En el hotel de la ruta."))
        raw = limits()
        lines = [self.desk_line(use).text for use in ("seal-x25519", "seal-xwing")]
        cascade = self.vault_part("seal", *lines)["seals_per_cpu_s"]
        with nginx(tls["certificate"], tls["key"], port := free_ports(1)[0]) as peer:
            post = Load("post.lua", f"https://127.0.0.1:{port}/", self.seconds, {})
            peer_fresh = post.run("fresh", FRESH_CONNECTIONS, peer)
            peer_kept = post.run("kept", KEPT_CONNECTIONS, peer)
        daemon = self.start()
        try:
            family = Family(daemon.process.pid)
            family.settle()
            url = f"https://127.0.0.1:{self.public.port}/v1/tips"
            tips = Load("tip.lua", url, self.seconds, {"RESGUARDO_ENVELOPE": str(envelope)})
            fresh = tips.run("fresh", FRESH_CONNECTIONS, family)
            with family.peak_rss_mib() as peak:
                kept = tips.run("kept", KEPT_CONNECTIONS, family)
            figures["rss_load_mib"] = peak[0]
        finally:
            daemon.stop()
        self.note("nginx_fresh", peer_fresh)
        self.note("nginx_kept", peer_kept)
        self.note("fresh_tips", fresh)
        self.note("kept_tips", kept)

        def limit(seals: float) -> float:
            """Tips per CPU second if nothing were done but to terminate TLS, seal and append."""
            return 1 / (1 / peer_kept.per_cpu_second + 1 / seals + 1 / raw["rows_tip_per_cpu_s"])

        figures["fresh_ratio_nginx"] = fresh.per_cpu_second / peer_fresh.per_cpu_second
        figures["kept_ratio_limit"] = kept.per_cpu_second / limit(raw["seals_per_cpu_s"])
        # libsodium's seal is X25519 alone; a body is sealed in a cascade with X-Wing around it.
        figures["kept_ratio_limit_xwing"] = kept.per_cpu_second / limit(cascade)
        figures["seals_per_cpu_s"] = cascade
        figures["kept_ratio_nginx"] = kept.per_cpu_second / peer_kept.per_cpu_second
        figures["p50_ms"], figures["p99_ms"] = kept.p50_ms, kept.p99_ms
        figures.update({f"limit_{name}": value for name, value in raw.items()})

    def note(self, name: str, rate: Rate) -> None:
        self.figures[f"{name}_per_cpu_s"] = rate.per_cpu_second
        self.figures[f"{name}_per_s"] = rate.per_second

    def measure_memory(self) -> None:
        """Of a daemon that has nothing to do, during an upload of one large attachment, and with many idle visitors."""
        daemon = self.start()
        try:
            family = Family(daemon.process.pid)
            family.settle()
            self.public.get("/")
            self.figures["rss_idle_mib"] = family.rss_mib()
            attachment = Attachment(
                "sound.ogg", "audio/ogg", os.urandom(ATTACHMENT_MIB << 20)
            )
            wire = make_envelope(self.desk_line(), "Una grabación.", [attachment])
            with family.peak_rss_mib() as peak:
                self.public.upload(wire)
            self.figures["rss_upload_mib"] = peak[0]
        finally:
            daemon.stop()
        daemon = self.start()
        try:
            family = Family(daemon.process.pid)
            family.settle()
            with idle_visitors(self.public, IDLE_CONNECTIONS):
                self.figures["rss_5000_idle_mib"] = family.rss_mib()
        finally:
            daemon.stop()

    def measure_back(self) -> None:
        """From the end of a role to the public listener's next answer out of the ledger; the median of several."""
        daemon = self.start()
        try:
            assert eventually(lambda: healthy(daemon))
            for role, name in (("edge-public", "edge_back_s"), ("vault", "vault_back_s")):
                self.figures[name] = statistics.median(
                    seconds_until_back(daemon, role) for _ in range(BACK_RUNS))
        finally:
            daemon.stop()

    def measure_pull(self) -> None:
        """The unit's program on one report with a large attachment, against libsodium's bare loop."""
        daemon = self.start()
        try:
            sound = self.folder / "sound.ogg"
            sound.write_bytes(os.urandom(ATTACHMENT_MIB << 20))
            text = self.folder / "text.txt"
            text.write_text("Una grabación larga.\n")
            settings = self.settings
            sent = self.tool(
                *("submit", "--url", f"https://localhost:{self.public.port}"),
                *("--ca", settings["tls"]["certificate"], "--state", "AR"),
                *("--text", str(text), "--attach", str(sound)),
            )
            tip = sent.rpartition("tip ")[2].strip()
            desk = ("--home", str(self.demo / "homes" / "desk-ar"))
            self.tool("desk", "list", *desk)
            self.tool("desk", "open", *desk, "--into", str(self.folder / "desk"), "--", tip)
            self.tool(
                *("desk", "route", *desk, "--to", "police-ar", "--priority", "p1"),
                *("--territory", "AR", "--", tip),
            )
            pull = ("unit", "pull", "--home", str(self.demo / "homes" / "police-ar"), "--into")
            whole = self.children_cpu(*pull, str(self.folder / "unit"))
            bare = self.children_cpu(*pull, str(self.folder / "unit"))
        finally:
            daemon.stop()
        rate = ATTACHMENT_MIB / max(whole - bare, 0.01)
        self.figures["pull_mib_per_cpu_s"] = rate
        self.figures["pull_ratio_secretstream"] = rate / self.figures["limit_pull_mib_per_cpu_s"]

    def children_cpu(self, *arguments: str) -> float:
        """The CPU seconds of one run of the office's program."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.tool(*arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def tool(self, *arguments: str) -> str:
        environment = {
            **os.environ, "RESGUARDO_PASSPHRASE_FILE": str(self.demo / "passphrase"),
        }
        ran = subprocess.run(
            [str(BUILT / "resguardo"), *arguments], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, timeout=600, check=True,
        )
        return ran.stdout

    def measure_ledger(self, entries: int) -> None:
        folder = str(self.folder / "ledger")
        appended = self.vault_part("append", folder, str(entries))
        opened = self.vault_part("open", folder)
        self.figures["append_us"] = appended["append_us"]
        self.figures["append_cost_ratio"] = appended["append_long_us"] / appended["append_us"]
        self.figures["open_1e6_s"] = opened["open_s"]
        self.figures["ledger_leaves"] = opened["leaves"]


def seconds_until_back(daemon: Daemon, role: str) -> float:
    before = daemon.child(role)
    start = time.monotonic()
    os.kill(before, signal.SIGKILL)
    daemon.child(role, other_than=before)
    assert eventually(lambda: healthy(daemon)), daemon.lines
    return time.monotonic() - start


class idle_visitors:
    """So many TLS connections that say nothing, from several loopback addresses."""

    def __init__(self, public: Public, count: int) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 512)), hard))
        self.public, self.count = public, count
        self.connections: list[ssl.SSLSocket] = []

    def __enter__(self) -> None:
        for index in range(self.count):
            self.public.source = f"127.0.0.{2 + index % 8}"
            self.connections.append(self.public.connect())

    def __exit__(self, *_: object) -> None:
        for connection in self.connections:
            connection.close()


def table(figures: dict[str, float]) -> str:
    lines = [f"{'key':<28}{'value':>12}  expected"]
    for name, value in figures.items():
        lines.append(f"{name:<28}{value:>12,.{2 if abs(value) < 100 else 0}f}  {EXPECTED.get(name, '')}")
    return "\n".join(line.rstrip() for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="length of each load")
    parser.add_argument("--entries", type=int, default=1_000_000, help="of the long ledger")
    parser.add_argument("--only", choices=PARTS, action="append")
    arguments = parser.parse_args()
    wanted = arguments.only or PARTS
    folder = Path(tempfile.mkdtemp(prefix="resguardo-bench-"))
    try:
        bench = Bench(folder, arguments.seconds)
        bench.found_gateway()
        if "rates" in wanted:
            bench.measure_rates()
        if "memory" in wanted:
            bench.measure_memory()
        if "back" in wanted:
            bench.measure_back()
        if "pull" in wanted:
            bench.figures.setdefault(
                "limit_pull_mib_per_cpu_s", limits()["pull_mib_per_cpu_s"]
            )
            bench.measure_pull()
        if "ledger" in wanted:
            bench.measure_ledger(arguments.entries)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    (ROOT / "bench.json").write_text(json.dumps(bench.figures, indent=2) + "\n")
    print(table(bench.figures))


if __name__ == "__main__":
    main()
