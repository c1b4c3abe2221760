"""Newer rosters at a running gateway, and whether they are in force."""

from __future__ import annotations

from typing import Any

from deployment import World, eventually
from people import Gateway, Kept, make_envelope
from resguardo_formats import roster
from resguardo_formats.keylines import KeyLine

REVOKED = (409, "key-revoked")


def accepted(gateway: Gateway) -> None:
    """The world's newest roster is in force: the public one, too."""
    gateway.daemon.hang_up("vault: read the roster again")

    def document() -> dict[str, Any]:
        return gateway.public().get("/v1/roster").json

    assert eventually(lambda: document()["note"] == newest(gateway)), "the roster did not come"
    record = Kept.of(document(), gateway.log_key).record
    assert record["version"] == gateway.world.version


def newest(gateway: Gateway) -> str:
    return (gateway.world.folder / "roster.note").read_text("utf-8")


def send(gateway: Gateway, line: KeyLine) -> tuple[int, str]:
    answer = gateway.public().send(make_envelope(line, "a esta clave"))
    return (201, "") if answer.status == 201 else answer.problem


def advance(world: World, **changes: object) -> tuple[bytes, bytes]:
    """The next version, signed as it should be, with changes."""
    note, staff = world.draft(world.authorities[:2], **changes)
    world.version += 1
    world.previous = roster.text_hash(note)
    return note, staff
