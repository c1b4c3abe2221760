"""A large attachment passes through the daemon without ever being whole in its memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from people import Gateway, Kept
from resguardo_formats.encodings import sha256
from resguardo_formats.frames import Attachment
from roles import field, only_root

CHUNK = 65_536
ATTACHMENT_BYTES = 20 << 20
GROWTH_MAX_KIB = 12 << 10


def peak_kib(number: int) -> int:
    return int(field(number, "VmHWM").split()[0])


class Peaks:
    """The most memory that each process of a daemon has held since this was made."""

    def __init__(self, gateway: Gateway) -> None:
        self.processes = {
            "supervisor": gateway.daemon.process.pid, **gateway.daemon.children()}
        assert set(self.processes) == {"supervisor", "vault", "edge-public", "edge-staff"}
        for number in self.processes.values():
            # Sets the peak back to what is held now (proc(5), clear_refs).
            Path(f"/proc/{number}/clear_refs").write_text("5")
        self.before = {role: peak_kib(number) for role, number in self.processes.items()}

    def check(self) -> None:
        grown = {role: peak_kib(n) - self.before[role] for role, n in self.processes.items()}
        assert max(grown.values()) <= GROWTH_MAX_KIB, grown


@only_root
def test_no_process_holds_a_large_attachment(start: Callable[..., Gateway]) -> None:
    """Uploaded as an envelope, posted as a form, and fetched by the desk."""
    gateway = start(attachments={"states": ["AR"], "bytesMax": 32 << 20})
    sound = Attachment("sound.ogg", "audio/ogg", os.urandom(ATTACHMENT_BYTES))
    wire = gateway.envelope("desk-ar", "x-wing", "una grabación", sound)
    public = gateway.public()
    uploading = Peaks(gateway)
    handle = public.begin_upload()
    for index in range(-(-len(wire) // CHUNK)):
        assert public.put(handle, index, wire[index * CHUNK : (index + 1) * CHUNK]).status == 204
    assert public.finish(handle, sha256(wire)).status == 201
    uploading.check()

    posting = Peaks(gateway)
    fields = {"danger_now": "no", "what_happened": "una grabación", "where_country": "AR"}
    answer = public.multipart("es", fields, [("sound.ogg", "audio/ogg", sound.data)])
    assert answer.status == 201, answer.status
    posting.check()

    fetching = Peaks(gateway)
    desk = gateway.desk("desk-ar")
    for listed in desk.tips():
        kept = Kept.of(listed, gateway.log_key)
        body = desk.staff.body(kept.commitment)
        assert body.status == 200 and len(body.body) > ATTACHMENT_BYTES
    fetching.check()
