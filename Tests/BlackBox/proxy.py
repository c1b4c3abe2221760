"""A gateway that lies: it passes everything on to the true one, and changes some of the answers."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from client import SECONDS, tls_context

#: What becomes of an answer: path, headers (which may be changed in place, and `:status` added; `:dest` is what a browser
#: says that it asks for) and body; the body to send.
Lie = Callable[[str, dict[str, str], bytes], bytes]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _pass_on(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(length) if length else None
        connection = http.client.HTTPSConnection(
            "localhost", self.server.target, context=self.server.trust, timeout=SECONDS
        )
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "host")}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        given = response.read()
        connection.close()
        passed = {k.lower(): v for k, v in response.getheaders()}
        passed[":dest"] = self.headers.get("sec-fetch-dest", "")
        told = self.server.lie(self.path, passed, given)
        del passed[":dest"]
        passed["content-length"] = str(len(told))
        passed.pop("transfer-encoding", None)
        passed.pop("connection", None)
        self.send_response_only(int(passed.pop(":status", response.status)))
        for name, value in passed.items():
            self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = _pass_on

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target: int, certificate: Path, key: Path, lie: Lie) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.lie = target, lie
        self.trust = tls_context(str(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)


@contextlib.contextmanager
def lying(target: int, certificate: Path, key: Path, lie: Lie) -> Iterator[str]:
    """The address of a proxy before the gateway on port `target`, under the gateway's certificate."""
    server = _Server(target, certificate, key, lie)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lie_at(path: str, old: bytes, new: bytes) -> Lie:
    def lie(asked: str, _: dict[str, str], body: bytes) -> bytes:
        if asked != path:
            return body
        assert old in body
        return body.replace(old, new, 1)

    return lie
