"""Uploads that fill their share of the disk: an abandoned one makes room, one that is being sent does not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from client import CHUNK, OCTETS, Public
from deployment import Daemon, eventually
from disks import DISK_BYTES, RESERVE_BYTES, gateway_on_small_disk
from people import Gateway
from resguardo_formats.encodings import sha256
from resguardo_formats.frames import Attachment

CHUNKS = 80
UNKNOWN = (404, "unknown-upload")
UNAVAILABLE = (503, "unavailable")
# More of these than there is room for: uploads have half of what the reserve leaves.
MORE_THAN_FITS = (DISK_BYTES - RESERVE_BYTES) // 2 // (CHUNKS * CHUNK) + 2


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[[int], Gateway]]:
    """Starts a gateway on a small disk, on which an upload is idle after so many seconds."""
    with ExitStack() as stack:
        yield lambda idle: stack.enter_context(
            gateway_on_small_disk(tmp_path, 3_600, uploads={"idleSeconds": idle}))


def tip_with_file(gateway: Gateway) -> list[bytes]:
    """An envelope in pieces."""
    file = Attachment("foto.jpg", "image/jpeg", os.urandom(10 * CHUNK))
    wire = gateway.envelope("desk-ar", "x25519", "con una foto", file)
    return [wire[i : i + CHUNK] for i in range(0, len(wire), CHUNK)]


def put(public: Public, upload: str, index: int, chunk: bytes) -> bool:
    """Sends a piece, as often as it takes while there is no room; whether the upload is still there."""
    answer = eventually(
        lambda: (found := public.put(upload, index, chunk)).status != 503 and found)
    assert answer, "no room is made"
    assert answer.status == 204 or answer.problem == UNKNOWN, answer
    return answer.status == 204


def begin(public: Public) -> str:
    answer = eventually(
        lambda: (found := public.ask("POST", "/v1/uploads", b"")).status != 503 and found)
    assert answer, "no room is made"
    return str(answer.json["upload"])


def test_an_abandoned_upload_makes_room_for_others(small: Callable[[int], Gateway]) -> None:
    gateway = small(1)
    public = gateway.public()
    parts = tip_with_file(gateway)
    honest, abandoned = public.begin_upload(), []
    for turn in range(MORE_THAN_FITS):
        abandoned.append(begin(public))
        assert all(put(public, abandoned[-1], n, os.urandom(CHUNK)) for n in range(CHUNKS)), turn
        # Whoever has brought a piece after others is not idle for longer than they are.
        if turn < len(parts):
            assert put(public, honest, turn, parts[turn]), "an upload under way was dropped"
    # Its sender is told, and begins anew.
    assert public.put(abandoned[0], 0, b"x").problem == UNKNOWN
    assert public.finish(abandoned[0], os.urandom(32)).problem == UNKNOWN
    for index, part in enumerate(parts):
        assert put(public, honest, index, part), "an upload under way was dropped"
    wire = b"".join(parts)
    kept = gateway.kept(public.finish(honest, sha256(wire)), wire)
    listed = gateway.desk("desk-ar").newest()
    assert listed.kept == kept and len(listed.tip.attachments) == 1


def test_uploads_that_are_being_sent_are_left_alone(small: Callable[[int], Gateway]) -> None:
    gateway = small(86_400)
    public = gateway.public()
    parts = tip_with_file(gateway)
    honest = public.begin_upload()
    for index, part in enumerate(parts):
        assert public.put(honest, index, part).status == 204
    answer = fill(public)
    assert answer.problem == UNAVAILABLE and answer.headers["retry-after"]
    # There may be room for less than a piece: for so many that begin.
    begun = lambda: public.ask("POST", "/v1/uploads", b"")  # noqa: E731
    refused = eventually(lambda: (found := begun()).status != 201 and found)
    assert refused and refused.problem == UNAVAILABLE
    # Tips without files have their half, and what was brought before is taken.
    for number in range(20):
        wire = gateway.envelope("desk-ar", "x25519", f"sin archivos {number}")
        gateway.kept(public.send(wire), wire)
    wire = b"".join(parts)
    gateway.kept(public.finish(honest, sha256(wire)), wire)
    # Nobody's upload makes room for one that does not exist.
    unknown = public.ask("PUT", f"/v1/uploads/{'A' * 22}?chunk=0", b"x", content_type=OCTETS)
    assert unknown.problem == UNKNOWN


def fill(public: Public) -> object:
    """Uploads until one is refused; that refusal."""
    for _ in range(MORE_THAN_FITS):
        upload = public.begin_upload()
        for index in range(CHUNKS):
            answer = public.put(upload, index, os.urandom(CHUNK))
            if answer.status != 204:
                return answer
    raise AssertionError("uploads may fill the whole disk")


def test_what_was_staged_is_known_after_a_restart(small: Callable[[int], Gateway]) -> None:
    gateway = small(86_400)
    parts = tip_with_file(gateway)
    public = gateway.public()
    upload = public.begin_upload()
    for index, part in enumerate(parts[:-1]):
        assert public.put(upload, index, part).status == 204
    assert gateway.daemon.stop() == 0
    daemon = Daemon.start(gateway.world.folder, gateway.settings)
    try:
        ports = {name: daemon.port(name) for name in ("public", "staff", "loopback")}
        again = Gateway(gateway.world, ports, gateway.ca, daemon, gateway.settings).public()
        assert put(again, upload, len(parts) - 1, parts[-1])
        wire = b"".join(parts)
        gateway.kept(again.finish(upload, sha256(wire)), wire)
    finally:
        daemon.stop()
