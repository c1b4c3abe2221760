"""A tip typed into a real browser, through the real daemon, opened by the desk; and the answer back."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from browser import (
    WITHOUT_X25519, WITHOUT_XWING, chromium, click, complaints_of, fill, receipt, requests_of, send,
    stored, wait_for,
)
from deployment import ORIGIN, make_gateway
from languages import wording
from people import Gateway, mailbox_part, running
from picture import MAKER, jpeg
from resguardo_formats import jcs
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from visits import come_back, url, write_back

TEXT = "Vi a una niña con un hombre. Dijo que era su tío. 🌧"
WAYS = {
    "x-wing": ({}, "envelope-xwing"),
    "x25519": ({"before": WITHOUT_XWING}, "envelope-x25519"),
    "no encryption in the page": ({"before": WITHOUT_X25519}, "envelope-xwing"),
    "no script": ({"javascript": False}, "envelope-xwing"),
}


def answer_all(driver: Chrome, files: list[Path]) -> None:
    """Fills the form, the country before the files as a person meets them."""
    fill(driver, {"danger_now": "unsure", "where_country": "AR", "category": ["grooming"],
                  "exploiter_known": "family_caregiver", "where_text": "Salta",
                  "what_happened": TEXT.replace("🌧", "lluvia")}, files)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [20_000, 2_000_000])
def test_a_tip_with_a_photo_arrives_and_is_answered(
    deployed: Gateway, tmp_path: Path, way: str, size: int
) -> None:
    options, use = WAYS[way]
    photo = jpeg(size)
    assert MAKER in photo
    (tmp_path / "foto.jpg").write_bytes(photo)
    with chromium(certificate_errors=True, **options) as driver:
        driver.get(url(deployed, "/es"))
        requests_of(driver)
        answer_all(driver, [tmp_path / "foto.jpg"])
        assert requests_of(driver) == [], "something left before Send"
        send(driver)
        if way == "no encryption in the page":
            wait_for(driver, "#confirm")
            click(driver, "#plain")
        typed = " ".join(receipt(driver))
        opened = deployed.desk("desk-ar").newest()
        assert opened.tip.attachments[0].data == photo
        assert opened.tip.attachments[0].name == "foto.jpg"
        assert opened.tip.attachments[0].media_type == "image/jpeg"
        document = opened.tip.document
        assert document["what_happened"] == TEXT.replace("🌧", "lluvia")
        assert (document["danger_now"], document["where_country"]) == ("unsure", "AR")
        assert document["exploiter_known"] == "family_caregiver"
        assert document["language"] == "es" and document["channel"] == "web"
        office = deployed.world.offices["desk-ar"]
        assert opened.kept.record["desk_key"] in {
            b64(office.line(use).key_id)}
        answer = '{"text":"Te creemos. Una persona adulta ya lo leyó.","v":1}'.encode()
        assert deployed.desk("desk-ar").answer(opened, answer).status == 201
        read_back(driver, deployed, typed)
        assert stored_nothing(driver, options)


def read_back(driver: Chrome, gateway: Gateway, typed: str) -> None:
    come_back(driver, gateway, "es", typed)
    wait_for(driver, "#replies, .replies", "Te creemos. Una persona adulta ya lo leyó.")
    assert "{" not in driver.find_element(By.CSS_SELECTOR, "#replies, .replies").text


def stored_nothing(driver: Chrome, options: dict) -> bool:
    if options.get("javascript") is False:
        return driver.get_cookies() == []
    found = stored(driver)
    return not any(found.values())


def test_a_refused_form_comes_back_with_what_was_typed(deployed: Gateway) -> None:
    with chromium(javascript=False, certificate_errors=True) as driver:
        driver.get(url(deployed, "/pt"))
        driver.find_element(By.ID, "what_happened").send_keys("linha 1 <b>&\nlinha 2")
        driver.find_element(By.ID, "send").click()
        wait_for(driver, "#e-danger_now", "Escolha uma.")
        assert driver.find_element(By.ID, "what_happened").get_attribute("value") == (
            "linha 1 <b>&\nlinha 2")
        assert wait_for(driver, ".sum a", "perigo")
        driver.find_element(By.CSS_SELECTOR, "[name=danger_now][value=no]").click()
        driver.find_element(By.ID, "send").click()
        assert len(receipt(driver)) == 8
    assert deployed.desk("desk-region").newest().tip.document["what_happened"] == "linha 1 <b>&\nlinha 2"


def test_a_slip_in_a_receipt_is_mended_where_it_was_typed(deployed: Gateway) -> None:
    """Without a script: nobody copies eight words again for one letter."""
    says = wording("pt")
    typed = "oito palavras, mas uma não é nenhuma delas xyz"
    with chromium(javascript=False, certificate_errors=True) as driver:
        driver.get(url(deployed, "/pt/mailbox"))
        driver.find_element(By.ID, "receipt").send_keys(typed)
        click(driver, "#box button")
        assert wait_for(driver, "#e-receipt", says["digits"])
        assert wait_for(driver, ".sum a", says["digits"])
        field = driver.find_element(By.ID, "receipt")
        assert field.get_attribute("value") == typed and field.get_attribute("aria-invalid") == "true"
        field.clear()
        nobody = receipts.to_digits(os.urandom(receipts.SECRET_BYTES))
        field.send_keys(nobody)
        click(driver, "#box button")
        assert wait_for(driver, ".replies [role=alert]", says["no_replies"])
        assert driver.find_element(By.ID, "receipt").get_attribute("value") == nobody


def test_whom_nobody_reads_for_is_told_so_by_the_script_too(tmp_path: Path) -> None:
    """The region's desk has lost a key: the tip of somebody without a desk of their own stays with them."""
    nobody = wording("es")["error.no_desk"]
    world, files = make_gateway(tmp_path)
    del world.offices["desk-region"].seeds["envelope-xwing"]
    world.version, world.previous = 0, ""
    world.publish()
    with running(tmp_path, world, files) as gateway, chromium(certificate_errors=True) as driver:
        driver.get(url(gateway, "/es"))
        text = TEXT.replace("🌧", "lluvia")
        fill(driver, {"danger_now": "no", "what_happened": text})
        send(driver)
        wait_for(driver, "#state", nobody)
        assert driver.find_element(By.ID, "what_happened").get_attribute("value") == text
        fill(driver, {"where_country": "AR"})
        send(driver)
        assert len(receipt(driver)) == 8
        assert gateway.desk("desk-ar").newest().tip.document["what_happened"] == text


def test_the_policy_holds_in_the_daemon_too(deployed: Gateway) -> None:
    with chromium(certificate_errors=True) as driver:
        for path in ("/es", "/pt", "/en", "/es/safety"):
            driver.get(url(deployed, path))
            assert complaints_of(driver) == []
            assert driver.execute_script("return document.styleSheets.length") == 1


def test_digits_of_a_language_without_a_word_list_lead_back(deployed: Gateway) -> None:
    """Guaraní: thirty digits, a status word, an answer."""
    with chromium(certificate_errors=True) as driver:
        driver.get(url(deployed, "/gn"))
        fill(driver, {"danger_now": "no", "where_country": "AR", "what_happened": "Ahai avañe’ẽme."})
        send(driver)
        groups = receipt(driver)
        assert len(groups) == 10 and all(re.fullmatch("[0-9]{3}", group) for group in groups)
        number = int("".join(groups[:9]))
        assert number < 2**88 and number % 997 == int(groups[9])
        opened = deployed.desk("desk-ar").newest()
        said = {"state": "AR", "status": "read", "text": "read", "v": 1}
        assert deployed.desk("desk-ar").answer(opened, jcs.encode(said)).status == 201
        come_back(driver, deployed, "gn", "-".join(groups))
        wait_for(driver, "#replies", "Peteĩ kakuaáva omoñe’ẽma pe rehaiva’ekue.")
        write_back(driver, "Aguyje.")
        wait_for(driver, "#state", "Ne ñembohovái oñeñongatu.")
    answered = deployed.desk("desk-ar").newest().tip.document
    assert answered["what_happened"] == "Aguyje." and answered["language"] == "gn"
    assert answered["answer_to"] == opened.tip.document["mailbox"]["id"]


OTHER_LANGUAGES = {
    "pt": ("desk-br", "Uma pessoa adulta já leu o que você escreveu.", "Sua resposta está guardada."),
    "ht": ("desk-ht", "Yon granmoun li sa ou te ekri a.", "Repons ou anrejistre."),
}


@pytest.mark.parametrize("javascript", [True, False])
def test_a_mailbox_is_read_and_answered_in_other_languages(
    deployed: Gateway, javascript: bool
) -> None:
    with chromium(javascript=javascript, certificate_errors=True) as driver:
        for language, (desk, sentence, kept) in OTHER_LANGUAGES.items():
            secret = os.urandom(receipts.SECRET_BYTES)
            mailbox = mailbox_part(receipts.derive(secret, ORIGIN))
            wire = deployed.envelope(desk, "x25519", "?", mailbox=mailbox)
            assert deployed.public().send(wire).status == 201
            state = deployed.world.offices[desk].state
            said = {"state": state, "status": "read", "text": "read", "v": 1}
            answer = deployed.desk(desk).answer(deployed.desk(desk).newest(), jcs.encode(said))
            assert answer.status == 201
            come_back(driver, deployed, language, receipts.to_words(secret, language))
            assert wait_for(driver, "#replies, .replies", sentence) == sentence
            write_back(driver, "a" + language)
            wait_for(driver, "#state, main .lead", kept)
            document = deployed.desk(desk).newest().tip.document
            assert (document["what_happened"], document["language"]) == ("a" + language, language)
            assert document["answer_to"] == mailbox["id"] and document["mailbox"] == mailbox
            assert driver.get_cookies() == []
