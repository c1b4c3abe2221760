"""The onion service: the same through a socket that only tor may connect to, and how pages over TLS name it."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import ENVELOPE, FORM, OCTETS, Answer
from codings import DECODERS
from conftest import running
from languages import LANGUAGES
from people import Gateway, Kept, check_tip_kept, make_envelope

NAME = "a" * 55 + "d.onion"


class Onion:
    """What tor does: a connection to the socket for each of a visitor's, with the name they asked for."""

    def __init__(self, gateway: Gateway, path: Path) -> None:
        self.gateway = gateway
        self.path = path

    def ask(
        self, method: str, target: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        connection = http.client.HTTPConnection(NAME, timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.path))
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        try:
            connection.request(method, target, body, named)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        answer.check_headers()
        return answer


@pytest.fixture(scope="module")
def onion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onion]:
    folder = tmp_path_factory.mktemp("onion")
    listen: dict[str, Any] = {name: "127.0.0.1:0" for name in ("public", "staff", "loopback")}
    listen["onion"] = str(folder / "onion.sock")
    with running(folder, 3_600, listen=listen, public={"onion": NAME}) as gateway:
        yield Onion(gateway.compressed(), folder / "onion.sock")


def test_pages_are_the_same_as_over_tls(onion: Onion) -> None:
    for target in (f"/{language}{page}" for language in LANGUAGES for page in ("", "/safety")):
        for coding in ("identity", *DECODERS):
            over_tls = onion.gateway.public().ask("GET", target, accept_encoding=coding)
            here = onion.ask("GET", target, accept_encoding=coding)
            assert (here.status, here.body) == (over_tls.status, over_tls.body)
            policy = "content-security-policy"
            assert here.headers[policy] == over_tls.headers[policy]


def test_pages_over_tls_name_the_onion_service(onion: Onion) -> None:
    """The same page there, whatever else the request says; the service itself says nothing."""
    for target in ("/es", "/ht", "/gn/safety"):
        answer = onion.gateway.public().get(f"{target}?http://evil.example/")
        assert answer.headers["onion-location"] == f"http://{NAME}{target}"
        assert onion.ask("GET", target).headers["onion-location"] is None
    for target in ("/openapi.yaml", "/checkpoint", "/es/nothing", "/v1/roster"):
        assert onion.gateway.public().get(target).headers["onion-location"] is None


def test_a_gateway_without_an_onion_service_names_none(quiet: Gateway) -> None:
    assert quiet.public().get("/es").headers["onion-location"] is None


def test_the_first_page_is_chosen_and_its_address_has_no_host(onion: Onion) -> None:
    answer = onion.ask("GET", "/", accept_language="ht;q=0.9, x")
    assert (answer.status, answer.headers["location"]) == (303, "/ht")


def test_a_tip_that_the_browser_encrypted_is_taken(onion: Onion) -> None:
    world = onion.gateway.world
    line = world.offices["desk-ar"].line("envelope-xwing")
    wire = make_envelope(line, "por tor")
    answer = onion.ask("POST", "/v1/tips", wire, content_type=ENVELOPE)
    assert answer.status == 201
    kept = Kept.of(answer.json, world.log_key)
    check_tip_kept(kept, wire)
    again = onion.gateway.public().send(wire)
    assert again.body == answer.body, "one tip, on whichever way it comes"


def test_a_form_with_scripts_off_is_taken_and_its_mailbox_opened(onion: Onion) -> None:
    """Tor Browser's "Safest": everything by forms; each connection ends with its answer."""
    typed = "danger_now=no&what_happened=por+tor,+sin+scripts&mailbox=yes".encode()
    taken = onion.ask("POST", "/es", typed, content_type=FORM)
    assert (taken.status, taken.headers["connection"]) == (201, "close")
    groups = re.findall(r"<span>([^<]+) </span>", taken.text)
    assert groups
    receipt = "+".join(groups).encode()
    opened = onion.ask("POST", "/es/mailbox", b"receipt=" + receipt, content_type=FORM)
    assert (opened.status, opened.headers["connection"]) == (200, "close")
    slots = onion.ask("POST", "/v1/mailbox", bytes(36), content_type=OCTETS)
    assert (slots.status, len(slots.body)) == (200, 4 + 4 * 4_144)
