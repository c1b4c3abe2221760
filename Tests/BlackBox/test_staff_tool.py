"""The staff tool from outside: exit codes, one line for each error, and what it leaves on the disk."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import socket
import ssl
import stat
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployment import ORIGIN, PATIENCE_SECONDS, eventually, make_certificate
from tool import TOOL, Ceremony, run

PASSPHRASE_FILE = "RESGUARDO_PASSPHRASE_FILE"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words"
    path.write_text("correct horse battery staple\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def key(tmp_path: Path, words: Path) -> Path:
    path = tmp_path / "authority-1.key"
    made = run(
        *("keys", "authority", "--origin", ORIGIN, "--name", "authority-1", "--light-passphrase"),
        *("--out", str(path), "--passphrase-file", str(words)),
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"{ORIGIN}/authority-1+")
    return path


def refused(result: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line of an error, after its exit code."""
    assert result.returncode == code, result
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("resguardo: "), result.stderr
    return result.stderr


def test_a_key_file_is_for_its_owner_and_holds_no_clear_key(key: Path, words: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    checked = run("keys", "show", "--check", str(key), RESGUARDO_PASSPHRASE_FILE=str(words))
    assert checked.returncode == 0 and "the private part fits" in checked.stdout
    again = run(
        *("keys", "authority", "--origin", ORIGIN, "--name", "authority-1", "--light-passphrase"),
        *("--out", str(key), "--passphrase-file", str(words)),
    )
    assert "exists already" in refused(again, 77)


def test_a_wrong_passphrase_is_65(key: Path, words: Path) -> None:
    words.write_text("another\n")
    shown = run("keys", "show", "--check", str(key), "--passphrase-file", str(words))
    assert "wrong passphrase" in refused(shown, 65)


@pytest.mark.parametrize("which", ["key", "words"])
def test_open_permissions_are_77(key: Path, words: Path, which: str) -> None:
    (key if which == "key" else words).chmod(0o640)
    shown = run("keys", "show", "--check", str(key), "--passphrase-file", str(words))
    assert "chmod 600" in refused(shown, 77)


@pytest.mark.parametrize("variables", [{}, {PASSPHRASE_FILE: ""}], ids=["unset", "empty"])
def test_nobody_to_ask_is_64(
    key: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    monkeypatch.delenv(PASSPHRASE_FILE, raising=False)
    shown = run("keys", "show", "--check", str(key), **variables)
    assert "No passphrase" in refused(shown, 64)


def test_wrong_usage_is_64() -> None:
    assert run("desk", "juggle").returncode == 64
    assert run("keys", "log", "--origin", ORIGIN).returncode == 64
    unknown = run("desk", "reply", "--home", "nowhere", "--status", "juggling", "aaaaaaaa")
    assert "juggling is no status word; known: read, under-review, with-unit" in refused(unknown, 64)
    assert run("audit", "http://localhost:1").returncode == 64


def test_a_key_for_no_folder_or_no_state_names_it(tmp_path: Path, words: Path) -> None:
    def make(state: str, out: Path) -> subprocess.CompletedProcess[str]:
        described = ("--name", "desk-ar", "--state", state, "--kind", "desk", "--light-passphrase")
        where = ("--out", str(out), "--passphrase-file", str(words))
        return run("keys", "office", "--origin", ORIGIN, *described, *where)

    assert "QQ is no State" in refused(make("QQ", tmp_path / "desk.key"), 64)
    nowhere = tmp_path / "nowhere"
    assert f"{nowhere} does not exist." in refused(make("AR", nowhere / "desk.key"), 65)


@pytest.fixture(scope="module")
def log_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.key"
    assert run("keys", "log", "--origin", ORIGIN, "--out", str(path)).returncode == 0
    return path.with_name("log.pub.json")


def audit(log_key: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return run("audit", url, "--log-key", str(log_key), *options)


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener whose every connection is dealt with by `answer`; its address."""
    with socket.create_server(("localhost", 0)) as server:

        def work() -> None:
            with contextlib.suppress(OSError):
                while True:
                    answer(server.accept()[0])

        threading.Thread(target=work, daemon=True).start()
        yield f"https://localhost:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_an_unreachable_gateway_is_69_and_says_why(log_key: Path) -> None:
    said = refused(audit(log_key, "https://localhost:1"), 69)
    assert said == (
        "resguardo: https://localhost:1 cannot be reached: nothing listens there (Connection refused)\n"
    )
    said = refused(audit(log_key, "https://gateway.invalid"), 69)
    assert "there is no such name" in said
    with listening(socket.socket.close) as url:
        # Whether the end comes before or during the handshake is chance.
        said = refused(audit(log_key, url), 69)
        assert re.search(r"handshake failed|closed the connection|Connection reset", said), said
    kept: list[socket.socket] = []
    with listening(kept.append) as url:
        assert "it does not answer in time" in refused(audit(log_key, url), 69)


def test_a_certificate_of_somebody_else_is_69_and_names_the_file(
    log_key: Path, tmp_path: Path
) -> None:
    for name in ("own", "other"):
        make_certificate(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "own.key")

    def shake_hands(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with listening(shake_hands) as url:
        said = refused(audit(log_key, url, "--ca", str(tmp_path / "other.pem")), 69)
    assert said.endswith(
        f"its certificate is not one that {tmp_path / 'other.pem'} vouches for\n"
    )


def test_a_file_of_certificates_is_read_before_anybody_is_called(
    log_key: Path, tmp_path: Path
) -> None:
    missing, other = tmp_path / "missing.pem", tmp_path / "other.pem"
    other.write_text("no certificate\n")
    assert f"{missing} does not exist" in refused(
        audit(log_key, "https://localhost:1", "--ca", str(missing)), 65
    )
    assert f"{other} holds no certificate" in refused(
        audit(log_key, "https://localhost:1", "--ca", str(other)), 65
    )


UNTRUE = [
    (65, "there is no State ZZ", "page make --roster R --attachment-states ZZ"),
    (65, "no verifier key", "roster set-authorities --roster R --threshold 1 --authority juggle"),
    (65, "does not exist", "roster set-authorities --roster R --threshold 1 --authority x.pub.json"),
    (65, "there is no office nobody", "roster revoke-office --roster R --office nobody"),
    (64, "sixteen groups", "roster revoke-key --roster R --key-id 00 11"),
    (65, "no such key", f"roster revoke-key --roster R --key-id {'0000 ' * 16}"),
    (64, "is no State", f"keys office --origin {ORIGIN} --name desk-ar --state Argentina --kind desk "
     "--light-passphrase --out OUT"),
    (64, "no roster would take", f"keys authority --origin {ORIGIN} --name ministry --light-passphrase --out OUT"),
    (65, "no name for a key", f"keys authority --origin {ORIGIN} --name authority-a+b --light-passphrase "
     "--out OUT"),
    (65, "is not a plain file", "keys show R"),
    (64, "is not set up yet", "desk list --home nowhere"),
    (64, "is not set up yet", "unit pull --home nowhere --into x"),
    (65, "does not exist", "desk setup --home h --gateway https://a --staff https://b --roster nowhere "
     "--member m --office o"),
    (64, "--days is 1 to 89", "roster set-competence --roster R --territory AR --days 90"),
    (64, "no version that is being written", "roster discard --roster R"),
    (64, "starts with https://", "audit localhost:1"),
]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Ceremony:
    tool = Ceremony(tmp_path_factory.mktemp("founded"))
    tool.found(3_600)
    return tool


@pytest.mark.parametrize(("code", "words", "command"), UNTRUE, ids=[row[2][:40] for row in UNTRUE])
def test_every_error_is_a_sentence_with_its_exit_code(
    founded: Ceremony, tmp_path: Path, code: int, words: str, command: str
) -> None:
    places = {"R": str(founded.folder / "roster"), "OUT": str(tmp_path / "new.key")}
    arguments = [places.get(word, word) for word in command.split()]
    done = run(*arguments, RESGUARDO_PASSPHRASE_FILE=str(founded.folder / "words"))
    said = refused(done, code)
    assert words.lower() in said.lower(), said
    assert not re.search(r"\w+\(\w+:|Error|error \d", said), "the source's own names"


def test_hostile_text_does_not_reach_the_terminal(key: Path) -> None:
    text = key.read_text().replace("authority-1", "\\u001b]0;x\\u0007\\u202eauthority-1", 1)
    key.write_text(text)
    shown = run("keys", "show", str(key))
    assert shown.returncode == 0
    assert not any(mark in shown.stdout for mark in ("\x1b", "\x07", "\u202e"))


def test_a_roster_needs_two_of_three(tmp_path: Path, words: Path) -> None:
    keys = []
    for number in (1, 2, 3):
        path = tmp_path / f"authority-{number}.key"
        made = run(
            *("keys", "authority", "--origin", ORIGIN, "--name", f"authority-{number}"),
            *("--light-passphrase", "--out", str(path), "--passphrase-file", str(words)),
        )
        keys.append((path, made.stdout.splitlines()[0]))
    log = run("keys", "log", "--origin", ORIGIN, "--out", str(tmp_path / "log.key"))
    folder = str(tmp_path / "roster")
    authorities = [word for _, vkey in keys for word in ("--authority", vkey)]
    found = run(
        *("roster", "found", "--roster", folder, "--origin", ORIGIN, "--threshold", "2"),
        *("--log", log.stdout.splitlines()[0], *authorities),
    )
    assert found.returncode == 0, found.stderr
    sign = ("roster", "sign", "--roster", folder, "--passphrase-file", str(words), "--key")
    assert "Nobody is there to ask" in refused(run(*sign, str(keys[0][0])), 64)
    assert "1 of 2 signatures" in run(*sign, str(keys[0][0]), "--yes").stdout
    refused(run("roster", "verify", "--roster", folder), 65)
    assert "version 1 is complete" in run(*sign, str(keys[2][0]), "--yes").stdout
    assert "holds" in run("roster", "verify", "--roster", folder).stdout


# Runs a program in the foreground of its terminal, as a shell does; says how it ended, or that it was stopped, and whether
# the terminal shows what is typed. SIGTTOU is ignored in both: the program may ask before it is in the foreground.
SHELL = """
import os, signal, subprocess, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
# Whoever runs the tests in the background ignores some of them, and a shell's job does not.
for number in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP:
    signal.signal(number, signal.SIG_DFL)
program = subprocess.Popen(sys.argv[1:], process_group=0, restore_signals=False)
os.tcsetpgrp(0, program.pid)
_, status = os.waitpid(program.pid, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
end = "stopped" if os.WIFSTOPPED(status) else f"ended {os.waitstatus_to_exitcode(status)}"
print(end, "echo", bool(termios.tcgetattr(0)[3] & termios.ECHO), "done")
if os.WIFSTOPPED(status):
    program.kill()
"""


def heard(terminal: int, words: bytes) -> bytes:
    """What was printed up to these words."""
    said = b""
    while words not in said:
        ready, _, _ = select.select([terminal], [], [], PATIENCE_SECONDS)
        assert ready, said
        if not (piece := os.read(terminal, 1_024)):
            break
        said += piece
    return said


@contextlib.contextmanager
def asked(key: Path) -> Iterator[int]:
    """A terminal at which the tool waits for a passphrase."""
    number, terminal = pty.fork()
    if number == 0:
        os.environ.pop(PASSPHRASE_FILE, None)
        os.execv(sys.executable, [sys.executable, "-c", SHELL, str(TOOL), "keys", "show", "--check", str(key)])
    try:
        heard(terminal, b"Passphrase of")
        assert eventually(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
        yield terminal
    finally:
        os.close(terminal)
        os.waitpid(number, 0)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_question_that_is_broken_off_leaves_the_terminal_as_it_was(
    key: Path, ending: signal.Signals
) -> None:
    with asked(key) as terminal:
        if ending == signal.SIGINT:
            os.write(terminal, b"\x03")
        else:
            os.killpg(os.tcgetpgrp(terminal), ending)
        said = heard(terminal, b"done")
        assert f"ended {-ending} echo True".encode() in said, said


def test_a_question_cannot_be_put_aside(key: Path, words: Path) -> None:
    """What is typed after Ctrl-Z and `fg` would be shown."""
    with asked(key) as terminal:
        os.write(terminal, b"\x1a")
        os.write(terminal, words.read_bytes())
        said = heard(terminal, b"done")
        assert b"ended 0 echo True" in said and b"horse" not in said, said
