"""One visit from the first page to the way out, in four languages, with scripts on and off, through the real daemon: a
refusal of each kind beside its field, a tip, the receipt, the office's word, an answer, and away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import chromium, click, fill, reach, receipt, send, until, wait_for
from languages import wording
from people import Gateway
from picture import jpeg
from resguardo_formats import jcs
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from visits import come_back, url, write_back

PLACE = "Café da praça, 2º andar"
# Where no word list was made, a receipt is digits.
WITHOUT_WORDS = {"gn"}


def refused(driver: Chrome, says: dict[str, str], reasons: dict[str, str]) -> None:
    """Sends what must not go: each reason stands beside its field, and in the page's language."""
    send(driver)
    for field, reason in reasons.items():
        until(driver, lambda d: beside(d, field) == says[f"error.{reason}"])  # noqa: B023
    assert driver.find_elements(By.CSS_SELECTOR, "#tip .e [lang]") == []


def beside(driver: Chrome, field: str) -> str:
    element = driver.find_element(By.ID, f"e-{field}")
    return element.get_attribute("textContent").strip()


def type_at_once(driver: Chrome, field: str, text: str) -> None:
    """Fills a field with what would take minutes to type, or what no keyboard types."""
    reach(driver, f"#{field}")
    driver.execute_cdp_cmd("Runtime.evaluate", {
        "expression": f"document.getElementById({json.dumps(field)}).value = {json.dumps(text)}"})


def refuse_each(driver: Chrome, says: dict[str, str], javascript: bool) -> None:
    """Every refusal that a person can meet with, and what was typed stays."""
    fill(driver, {"where_text": PLACE})
    refused(driver, says, {"danger_now": "danger_now.missing", "what_happened": "what_happened.missing"})

    links = "\n".join(f"a{n}.example" for n in range(11))
    fill(driver, {"danger_now": "no", "who_am_i": "child_affected"})
    type_at_once(driver, "what_happened", "a" * 4_001)
    type_at_once(driver, "online", links)
    refused(driver, says, {"what_happened": "too_long", "online": "online.too_many",
                           "consent_share": "consent_share.missing"})
    assert value(driver, "online") == links and len(value(driver, "what_happened")) == 4_001

    type_at_once(driver, "what_happened", "")
    fill(driver, {"online": "a0.example", "who_am_i": ""})
    if not javascript:
        # The script drops such signs, which come along when something is copied; without it they are refused.
        type_at_once(driver, "other_country", "A\u202eB")
        refused(driver, says, {"other_country": "characters"})
        fill(driver, {"other_country": ""})
    assert value(driver, "where_text") == PLACE
    assert driver.find_element(By.CSS_SELECTOR, "[name=danger_now][value=no]").get_attribute("checked") == "true"


def value(driver: Chrome, field: str) -> str:
    return driver.find_element(By.ID, field).get_attribute("value")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", ["es", "pt", "ht", "gn"])
def test_a_visit(
    deployed: Gateway, tmp_path: Path, language: str, javascript: bool
) -> None:
    says = wording(language)
    photo = jpeg(150_000)
    (tmp_path / "foto.jpg").write_bytes(photo)
    with chromium(javascript=javascript, certificate_errors=True) as driver:
        driver.get(url(deployed, f"/{language}"))
        refuse_each(driver, says, javascript)
        answers = {"where_country": "AR", "what_happened": f"{language}: linha 1\nlinha 2"}
        fill(driver, answers, [tmp_path / "foto.jpg"])
        send(driver)
        typed = receipt(driver)
        assert len(typed) == (10 if language in WITHOUT_WORDS else 8)

        opened = deployed.desk("desk-ar").newest()
        assert (opened.tip.attachments[0].name, opened.tip.attachments[0].data) == ("foto.jpg", photo)
        document = opened.tip.document
        assert document["what_happened"] == f"{language}: linha 1\nlinha 2"
        assert (document["where_text"], document["language"]) == (PLACE, language)
        said = {"state": "AR", "status": "read", "text": "read", "v": 1}
        assert deployed.desk("desk-ar").answer(opened, jcs.encode(said)).status == 201

        come_back(driver, deployed, language, " ".join(typed))
        wait_for(driver, "#replies, .replies", says["status.read"])
        write_back(driver, f"{language}: sim")
        wait_for(driver, "#state, main .lead", says["answer_kept"])
        answered = deployed.desk("desk-ar").newest().tip.document
        assert answered["what_happened"] == f"{language}: sim"
        assert answered["answer_to"] == document["mailbox"]["id"]

        here = driver.current_url.partition("?")[0]
        click(driver, "#exit")
        until(driver, lambda d: not d.current_url.startswith(url(deployed, "/")))
        assert here.startswith(url(deployed, "/")) and driver.get_cookies() == []
