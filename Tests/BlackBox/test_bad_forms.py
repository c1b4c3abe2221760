"""Forms without JavaScript that are refused, said in the reader's language beside the field."""

from __future__ import annotations

import random
import re
from urllib.parse import urlencode

import pytest
from client import FORM, OCTETS, multipart
from people import Gateway
from picture import jpeg
from raw import parsed
from refused_forms import GOOD, message, post, problem_page, refused, typed

# Nothing of this whole file is ever appended, but what a test sends to Haiti's desk.
pytestmark = pytest.mark.usefixtures("lists_stay")


@pytest.mark.parametrize("language", ["es", "pt", "en"])
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
    page = post(quiet, FORM, body.encode())
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


@pytest.mark.parametrize("body", [b"what_happened=%", b"what_happened=%f", b"a=%zz&b=%%%"])
def test_broken_escapes(quiet: Gateway, body: bytes) -> None:
    problem_page(post(quiet, FORM, body), 400, "malformed")


def test_forms_that_are_too_long(quiet: Gateway) -> None:
    for body in (
        b"what_happened=" + b"a" * (96 << 10),
        b"a=1&" * 97,
        b"n" * 65 + b"=1",
    ):
        problem_page(post(quiet, FORM, body), 413, "too_large")


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
@pytest.mark.parametrize("kind", ["files", FORM, "mailbox"])
def test_forms_whose_transfer_coding_breaks(quiet: Gateway, kind: str, broken: bytes) -> None:
    """After a good beginning: the answer is the form's own, and it is not the gateway's fault."""
    path, begun = "/es", b"receipt=123" if kind == "mailbox" else b"danger_now=no&what_happened=x"
    if kind == "files":
        fields = {"danger_now": "no", "what_happened": "cortado", "where_country": "AR"}
        kind, begun = multipart(fields, [("a.jpg", "image/jpeg", jpeg(200 << 10))])
        begun = begun[:-1_000]
    elif kind == "mailbox":
        kind, path = FORM, "/es/mailbox"
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
