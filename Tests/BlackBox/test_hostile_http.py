"""HTTP as attackers write it: framing, floods; the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from client import ENVELOPE, OCTETS, SECURITY_HEADERS, Answer
from people import Gateway
from raw import client, parsed, parsed_all

HOST = b"Host: localhost\r\n"
KIND = f"Content-Type: {ENVELOPE}\r\n".encode()
POST = b"POST /v1/tips HTTP/1.1\r\n" + HOST + KIND
SMUGGLED = b"GET /es/safety HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module", autouse=True)
def lists_stay(quiet: Gateway) -> Iterator[None]:
    """Nothing of this whole file is ever appended, and the edge that it was sent to still lives."""
    desk = quiet.desk("desk-ar")
    before, edge = desk.tips(), quiet.daemon.child("edge-public")
    yield
    assert desk.tips() == before
    assert quiet.daemon.child("edge-public") == edge


def answers(data: bytes) -> list[int]:
    return [answer.status for answer in parsed_all(data)]


def check_refusal(answer: Answer) -> None:
    """What is said to bytes that are no request: the same to all, with nothing of them in it."""
    assert answer.problem == (400, "malformed")
    assert answer.headers["connection"] == "close"
    assert answer.body == (
        b'{"type":"/problems/malformed","title":"The request is not in its format.","status":400}'
    )
    names = {name.lower() for name in answer.headers}
    more = {"connection", "content-length", "content-type", "content-security-policy"}
    assert names == {*SECURITY_HEADERS, *more, "permissions-policy"}


def refused(data: bytes) -> bool:
    """Whether that was said, and nothing else."""
    check_refusal(parsed(data))
    return True


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length : 5\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"X: a\r\n b\r\n",
        b"X: a\x00b\r\n",
        b"\xff: a\r\n",
    ],
)
def test_framing_that_two_readers_could_read_differently(quiet: Gateway, head: bytes) -> None:
    """One refusal, and the connection ends before anything behind it is taken for a request."""
    data = quiet.public().raw(POST + head + b"\r\n0\r\n\r\n" + SMUGGLED)
    assert refused(data)


@pytest.mark.parametrize(
    "body",
    [
        b"Transfer-Encoding: xchunked\r\n\r\nabcde",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n",
    ],
)
def test_body_whose_coding_breaks(quiet: Gateway, body: bytes) -> None:
    data = quiet.public().raw(POST + body)
    assert answers(data) == [400], data


def test_request_whose_body_breaks_is_answered_once(quiet: Gateway) -> None:
    """Also where the answer came before the body was looked at; behind it there is no request."""
    broken = b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n"
    for start, status in (
        (b"POST /none HTTP/1.1\r\n" + HOST, 404),
        (b"DELETE /v1/tips HTTP/1.1\r\n" + HOST, 405),
        (b"POST /v1/tips HTTP/1.1\r\n" + HOST, 415),
        (b"GET /es HTTP/1.1\r\n" + HOST, 200),
        (POST, 400),
    ):
        answer = parsed(quiet.public().raw(start + broken + SMUGGLED))
        assert answer.status == status


def test_good_requests_before_a_bad_one_are_answered(quiet: Gateway) -> None:
    good = b"GET /v1/roster HTTP/1.1\r\n" + HOST + b"\r\n"
    first, second, last = parsed_all(quiet.public().raw(good * 2 + b"\x16\x03\x01" + SMUGGLED))
    assert (first.status, second.status) == (200, 200) and first.body == second.body
    check_refusal(last)


@pytest.mark.parametrize("listener", ["public", "staff", "loopback"])
@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"Host: localhost\r\nHost: localhost\r\n",
        b"Host: localhost\r\nX: a\r\nhOST: other\r\n",
        b"Host:\r\n",
        b"Host: a b\r\n",
        b"Host: a,b\r\n",
        b"Host: a/b\r\n",
        b"Host: user@a\r\n",
        b"Host: \xc3\xb1\r\n",
    ],
)
def test_request_without_one_host(quiet: Gateway, listener: str, host: bytes) -> None:
    target = b"/healthz" if listener == "loopback" else b"/v1/tips"
    for version in (b"1.1", b"1.0"):
        start = b"GET " + target + b" HTTP/" + version + b"\r\n" + host + b"\r\n"
        assert refused(client(quiet, listener).raw(start + SMUGGLED)), version


def test_hosts_that_can_be(quiet: Gateway) -> None:
    """By whatever name the gateway is reached."""
    for host in (b"localhost", b"[::1]:8443", b"abc.onion", b"xn--a-ecp.example:443"):
        data = b"GET /checkpoint HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        assert parsed(quiet.public().raw(data)).status in (200, 404), host


@pytest.mark.parametrize(
    "end",
    [
        b" HTTP/1.0\r\n" + HOST,
        b" HTTP/1.0\r\nConnection: keep-alive\r\n" + HOST,
        b" HTTP/1.1\r\nConnection: Close\r\n" + HOST,
        b" HTTP/1.1\r\nConnection: a, close\r\n" + HOST,
        b" HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + HOST,
    ],
)
def test_last_request_of_a_connection(quiet: Gateway, end: bytes) -> None:
    """The answer says that it is the last one, and what comes behind is not read as a request."""
    answer = parsed(quiet.public().raw(b"GET /es" + end + b"\r\n" + SMUGGLED))
    assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_sender_that_waits_to_be_let_on(quiet: Gateway) -> None:
    head = POST + b"Content-Length: 5\r\nExpect: 100-Continue\r\nConnection: close\r\n\r\n"
    with quiet.public().connect() as stream:
        stream.sendall(head)
        told = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert stream.recv(len(told)) == told
        stream.sendall(b"abcde")
        rest = b""
        while piece := stream.recv(65_536):
            rest += piece
    assert parsed(rest).problem == (400, "malformed")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("https://localhost/es", 200),
        ("http://elsewhere.example:1/es/safety?a=b", 200),
        ("https://localhost", 303),
        ("/es?" + "a=%ff%00&" * 100, 200),
        ("/es%2Fsafety", 404),
        ("/%65s", 404),
        ("/es%00", 404),
        ("/es/%2e%2e/v1/roster", 404),
        ("/es/../v1/roster", 404),
        ("/v1/keys/%00%ff", 404),
        ("/v1/proofs/%2F", 400),
        ("/tile/0/%30%30%30", 404),
        ("/tile/0/000.p/+1", 404),
        ("/v1/keys/" + "a/" * 3_000, 404),
    ],
)
def test_targets_written_in_other_ways(quiet: Gateway, target: str, status: int) -> None:
    """An address has one spelling; escapes are not undone before it is looked for."""
    data = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert parsed(quiet.public().raw(data.encode())).status == status


def test_garbage_instead_of_a_request(quiet: Gateway) -> None:
    for data in (
        bytes(range(256)),
        b"GET /es HTTP/1.1\n\n",
        b"get /es HTTP/1.1\r\n" + HOST + b"\r\n",
        b"BREW /es HTTP/1.1\r\n" + HOST + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /es HTTP/9.9\r\n" + HOST + b"\r\n",
    ):
        assert refused(quiet.public().raw(data)), data


def test_floods_of_headers(quiet: Gateway) -> None:
    many = b"".join(b"X-%d: a\r\n" % n for n in range(100))
    for flood in (many, b"X: " + b"a" * 30_000 + b"\r\n", (b"X: " + b"a" * 9_000 + b"\r\n") * 4):
        assert refused(quiet.public().raw(b"GET /es HTTP/1.1\r\n" + HOST + flood + b"\r\n"))
    assert refused(quiet.public().raw(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n"))


def test_head_is_a_get_without_its_body(quiet: Gateway) -> None:
    for target, status in (("/es", 200), ("/v1/roster", 200), ("/none/such", 404)):
        whole = quiet.public().get(target)
        request = f"HEAD {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        data = quiet.public().raw(request + SMUGGLED)
        head, _, rest = data.partition(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status} ".encode())
        assert f"content-length: {len(whole.body)}".encode() in head.lower()
        assert rest.startswith(b"HTTP/1.1 200 OK\r\n"), "a body where the next answer begins"


def test_staff_addresses_are_not_on_the_public_listener(quiet: Gateway) -> None:
    for method, target in (
        ("GET", "/v1/tips?after=0"),
        ("GET", "/v1/queue?after=0"),
        ("GET", "/v1/roster/staff"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("POST", "/v1/reports"),
        ("POST", "/v1/acknowledgements"),
        ("POST", "/v1/statuses"),
        ("POST", "/v1/replies"),
    ):
        assert quiet.public().ask(method, target).status in (404, 405), target


# Bodies that are longer or shorter than announced, or slow.


def test_body_longer_than_announced(quiet: Gateway) -> None:
    """The envelope's rest is taken for a request, and is none."""
    wire = quiet.envelope("desk-ar", "x25519", "más largo")
    data = quiet.public().raw(POST + b"Content-Length: 150\r\n\r\n" + wire)
    assert answers(data) == [400, 400], data


def test_body_shorter_than_announced(quiet: Gateway) -> None:
    wire = quiet.envelope("desk-ar", "x25519", "más corto")
    head = POST + f"Content-Length: {len(wire) + 1}\r\n\r\n".encode()
    with quiet.public().connect() as stream:
        stream.sendall(head + wire)
    # Neither a sender that went away nor one that waits is told anything: there is no request yet.
    assert quiet.public().raw(head + wire) == b""


def test_connection_goes_on_after_a_refusal(quiet: Gateway) -> None:
    """A refused body is read to its end, so that the next request begins where it begins."""
    wrong = b"POST /v1/tips HTTP/1.1\r\n" + HOST + b"Content-Type: text/plain\r\n"
    body = b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED
    last = b"GET /none HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    data = quiet.public().raw(wrong + body + last)
    assert answers(data) == [415, 404], data


# Headers.

Ask = Callable[[Gateway], int]
ANSWERS: dict[str, tuple[int, Ask]] = {
    "form": (200, lambda g: g.public().get("/es").status),
    "safety": (200, lambda g: g.public().get("/pt/safety").status),
    "language": (303, lambda g: g.public().ask("GET", "/", accept_language="pt-BR").status),
    "roster": (200, lambda g: g.public().get("/v1/roster").status),
    "checkpoint": (200, lambda g: g.public().get("/checkpoint").status),
    "interface": (200, lambda g: g.public().get("/openapi.yaml").status),
    "no page": (404, lambda g: g.public().get("/xx").status),
    "no address": (404, lambda g: g.public().get("/a/b/c/d").status),
    "path up": (404, lambda g: g.public().get("/../../etc/passwd").status),
    "escaped path up": (404, lambda g: g.public().get("/%2e%2e/%2e%2e/etc/passwd").status),
    "no envelope": (400, lambda g: g.public().send(b"x").status),
    "too long": (413, lambda g: g.public().send(bytes((1 << 20) + 1)).status),
    "wrong type": (415, lambda g: g.public().ask("POST", "/v1/tips", b"").status),
    "refused form": (422, lambda g: g.public().form("es", {}).status),
    "mailbox": (200, lambda g: g.public().ask(
        "POST", "/v1/mailbox", bytes(36), content_type=OCTETS).status),
    "staff": (200, lambda g: g.desk("desk-ar").staff.read("/v1/tips?after=0").status),
    "staff, unsigned": (401, lambda g: g.desk("desk-ar").staff.get("/v1/tips?after=0").status),
    "wrong method": (405, lambda g: g.public().ask("DELETE", "/v1/tips").status),
    "staff, wrong method": (405, lambda g: g.desk("desk-ar").staff.ask("PUT", "/v1/tips").status),
    "staff, no address": (404, lambda g: g.desk("desk-ar").staff.get("/es").status),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_kind_of_answer_has_its_headers(quiet: Gateway, name: str) -> None:
    """The client looks at the headers of each answer it reads; here each kind is read once."""
    status, ask = ANSWERS[name]
    assert ask(quiet) == status


def test_pages_run_only_what_they_came_with(quiet: Gateway) -> None:
    policy = quiet.public().get("/es").headers["content-security-policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == "'none'" and parts["form-action"] == "'self'"
    assert parts["connect-src"] == "'self'" and parts["base-uri"] == "'none'"
    for name in ("script-src", "style-src"):
        assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", p) for p in parts[name].split())


def test_cookies_change_nothing(quiet: Gateway) -> None:
    public = quiet.public()
    plain = public.get("/es")
    told = public.ask("GET", "/es", cookie="session=1", user_agent="Mozilla/5.0 (marker)")
    assert told.body == plain.body and told.headers.items() == plain.headers.items()
