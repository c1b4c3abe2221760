"""An answer to a reply, written and encrypted in the mailbox page."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from axe import violations
from browser import (
    WITHOUT_XWING, chromium, click, complaints_of, receipt, send, until, wait_for,
)
from forms import open_form, type_short_tip, words
from resguardo_formats import envelope
from resguardo_formats.encodings import unb64
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from standin import Server, StandIn

REPLY = {"text": "¿Estás a salvo?", "v": 1}
TEXT = "Sí, estoy bien.\nGracias ñ 🌧 <b>"


@pytest.fixture(scope="module")
def shown(driver: Chrome) -> dict[str, Any]:
    """A receipt and its mailbox, the same for all tests here: the stand-in forgets, people do not."""
    return {}


@pytest.fixture
def told(driver: Chrome, server: Server, gateway: StandIn, shown: dict[str, Any]) -> dict[str, Any]:
    """Sends a tip, if none was sent before."""
    if not shown:
        type_short_tip(driver, server)
        send(driver)
        shown["words"] = " ".join(receipt(driver))
        shown["mailbox"] = gateway.opened()[1].document["mailbox"]
        gateway.tips.clear()
        gateway.deliveries = 0
    return shown


def come_back(driver: Chrome, server: Server, told: dict[str, Any], *replies: dict[str, Any],
              language: str = "es") -> None:
    """Opens the mailbox with these replies in it."""
    for reply in replies:
        server.gateway.reply(told["mailbox"], json.dumps(reply).encode())
    open_form(driver, server, f"{language}/mailbox")
    driver.find_element(By.ID, "receipt").send_keys(told["words"])
    click(driver, "#box button")
    wait_for(driver, "#answer")


def write(driver: Chrome, text: str) -> None:
    # The keyboard of a driver has no characters beyond the first plane.
    field = driver.find_element(By.ID, "answer")
    driver.execute_script("arguments[0].value = arguments[1]", field, text)
    click(driver, "#write button")


def state(driver: Chrome) -> str:
    return driver.find_element(By.ID, "state").text


def is_said(driver: Chrome, key: str) -> None:
    until(driver, lambda d: state(d) == words(d, key))


def check(told: dict[str, Any], gateway: StandIn, desk: str, language: str = "es") -> None:
    """One answer has arrived at that desk, and its tag is the receipt's."""
    assert len(gateway.tips) == 1
    found, tip = gateway.opened()
    assert found.office == desk
    document = dict(tip.document)
    (wire,) = gateway.tips.values()
    key = unb64(told["mailbox"]["answer"], 32)
    tag = envelope.answer_tag(key, envelope.Header.parse(wire))
    assert unb64(document.pop("answer_tag"), 32) == tag
    assert document == {
        "v": 1, "channel": "web", "language": language, "what_happened": TEXT,
        "answer_to": told["mailbox"]["id"], "mailbox": told["mailbox"],
    }
    assert len(wire) == 17_640


@pytest.mark.parametrize(("said", "desk"), [
    ([{**REPLY, "state": "AR"}, {**REPLY, "state": "BR"}, REPLY], "desk-br"),
    ([REPLY], "desk-region"),
    ([{**REPLY, "state": "UY"}], "desk-region"),
])
def test_an_answer_goes_to_the_desk_that_wrote_last(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any],
    said: list[dict[str, Any]], desk: str,
) -> None:
    come_back(driver, server, told, *said)
    gateway.requests.clear()
    write(driver, TEXT)
    is_said(driver, "answer_kept")
    check(told, gateway, desk)
    assert driver.find_element(By.ID, "answer").get_attribute("value") == ""
    asked = [(method, path.split("/")[2]) for method, path, _ in gateway.requests]
    assert asked == [("GET", "desks"), ("GET", "keys"), ("GET", "effort"), ("POST", "tips")]


def test_an_older_browser_writes_back_too(server: Server, gateway: StandIn) -> None:
    with chromium(before=WITHOUT_XWING) as driver:
        type_short_tip(driver, server)
        send(driver)
        told = {"words": " ".join(receipt(driver)),
                "mailbox": gateway.opened()[1].document["mailbox"]}
        gateway.tips.clear()
        come_back(driver, server, told, {**REPLY, "state": "AR"}, language="pt")
        write(driver, TEXT)
        is_said(driver, "answer_kept")
        check(told, gateway, "desk-ar", "pt")


def test_two_taps_are_one_answer(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any]
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    complaints_of(driver)
    field = driver.find_element(By.ID, "answer")
    driver.execute_script("""
      arguments[0].value = arguments[1];
      const button = document.querySelector('#write button');
      button.click();
      button.click();
    """, field, TEXT)
    is_said(driver, "answer_kept")
    time.sleep(1)
    assert gateway.deliveries == 1 and complaints_of(driver) == []
    check(told, gateway, "desk-ar")


def test_half_an_emoji_makes_no_answer_unreadable(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any]
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    driver.execute_script("document.getElementById('answer').value = 'Sí. 🌧\\ud83d'")
    click(driver, "#write button")
    is_said(driver, "answer_kept")
    assert gateway.opened()[1].document["what_happened"] == "Sí. 🌧"


def test_a_bad_line_costs_time_and_never_a_second_answer(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any]
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    gateway.faults.drop_answers = 2
    write(driver, TEXT)
    is_said(driver, "answer_kept")
    assert gateway.deliveries == 3
    check(told, gateway, "desk-ar")


def test_an_answer_that_is_too_old_is_made_anew(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any]
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    driver.execute_script("window.now = Date.now")
    gateway.faults.unavailable = 1_000
    write(driver, TEXT)
    is_said(driver, "busy")
    driver.execute_script("Date.now = () => now() + 20.1 * 3600000")
    is_said(driver, "failed")
    gateway.faults.unavailable = 0
    seen = len(gateway.requests)
    click(driver, "#write button")
    is_said(driver, "answer_kept")
    assert any(path.startswith("/v1/keys/") for _, path, _ in gateway.requests[seen:])
    check(told, gateway, "desk-ar")


def test_while_an_answer_is_sent_no_other_mailbox_is_opened(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any]
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    gateway.faults.drop_answers = 1_000
    write(driver, TEXT)
    is_said(driver, "line")
    assert driver.execute_script("return ![...document.forms].some(form => form.checkVisibility())")
    assert driver.execute_script("return document.getElementById('state').checkVisibility()"), (
        "what is said is not in what is hidden")
    gateway.faults.drop_answers = 0
    is_said(driver, "answer_kept")
    assert driver.execute_script("return [...document.forms].every(form => form.checkVisibility())")
    check(told, gateway, "desk-ar")


def test_a_key_that_is_no_longer_current_costs_a_new_envelope(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any]
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    gateway.faults.revoked = 1
    write(driver, TEXT)
    is_said(driver, "answer_kept")
    check(told, gateway, "desk-ar")


@pytest.mark.parametrize(("fault", "sentence"), [
    ("wrong_key_file", "keys"), ("wrong_signature", "check"), ("refused", "refused")])
def test_what_is_not_believed_is_said_and_the_text_stays(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any], fault: str,
    sentence: str,
) -> None:
    come_back(driver, server, told, {**REPLY, "state": "AR"})
    setattr(gateway.faults, fault, True)
    write(driver, TEXT)
    is_said(driver, sentence)
    assert driver.find_element(By.ID, "answer").get_attribute("value") == TEXT


@pytest.mark.parametrize(("typed", "reason"), [("", "missing"), (" \n ", "missing"),
                                               ("ñ" * 4_001, "too_long")])
def test_a_refusal_stands_beside_the_field_and_nothing_is_sent(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any], typed: str, reason: str
) -> None:
    come_back(driver, server, told, REPLY)
    gateway.requests.clear()
    write(driver, typed)
    wait_for(driver, "#e-answer", words(driver, reason))
    field = driver.find_element(By.ID, "answer")
    assert field.get_attribute("value") == typed
    assert field.get_attribute("aria-invalid") == "true"
    assert driver.switch_to.active_element == field
    assert gateway.requests == []
    write(driver, TEXT)
    is_said(driver, "answer_kept")
    assert driver.find_element(By.ID, "e-answer").text == ""
    assert field.get_attribute("aria-invalid") is None


def test_no_replies_offer_no_field(driver: Chrome, server: Server, told: dict[str, Any]) -> None:
    come_back(driver, server, told, REPLY)
    driver.find_element(By.ID, "receipt").clear()
    driver.find_element(By.ID, "receipt").send_keys("000" * 10)
    click(driver, "#box button")
    is_said(driver, "no_replies")
    assert not driver.find_element(By.ID, "answer").is_displayed()
    assert driver.find_elements(By.CSS_SELECTOR, "#replies p") == []


@pytest.mark.parametrize("language", ["es", "ht"])
def test_coming_back_with_the_keyboard_alone(
    driver: Chrome, server: Server, gateway: StandIn, told: dict[str, Any], language: str
) -> None:
    """What is opened gets the focus; what happens is announced; axe finds nothing in what is shown then."""
    gateway.reply(told["mailbox"], json.dumps({**REPLY, "state": "AR"}).encode())
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    open_form(driver, server, f"{language}/mailbox")

    def tab_to(selector: str) -> None:
        for _ in range(30):
            if driver.execute_script("return document.activeElement.matches(arguments[0])", selector):
                return
            driver.switch_to.active_element.send_keys(Keys.TAB)
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to("#receipt")
    driver.switch_to.active_element.send_keys(told["words"], Keys.ENTER)
    until(driver, lambda d: d.switch_to.active_element.get_attribute("id") == "opened-heading")
    assert driver.find_element(By.ID, "state").get_attribute("role") == "status"
    assert driver.find_element(By.CSS_SELECTOR, "#replies p").text == REPLY["text"]
    assert violations(driver) == []
    tab_to("#answer")
    driver.switch_to.active_element.send_keys("Sí.")
    tab_to("#write button")
    driver.switch_to.active_element.send_keys(Keys.SPACE)
    is_said(driver, "answer_kept")
    assert driver.switch_to.active_element.get_attribute("id") == "answer"
    assert violations(driver) == []
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    assert gateway.opened()[1].document["what_happened"] == "Sí."
