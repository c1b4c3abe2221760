"""The way of a tip from reporter to unit and back, by the formats alone."""

from __future__ import annotations

import os
import random
from urllib.parse import urlencode

import pytest
from client import FORM, Answer, receipt_text
from people import Desk, Gateway, Kept, OpenedTip, mailbox_part, new_receipt
from picture import MAKER, jpeg
from resguardo_formats import jcs, receipt, reply, report
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.errors import Refused
from resguardo_formats.frames import Attachment

CHUNK = 65_536
SUITES = ("x25519", "x-wing")
TRIAGE = {"offence": "sexual_extortion", "priority": "today", "v": 1}


def arrived(gateway: Gateway, desk: str, kept: Kept) -> OpenedTip:
    """The tip as the desk opens it, whose numbers up to there have neither gap nor repeat."""
    operator = gateway.desk(desk)
    listed = operator.tips()
    index = next(
        i for i, tip in enumerate(listed) if Kept.of(tip, gateway.log_key).commitment
        == kept.commitment
    )
    opened = operator.open(listed[index])
    assert opened.kept.record == kept.record
    return opened


def upload(gateway: Gateway, wire: bytes, order: list[int]) -> Answer:
    """Sends the chunks in that order, from a new connection each, and finishes."""
    public = gateway.public()
    handle = public.begin_upload()
    for index in order:
        chunk = wire[index * CHUNK : (index + 1) * CHUNK]
        answer = public.put(handle, index, chunk)
        assert (answer.status, answer.body) == (204, b""), answer
    return public.finish(handle, sha256(wire))


@pytest.mark.parametrize("suite", SUITES)
def test_envelope_reaches_its_desk(quick: Gateway, suite: str) -> None:
    text = f"Llegó un mensaje ✉️ por {suite}.\nMañana otra vez."
    wire = quick.envelope("desk-ar", suite, text, category=["online"])
    assert len(wire) == 17_640
    kept = quick.kept(quick.public().send(wire), wire)
    opened = arrived(quick, "desk-ar", kept)
    assert opened.tip.document["what_happened"] == text
    assert opened.tip.document["category"] == ["online"]


@pytest.mark.parametrize("suite", SUITES)
def test_same_envelope_is_one_entry_with_the_same_promise(quick: Gateway, suite: str) -> None:
    desk = quick.desk("desk-ht")
    before = len(desk.tips())
    wire = quick.envelope("desk-ht", suite, "dos veces")
    first, second = (quick.public().send(wire) for _ in range(2))
    quick.kept(first, wire)
    assert (second.status, second.body) == (201, first.body)
    by_upload = upload(quick, wire, [0])
    assert (by_upload.status, by_upload.body) == (201, first.body)
    assert len(desk.tips()) == before + 1


def test_desk_numbers_its_tips_without_gap_for_each_key(quick: Gateway) -> None:
    for number in (1, 2, 3):
        for suite in SUITES:
            wire = quick.envelope("desk-region", suite, f"número {number}")
            assert quick.public().send(wire).status == 201
    desk = quick.desk("desk-region")
    numbers: dict[str, list[int]] = {}
    for listed in desk.tips():
        numbers.setdefault(listed["key"], []).append(desk.open(listed).desk_seq)
    assert list(numbers.values()) == [[1, 2, 3], [1, 2, 3]]
    second_page = desk.tips(after=desk.tips()[2]["cursor"])
    assert second_page == desk.tips()[3:]


@pytest.mark.parametrize("suite", SUITES)
def test_upload_in_any_order_and_a_chunk_twice(quick: Gateway, suite: str) -> None:
    photo = Attachment("foto ñ.jpg", "image/jpeg", jpeg(200 << 10))
    wire = quick.envelope("desk-br", suite, "com foto", photo)
    count = -(-len(wire) // CHUNK)
    assert count >= 4
    order = [*range(count), 1]
    random.Random(suite).shuffle(order)
    kept = quick.kept(upload(quick, wire, order), wire)
    opened = arrived(quick, "desk-br", kept)
    assert opened.tip.attachments == [photo]


def test_body_from_a_row_on(quick: Gateway) -> None:
    wire = quick.envelope("desk-br", "x-wing", "linhas", Attachment("a", "a/b", os.urandom(99_999)))
    kept = quick.kept(quick.public().send(wire), wire)
    staff = quick.desk("desk-br").staff
    whole = staff.body(kept.commitment).body
    starts = [0, 1_248, 1_248 + 65_553]
    assert [staff.body(kept.commitment, row).body for row in range(3)] == [
        whole[start:] for start in starts
    ]
    assert staff.body(kept.commitment, 3).problem == (404, "not-found")


def test_form_without_javascript(quick: Gateway) -> None:
    text = "Aquí pasa algo.\r\nCon ñ, emoji 🙈 y «comillas» & <b>signos</b>."
    fields = {
        "danger_now": "unsure",
        "what_happened": text,
        "where_country": "AR",
        "online": "https://example.org/1\r\n\r\n@alguien",
    }
    page = quick.public().form("es", fields)
    assert page.status == 201, page
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["connection"] == "close"
    opened = quick.desk("desk-ar").newest()
    document = opened.tip.document
    assert document == {
        "v": 1,
        "channel": "web",
        "language": "es",
        "danger_now": "unsure",
        "what_happened": text.replace("\r\n", "\n"),
        "where_country": "AR",
        "online": ["https://example.org/1", "@alguien"],
    }
    assert opened.kept.record["size"] == 17_640


def test_form_with_a_picture(quick: Gateway) -> None:
    photo = jpeg(300 << 10)
    fields = {"danger_now": "yes", "what_happened": "olha a foto", "where_country": "BR"}
    files = [("IMG 0001.jpg", "image/jpeg", photo), ("", "application/octet-stream", b"")]
    page = quick.public().multipart("pt", fields, files)
    assert page.status == 201, page
    opened = quick.desk("desk-br").newest()
    assert opened.tip.document["language"] == "pt"
    assert opened.tip.attachments == [Attachment("IMG 0001.jpg", "image/jpeg", photo)]
    assert MAKER in opened.tip.attachments[0].data


def test_states_without_a_desk_go_to_the_region(quick: Gateway) -> None:
    fields = {"danger_now": "no", "what_happened": "desde otro país"}
    assert quick.public().form("en", {**fields, "where_country": "UY"}).status == 201
    assert quick.desk("desk-region").newest().tip.document["where_country"] == "UY"
    assert quick.public().form("en", fields).status == 201
    assert "where_country" not in quick.desk("desk-region").newest().tip.document


def test_key_file_is_what_the_roster_says(quick: Gateway) -> None:
    file = quick.world.offices["desk-ar"].key_file()
    answer = quick.public().get(f"/v1/keys/{sha256(file).hex()}")
    assert (answer.status, answer.body) == (200, file)
    assert quick.public().get(f"/v1/keys/{bytes(32).hex()}").problem == (404, "not-found")


def test_routed_to_a_unit_that_accepts(quick: Gateway) -> None:
    photo = Attachment("foto.jpg", "image/jpeg", jpeg(100 << 10))
    wire = quick.envelope("desk-ar", "x-wing", "para la unidad", photo)
    kept = quick.kept(quick.public().send(wire), wire)
    desk, unit = quick.desk("desk-ar"), quick.unit("police-ar")
    opened = arrived(quick, "desk-ar", kept)
    outcomes = ("accepted", "declined out-of-territory", "transfer asked")
    notes = [desk.route(opened, unit.office, {**TRIAGE, "outcome": word}) for word in outcomes]
    queue = unit.queue()
    assert [q["note"].encode() for q in queue] == notes
    received = [unit.open(queued, desk.office) for queued in queue]
    report.require_sequence([r.report.number for r in received])
    for word, found in zip(outcomes, received, strict=True):
        assert not found.acknowledged
        assert found.triage == jcs.encode({**TRIAGE, "outcome": word})
        assert found.opened.tip == opened.tip
        answer = unit.acknowledge(found.note, word)
        assert answer.status == 201, answer
        record = Kept.of(answer.json, quick.log_key).record
        assert record["type"] == "acknowledgement"
        assert record["report"] == b64(Kept.of(queue[notes.index(found.note)], quick.log_key)
                                       .commitment)
    assert [q["acknowledged"] for q in unit.queue()] == [True] * 3
    assert unit.queue(after=queue[1]["cursor"])[0]["note"].encode() == notes[2]


def test_unit_transfers_to_another_unit(quick: Gateway) -> None:
    wire = quick.envelope("desk-br", "x25519", "para duas unidades")
    kept = quick.kept(quick.public().send(wire), wire)
    desk, first, second = quick.desk("desk-br"), quick.unit("police-br"), quick.unit("police-ar")
    desk.route(arrived(quick, "desk-br", kept), first.office, TRIAGE)
    received = first.open(first.queue()[-1], desk.office)
    assert second.staff.body(kept.commitment).problem == (404, "not-found")
    to = [second.office.line("seal-xwing")]
    sender = Desk(first.office, first.staff, quick.log_key)
    note, sealed = sender.report(received.opened, to, 1, b"{}", note_type="transfer")
    answer = sender.post_report(note, sealed)
    assert answer.status == 201, answer
    assert Kept.of(answer.json, quick.log_key).record["type"] == "transfer"
    assert second.queue()[-1]["note"].encode() == note
    assert second.staff.body(kept.commitment).status == 200


def test_answers_reach_the_mailbox(quick: Gateway) -> None:
    keys = new_receipt()
    wire = quick.envelope("desk-ar", "x25519", "¿me leen?", mailbox=mailbox_part(keys))
    kept = quick.kept(quick.public().send(wire), wire)
    public, desk = quick.public(), quick.desk("desk-ar")
    cursor, slots = public.mailbox(keys.id)
    assert cursor == 0 and not [s for s in slots if opens(keys, s)]
    opened = arrived(quick, "desk-ar", kept)
    contents = [jcs.encode({"text": f"Respuesta {n}", "v": 1}) for n in range(5)]
    for content in contents:
        answer = desk.answer(opened, content)
        assert answer.status == 201, answer
        assert Kept.of(answer.json, quick.log_key).record["id"] == b64(keys.id)
    cursor, slots = public.mailbox(keys.id)
    assert [opens(keys, slot) for slot in slots] == contents[:4]
    cursor, slots = public.mailbox(keys.id, cursor)
    assert [opens(keys, slot) for slot in slots] == [contents[4], b"", b"", b""]
    assert public.mailbox(keys.id, cursor)[0] == cursor


def opens(keys: receipt.ReceiptKeys, slot: bytes) -> bytes:
    """What a slot says; nothing if it is filling."""
    try:
        return reply.open_(keys.id, keys.reply_secret, keys.psk, slot)
    except Refused:
        return b""


@pytest.mark.parametrize("language", ["es", "ht", "gn"])
def test_receipt_of_the_form_opens_the_mailbox(quick: Gateway, language: str) -> None:
    fields = {"danger_now": "no", "what_happened": "volveré", "where_country": "AR"}
    page = quick.public().form(language, {**fields, "mailbox": "yes"})
    assert page.status == 201, page
    text = receipt_text(page)
    opened = quick.desk("desk-ar").newest()
    in_digits = language == "gn"
    secret = receipt.from_digits(text) if in_digits else receipt.from_words(text, language)
    keys = receipt.derive(secret, quick.world.origin)
    assert opened.tip.document["mailbox"] == mailbox_part(keys)
    empty = mailbox_page(quick, text)
    assert empty.status == 200
    assert quick.desk("desk-ar").answer(opened, b'{"text":"Te leemos. <3 & suerte","v":1}').status == 201
    # As somebody types who has no accents at hand, and comes back to a page in another language.
    short = text if in_digits else " ".join(word[:4].upper() for word in receipt.spelled(text))
    answered = mailbox_page(quick, short)
    assert answered.status == 200
    assert "Te leemos. &lt;3 &amp; suerte" in answered.text
    assert "Te leemos" not in empty.text


def mailbox_page(gateway: Gateway, text: str) -> Answer:
    body = urlencode({"receipt": text}).encode()
    return gateway.public().ask("POST", "/es/mailbox", body, content_type=FORM)


def test_desk_states_its_highest_number(quick: Gateway) -> None:
    wire = quick.envelope("desk-ar", "x25519", "uno más")
    opened = arrived(quick, "desk-ar", quick.kept(quick.public().send(wire), wire))
    desk = quick.desk("desk-ar")
    answer = desk.status("envelope-x25519", opened.desk_seq)
    assert answer.status == 201, answer
    assert Kept.of(answer.json, quick.log_key).record["type"] == "status"
    assert desk.status("envelope-x25519", opened.desk_seq + 1).problem == (403, "not-allowed")
