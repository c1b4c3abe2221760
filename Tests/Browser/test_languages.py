"""One visit from the first page to the way out, in four languages, with scripts on and off, through the real daemon: a
refusal beside its field, a tip, the receipt, the office's word, an answer, and away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import chromium, click, fill, receipt, send, until, wait_for
from picture import jpeg
from resguardo_formats import jcs
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from test_through_the_daemon import Gateway, come_back, gateway, url, write_back  # noqa: F401

CATALOGUES = Path(__file__).parents[2] / "Sources" / "Gateway" / "Web" / "catalogues"
PLACE = "Café da praça, 2º andar"
# How the catalogue of a language that has only what safety needs says the rest.
FALLBACK = {"gn": "es"}


def wording(language: str) -> Callable[[str], str]:
    """What the page of a language says for a key: its own words, or those of the language that its readers know too."""
    def strings(name: str) -> dict[str, dict[str, str]]:
        document = json.loads((CATALOGUES / f"{name}.json").read_text())
        return document["strings"]

    own, other = strings(language), strings(FALLBACK.get(language, language))
    return lambda key: (own.get(key) or other[key])["text"]


def refused_beside_its_field(driver: Chrome, sentence: str) -> None:
    fill(driver, {"danger_now": "no", "where_text": PLACE})
    send(driver)
    wait_for(driver, "#e-what_happened", sentence)
    assert driver.find_element(By.ID, "where_text").get_attribute("value") == PLACE
    assert driver.find_element(By.ID, "danger_now-no").get_attribute("checked") == "true"


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", ["es", "pt", "ht", "gn"])
def test_a_visit(
    gateway: Gateway, tmp_path: Path, language: str, javascript: bool  # noqa: F811
) -> None:
    says = wording(language)
    photo = jpeg(150_000)
    (tmp_path / "foto.jpg").write_bytes(photo)
    with chromium(javascript=javascript, certificate_errors=True) as driver:
        driver.get(url(gateway, f"/{language}"))
        refused_beside_its_field(driver, says("error.what_happened.missing"))
        answers = {"where_country": "AR", "what_happened": f"{language}: linha 1\nlinha 2"}
        fill(driver, answers, [tmp_path / "foto.jpg"])
        send(driver)
        typed = receipt(driver)
        assert len(typed) == (10 if language in FALLBACK else 8)

        opened = gateway.desk("desk-ar").newest()
        assert (opened.tip.attachments[0].name, opened.tip.attachments[0].data) == ("foto.jpg", photo)
        document = opened.tip.document
        assert document["what_happened"] == f"{language}: linha 1\nlinha 2"
        assert (document["where_text"], document["language"]) == (PLACE, language)
        said = {"state": "AR", "status": "read", "text": "read", "v": 1}
        assert gateway.desk("desk-ar").answer(opened, jcs.encode(said)).status == 201

        come_back(driver, gateway, language, " ".join(typed))
        wait_for(driver, "#replies, .replies", says("status.read"))
        write_back(driver, f"{language}: sim")
        wait_for(driver, "#state, main .lead", says("answer_kept"))
        answered = gateway.desk("desk-ar").newest().tip.document
        assert answered["what_happened"] == f"{language}: sim"
        assert answered["answer_to"] == document["mailbox"]["id"]

        here = driver.current_url.partition("?")[0]
        click(driver, "#exit")
        until(driver, lambda d: not d.current_url.startswith(url(gateway, "/")))
        assert here.startswith(url(gateway, "/")) and driver.get_cookies() == []
