"""A form that was opened before the roster changed still finds the keys that it names, while they are taken."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable

from deployment import Daemon, eventually
from people import Gateway
from resguardo_formats.encodings import b64, sha256
from rosters import accepted, send

Start = Callable[..., Gateway]
USES = ("envelope-x25519", "envelope-xwing")


def named_list(gateway: Gateway) -> str:
    """The address of the list of desks that the form names now."""
    named = re.search(r'data-keys="([^"]+)"', gateway.public().get("/es").text)
    assert named
    return f"/v1/desks/{base64.b64decode(named[1]).hex()}"


def rotate(gateway: Gateway, state: str) -> tuple[str, str]:
    """New keys for a desk, the old ones in that state; the old list and the old key file, once a new list is named."""
    office, before = gateway.world.offices["desk-br"], named_list(gateway)
    file = f"/v1/keys/{sha256(office.key_file()).hex()}"
    until = {"until": int(time.time()) + 7 * 86_400} if state == "accepted" else {}
    for use in USES:
        office.replace_key(use, state=state, **until)
    gateway.world.publish()
    accepted(gateway)
    assert eventually(lambda: named_list(gateway) != before), "the page does not hear of the new keys"
    return before, file


def test_a_page_left_open_sends_with_keys_in_their_time_of_grace(start: Start) -> None:
    gateway = start(3_600)
    office, old = gateway.world.offices["desk-br"], []
    for _ in range(2):
        text = office.key_file()
        lines = [office.line(use) for use in USES]
        old.append((text, lines, *rotate(gateway, "accepted")))
    for text, lines, desks, file in old:
        public = gateway.public()
        assert f"BR:{b64(sha256(text))}" in public.get(desks).text.splitlines()
        assert public.get(file).body == text
        assert [send(gateway, line) for line in lines] == 2 * [(201, "")]
    # A start later the lists are forgotten; the key files are the roster's to name.
    gateway.daemon.stop()
    gateway.daemon = Daemon.start(gateway.world.folder, gateway.settings)
    gateway.ports = {name: gateway.daemon.port(name) for name in gateway.ports}
    for text, _, desks, file in old:
        assert gateway.public().get(file).body == text
        assert gateway.public().get(desks).status == 404


def test_a_revoked_key_is_found_nowhere(start: Start) -> None:
    gateway = start(3_600)
    desks, file = rotate(gateway, "revoked")
    assert gateway.public().get(desks).status == 200
    assert gateway.public().get(file).problem == (404, "not-found")
