"""`resguardo probe` and `resguardo desk answer-probes`: the whole way, from outside, through the real daemon."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deployment import PATIENCE_SECONDS
from founded import Site
from people import make_envelope
from proxy import lie_at
from tool import run

STATE = "AR"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site.found(tmp_path_factory.mktemp("probed"))
    site.make("--attachment-states", "AR", "region", "--attachment-bytes-max", str(4 << 20))
    site.start()
    assert site.daemon
    site.tool.settle(site.daemon)
    yield site
    site.daemon.stop()


def desk(site: Site, verb: str, *options: str) -> str:
    return site.tool("desk", verb, "--home", site.tool.home("desk-ar"), *options)


def probe(site: Site, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return run("probe", url, "--ca", site.tool.certificate, "--state", STATE, *options)


def unreadable(site: Site) -> bytes:
    """An envelope of a probe's length to the desk, with a good head and nothing behind it."""
    good = make_envelope(site.tool.key_line("desk-ar", "envelope-x25519"), "nada")
    return good[:72] + os.urandom(len(good) - 72)


def names(listed: str) -> dict[str, str]:
    """Each tip's line by its name."""
    return {line.split()[0]: line for line in listed.splitlines()}


@pytest.mark.parametrize("suite", ["xwing", "x25519"])
def test_a_probe_is_promised_included_and_answered(site: Site, suite: str) -> None:
    # Anybody may send what opens for nobody: the desk goes on behind it.
    assert site.public().send(unreadable(site)).status == 201
    stop = threading.Event()

    def desk_at_work() -> list[str]:
        answered: list[str] = []
        while not stop.wait(0.5):
            answered.append(desk(site, "answer-probes"))
        return answered

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(desk_at_work)
        try:
            done = probe(site, site.url, "--suite", suite, "--wait-seconds", str(PATIENCE_SECONDS // 2))
        finally:
            stop.set()
        answered = work.result()
    assert done.returncode == 0, done.stderr
    pages, sent, included, end = done.stdout.splitlines()
    assert pages == "pages: those of page note 1"
    assert sent.startswith("probe ") and sent.endswith(": sent, and promised")
    assert included.startswith("in the log at ") and end == "answered by the desk"
    name = sent.split()[1].rstrip(":")
    assert sum(f"answered probe {name}\n" in said for said in answered) == 1
    assert names(desk(site, "list"))[name].endswith(", says it is a probe")


def test_a_person_is_not_answered_by_a_machine(site: Site, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("This is a probe of the gateway (resguardo probe). Or is it?")
    sent = run(
        *("submit", "--url", site.url, "--ca", site.tool.certificate, "--state", STATE),
        *("--text", str(text)),
    )
    assert sent.returncode == 0, sent.stderr
    name = sent.stdout.splitlines()[1].removeprefix("tip ")
    assert name not in desk(site, "answer-probes")
    assert "probe" not in names(desk(site, "list"))[name]
    assert not list(Path(site.tool.home("desk-ar"), "bodies").iterdir()), "nothing of it is kept"


def test_an_unanswered_probe_is_looked_at_again(site: Site, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"), "--wait-seconds", "0")
    first = probe(site, site.url, *home)
    assert first.returncode == 69 and "not answered" in first.stderr
    name = first.stdout.splitlines()[1].split()[1].rstrip(":")
    assert f"answered probe {name}" in desk(site, "answer-probes")
    again = probe(site, site.url, *home)
    assert again.returncode == 0, again.stderr
    assert f"probe {name}: sent earlier" in again.stdout
    assert "0 probes answered" in desk(site, "answer-probes")
    assert (tmp_path / "home" / "checkpoints.json").exists()
    audited = run("audit", site.url, "--ca", site.tool.certificate, *home[:2])
    assert audited.returncode == 0, audited.stderr


def test_changed_pages_fail_the_probe(site: Site) -> None:
    with site.before(lie_at("/es", b"<html", b"<htmI")) as url:
        done = probe(site, url, "--wait-seconds", "0")
    assert "/es has other bytes" in done.stderr and "in the log at" in done.stdout
    # Nobody answers either, which alone would be 69.
    assert "not answered" in done.stderr and done.returncode == 65
