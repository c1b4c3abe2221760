"""A gateway that many tests share, and one a test may break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import people  # noqa: E402
from deployment import ROOT, Daemon, eventually, make_files, make_gateway  # noqa: E402
from people import Gateway  # noqa: E402
from roles import ROLES  # noqa: E402

ATTACHMENTS = {"states": ["AR", "BR"], "bytesMax": 4 << 20}


@contextmanager
def running(folder: Path, tick_seconds: int, **settings: Any) -> Iterator[Gateway]:
    """A daemon and its people until the end of the block."""
    world, files = make_gateway(folder, tick_seconds, **{"attachments": ATTACHMENTS, **settings})
    with people.running(folder, world, files) as gateway:
        # Whoever signs a request before the vault runs is told to sign again; its first act is a checkpoint.
        assert eventually(lambda: gateway.public().get("/checkpoint").status == 200)
        yield gateway


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose tick is two seconds, so that proofs come soon."""
    with running(tmp_path_factory.mktemp("quick"), 2) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose tick does not end while tests run.

    Senders that break off are waited for no longer than a noisy machine may hold up a test that does not.
    """
    with running(
        tmp_path_factory.mktemp("quiet"), 3_600, timeouts={"stepSeconds": 10}
    ) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def lists_stay(quiet: Gateway) -> Iterator[None]:
    """Nothing is appended while a module's tests run, but what they send to Haiti's desk."""
    desks = [quiet.desk(name) for name in ("desk-ar", "desk-br", "desk-region")]
    before = [desk.tips() for desk in desks]
    yield
    assert [desk.tips() for desk in desks] == before


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts a gateway of a test's own."""
    with ExitStack() as stack:

        def begin(tick_seconds: int = 2, **settings: Any) -> Gateway:
            return stack.enter_context(running(tmp_path, tick_seconds, **settings))

        yield begin


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket's."""
    path = Path(tempfile.mkdtemp(prefix="resguardo-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def daemon(folder: Path) -> Iterator[Daemon]:
    """A daemon with all its roles running."""
    settings = make_files(folder)
    settings["listen"]["onion"] = str(folder / "onion.sock")
    running = Daemon.start(folder, settings, env={**os.environ, "SECRET_OF_OURS": "x"})
    try:
        for role in ROLES:
            running.child(role)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def tlogcheck(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Go's reader of logs, built offline from Debian's sources."""
    binary = tmp_path_factory.mktemp("go") / "tlogcheck"
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(ROOT / ".build" / "go"),
        "GOFLAGS": "",
    }
    source = ROOT / "Tests" / "Independent" / "tlogcheck" / "main.go"
    command = ["go", "build", "-o", str(binary), str(source)]
    subprocess.run(command, env=environment, check=True)
    return str(binary)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Names each operation of a described interface: of tests with one name, workers run the first alone."""
    label = getattr(item, "operation_label", None)
    if label and item.id.params is None:
        item._id = item.id.with_params(label)
