"""Without JavaScript: a second tap, a reload, and a vault that ends between a tip and its answer."""

from __future__ import annotations

import html
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from client import FORM, OCTETS, Answer, receipt_text
from languages import wording
from people import Gateway

SPANISH = wording("es")
STORY = "Un texto tan singular que nadie más lo escribe así."
FIELDS = {"danger_now": "no", "what_happened": STORY, "where_country": "AR", "mailbox": "yes"}
Start = Callable[..., Gateway]


def is_repeated(page: Answer) -> bool:
    text = html.unescape(page.text)
    said = all(SPANISH[key] in text for key in ("done_heading", "problem_repeated"))
    assert said == (page.status == 200), page
    return said


def test_a_reload_stores_nothing_and_says_that_it_is_kept(quiet: Gateway) -> None:
    desk, public = quiet.desk("desk-ar"), quiet.public()
    before = len(desk.tips())
    words = receipt_text(public.multipart("es", FIELDS, [("a.jpg", "image/jpeg", b"x")]))
    # The next one has another boundary, as a second tap does.
    again = public.multipart("es", FIELDS, [("a.jpg", "image/jpeg", b"x")])
    assert is_repeated(again) and words.split()[0] not in again.text
    assert FIELDS["what_happened"] not in again.text
    assert again.headers["connection"] == "close"
    assert len(desk.tips()) == before + 1
    others = [
        {**FIELDS, "what_happened": f"{STORY} Otro."}, {**FIELDS, "where_country": "BR"},
        {name: value for name, value in FIELDS.items() if name != "mailbox"},
    ]
    for fields in others:
        assert public.multipart("es", fields, [("a.jpg", "image/jpeg", b"x")]).status == 201
    for content in (b"y", b"xx"):
        assert public.multipart("es", FIELDS, [("a.jpg", "image/jpeg", content)]).status == 201


def test_forms_that_come_at_once_are_one_tip(quiet: Gateway) -> None:
    desk, public = quiet.desk("desk-ar"), quiet.public()
    before = len(desk.tips())
    fields = {**FIELDS, "what_happened": f"{STORY} A la vez."}
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda _: public.form("es", dict(fields)), range(4)))
    assert sorted(page.status for page in pages) == [200, 200, 200, 201]
    assert sum(map(is_repeated, pages)) == 3
    assert len(desk.tips()) == before + 1


def test_two_who_ask_for_help_in_the_same_words_are_two(quiet: Gateway) -> None:
    desk, public = quiet.desk("desk-ar"), quiet.public()
    before = len(desk.tips())
    fields = {**FIELDS, "what_happened": "ayuda"}
    words = [receipt_text(public.form("es", dict(fields))) for _ in range(2)]
    assert words[0] != words[1]
    assert len(desk.tips()) == before + 2


def test_a_page_that_sends_a_few_words_again_is_one(quiet: Gateway) -> None:
    """A script draws a number for its page, so that it may try again on a bad line."""
    desk, public = quiet.desk("desk-ar"), quiet.public()
    before = len(desk.tips())
    fields = {**FIELDS, "what_happened": "ayuda ya", "once": "1,2,3"}
    assert public.multipart("es", fields, [("", OCTETS, b"")]).status == 201
    assert is_repeated(public.multipart("es", fields, [("", OCTETS, b"")]))
    others = [{**fields, "once": "4,5,6"}, {**fields, "what_happened": "ayuda"}]
    for other in others:
        assert public.multipart("es", other, [("", OCTETS, b"")]).status == 201
    assert len(desk.tips()) == before + 3
    assert "once" not in desk.newest().tip.document


def test_an_answer_is_kept_once(quiet: Gateway) -> None:
    words, public, desk = quiet.replied(), quiet.public(), quiet.desk("desk-ar")
    before = len(desk.tips())
    body = urlencode({"receipt": " ".join(words), "answer": "Gracias."}).encode()
    pages = [public.ask("POST", "/es/mailbox", body, content_type=FORM) for _ in range(2)]
    assert [page.status for page in pages] == [201, 200]
    assert all(SPANISH["answer_kept"] in html.unescape(page.text) for page in pages)
    assert len(desk.tips()) == before + 1


def test_the_same_words_to_another_question_are_another_answer(quiet: Gateway) -> None:
    """"No." is the answer to whether a child is safe, and minutes later to whether it can get out."""
    words, public, desk = quiet.replied(), quiet.public(), quiet.desk("desk-ar")
    tip = desk.open(desk.tips()[-1])
    before = len(desk.tips())
    body = urlencode({"receipt": " ".join(words), "answer": "No."}).encode()
    for number in range(1, 3):
        statuses = [public.ask("POST", "/es/mailbox", body, content_type=FORM).status for _ in range(2)]
        assert statuses == [201, 200]
        assert len(desk.tips()) == before + number
        assert desk.answer(tip, '{"state":"AR","text":"¿Puedes salir?","v":1}'.encode()).status == 201


@pytest.mark.parametrize("size", [0, 200 << 10])
def test_a_vault_that_ends_while_it_is_asked(start: Start, size: int) -> None:
    """The bytes go to the next vault: nobody is told that nothing was kept, and nothing is kept twice."""
    gateway = start(3_600)
    fields = {**FIELDS, "what_happened": "durante la caída"}
    files = [("a.jpg", "image/jpeg", bytes(size))] if size else [("", OCTETS, b"")]
    vault = gateway.daemon.child("vault")
    os.kill(vault, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(gateway.public().multipart, "es", fields, files)
        # Time for the edge to ask; were it too little, the next vault would be asked alone, and all the same be true.
        time.sleep(1)
        os.kill(vault, signal.SIGKILL)
        answer = page.result(60)
    assert answer.status == 201, answer
    gateway.daemon.child("vault", other_than=vault)
    desk = gateway.desk("desk-ar")
    assert len(desk.tips()) == 1
    assert desk.newest().tip.document["what_happened"] == "durante la caída"
