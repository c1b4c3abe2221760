"""Forms without JavaScript as a page answers them that refuses: what it says, where, and what stays typed."""

from __future__ import annotations

import html
import re

from client import Answer
from languages import wording
from people import Gateway

GOOD: dict[str, bytes | str] = {"danger_now": "no", "what_happened": "algo", "where_country": "AR"}


def post(gateway: Gateway, kind: str | None, body: bytes, path: str = "/es") -> Answer:
    headers = {"content_type": kind} if kind else {}
    return gateway.public().ask("POST", path, body, **headers)


def said(language: str, field: str, reason: str) -> str:
    """The catalogue's words: the field's own if it has them."""
    words = wording(language)
    return words.get(f"error.{field}.{reason}") or words[f"error.{reason}"]


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
    assert message(page, field) == said(language, field, reason)


def problem_page(page: Answer, status: int, kind: str, begins: str = "problem") -> None:
    assert page.status == status, page
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["connection"] == "close"
    text = wording("es")[f"{begins}_{kind}"]
    assert html.escape(text, quote=False) in page.text or text in html.unescape(page.text)
