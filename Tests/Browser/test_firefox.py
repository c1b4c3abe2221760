"""The form in Firefox ESR: through the real daemon to the desk, and the answer back, with scripts and without."""

from __future__ import annotations

import json

import pytest
from firefox import Firefox, firefox
from resguardo_formats.encodings import b64
from test_through_the_daemon import Gateway, gateway, url  # noqa: F401

TEXT = "Vi a una niña con un hombre en el hotel.\nDijo que era su tío; no le creí. ñ á ü €"
ANSWER = "Te creemos. Una persona adulta ya lo leyó."


def write(browser: Firefox, steps: bool) -> None:
    """Says what is needed: from step to step, or on the one page that there is without scripts."""
    browser.click("#danger_now-no")
    browser.choose("where_country", "AR")
    if steps:
        browser.click("#next")
    browser.find("#what_happened").send_keys(TEXT)
    if steps:
        browser.click("#end")
        browser.until(lambda: browser.find("#send").is_displayed())


def read_back(browser: Firefox, address: str, receipt: str) -> None:
    browser.open(address)
    browser.find("#receipt").send_keys(receipt)
    browser.click("#box button")
    browser.until(lambda: ANSWER in " ".join(browser.shown("#replies, .replies")))


@pytest.mark.parametrize(("javascript", "language"), [(True, "es"), (False, "ht")])
def test_a_tip_from_firefox_arrives_and_is_answered(
    gateway: Gateway, javascript: bool, language: str  # noqa: F811
) -> None:
    with firefox(javascript=javascript) as browser:
        browser.open(url(gateway, f"/{language}"))
        write(browser, javascript)
        browser.click("#send")
        receipt = " ".join(browser.shown(".digits span"))
        opened = gateway.desk("desk-ar").newest()
        document = opened.tip.document
        assert document["what_happened"] == TEXT
        assert (document["danger_now"], document["language"]) == ("no", language)
        uses = ("envelope-x25519", "envelope-xwing") if javascript else ("envelope-xwing",)
        lines = [gateway.world.offices["desk-ar"].line(use) for use in uses]
        assert opened.kept.record["desk_key"] in {b64(line.key_id) for line in lines}
        answer = json.dumps({"text": ANSWER, "v": 1}, ensure_ascii=False, separators=(",", ":"))
        assert gateway.desk("desk-ar").answer(opened, answer.encode()).status == 201
        read_back(browser, url(gateway, f"/{language}/mailbox"), receipt)
        assert browser.run("return document.cookie") == ""
