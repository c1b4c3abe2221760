"""The form in Firefox ESR: refused, then with a photo through the real daemon to the desk, and the answer back, with
scripts and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from firefox import Firefox, firefox
from languages import wording
from people import Gateway
from picture import jpeg
from resguardo_formats.encodings import b64
from visits import url

TEXT = "Vi a una niña con un hombre en el hotel.\nDijo que era su tío; no le creí. ñ á ü €"
ANSWER = "Te creemos. Una persona adulta ya lo leyó."


def be_refused(browser: Firefox, steps: bool, sentence: str) -> None:
    """Tells the story alone, which is not enough: that is said beside its field, and the story stays."""
    while steps and not browser.find("#what_happened").is_displayed():
        browser.click("#next")
    browser.find("#what_happened").send_keys(TEXT)
    browser.click("#end" if steps else "#send")
    browser.until(lambda: browser.shown("#e-danger_now") == [sentence])
    assert browser.find("#what_happened").get_property("value") == TEXT


def complete(browser: Firefox, steps: bool, photo: Path) -> None:
    """Says what is needed: from step to step, or on the one page that there is without scripts."""
    browser.click("[name=danger_now][value=no]")
    browser.choose("where_country", "AR")
    while not browser.find("#attachments").is_displayed():
        browser.click("#next")
    browser.find("#attachments").send_keys(str(photo))
    if steps:
        browser.click("#end")
        browser.until(lambda: browser.find("#send").is_displayed())


def read_back(browser: Firefox, address: str, receipt: str) -> None:
    browser.open(address)
    browser.find("#receipt").send_keys(receipt)
    browser.click("#box button")
    browser.until(lambda: ANSWER in " ".join(browser.shown("#replies, .replies")))


@pytest.mark.parametrize(("javascript", "language"), [(True, "es"), (True, "gn"), (False, "ht"), (False, "pt")])
def test_a_tip_from_firefox_arrives_and_is_answered(
    deployed: Gateway, tmp_path: Path, javascript: bool, language: str
) -> None:
    photo = jpeg(200_000)
    (tmp_path / "foto ñ.jpg").write_bytes(photo)
    with firefox(javascript=javascript) as browser:
        browser.open(url(deployed, f"/{language}"))
        be_refused(browser, javascript, wording(language)["error.danger_now.missing"])
        complete(browser, javascript, tmp_path / "foto ñ.jpg")
        browser.click("#send")
        receipt = " ".join(browser.shown(".digits span"))
        opened = deployed.desk("desk-ar").newest()
        document = opened.tip.document
        assert document["what_happened"] == TEXT
        original = opened.tip.attachments[0]
        assert (original.name, original.data) == ("foto ñ.jpg", photo)
        assert (document["danger_now"], document["language"]) == ("no", language)
        uses = ("envelope-x25519", "envelope-xwing") if javascript else ("envelope-xwing",)
        lines = [deployed.world.offices["desk-ar"].line(use) for use in uses]
        assert opened.kept.record["desk_key"] in {b64(line.key_id) for line in lines}
        answer = json.dumps({"text": ANSWER, "v": 1}, ensure_ascii=False, separators=(",", ":"))
        assert deployed.desk("desk-ar").answer(opened, answer.encode()).status == 201
        read_back(browser, url(deployed, f"/{language}/mailbox"), receipt)
        assert browser.run("return document.cookie") == ""
