"""What is served compressed: the documents that are the same for everybody, within the budget of the slowest line; and
nothing that repeats a request or holds a secret."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import signal
from collections.abc import Callable

import brotli
import pytest
from client import FORM, Answer
from codings import DECODERS
from deployment import KEY_FILE_BYTES, ROOT, Office, eventually
from languages import LANGUAGES
from people import Gateway
from resguardo_formats.encodings import b64, sha256

# Browsers without Brotli are too old to encrypt in the page; theirs may take one packet more, or two.
DOCUMENT_BYTES_MAX = {"br": 14 << 10, "gzip": 16 << 10}
# The way out and the rest of the script together.
SCRIPT_BYTES_MAX = 6 << 10
SAME_FOR_ALL = [*(f"/{language}" for language in LANGUAGES), "/es/safety", "/ht/mailbox", "/openapi.yaml"]
TYPED = "Lo que escribí, lo que escribí, lo que escribí. " * 40


@pytest.fixture(scope="module", autouse=True)
def settled(quiet: Gateway) -> Gateway:
    return quiet.compressed()


def asked(gateway: Gateway, target: str, wish: str, method: str = "GET") -> Answer:
    return gateway.public().ask(method, target, accept_encoding=wish)


def never_compressed(answer: Answer) -> bool:
    return answer.headers["content-encoding"] is None and answer.headers["vary"] is None


@pytest.mark.parametrize("target", SAME_FOR_ALL)
@pytest.mark.parametrize("coding", DECODERS)
def test_every_coding_holds_the_same_document(
    quiet: Gateway, coding: str, target: str
) -> None:
    plain = asked(quiet, target, "identity")
    coded = asked(quiet, target, coding)
    assert plain.status == coded.status == 200
    assert plain.headers["content-encoding"] is None
    assert coded.headers["content-encoding"] == coding
    assert plain.headers["vary"] == coded.headers["vary"] == "Accept-Encoding"
    assert DECODERS[coding](coded.body) == plain.body
    assert len(coded.body) == int(coded.headers["content-length"]) < len(plain.body) / 2
    head = asked(quiet, target, coding, "HEAD")
    assert head.headers.items() == coded.headers.items() and head.body == b""


@pytest.mark.parametrize(
    ("wish", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.2, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0, *;q=0", None),
        ("zstd", None),
        ("identity;q=0, zstd", None),
    ],
)
def test_a_browser_gets_the_coding_it_likes_best(
    quiet: Gateway, wish: str, coding: str | None
) -> None:
    assert asked(quiet, "/es", wish).headers["content-encoding"] == coding


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_fits_into_one_answer_of_a_slow_line(
    quiet: Gateway, language: str
) -> None:
    """Everything included: the page loads nothing else (`test_pages.py` shows that)."""
    for target in (f"/{language}", f"/{language}/mailbox"):
        scripts = re.findall(rb"<script>(.*?)</script>", asked(quiet, target, "identity").body, re.S)
        assert len(scripts) == 2 and len(brotli.compress(b"".join(scripts))) <= SCRIPT_BYTES_MAX
        for coding in DECODERS:
            assert len(asked(quiet, target, coding).body) <= DOCUMENT_BYTES_MAX[coding]


def test_what_is_compressed_repeats_nothing_of_a_request(quiet: Gateway) -> None:
    """One byte more in common with what was asked would be a shorter answer (BREACH)."""
    for coding in DECODERS:
        usual = asked(quiet, "/es", coding).body
        again = quiet.public().ask(
            "GET", "/es?what_happened=" + "x" * 500, accept_encoding=coding,
            cookie="a=" + TYPED, referer="https://attacker.example/?" + "y" * 200,
            accept_language="ht", user_agent="<script>")
        assert again.body == usual


def test_no_answer_with_anothers_words_or_a_secret_is_compressed(quiet: Gateway) -> None:
    """A refusal repeats what was typed, a receipt page holds the receipt, a mailbox the replies."""
    public = quiet.public()
    typed = ("what_happened=" + TYPED.replace(" ", "+")).encode()
    refused = public.ask("POST", "/es", typed, content_type=FORM, accept_encoding="br, gzip")
    assert refused.status == 422 and TYPED[:-1].encode() in refused.body
    taken = public.ask(
        "POST", "/es", b"danger_now=no&mailbox=yes&" + typed, content_type=FORM,
        accept_encoding="br, gzip")
    assert taken.status == 201
    mailbox = public.ask(
        "POST", "/es/mailbox", b"receipt=123", content_type=FORM, accept_encoding="br, gzip")
    octets = public.ask(
        "POST", "/v1/mailbox", bytes(36), content_type="application/octet-stream",
        accept_encoding="br, gzip")
    lost = public.ask("GET", "/nothing/" + "x" * 999, accept_encoding="br, gzip")
    assert (mailbox.status, octets.status, lost.status) == (422, 200, 404)
    for answer in (refused, taken, mailbox, octets, lost):
        assert never_compressed(answer), answer


def key_files(gateway: Gateway) -> list[Answer]:
    """All that the form's list of desks names, as a browser fetches them."""
    page = asked(gateway, "/es", "identity").text
    named = re.search(r'data-keys="([^"]+)"', page)
    assert named
    desks = asked(gateway, f"/v1/desks/{base64.b64decode(named[1]).hex()}", "identity")
    assert b64(sha256(desks.body)) == named[1]
    hashes = [base64.b64decode(line.partition(":")[2]).hex() for line in desks.text.splitlines()]
    return [asked(gateway, f"/v1/keys/{name}", "br, gzip") for name in hashes]


def test_key_files_have_one_length_on_the_line(start: Callable[..., Gateway]) -> None:
    """Their lengths would tell whose key it is that somebody fetches, and so would their heads."""
    gateway = start(3_600)
    world = gateway.world
    name = "d" * 64
    world.offices[name] = Office.make(name, "UY", "desk", world.folder)
    world.publish()
    gateway.daemon.process.send_signal(signal.SIGHUP)

    def settled() -> bool:
        # The pages may change between the form and the list that it names.
        with contextlib.suppress(AssertionError):
            return len(key_files(gateway)) == 5
        return False

    assert eventually(settled), gateway.daemon.lines
    files = key_files(gateway)
    assert any(f" {name} UY ".encode() in file.body for file in files)
    assert {len(file.body) for file in files} == {KEY_FILE_BYTES}
    assert len({str(sorted(file.headers.items())) for file in files}) == 1
    assert all(file.status == 200 and never_compressed(file) for file in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gateway_of_every_state_fits_too(quiet: Gateway, language: str) -> None:
    """The page names the list of desks by one hash, however many there are; the States that take files are listed."""
    page = asked(quiet, f"/{language}", "identity").body
    territories = (ROOT / "Sources/Vocabulary/Data/territories").glob("*.json")
    read = [json.loads(path.read_text()) for path in territories]
    states = sorted(place["code"] for place in read if not place["dependent"])
    assert len(states) == 33
    full, count = re.subn(
        rb'(data-files=")[^"]+"', lambda m: m[1] + " ".join(states).encode() + b'"', page)
    assert count == 1 and len(full) > len(page) + 90
    assert len(brotli.compress(full, brotli.MODE_TEXT)) <= DOCUMENT_BYTES_MAX["br"]
