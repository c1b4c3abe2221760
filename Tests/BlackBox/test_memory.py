"""A large attachment passes through the daemon without ever being whole in its memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from people import Gateway
from resguardo_formats.encodings import sha256
from resguardo_formats.frames import Attachment
from roles import field, only_root

CHUNK = 65_536
ATTACHMENT_BYTES = 20 << 20
GROWTH_MAX_KIB = 12 << 10


def peak_kib(number: int) -> int:
    return int(field(number, "VmHWM").split()[0])


@only_root
def test_no_process_holds_a_large_attachment(start: Callable[..., Gateway]) -> None:
    gateway = start(attachments={"states": ["AR"], "bytesMax": 32 << 20})
    sound = Attachment("sound.ogg", "audio/ogg", os.urandom(ATTACHMENT_BYTES))
    wire = gateway.envelope("desk-ar", "x-wing", "una grabación", sound)
    processes = {"supervisor": gateway.daemon.process.pid, **gateway.daemon.children()}
    for number in processes.values():
        # Sets the peak back to what is held now (proc(5), clear_refs).
        Path(f"/proc/{number}/clear_refs").write_text("5")
    before = {role: peak_kib(number) for role, number in processes.items()}
    public = gateway.public()
    handle = public.begin_upload()
    for index in range(-(-len(wire) // CHUNK)):
        assert public.put(handle, index, wire[index * CHUNK : (index + 1) * CHUNK]).status == 204
    assert public.finish(handle, sha256(wire)).status == 201
    grown = {role: peak_kib(number) - before[role] for role, number in processes.items()}
    assert set(grown) == {"supervisor", "vault", "edge-public", "edge-staff"}
    assert max(grown.values()) <= GROWTH_MAX_KIB, grown
