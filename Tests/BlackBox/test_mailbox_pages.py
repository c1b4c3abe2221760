"""Mailboxes opened in the edge: which receipts are refused, what replies look like on the line, and what a bad one among
them does."""

from __future__ import annotations

import html
import os
import re
from urllib.parse import urlencode

import pytest
from client import FORM, Answer, receipt_text
from deployment import ORIGIN
from languages import wording
from people import Gateway, mailbox_part
from refused_forms import GOOD, message, post, problem_page
from resguardo_formats import jcs, receipt, reply
from resguardo_formats.encodings import b64, unb64

pytestmark = pytest.mark.usefixtures("lists_stay")


def opened(gateway: Gateway, secret: bytes) -> Answer:
    body = urlencode({"receipt": receipt.to_words(secret, "es")}).encode()
    page = post(gateway, FORM, body, "/es/mailbox")
    assert page.status == 200, page
    return page


def sealed(keys: receipt.ReceiptKeys, text: str) -> bytes:
    part = {name: unb64(value, 32) for name, value in mailbox_part(keys).items()}
    content = jcs.encode({"text": text, "v": 1})
    return reply.seal(part["id"], part["reply_key"], part["psk"], content, os.urandom(32))


def keep(gateway: Gateway, keys: receipt.ReceiptKeys, blob: bytes) -> None:
    staff = gateway.desk("desk-ar").staff
    assert staff.post_json("/v1/replies", {"blob": b64(blob), "id": b64(keys.id)}).status == 201


def test_a_blob_that_does_not_open_hides_no_later_reply(quiet: Gateway) -> None:
    secret = os.urandom(receipt.SECRET_BYTES)
    keys = receipt.derive(secret, ORIGIN)
    keep(quiet, keys, os.urandom(4_144))
    texts = [f"respuesta {n}" for n in range(6)]
    for text in texts:
        keep(quiet, keys, sealed(keys, text))
    page = opened(quiet, secret).text
    places = [page.index(text) for text in texts]
    assert places == sorted(places)


def test_a_page_with_replies_is_as_long_as_one_without(quiet: Gateway) -> None:
    secret = os.urandom(receipt.SECRET_BYTES)
    keys = receipt.derive(secret, ORIGIN)
    before = opened(quiet, secret)
    for start in ("Te leímos. ", "Hola otra vez. "):
        keep(quiet, keys, sealed(keys, start + "Estamos aquí. " * 240))
    after = opened(quiet, secret)
    nobody = opened(quiet, os.urandom(receipt.SECRET_BYTES))
    assert "Te leímos." in after.text and "Te leímos." not in before.text
    assert "Hola otra vez." in after.text
    assert len(before.body) == len(after.body) == len(nobody.body)
    assert before.headers.items() == after.headers.items() == nobody.headers.items()


@pytest.mark.parametrize("language", ["es", "gn"])
def test_an_answer_with_a_receipt_is_as_long_as_one_without(quiet: Gateway, language: str) -> None:
    fields = {"danger_now": "no", "what_happened": "Sou yon lòt bagay.", "where_country": "HT"}
    without = quiet.public().form(language, fields)
    wished = quiet.public().form(language, {**fields, "mailbox": "yes"})
    assert without.status == wished.status == 201
    assert 'class="digits' in wished.text and 'class="digits' not in without.text
    assert len(without.body) == len(wished.body)
    assert without.headers.items() == wished.headers.items()


def test_of_many_replies_the_newest_are_shown(quiet: Gateway) -> None:
    secret = os.urandom(receipt.SECRET_BYTES)
    keys = receipt.derive(secret, ORIGIN)
    for number in range(70):
        keep(quiet, keys, sealed(keys, f"respuesta {number}."))
    shown = re.findall(r"respuesta (\d+)\.", opened(quiet, secret).text)
    assert shown == [str(number) for number in range(6, 70)]


def test_digits_that_are_no_receipt(quiet: Gateway) -> None:
    refusals = set()
    for body in (
        b"",
        b"receipt=",
        b"receipt=123",
        b"receipt=" + b"9" * 30,
        b"receipt=" + b"1" * 30,
        b"receipt=abc",
        b"receipt=%ff%00",
        b"other=1",
    ):
        page = post(quiet, FORM, body, "/es/mailbox")
        assert page.status == 422, body
        assert message(page, "receipt"), body
        refusals.add((without_receipt(page), len(page.body)))
    assert len(refusals) == 1, "the answer says more of what was typed than the field that holds it"
    problem_page(post(quiet, FORM, b"receipt=" + b"1" * 100_000, "/es/mailbox"), 413,
                 "too_large")


def test_a_slip_costs_no_receipt(quiet: Gateway) -> None:
    """Thirty digits with one wrong are mended, not copied again."""
    number = int.from_bytes(os.urandom(11), "big")
    digits = f"{number:027d}{(number + 1) % 997:03d}"
    page = post(quiet, FORM, f"receipt={digits}".encode(), "/es/mailbox")
    assert page.status == 422 and receipt_shown(page) == digits
    text = wording("es")["digits"]
    assert message(page, "receipt") == text
    assert re.search(r'<input id="receipt"[^>]* aria-invalid="true"', page.text)
    # Without a script the page itself says at its top what happened, and leads to the field.
    summary = re.search(r'<section class="card sum" role="alert">(.*?)</section>', page.text, re.S)
    assert summary and f'<a href="#receipt">{html.escape(text, quote=False)}</a>' in summary[1]
    nobody = post(quiet, FORM, f"receipt={receipt_of(number)}".encode(), "/es/mailbox")
    assert nobody.status == 200 and receipt_shown(nobody) == receipt_of(number)
    assert '<p role="alert">' in nobody.text and 'aria-invalid="true"' not in nobody.text
    marked = post(quiet, FORM, b"receipt=%22%3E%3Cb%3E%27%26", "/es/mailbox")
    assert receipt_shown(marked) == "\"><b>'&" and "<b>" not in marked.text


def receipt_of(number: int) -> str:
    return f"{number:027d}{number % 997:03d}"


SHOWN = r'(<input id="receipt" name="receipt" value=")([^"]*)"'


def receipt_shown(page: Answer) -> str:
    """What the field for a receipt holds."""
    found = re.search(SHOWN, page.text)
    assert found
    return html.unescape(found[2])


def without_receipt(page: Answer) -> str:
    """A page but for what was typed, and for the spaces at its end that make all of one length."""
    return re.sub(SHOWN, r"\1", page.text).rstrip()


def test_receipt_that_nobody_has_is_a_page_without_answers(quiet: Gateway) -> None:
    pages = set()
    for _ in range(2):
        number = int.from_bytes(os.urandom(11), "big")
        page = post(quiet, FORM, f"receipt={receipt_of(number)}".encode(), "/es/mailbox")
        assert page.status == 200
        pages.add((without_receipt(page), len(page.body)))
    fields = {**GOOD, "where_country": "HT", "mailbox": "yes"}
    made = receipt_text(quiet.public().form("es", fields))
    real = post(quiet, FORM, urlencode({"receipt": made}).encode(), "/es/mailbox")
    assert real.status == 200
    assert pages == {(without_receipt(real), len(real.body))}
