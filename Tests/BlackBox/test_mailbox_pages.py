"""Mailboxes opened in the edge: what replies look like on the line, and what a bad one among them does."""

from __future__ import annotations

import os
import re
from urllib.parse import urlencode

from client import Answer
from deployment import ORIGIN
from people import Gateway, mailbox_part
from resguardo_formats import jcs, receipt, reply
from resguardo_formats.encodings import b64, unb64

FORM = "application/x-www-form-urlencoded"


def opened(gateway: Gateway, secret: bytes) -> Answer:
    body = urlencode({"receipt": receipt.to_words(secret, "es")}).encode()
    page = gateway.public().ask("POST", "/es/mailbox", body, content_type=FORM)
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


def test_of_many_replies_the_newest_are_shown(quiet: Gateway) -> None:
    secret = os.urandom(receipt.SECRET_BYTES)
    keys = receipt.derive(secret, ORIGIN)
    for number in range(70):
        keep(quiet, keys, sealed(keys, f"respuesta {number}."))
    shown = re.findall(r"respuesta (\d+)\.", opened(quiet, secret).text)
    assert shown == [str(number) for number in range(6, 70)]
