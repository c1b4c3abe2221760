"""Which address takes which method: as the interface's description says, and no other."""

from __future__ import annotations

import re

import pytest
from people import Gateway
from raw import client

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
SAMPLES = {
    "{language}": "pt",
    "{hash}": "0" * 64,
    "{id}": "A" * 22,
    "{commitment}": "A" * 43,
    "{level}": "0",
    "{index}": "000",
}
Addresses = dict[tuple[str, str], set[str]]


def described(document: str) -> Addresses:
    """Listener and address of each operation; path or operation may name the staff listener."""
    found: Addresses = {}
    paths = document.partition("\npaths:\n")[2].partition("\ncomponents:\n")[0]
    for path in re.split(r"^  (?=/)", paths, flags=re.M)[1:]:
        target = path.partition(":\n")[0]
        for name, sample in SAMPLES.items():
            target = target.replace(name, sample)
        head, *operations = re.split(r"^    (?=(?:get|put|post|patch|delete):$)", path, flags=re.M)
        for operation in operations:
            is_staff = "servers:" in head or "servers:" in operation
            key = ("staff" if is_staff else "public", target)
            found.setdefault(key, set()).add(operation.partition(":")[0].upper())
    return found


@pytest.fixture(scope="module")
def addresses(quiet: Gateway) -> Addresses:
    found = described(quiet.public().get("/openapi.yaml").text)
    assert len(found) > 20 and ("staff", "/v1/tips") in found and ("public", "/v1/tips") in found
    # Two of a gateway's addresses are only for the machine it runs on, and so not described.
    return {**found, ("loopback", "/healthz"): {"GET"}, ("loopback", "/metrics"): {"GET"}}


def test_each_address_takes_the_methods_that_are_described(
    quiet: Gateway, addresses: Addresses
) -> None:
    for (listener, target), methods in addresses.items():
        for method in methods:
            answer = client(quiet, listener).ask(method, target)
            assert answer.status not in (405, 501), (listener, method, target)
            assert answer.headers["allow"] is None


def test_each_address_refuses_every_other_method(quiet: Gateway, addresses: Addresses) -> None:
    """405, and which it does take; nothing of the request comes back, as TRACE would have it."""
    for (listener, target), methods in addresses.items():
        allowed = sorted(methods | ({"HEAD"} if "GET" in methods else set()))
        for method in sorted(set(METHODS) - methods):
            answer = client(quiet, listener).ask(method, target, x_marker="canary")
            assert answer.problem == (405, "wrong-method"), (listener, method, target)
            assert answer.headers["allow"] == ", ".join(allowed), (listener, method, target)
            assert b"canary" not in answer.body + bytes(answer.headers)
        if "GET" not in methods:
            answer = client(quiet, listener).ask("HEAD", target)
            assert (answer.status, answer.headers["allow"]) == (405, ", ".join(allowed))


@pytest.mark.parametrize("listener", ["public", "staff", "loopback"])
def test_no_method_makes_an_address_of_what_is_none(quiet: Gateway, listener: str) -> None:
    """What is on another listener is not here either."""
    others = {"public": "/healthz", "staff": "/es", "loopback": "/v1/roster"}
    for target in ("/xx", "/es/none", "/v1", "/v1/tips/1", "/v1/keys", others[listener]):
        for method in METHODS:
            answer = client(quiet, listener).ask(method, target)
            assert answer.problem == (404, "not-found"), (method, target)
            assert answer.headers["allow"] is None
