"""What we are measured against: nginx, which only ends TLS, and loops of raw libsodium and SQLite."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import Family

HERE = Path(__file__).resolve().parent
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.3;
        ssl_session_tickets off;
        ssl_session_cache off;
        location / {{ return 204; }}
    }}
}}
"""


@contextmanager
def nginx(certificate: str, key: str, port: int) -> Iterator[Family]:
    """One worker, with the gateway's own certificate and, as the gateway, without tickets."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "nginx.conf")
        config.write_text(
            NGINX.format(folder=folder, certificate=certificate, key=key, port=port)
        )
        process = subprocess.Popen(["nginx", "-c", str(config)])
        try:
            family = Family(process.pid)
            while len(family.members()) < 2:
                if process.poll() is not None:
                    raise SystemExit("nginx ended at once")
                time.sleep(0.05)
            yield family
        finally:
            process.terminate()
            process.wait(10)


def limits() -> dict[str, float]:
    """Operations a CPU-second of the loops in `limits.c`."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "limits")
        subprocess.run(
            ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(program),
             str(HERE / "limits.c"), "-lsodium", "-lsqlite3"],
            check=True,
        )
        ran = subprocess.run(
            [str(program), str(Path(folder, "rows.sqlite"))],
            capture_output=True, text=True, check=True, timeout=120,
        )
        found: dict[str, float] = json.loads(ran.stdout)
        return found
