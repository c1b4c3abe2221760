"""What is not an envelope or an upload: refused by its own name, and nothing appended."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from client import CHUNK, ENVELOPE, FORM, MALFORMED, OCTETS
from people import Gateway, Kept, make_envelope, new_receipt
from resguardo_formats import envelope, frames, jcs
from resguardo_formats.chunks import seal_chunks
from resguardo_formats.encodings import b64, b64url, sha256
from resguardo_formats.errors import Refused
from resguardo_formats.frames import Attachment
from resguardo_formats.keylines import KeyLine

UNKNOWN_KEY = (422, "unknown-key")


@contextmanager
def nothing_appended(gateway: Gateway, *desks: str) -> Iterator[None]:
    """The desks' lists are afterwards what they were."""

    def lists() -> list[object]:
        return [gateway.desk(name).tips() for name in desks]

    before = lists()
    yield
    assert lists() == before


@pytest.fixture(scope="module")
def lists_stay(quiet: Gateway) -> Iterator[None]:
    """For all tests together: the few that do append something send it to the region's desk."""
    with nothing_appended(quiet, "desk-ar", "desk-br", "desk-ht"):
        yield


def good(gateway: Gateway, suite: str = "x25519") -> bytes:
    return gateway.envelope("desk-ar", suite, "nunca guardado")


def edit(wire: bytes, at: int, value: bytes) -> bytes:
    return wire[:at] + value + wire[at + len(value) :]


EDITS = {
    "another magic": (0, b"RSGF", MALFORMED),
    "another version": (4, b"\x02", MALFORMED),
    "suite 0": (5, b"\x00", MALFORMED),
    "suite 3": (5, b"\x03", MALFORMED),
    "reserved bytes": (6, b"\x00\x01", MALFORMED),
    "suite of another key": (5, b"\x02", UNKNOWN_KEY),
    "a key that nobody has": (8, bytes(32), UNKNOWN_KEY),
}


@pytest.mark.usefixtures("lists_stay")
@pytest.mark.parametrize("name", EDITS)
def test_edited_head(quiet: Gateway, name: str) -> None:
    at, value, problem = EDITS[name]
    wire = edit(good(quiet), at, value)
    assert quiet.public().send(wire).problem == problem
    upload = quiet.public().begin_upload()
    assert quiet.public().put(upload, 0, wire).status == 204
    assert quiet.public().finish(upload, sha256(wire)).problem == problem


@pytest.mark.usefixtures("lists_stay")
@pytest.mark.parametrize("suite", ["x25519", "x-wing"])
def test_truncated(quiet: Gateway, suite: str) -> None:
    wire = good(quiet, suite)
    head = {"x25519": 152, "x-wing": 1_240}[suite]
    for length in (0, 1, 4, 71, 72, head - 1, head, head + 1, head + 16):
        assert quiet.public().send(wire[:length]).problem == MALFORMED, length


@pytest.mark.usefixtures("lists_stay")
def test_last_chunk_that_is_no_chunk(quiet: Gateway) -> None:
    file = Attachment("a", "a/b", os.urandom(100_000))
    wire = quiet.envelope("desk-ar", "x25519", "corto", file)
    for extra in (1, 16):
        cut = wire[: 152 + CHUNK + 16 + extra]
        assert quiet.public().send(cut).problem == MALFORMED, extra


@pytest.mark.usefixtures("lists_stay")
@pytest.mark.parametrize("suite", ["x25519", "x-wing"])
@pytest.mark.parametrize("size", [0, 300_000])
def test_length_that_the_format_does_not_give(quiet: Gateway, suite: str, size: int) -> None:
    """Whole or in pieces: one byte of the last chunk more or less is no envelope."""
    public = quiet.public()
    files = [Attachment("a", "a/b", os.urandom(size))] if size else []
    wire = quiet.envelope("desk-ar", suite, "ni uno más", *files)
    for data in (wire[:-1], wire + b"\0", wire[:-17], wire + bytes(17)):
        assert public.send(data).problem == MALFORMED, len(data) - len(wire)
        upload = public.begin_upload()
        for index, at in enumerate(range(0, len(data), CHUNK)):
            assert public.put(upload, index, data[at : at + CHUNK]).status == 204
        assert public.finish(upload, sha256(data)).problem == MALFORMED, len(data) - len(wire)


@pytest.mark.usefixtures("lists_stay")
def test_large_envelope_without_one_of_its_chunks(quiet: Gateway) -> None:
    """Above 4 MiB padded lengths are more than a chunk apart."""
    public = quiet.public()
    file = Attachment("a", "a/b", os.urandom((4 << 20) + 1))
    data = quiet.envelope("desk-ar", "x-wing", "sin una parte", file)[: -CHUNK - 16]
    upload = public.begin_upload()
    for index, at in enumerate(range(0, len(data), CHUNK)):
        assert public.put(upload, index, data[at : at + CHUNK]).status == 204
    assert public.finish(upload, sha256(data)).problem == MALFORMED


@pytest.mark.usefixtures("lists_stay")
def test_garbage(quiet: Gateway) -> None:
    for length in (1, 72, 152, 17_640, 1 << 20):
        assert quiet.public().send(os.urandom(length)).problem == MALFORMED, length


@pytest.mark.usefixtures("lists_stay")
def test_oversized(quiet: Gateway) -> None:
    for length in ((1 << 20) + 1, 3 << 20):
        wire = edit(bytes(length), 0, good(quiet))
        assert quiet.public().send(wire).problem == (413, "too-large"), length


@pytest.mark.usefixtures("lists_stay")
@pytest.mark.parametrize("use", ["envelope-x25519", "envelope-xwing"])
def test_keys_that_are_no_desks(quiet: Gateway, use: str) -> None:
    desk = quiet.world.offices["desk-ar"]
    seed = desk.seeds[use]
    lines = [
        KeyLine.from_seed("gateway.example/br", desk.name, desk.state, use, seed),
        KeyLine.from_seed(quiet.world.origin, "desk-xx", desk.state, use, seed),
        KeyLine.from_seed(quiet.world.origin, desk.name, "BR", use, seed),
        KeyLine.from_seed(quiet.world.origin, desk.name, desk.state, use, os.urandom(32)),
    ]
    for line in lines:
        assert quiet.public().send(make_envelope(line, "ajena")).problem == UNKNOWN_KEY, line


@pytest.mark.usefixtures("lists_stay")
def test_envelope_to_a_key_of_another_use(quiet: Gateway) -> None:
    seal = quiet.world.offices["desk-ar"].line("seal-xwing").key_id
    wire = edit(good(quiet, "x-wing"), 8, seal)
    assert quiet.public().send(wire).problem == UNKNOWN_KEY


@pytest.mark.usefixtures("lists_stay")
@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/v1/tips", "text/plain"),
        ("/v1/tips", OCTETS),
        ("/v1/tips", FORM),
        ("/v1/tips", ""),
        ("/v1/mailbox", "application/json"),
        ("/v1/mailbox", ""),
    ],
)
def test_wrong_content_type(quiet: Gateway, target: str, kind: str) -> None:
    headers = {"content_type": kind} if kind else {}
    answer = quiet.public().ask("POST", target, good(quiet), **headers)
    assert answer.problem == (415, "wrong-content-type")


# What happens to the ciphertext on its way, where only a desk can tell.


def test_only_the_desk_sees_that_ciphertext_was_changed(quiet: Gateway) -> None:
    desk = quiet.desk("desk-region")
    # Padded to 204,800 bytes: with one chunk less or more it still has a length of the format.
    file = Attachment("a", "a/b", os.urandom(3 * CHUNK + 5_000))
    wire = quiet.envelope("desk-region", "x25519", "cambiado", file)
    head, size = wire[:152], CHUNK + 16
    chunks = [wire[i : i + size] for i in range(152, len(wire), size)]
    changed = {
        "flipped": edit(wire, 200, bytes([wire[200] ^ 1])),
        "reordered": head + b"".join([chunks[1], chunks[0], *chunks[2:]]),
        "dropped": head + b"".join([chunks[0], *chunks[2:]]),
        "duplicated": head + b"".join([chunks[0], *chunks]),
        "without its end": head + b"".join(chunks[:2]),
    }
    for name, data in changed.items():
        assert quiet.public().send(data).status == 201
        with pytest.raises(Refused) as refusal:
            desk.open(desk.tips()[-1])
        assert refusal.value.slug == "chunk", name


def test_envelope_copied_to_another_desks_key_does_not_open(quiet: Gateway) -> None:
    wire = good(quiet)
    other = quiet.world.offices["desk-region"].line("envelope-x25519").key_id
    assert quiet.public().send(edit(wire, 8, other)).status == 201
    desk = quiet.desk("desk-region")
    with pytest.raises(Refused) as refusal:
        desk.open(desk.tips()[-1])
    assert refusal.value.slug == "hpke"


def test_envelope_that_commits_to_another_key_does_not_open(quiet: Gateway) -> None:
    line = quiet.world.offices["desk-region"].line("envelope-x25519")
    k = os.urandom(32)
    header = envelope.make_header(line, k, os.urandom(32), commit=os.urandom(32))
    plaintext = frames.pad(1, frames.write_frames(b'{"v":1,"what_happened":"dos"}', []))
    wire = header.wire + seal_chunks(envelope.payload_key(k, header.h0), plaintext)
    assert quiet.public().send(wire).status == 201
    desk = quiet.desk("desk-region")
    with pytest.raises(Refused) as refusal:
        desk.open(desk.tips()[-1])
    assert refusal.value.slug == "commitment"


# Uploads.


@pytest.fixture(scope="module")
def large(quiet: Gateway) -> list[bytes]:
    """The chunks of an envelope that is never finished."""
    file = Attachment("a", "a/b", os.urandom(3 * CHUNK))
    wire = quiet.envelope("desk-ar", "x-wing", "largo", file)
    return [wire[i : i + CHUNK] for i in range(0, len(wire), CHUNK)]


def staged(gateway: Gateway, chunks: dict[int, bytes]) -> str:
    public = gateway.public()
    upload = public.begin_upload()
    for index, chunk in chunks.items():
        assert public.put(upload, index, chunk).status == 204
    return upload


@pytest.mark.usefixtures("lists_stay")
def test_upload_that_is_not_whole(quiet: Gateway, large: list[bytes]) -> None:
    public = quiet.public()
    digest = sha256(b"".join(large))
    whole = dict(enumerate(large))
    mismatch, unknown = (409, "upload-mismatch"), (404, "unknown-upload")
    cases = [
        ({}, unknown),
        ({i: c for i, c in whole.items() if i != 0}, unknown),
        ({i: c for i, c in whole.items() if i != 2}, mismatch),
        ({i: c for i, c in whole.items() if i != len(large) - 1}, mismatch),
        ({**whole, 1: large[1][:-1]}, MALFORMED),
        ({**whole, 1: large[2], 2: large[1]}, mismatch),
        ({**whole, len(large): b"x"}, MALFORMED),
    ]
    for chunks, problem in cases:
        assert public.finish(staged(quiet, chunks), digest).problem == problem, chunks.keys()


@pytest.mark.usefixtures("lists_stay")
def test_upload_that_was_read_and_refused_is_gone(quiet: Gateway, large: list[bytes]) -> None:
    """Whoever names a wrong hash has the vault read and seal the upload once, and not as often as they like."""
    public = quiet.public()
    digest, unknown = sha256(b"".join(large)), (404, "unknown-upload")
    longer = [*large, b"x"]
    for chunks, named, problem in (
        (large, os.urandom(32), (409, "upload-mismatch")),
        (longer, sha256(b"".join(longer)), MALFORMED),
    ):
        upload = staged(quiet, dict(enumerate(chunks)))
        assert public.finish(upload, named).problem == problem
        assert public.finish(upload, named).problem == unknown
        assert public.finish(upload, digest).problem == unknown
        assert public.put(upload, 0, large[0]).problem == unknown


def test_wrong_upload_of_what_is_kept_already(quiet: Gateway) -> None:
    public = quiet.public()
    wire = quiet.envelope("desk-region", "x25519", "ya está guardado")
    kept = public.send(wire)
    assert kept.status == 201
    with nothing_appended(quiet, "desk-region"):
        # Its hash is known, and what the upload holds is not looked at.
        again = public.finish(staged(quiet, {0: wire[:100]}), sha256(wire))
        assert (again.status, again.body) == (201, kept.body)
        wrong = public.finish(staged(quiet, {0: wire}), os.urandom(32))
        assert wrong.problem == (409, "upload-mismatch")
        assert public.send(wire).body == kept.body


@pytest.mark.usefixtures("lists_stay")
def test_upload_that_nobody_began(quiet: Gateway, large: list[bytes]) -> None:
    public, upload = quiet.public(), b64url(os.urandom(16))
    assert public.put(upload, 0, large[0]).problem == (404, "unknown-upload")
    assert public.finish(upload, sha256(large[0])).problem == (404, "unknown-upload")


@pytest.mark.usefixtures("lists_stay")
def test_chunks_that_are_none(quiet: Gateway) -> None:
    public = quiet.public()
    upload = public.begin_upload()
    assert public.put(upload, 0, b"").problem == MALFORMED
    assert public.put(upload, 0, bytes(CHUNK + 1)).problem == (413, "too-large")
    # 4 MiB, an eighth for padding and one for the text, in chunks: 88 and one.
    assert public.put(upload, 88, b"x").status == 204
    assert public.put(upload, 89, b"x").problem == (413, "too-large")
    assert public.put(upload, 2**32 - 1, b"x").problem == (413, "too-large")
    for target in (
        f"/v1/uploads/{upload}",
        f"/v1/uploads/{upload}?chunk=",
        f"/v1/uploads/{upload}?chunk=-1",
        f"/v1/uploads/{upload}?chunk={2**32}",
        f"/v1/uploads/{upload[:-1]}?chunk=0",
        "/v1/uploads/%2e%2e?chunk=0",
    ):
        answer = public.ask("PUT", target, b"x", content_type=OCTETS)
        assert answer.problem == MALFORMED, target
    answer = public.ask("PUT", f"/v1/uploads/{upload}?chunk=0", b"x", content_type=ENVELOPE)
    assert answer.problem == (415, "wrong-content-type")
    assert public.ask("POST", "/v1/uploads", b"x").problem == (413, "too-large")


@pytest.mark.usefixtures("lists_stay")
def test_finishes_that_are_none(quiet: Gateway) -> None:
    upload, digest = quiet.public().begin_upload(), b64(bytes(32))
    bodies = [
        b"",
        b"{",
        b"[]",
        jcs.encode({"upload": upload}),
        jcs.encode({"sha256": digest, "upload": upload, "more": 1}),
        jcs.encode({"sha256": digest, "upload": 1}),
        jcs.encode({"sha256": b64(bytes(31)), "upload": upload}),
        jcs.encode({"sha256": digest.rstrip("="), "upload": upload}),
        jcs.encode({"sha256": digest, "upload": upload + "AA"}),
        b'{"sha256":"' + digest.encode() + b'","upload":"' + upload.encode() + b'"} x',
        b'{"upload":"\xff"}',
        b"[" * 1_000,
    ]
    for body in bodies:
        answer = quiet.public().ask("POST", "/v1/tips", body, content_type="application/json")
        assert answer.problem == MALFORMED, body
    answer = quiet.public().ask("POST", "/v1/tips", b" " * 1_025, content_type="application/json")
    assert answer.problem == (413, "too-large")


def test_finished_upload_is_answered_again_and_takes_no_more(quiet: Gateway) -> None:
    public = quiet.public()
    wire = quiet.envelope("desk-region", "x25519", "respuesta perdida")
    upload = staged(quiet, {0: wire})
    first = public.finish(upload, sha256(wire))
    assert first.status == 201
    with nothing_appended(quiet, "desk-region"):
        again = public.finish(upload, sha256(wire))
        assert (again.status, again.body) == (201, first.body)
        assert public.put(upload, 0, wire).problem == (404, "unknown-upload")
        assert public.finish(upload, os.urandom(32)).problem == (404, "unknown-upload")
    assert Kept.of(first.json, quiet.log_key).record["size"] == len(wire)


def test_no_upload_is_begun_where_no_state_takes_files(start: Callable[..., Gateway]) -> None:
    gateway = start(3_600, attachments={"states": []})
    assert gateway.public().ask("POST", "/v1/uploads", b"").problem == (413, "too-large")
    assert gateway.public().send(good(gateway)).status == 201


# Mailboxes.


@pytest.mark.usefixtures("lists_stay")
def test_mailbox_requests_that_are_none(quiet: Gateway) -> None:
    for length, problem in ((0, (400, "wrong-length")), (32, (400, "wrong-length")),
                            (35, (400, "wrong-length")), (37, (413, "too-large"))):
        answer = quiet.public().ask("POST", "/v1/mailbox", bytes(length), content_type=OCTETS)
        assert answer.problem == problem, length


def test_receipt_that_nobody_has_looks_like_one_with_answers(quiet: Gateway) -> None:
    """Same status, headers and length; and slots that differ each time, as sealed ones do."""
    keys, public = new_receipt(), quiet.public()
    blob = os.urandom(4_144)
    staff = quiet.desk("desk-ar").staff
    assert staff.post_json("/v1/replies", {"blob": b64(blob), "id": b64(keys.id)}).status == 201
    answers = [
        public.ask("POST", "/v1/mailbox", mailbox + bytes(4), content_type=OCTETS)
        for mailbox in (keys.id, os.urandom(32), os.urandom(32))
    ]
    assert {answer.status for answer in answers} == {200}
    assert {len(answer.body) for answer in answers} == {4 + 4 * 4_144}
    assert answers[0].headers.items() == answers[1].headers.items()
    assert answers[0].body[4 : 4 + 4_144] == blob
    slots = [answer.body[i : i + 4_144] for answer in answers for i in range(4, 16_580, 4_144)]
    assert len(set(slots)) == len(slots)
