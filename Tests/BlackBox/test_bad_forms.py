"""Forms without JavaScript that are refused, said in the reader's language beside the field."""

from __future__ import annotations

import html
import json
import os
import random
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from client import OCTETS, Answer, multipart, receipt_text
from deployment import ROOT
from people import Gateway
from picture import jpeg
from raw import parsed

LANGUAGES = ("es", "pt", "en")
CATALOGUES = {
    code: json.loads(
        (ROOT / "Sources/Gateway/Web/catalogues" / f"{code}.json").read_text("utf-8")
    )
    for code in LANGUAGES
}
GOOD: dict[str, bytes | str] = {"danger_now": "no", "what_happened": "algo", "where_country": "AR"}
URLENCODED = "application/x-www-form-urlencoded"


def says(language: str, field: str, reason: str) -> str:
    """The catalogue's words: the field's own if it has them."""
    strings = CATALOGUES[language]["strings"]
    own = strings.get(f"error.{field}.{reason}") or strings[f"error.{reason}"]
    text: str = own["text"]
    return text


@pytest.fixture(scope="module", autouse=True)
def lists_stay(quiet: Gateway) -> Iterator[None]:
    """Nothing of this whole file is ever appended, but what a test sends to Haiti's desk."""
    desks = [quiet.desk(name) for name in ("desk-ar", "desk-br", "desk-region")]
    before = [desk.tips() for desk in desks]
    yield
    assert [desk.tips() for desk in desks] == before


def message(page: Answer, field: str) -> str:
    """What stands beside a field."""
    found = re.search(rf'<p class="e" id="e-{field}">(.*?)</p>', page.text, re.S)
    assert found, field
    return html.unescape(re.sub(r"<[^>]*>", "", found[1])).strip()


def typed(page: Answer, field: str) -> str:
    found = re.search(rf'<textarea id="{field}"[^>]*>(.*?)</textarea>', page.text, re.S)
    assert found, field
    # The first line break after the tag is not part of the value (HTML, 13.2.6.4.7).
    return html.unescape(found[1]).removeprefix("\n")


def refused(page: Answer, language: str, field: str, reason: str) -> None:
    assert page.status == 422, page
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["connection"] == "close"
    assert re.search(rf'<html lang="{language}', page.text)
    assert message(page, field) == says(language, field, reason)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_that_cannot_be_taken(quiet: Gateway, language: str) -> None:
    cases: list[tuple[bytes, str]] = [
        (b"", "missing"),
        (b" \r\n ", "missing"),
        ("\u00a0\u3000".encode(), "missing"),
        ("ñ".encode() * 4_001, "too_long"),
        ("🙈".encode() * 4_001, "too_long"),
        (b"abc \xff\xfe def", "characters"),
        (b"\xc3", "characters"),
        (b"\xed\xa0\x80", "characters"),
        (b"\xc0\xaf", "characters"),
        (b"uno\x00dos", "characters"),
        (b"campana \x07", "characters"),
        (b"solo\rretorno", "characters"),
        ("\u0085".encode(), "characters"),
        ("derecha \u202e adreuqzi".encode(), "characters"),
        ("aislado \u2066 \u2069".encode(), "characters"),
    ]
    for value, reason in cases:
        page = quiet.public().form(language, {**GOOD, "what_happened": value})
        refused(page, language, "what_happened", reason)
    page = quiet.public().form(language, {**GOOD, "what_happened": b"abc \xff<\xc3 def"})
    assert typed(page, "what_happened") == "abc \ufffd<\ufffd def"


def test_four_thousand_characters_are_taken(quiet: Gateway) -> None:
    for text in ("ñ" * 4_000, "🙈" * 4_000, "a\r\n" * 2_000):
        fields = {**GOOD, "what_happened": text, "where_country": "HT"}
        assert quiet.public().form("es", fields).status == 201
        desk = quiet.desk("desk-ht")
        opened = desk.open(desk.tips()[-1])
        assert opened.tip.document["what_happened"] == text.replace("\r\n", "\n")


def test_what_was_typed_is_kept(quiet: Gateway) -> None:
    text = "x" * 4_001 + ' "&<script>alert(1)</script>\n\nfin'
    fields: dict[str, bytes | str] = {
        "danger_now": "yes",
        "what_happened": text.replace("\n", "\r\n"),
        "where_country": "BR",
        "where_text": "cerca de </textarea> la plaza",
        "online": "https://example.org/?a=1&b=2",
    }
    page = quiet.public().form("es", fields)
    refused(page, "es", "what_happened", "too_long")
    assert typed(page, "what_happened") == text
    assert typed(page, "where_text") == fields["where_text"]
    assert typed(page, "online") == fields["online"]
    assert re.search(r'<option value="BR" selected', page.text)
    assert re.search(r'name="danger_now" value="yes"[^>]* checked', page.text)
    assert "<script>alert" not in page.text
    assert [message(page, field) for field in ("danger_now", "where_country")] == ["", ""]


def test_receipt_wish_is_kept(quiet: Gateway) -> None:
    for wish, expected in (({"mailbox": "yes"}, True), ({}, False)):
        page = quiet.public().form("es", {"danger_now": "no", "what_happened": "", **wish})
        assert page.status == 422
        box = re.search(r'<input type="checkbox" id="mailbox"[^>]*>', page.text)
        assert box and (" checked" in box[0]) == expected


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("danger_now", "", "missing"),
        ("danger_now", "perhaps", "unknown"),
        ("where_country", "XX", "unknown"),
        ("where_country", "ar", "unknown"),
        ("where_country", "A" * 20_000, "unknown"),
        ("who_am_i", "nobody", "unknown"),
        ("where_text", "x" * 501, "too_long"),
        ("when_text", "x" * 501, "too_long"),
        ("where_text", "a\u202eb", "characters"),
        ("online", "x" * 501, "too_long"),
        ("online", "x\n" * 11, "too_many"),
        ("when", "\udcff", "unknown"),
    ],
)
def test_other_fields(quiet: Gateway, field: str, value: str, reason: str) -> None:
    data = value.encode("utf-8", "surrogateescape")
    refused(quiet.public().form("pt", {**GOOD, field: data}), "pt", field, reason)


@pytest.mark.parametrize("alone", ["none_yet", "hotline"])
def test_nobody_and_somebody_are_no_choice(quiet: Gateway, alone: str) -> None:
    fields = {**GOOD, "who_am_i": "child_affected"}
    body = urlencode([*fields.items(), ("consent_share", "police_unit"), ("consent_share", alone)])
    page = post(quiet, URLENCODED, body.encode())
    refused(page, "es", "consent_share", "too_many")
    for key in ("police_unit", alone):
        assert re.search(rf'name="consent_share" value="{key}"[^>]* checked', page.text)


def test_all_faults_are_said_at_once(quiet: Gateway) -> None:
    page = quiet.public().form("en", {"where_country": "XX"})
    for field, reason in (
        ("danger_now", "missing"),
        ("what_happened", "missing"),
        ("where_country", "unknown"),
    ):
        refused(page, "en", field, reason)


def test_files_where_a_state_takes_none(quiet: Gateway) -> None:
    fields = {"danger_now": "no", "what_happened": "con foto", "where_country": "HT"}
    before = quiet.desk("desk-ht").tips()
    page = quiet.public().multipart("es", fields, [("a.jpg", "image/jpeg", jpeg(9_000))])
    refused(page, "es", "attachments", "files_not_here")
    assert typed(page, "what_happened") == "con foto"
    assert quiet.desk("desk-ht").tips() == before


def test_too_many_and_too_large_files(quiet: Gateway) -> None:
    fields = {"danger_now": "no", "what_happened": "con fotos", "where_country": "AR"}
    files = [(f"{n}.jpg", "image/jpeg", b"x") for n in range(17)]
    page = quiet.public().multipart("es", fields, files)
    refused(page, "es", "attachments", "too_many")
    for size in ((4 << 20) + 1, 10 << 20):
        # As the form has them: some questions come after the files.
        kind, body = multipart(fields, [("a.mp4", "video/mp4", bytes(size))])
        boundary = kind.partition("boundary=")[2]
        _, more = multipart({"mailbox": "yes", "safe_contact_note": "Después de las seis"}, [])
        more = re.sub(rb"----WebKitFormBoundary[0-9a-f]{16}", boundary.encode(), more)
        page = post(quiet, kind, body.removesuffix(f"--{boundary}--\r\n".encode()) + more)
        refused(page, "es", "attachments", "files_too_large")
        assert typed(page, "what_happened") == "con fotos"
        assert typed(page, "safe_contact_note") == "Después de las seis"
        assert re.search(r'<input type="checkbox" id="mailbox"[^>]* checked', page.text)


def test_form_refused_after_its_file_was_read(quiet: Gateway) -> None:
    fields = {"danger_now": "no", "what_happened": "", "where_country": "AR"}
    page = quiet.public().multipart("es", fields, [("a.jpg", "image/jpeg", jpeg(200 << 10))])
    refused(page, "es", "what_happened", "missing")


def problem_page(page: Answer, status: int, kind: str, begins: str = "problem") -> None:
    assert page.status == status, page
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["connection"] == "close"
    text = CATALOGUES["es"]["strings"][f"{begins}_{kind}"]["text"]
    assert html.escape(text, quote=False) in page.text or text in html.unescape(page.text)


def post(gateway: Gateway, kind: str | None, body: bytes, path: str = "/es") -> Answer:
    headers = {"content_type": kind} if kind else {}
    return gateway.public().ask("POST", path, body, **headers)


@pytest.mark.parametrize("body", [b"what_happened=%", b"what_happened=%f", b"a=%zz&b=%%%"])
def test_broken_escapes(quiet: Gateway, body: bytes) -> None:
    problem_page(post(quiet, URLENCODED, body), 400, "malformed")


def test_forms_that_are_too_long(quiet: Gateway) -> None:
    for body in (
        b"what_happened=" + b"a" * (96 << 10),
        b"a=1&" * 97,
        b"n" * 65 + b"=1",
    ):
        problem_page(post(quiet, URLENCODED, body), 413, "too_large")


@pytest.mark.parametrize("text", ["a" * 30_000, "ñandú " * 11_000])
def test_a_pasted_text_that_is_far_too_long_comes_back(quiet: Gateway, text: str) -> None:
    fields = {"danger_now": "yes", "what_happened": text, "where_country": "AR"}
    pages = [quiet.public().multipart("es", fields, [("", OCTETS, b"")])]
    if text.isascii():
        pages.append(quiet.public().form("es", dict(fields)))
    for page in pages:
        refused(page, "es", "what_happened", "too_long")
        assert typed(page, "what_happened") == text
        assert re.search(r'name="danger_now" value="yes"[^>]* checked', page.text)


def test_a_form_beyond_every_limit_keeps_what_was_read_of_it(quiet: Gateway) -> None:
    fields = {"danger_now": "yes", "what_happened": "x" * (95 << 10), "where_text": "y" * (95 << 10),
              "safe_contact_note": "z" * 5_000}
    page = quiet.public().multipart("es", fields, [])
    problem_page(page, 413, "too_large", "again")
    assert typed(page, "what_happened") == fields["what_happened"]


def test_a_form_with_too_many_files_comes_back_and_does_not_say_to_leave_it(quiet: Gateway) -> None:
    fields = {"danger_now": "no", "what_happened": "lo que pasó", "where_country": "HT"}
    files = [(f"{number}.jpg", "image/jpeg", b"x") for number in range(100)]
    page = quiet.public().multipart("es", fields, files)
    problem_page(page, 413, "too_large", "again")
    assert typed(page, "what_happened") == "lo que pasó"
    summary = re.search(r'class="card sum"(.*?)</section>', page.text, re.S)
    assert summary and "atrás" not in summary[1] and "archivos" in summary[1]


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "multipart/mixed"])
@pytest.mark.parametrize("path", ["/es", "/es/mailbox"])
def test_forms_of_another_content_type(quiet: Gateway, kind: str | None, path: str) -> None:
    problem_page(post(quiet, kind, b'{"what_happened":"x"}', path), 415, "malformed")


def test_broken_multipart(quiet: Gateway) -> None:
    fields = {"danger_now": "no", "what_happened": "cortado", "where_country": "AR"}
    kind, body = multipart(fields, [("a.jpg", "image/jpeg", jpeg(9_000))])
    cases = [
        ("multipart/form-data", body),
        ("multipart/form-data; boundary=", body),
        (f"multipart/form-data; boundary={'b' * 71}", body),
        ("multipart/form-data; boundary=other", body),
        (kind, b""),
        (kind, body[: len(body) // 2]),
        (kind, body[:-4]),
        (kind, body.replace(b'; name="what_happened"', b"", 1)),
        (kind, body.replace(b"Content-Disposition:", b"Content-Disposition", 1)),
    ]
    for case_kind, case in cases:
        problem_page(post(quiet, case_kind, case), 400, "malformed")
    long_header = body.replace(b"\r\n\r\n", b"\r\nX: " + b"a" * 5_000 + b"\r\n\r\n", 1)
    problem_page(post(quiet, kind, long_header), 413, "too_large")


@pytest.mark.parametrize(
    "broken",
    [
        b"zz\r\n",
        b"-5\r\nabcde\r\n",
        b"5\r\nabcdefgh\r\n",
        b"5\nabcde\r\n",
        b"\x00",
        b"fffffffffffffffff\r\n",
    ],
)
@pytest.mark.parametrize("kind", ["files", URLENCODED, "mailbox"])
def test_forms_whose_transfer_coding_breaks(quiet: Gateway, kind: str, broken: bytes) -> None:
    """After a good beginning: the answer is the form's own, and it is not the gateway's fault."""
    path, begun = "/es", b"receipt=123" if kind == "mailbox" else b"danger_now=no&what_happened=x"
    if kind == "files":
        fields = {"danger_now": "no", "what_happened": "cortado", "where_country": "AR"}
        kind, begun = multipart(fields, [("a.jpg", "image/jpeg", jpeg(200 << 10))])
        begun = begun[:-1_000]
    elif kind == "mailbox":
        kind, path = URLENCODED, "/es/mailbox"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n{len(begun):x}\r\n"
    )
    data = quiet.public().raw(head.encode() + begun + b"\r\n" + broken)
    problem_page(parsed(data), 400, "malformed")


def test_multipart_that_is_edited_at_random(quiet: Gateway) -> None:
    """Whatever is wrong is the sender's: no edit makes the gateway say that it is busy."""
    chance = random.Random(7)
    fields = {"danger_now": "no", "what_happened": "", "where_country": "AR"}
    kind, body = multipart(fields, [("a.jpg", "image/jpeg", b"x" * 50), ("", OCTETS, b"")])
    for _ in range(150):
        data = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(data))
            end = start + chance.choice((0, 1, 2, 30))
            data[start:end] = chance.choice((b"", b"\r\n", b"--", b"\0", b'"', body[:60]))
        assert post(quiet, kind, bytes(data)).status in (400, 413, 422), bytes(data)


def test_state_that_comes_after_its_files(quiet: Gateway) -> None:
    """The file was encrypted to the region's desk by then, which would be the wrong one."""
    kind, files = multipart({}, [("a.jpg", "image/jpeg", b"x" * 100)])
    boundary = kind.partition("boundary=")[2]
    files = files.removesuffix(f"--{boundary}--\r\n".encode())
    _, fields = multipart({"danger_now": "no", "what_happened": "x", "where_country": "AR"}, [])
    fields = re.sub(rb"----WebKitFormBoundary[0-9a-f]{16}", boundary.encode(), fields)
    page = post(quiet, kind, files + fields)
    assert page.status in (400, 422), page


# The mailbox's form.


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
        page = post(quiet, URLENCODED, body, "/es/mailbox")
        assert page.status == 422, body
        assert message(page, "receipt"), body
        refusals.add((without_receipt(page), len(page.body)))
    assert len(refusals) == 1, "the answer says more of what was typed than the field that holds it"
    problem_page(post(quiet, URLENCODED, b"receipt=" + b"1" * 100_000, "/es/mailbox"), 413,
                 "too_large")


def test_a_slip_costs_no_receipt(quiet: Gateway) -> None:
    """Thirty digits with one wrong are mended, not copied again."""
    number = int.from_bytes(os.urandom(11), "big")
    digits = f"{number:027d}{(number + 1) % 997:03d}"
    page = post(quiet, URLENCODED, f"receipt={digits}".encode(), "/es/mailbox")
    assert page.status == 422 and receipt_shown(page) == digits
    text = CATALOGUES["es"]["strings"]["digits"]["text"]
    assert message(page, "receipt") == text
    assert re.search(r'<input id="receipt"[^>]* aria-invalid="true"', page.text)
    # Without a script the page itself says at its top what happened, and leads to the field.
    summary = re.search(r'<section class="card sum" role="alert">(.*?)</section>', page.text, re.S)
    assert summary and f'<a href="#receipt">{html.escape(text, quote=False)}</a>' in summary[1]
    nobody = post(quiet, URLENCODED, f"receipt={receipt_of(number)}".encode(), "/es/mailbox")
    assert nobody.status == 200 and receipt_shown(nobody) == receipt_of(number)
    assert '<p role="alert">' in nobody.text and 'aria-invalid="true"' not in nobody.text
    marked = post(quiet, URLENCODED, b"receipt=%22%3E%3Cb%3E%27%26", "/es/mailbox")
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
        page = post(quiet, URLENCODED, f"receipt={receipt_of(number)}".encode(), "/es/mailbox")
        assert page.status == 200
        pages.add((without_receipt(page), len(page.body)))
    fields = {**GOOD, "where_country": "HT", "mailbox": "yes"}
    made = receipt_text(quiet.public().form("es", fields))
    real = post(quiet, URLENCODED, urlencode({"receipt": made}).encode(), "/es/mailbox")
    assert real.status == 200
    assert pages == {(without_receipt(real), len(real.body))}
