"""A disk on which nothing can be made durable any more: what is said, and what becomes of what was being sent."""

from __future__ import annotations

import contextlib
import html
import os
import re
import shutil
import subprocess
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from client import FORM
from deployment import eventually, make_gateway
from languages import wording
from people import Gateway, Kept, health, running

TIPS = "/v1/tips?after=0"
UNAVAILABLE = (503, "unavailable")
FORMS = ("/{language}", "/{language}/mailbox")


def send(gateway: Gateway, text: str) -> Kept:
    wire = gateway.envelope("desk-ar", "x25519", text)
    return gateway.kept(gateway.public().send(wire), wire)


@contextlib.contextmanager
def failing_syncs(*processes: int) -> Iterator[None]:
    """No fsync of these processes, and of those that they start, succeeds while the block runs."""
    strace = shutil.which("strace")
    if not strace or os.geteuid() != 0:
        pytest.skip("only root may trace the roles")
    numbers = [word for number in processes for word in ("-p", str(number))]
    inject = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"]
    tracer = subprocess.Popen([strace, "-f", "-qq", "-o", "/dev/null", *inject, *numbers])

    def is_traced(number: int) -> bool:
        tasks = Path(f"/proc/{number}/task").iterdir()
        return all(f"TracerPid:\t{tracer.pid}" in (task / "status").read_text() for task in tasks)

    try:
        assert eventually(lambda: all(map(is_traced, processes)))
        yield
    finally:
        tracer.terminate()
        tracer.wait(30)


def is_stopped(gateway: Gateway, reason: str) -> bool:
    with contextlib.suppress(urllib.error.URLError):
        found = health(gateway)
        return found["status"] == "stopped" and any(reason in text for text in found["warnings"])
    return False


def test_a_disk_that_fails_is_said_and_nothing_is_acknowledged_on_it(tmp_path: Path) -> None:
    """By the vault that met it and by the next one, which serves nothing before all it found is on the disk."""
    world, settings = make_gateway(tmp_path, 3_600)
    with running(tmp_path, world, settings) as gateway:
        public, daemon = gateway.public(), gateway.daemon
        kept = [send(gateway, "antes")]
        wire = gateway.envelope("desk-ar", "x25519", "sobre un disco que falla")
        with failing_syncs(daemon.process.pid, daemon.child("vault")):
            assert public.send(wire).problem == UNAVAILABLE
            assert eventually(lambda: is_stopped(gateway, "the storage failed")), health(gateway)
            assert public.send(wire).problem == UNAVAILABLE
            daemon.heard("vault ended with exit code 74, starting again")
            reason = "what was found could not be made durable"
            assert eventually(lambda: is_stopped(gateway, reason), 90), daemon.lines
            assert public.send(wire).problem == UNAVAILABLE
            assert public.get("/checkpoint").problem == UNAVAILABLE
            assert gateway.desk("desk-ar").staff.read(TIPS).problem == UNAVAILABLE
        daemon.heard("vault ended with exit code 74, starting again", times=2)
        answer = eventually(lambda: (found := public.send(wire)).status == 201 and found, 90)
        assert answer, daemon.lines
        kept.append(gateway.kept(answer, wire))
        assert health(gateway)["status"] == "ok"
        listed = {Kept.of(t, gateway.log_key).commitment for t in gateway.desk("desk-ar").tips()}
        assert {each.commitment for each in kept} == listed


TYPED = {"danger_now": "no", "what_happened": "Sobre un disco que falla", "where_country": "AR"}


def test_a_form_that_met_a_failing_disk_is_kept_once(tmp_path: Path) -> None:
    """The next vault finds it in the log: who sent it is told that it is kept, and has nothing to send again."""
    world, settings = make_gateway(tmp_path, 3_600)
    with running(tmp_path, world, settings) as gateway, ThreadPoolExecutor(1) as pool:
        daemon = gateway.daemon
        send(gateway, "antes")
        with failing_syncs(daemon.process.pid, daemon.child("vault")):
            sent = pool.submit(gateway.public().form, "es", dict(TYPED))
            assert eventually(lambda: is_stopped(gateway, "the storage failed")), health(gateway)
        assert sent.result().status == 201, daemon.lines
        assert len(gateway.desk("desk-ar").tips()) == 2


def check_unread(gateway: Gateway, words: str) -> None:
    """Of a mailbox that cannot be read nothing is claimed, and what was typed is there again."""
    for typed in ({"receipt": words}, {"receipt": words, "answer": "Estoy en lo de mi abuela."}):
        page = gateway.public().ask(
            "POST", "/es/mailbox", urlencode(typed).encode(), content_type=FORM)
        assert page.status == 503
        text = html.unescape(re.sub("(?s)<script>.*?</script>", "", page.text))
        assert wording("es")["problem_heading"] in text and wording("es")["no_replies"] not in text
        assert all(value in text for value in typed.values())
        assert ('name="answer"' in text) == ("answer" in typed)


def test_of_a_form_on_a_disk_that_goes_on_failing_nothing_is_claimed(tmp_path: Path) -> None:
    """It is in the log indeed, and nobody can know that before the disk works."""
    world, settings = make_gateway(tmp_path, 3_600)
    with running(tmp_path, world, settings) as gateway:
        daemon = gateway.daemon
        words = " ".join(gateway.replied())
        with failing_syncs(daemon.process.pid, daemon.child("vault")):
            page = gateway.public().form("es", dict(TYPED))
            check_unread(gateway, words)
        assert page.status == 409
        described = yaml.safe_load(gateway.public().get("/openapi.yaml").text)["paths"]
        assert all("409" in described[path]["post"]["responses"] for path in FORMS)
        text = html.unescape(re.sub("(?s)<script>.*?</script>", "", page.text))
        assert wording("es")["problem_unclear"] in text and TYPED["what_happened"] in text
        tips = eventually(lambda: is_ok(gateway) and gateway.desk("desk-ar").tips(), 90)
        assert tips and len(tips) == 2, daemon.lines


def is_ok(gateway: Gateway) -> bool:
    with contextlib.suppress(urllib.error.URLError):
        return bool(health(gateway)["status"] == "ok")
    return False
