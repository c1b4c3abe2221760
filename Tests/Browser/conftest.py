"""Fixtures of the browser tests.

The pages come from the renderer itself, for the stand-in's keys.
The real daemon serves them for whoever asks for `deployed`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from selenium.webdriver import Chrome

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / folder) for folder in ("Browser", "Independent", "BlackBox")]

from browser import chromium  # noqa: E402
from deployment import make_gateway  # noqa: E402
from people import Gateway, running  # noqa: E402
from renderer import written  # noqa: E402
from standin import Server, StandIn, page_settings  # noqa: E402

SCRIPTS = ROOT / "Sources" / "Gateway" / "Web" / "script"
UNIT_SCRIPTS = ("bytes", "hash", "hpke", "receipt", "written", "typed", "envelope", "promise")


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page of every language, and its policy."""
    out = tmp_path_factory.mktemp("pages")
    return written(page_settings(out))


@pytest.fixture(scope="session")
def pages_of_all_states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the gateway that has most to say: a desk in each of the 33 States, all of which take files."""
    files = sorted((ROOT / "Sources" / "Vocabulary" / "Data" / "territories").glob("*.json"))
    states = [file.stem for file in files if not json.loads(file.read_text())["dependent"]]
    settings = page_settings(tmp_path_factory.mktemp("pages-of-all"))
    desk, region = (next(d for d in settings["desks"] if (d["state"] == "region") == last) for last in (False, True))
    desks = [{**desk, "state": state, "office": f"desk-{state.lower()}"} for state in states]
    return written({**settings, "desks": [*desks, region], "attachments": states})


@pytest.fixture
def server(pages: Path) -> Iterator[Server]:
    """The stand-in, fresh for each test."""
    scripts = "".join((SCRIPTS / f"{name}.js").read_text() + "\n" for name in UNIT_SCRIPTS)
    unit = f"<!doctype html><meta charset=utf-8><title>unit</title><script>{scripts}</script>"
    server = Server(StandIn(pages), unit.encode())
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway(server: Server) -> StandIn:
    return server.gateway


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The real daemon, whose tick does not end while tests run."""
    folder = tmp_path_factory.mktemp("gateway")
    world, files = make_gateway(
        folder, 3_600, attachments={"states": ["AR"], "bytesMax": 4 << 20})
    with running(folder, world, files) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    """A browser of today, shared by the tests of a module."""
    with chromium() as driver:
        yield driver
