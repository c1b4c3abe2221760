"""A roster without a desk for the region: whoever has a desk is served, and who has none is told so."""

from __future__ import annotations

import html
import os
import re
import signal
from collections.abc import Callable, Iterator

import pytest
from client import Answer
from conftest import running
from deployment import Office, eventually
from languages import wording
from people import Gateway, health, is_well
from resguardo_formats.encodings import unb64

NOBODY = wording("es")["error.no_desk"]
KEYS = wording("es")["keys"]


def revoked_office(region: Office) -> None:
    """As `resguardo roster revoke-office` does."""
    region.is_revoked = True
    region.retired = [{"line": key["line"], "state": "revoked"} for key in region.keys()]
    region.seeds = {}


def revoked_key(region: Office) -> None:
    """One key of the four, and no new one yet."""
    region.retired = [{"line": region.line("envelope-xwing").text, "state": "revoked"}]
    del region.seeds["envelope-xwing"]


@pytest.fixture(params=[revoked_office, revoked_key])
def bereft(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A running gateway whose authorities have just revoked what reads for the region; its edge is a new one."""
    revoke: Callable[[Office], None] = request.param
    with running(tmp_path_factory.mktemp("bereft"), 3_600) as gateway:
        assert eventually(lambda: is_well(gateway)), health(gateway)
        revoke(gateway.world.offices["desk-region"])
        gateway.world.publish()
        gateway.daemon.hang_up("vault: read the roster again")
        edge = gateway.daemon.child("edge-public")
        os.kill(edge, signal.SIGKILL)
        gateway.daemon.child("edge-public", other_than=edge)
        yield gateway


def form(gateway: Gateway, **where: str) -> Answer:
    return gateway.public().form("es", {"danger_now": "no", "what_happened": "algo", **where})


def desks_named(gateway: Gateway, page: str) -> set[str]:
    """The places in the list of desks whose key file is there."""
    named = re.search(r'data-keys="([^"]+)"', page)
    assert named
    answer = gateway.public().get(f"/v1/desks/{unb64(named[1], 32).hex()}")
    assert answer.status == 200
    lines = [line.partition(":") for line in answer.text.splitlines()]
    assert "region" in {place for place, _, _ in lines}
    files = {place: f"/v1/keys/{unb64(name, 32).hex()}" for place, _, name in lines}
    return {place for place, file in files.items() if gateway.public().get(file).status == 200}


def test_the_door_stays_open_for_those_who_have_a_desk(bereft: Gateway) -> None:
    page = bereft.public().get("/es")
    assert page.status == 200
    assert desks_named(bereft, page.text) == {"AR", "BR", "HT"}
    assert bereft.public().send(bereft.envelope("desk-ar", "x25519", "hola")).status == 201
    assert form(bereft, where_country="AR").status == 201
    found = health(bereft)
    assert found["status"] == "degraded"
    assert any("the region has no desk" in text for text in found["warnings"]), found
    # What a script says where the list names nobody.
    words = re.search(r'<span data-w="keys">(.*?)</span>', page.text)
    assert words and html.unescape(words[1]) == NOBODY
    # Whom nobody reads for is told so beside the question, and nothing is kept.
    for where in ({}, {"where_country": "UY"}):
        refused = form(bereft, **where)
        assert refused.status == 422
        assert f'id="e-where_country">{html.escape(NOBODY)}</p>' in refused.text
    kind = {"danger_now": "no", "what_happened": "con archivo", "where_country": "UY"}
    assert bereft.public().multipart("es", kind, [("a.txt", "text/plain", b"x")]).status == 422


def test_a_page_says_nothing_of_it_where_somebody_reads_for_every_place(quiet: Gateway) -> None:
    words = re.search(r'<span data-w="keys">(.*?)</span>', quiet.public().get("/es").text)
    assert words and html.unescape(words[1]) == KEYS
