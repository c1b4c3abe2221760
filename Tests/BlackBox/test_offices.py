"""Desk, unit, authorities and auditor at work with the staff tool, on a gateway that it founded: the commands that no
other test runs."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from client import Public, tls_context
from deployment import eventually
from founded import TEXT, Life, living
from people import make_envelope
from proxy import lying
from tool import TOOL, run

@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with living(tmp_path_factory.mktemp("offices")) as life:
        yield life


def test_a_lost_answer_makes_no_second_tip(life: Life) -> None:
    lost: list[str] = []

    def lie(path: str, _: dict[str, str], body: bytes) -> bytes:
        if path == "/v1/tips" and not lost:
            lost.append(path)
            raise ConnectionAbortedError("the vault has the tip, and its sender hears nothing")
        return body

    before = life.desk("list").splitlines()
    keys = life.folder / "tls.pem", life.folder / "tls.key"
    with lying(life.daemon.port("public"), *keys, lie) as url:
        name = life.submit(url)
    assert lost == ["/v1/tips"]
    after = life.desk("list").splitlines()
    assert len(after) == len(before) + 1 and after[-1].startswith(name)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_sender_who_stops_waiting_keeps_the_receipt(life: Life, ending: signal.Signals) -> None:
    """The gateway has the tip, each answer is lost, and somebody presses Ctrl-C while the tool tries again."""
    lost = threading.Event()

    def lie(path: str, _: dict[str, str], body: bytes) -> bytes:
        if path == "/v1/tips":
            lost.set()
            raise ConnectionAbortedError("its sender hears nothing")
        return body

    text = life.folder / "text.txt"
    text.write_text(TEXT)
    before = len(life.desk("list").splitlines())
    keys = life.folder / "tls.pem", life.folder / "tls.key"
    with lying(life.daemon.port("public"), *keys, lie) as url:
        where = ("--url", url, "--ca", life.tool.certificate, "--state", "AR", "--text", str(text))
        with subprocess.Popen([str(TOOL), "submit", *where], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as sender:
            assert lost.wait(60)
            sender.send_signal(ending)
            said, complained = sender.communicate(timeout=60)
    assert sender.returncode == 128 + ending, complained
    assert said == "" and complained.count("\n") == 1
    assert re.search(r"may have the tip. Its receipt: (\d{3} ){9}\d{3}$", complained), complained
    assert len(life.desk("list").splitlines()) == before + 1


def test_a_second_command_in_a_home_waits_for_the_first(life: Life) -> None:
    home = life.tool.home("desk-ar")
    held = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    words = {**os.environ, "RESGUARDO_PASSPHRASE_FILE": str(life.folder / "words")}
    command = [str(TOOL), "desk", "list", "--home", home]
    with subprocess.Popen(command, env=words, stderr=subprocess.PIPE, text=True) as second:
        assert second.stderr
        assert "Another command works in this home" in second.stderr.readline()
        assert second.poll() is None
        os.close(held)
        assert second.wait(60) == 0, second.stderr.read()


@pytest.fixture
def routed(life: Life) -> str:
    """A tip that the desk opened and handed to the police; its name."""
    name = life.submit()
    assert any(line.startswith(name) for line in life.desk("list", "--new").splitlines())
    opened = life.desk("open", "--into", str(life.folder / "desk"), "--", name)
    assert TEXT in opened
    life.desk("route", "--to", "police-ar", "--priority", "p1", "--", name)
    return name


def pulled(life: Life) -> list[str]:
    """Pulls the queue; the new reports by name."""
    said = life.unit("pull", "--into", str(life.folder / "unit"))
    return re.findall(r"^(desk-ar-\d{6}):", said, re.M)


@pytest.mark.parametrize(
    "outcome", [("accepted",), ("declined", "out-of-territory"), ("transfer",)], ids=lambda o: o[0]
)
def test_a_unit_says_what_it_does_with_a_report(
    life: Life, routed: str, outcome: tuple[str, ...]
) -> None:
    (report,) = pulled(life)
    text = (life.folder / "unit" / report / "text.txt").read_text()
    assert text == TEXT
    life.unit("acknowledge", report, *outcome)
    assert pulled(life) == []
    assert "police-ar" in next(
        line for line in life.desk("list").splitlines() if line.startswith(routed))


def sent(life: Life, consent: list[str]) -> str:
    """A child's tip, opened by the desk, that says who may receive it; the tip's name."""
    line = life.tool.key_line("desk-ar", "envelope-x25519")
    public = Public(life.daemon.port("public"), tls_context(life.tool.certificate))
    wire = make_envelope(line, TEXT, who_am_i="child_affected", consent_share=consent)
    assert public.send(wire).status == 201
    return life.desk("list", "--new").split()[0]


def route(life: Life, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    home = ("--home", life.tool.home("desk-ar"), "--to", "police-ar")
    return run("desk", "route", *home, *options, "--", name,
               RESGUARDO_PASSPHRASE_FILE=str(life.folder / "words"))


@pytest.mark.parametrize("consent", [["none_yet"], ["hotline"], ["none_yet", "police_unit"]])
def test_whom_a_child_did_not_choose_gets_a_tip_by_law_only(
    life: Life, consent: list[str]
) -> None:
    name = sent(life, consent)
    words = {"none_yet": "Nobody else for now", "hotline": "Only the helpline that reads it",
             "police_unit": "A special police or prosecution team"}
    said = f"Who may receive it, in the reporter's choice: {'; '.join(words[c] for c in consent)}."
    assert said in life.desk("open", "--into", str(life.folder / "desk"), "--", name)
    for options in ((), ("--receiver", "police_unit"), ("--receiver", "child_protection")):
        refused = route(life, name, *options)
        assert refused.returncode == 77 and said in refused.stderr, refused
    assert route(life, name, "--despite-consent", " ").returncode == 64
    assert pulled(life) == []
    done = route(life, name, "--despite-consent", "Ley 26.061, art. 30: peligro de vida")
    assert done.returncode == 0 and said in done.stdout, done
    (report,) = pulled(life)
    triage = json.loads((life.folder / "unit" / report / "triage.json").read_text())
    assert triage["despite_consent"] == "Ley 26.061, art. 30: peligro de vida"


def test_a_unit_of_the_chosen_kind_gets_the_tip(life: Life) -> None:
    name = sent(life, ["police_unit"])
    assert route(life, name).returncode == 77, "nobody has said what the unit is"
    assert route(life, name, "--receiver", "child_protection").returncode == 77
    assert route(life, name, "--receiver", "judge").returncode == 64
    done = route(life, name, "--receiver", "police_unit")
    assert done.returncode == 0, done.stderr
    (report,) = pulled(life)
    triage = json.loads((life.folder / "unit" / report / "triage.json").read_text())
    assert triage["receiver"] == "police_unit" and "despite_consent" not in triage


def test_a_desk_answers_only_whoever_left_a_mailbox(life: Life, routed: str) -> None:
    words = life.desk("reply", "--text", "Gracias.", "--", routed)
    assert words.startswith("reply ")
    assert life.desk("reply", "--status", "read", "--", routed).startswith("reply ")
    home = life.tool.home("desk-ar")
    neither = run("desk", "reply", "--home", home, "--", routed,
                  RESGUARDO_PASSPHRASE_FILE=str(life.folder / "words"))
    assert neither.returncode == 64 and "either" in neither.stderr


@pytest.mark.parametrize("change", [
    ("--member", "desk-ar.key", 65, "is no member's key file"),
    ("--office", "desk-ar-1.key", 65, "is no office's key file"),
    ("--office", "police-ar.key", 65, "is the key of police-ar"),
    ("--staff", None, 64, "starts with https://"),
], ids=lambda change: f"{change[0]} {change[1]}")
def test_a_home_is_set_up_with_its_own_keys_only(
    life: Life, change: tuple[str, str | None, int, str]
) -> None:
    option, file, code, said = change
    path = {name: str(life.folder / name) for name in ("desk-ar-1.key", "desk-ar.key")}
    given = {
        "--home": str(life.folder / "homes" / "mistaken"), "--gateway": life.url,
        "--staff": life.url, "--roster": str(life.folder / "roster" / "roster.note"),
        "--member": path["desk-ar-1.key"], "--office": path["desk-ar.key"],
        option: str(life.folder / file) if file else "localhost:8444",
    }
    done = run("desk", "setup", *(word for pair in given.items() for word in pair))
    assert done.returncode == code and said in done.stderr, done
    assert not (life.folder / "homes" / "mistaken").exists()


def test_what_is_no_staff_listener_and_no_territory_is_named(life: Life, routed: str) -> None:
    settings = Path(life.tool.home("desk-ar")) / "home.json"
    honest = settings.read_text()
    public, staff = (f"localhost:{life.daemon.port(name)}" for name in ("public", "staff"))
    settings.write_text(honest.replace(staff, public))
    try:
        lost = run("desk", "list", "--home", life.tool.home("desk-ar"),
                   RESGUARDO_PASSPHRASE_FILE=str(life.folder / "words"))
    finally:
        settings.write_text(honest)
    assert lost.returncode == 64 and "is no staff listener" in lost.stderr, lost
    nowhere = route(life, routed, "--territory", "QQ")
    assert nowhere.returncode == 64 and "QQ is no territory" in nowhere.stderr, nowhere


def test_a_gateway_that_is_not_trusted_says_what_to_look_at(life: Life) -> None:
    port = life.daemon.port("public")
    stranger = run("audit", f"https://localhost:{port}")
    assert stranger.returncode == 69 and "vouches for; --ca" in stranger.stderr, stranger
    misnamed = run("audit", f"https://127.0.0.1:{port}", "--ca", life.tool.certificate)
    assert misnamed.returncode == 69 and "not for this name" in misnamed.stderr, misnamed


def test_an_auditor_remembers_the_checkpoint_it_saw(life: Life) -> None:
    """Audits from one home: each holds the log against the checkpoint that the one before kept."""
    life.submit()
    assert eventually(lambda: life.audit_code() == 0)
    before = re.search(r"holds: (\d+) entries", life.audit())
    assert before
    life.submit()
    # Each audit compares with the one before, and keeps what it saw.
    grown = re.compile(rf"holds: (\d+) entries, {before[1]} at the audit before")
    said = eventually(lambda: (m := grown.search(life.audit())) and int(m[1]) > int(before[1]) and m)
    assert said, life.audit()


def test_keys_members_and_offices_come_and_go(life: Life) -> None:
    """Rotation, replacement and revocation, each signed and in force at the running gateway."""
    new = life.key("office", "police-ar-2", "--name", "police-ar", "--state", "AR", "--kind", "unit")
    changes = life.roster("rotate-key", "--office", new, "--accept-old-days", "1")
    assert "police-ar" in changes and life.roster("diff") != ""
    life.take_force()
    assert life.roster("show").count("police-ar") > 1

    post = ("--office", "police-ar", "--name", "operator-1")
    replaced = life.key("member", "police-ar-1b", *post)
    again = run("roster", "add-member", "--roster", str(life.folder / "roster"), "--member", replaced)
    assert again.returncode == 65, "a post that has a member is not given another without --replace"
    life.roster("add-member", "--member", replaced, "--replace")
    life.take_force()
    refused(life, "police-ar", "unit", "pull", "--into", str(life.folder / "unit"))

    life.roster("revoke-member", "--office", "desk-region", "--name", "operator-1")
    life.take_force()
    refused(life, "desk-region", "desk", "list")

    key_id = re.search(r"key id ((?:[0-9a-f]{4} ){16})\S+ envelope-x25519", life.roster("show"))
    assert key_id, life.roster("show")
    life.roster("revoke-key", "--key-id", *key_id[1].split())
    life.take_force()
    assert "revoked" in life.roster("show")

    authorities = [
        (life.folder / f"authority-{number}.key") for number in (1, 2, 3)]
    lines = [
        word for path in authorities
        for word in ("--authority", str(path.with_suffix(".pub.json")))]
    life.roster("set-authorities", *lines, "--threshold", "3")
    life.take_force()
    life.signers = 3
    assert "3 of 3 authorities must sign" in life.roster("show")


def test_a_revoked_office_is_out_at_once(life: Life) -> None:
    home = ("--home", life.tool.home("desk-ar"))
    words = {"RESGUARDO_PASSPHRASE_FILE": str(life.folder / "words")}
    assert run("desk", "list", *home, **words).returncode == 0
    life.roster("revoke-office", "--office", "desk-ar")
    life.take_force()
    refused(life, "desk-ar", "desk", "list")
    assert run("roster", "revoke-office", "--roster", str(life.folder / "roster"),
               "--office", "nobody").returncode == 65


def refused(life: Life, office: str, kind: str, verb: str, *arguments: str) -> None:
    """The office's member is nobody any more: exit code 77."""
    words = str(life.folder / "words")
    home = ("--home", life.tool.home(office))
    done = run(kind, verb, *home, *arguments, RESGUARDO_PASSPHRASE_FILE=words)
    assert done.returncode == 77, (done.returncode, done.stdout, done.stderr)
