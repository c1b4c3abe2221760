"""Lines that drop and gateways that lie: what the page does about them."""

from __future__ import annotations

import pytest
from browser import receipt, send, wait_for
from forms import SHORT, story, type_short_tip, words
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import Server, StandIn


def test_a_dropped_answer_is_one_tip(driver: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(driver, server)
    gateway.faults.drop_answers = 2
    send(driver)
    wait_for(driver, "#state", words(driver, "line"))
    receipt(driver)
    assert gateway.deliveries >= 2
    assert len(gateway.tips) == 1


def test_a_busy_gateway_is_asked_again(driver: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(driver, server)
    gateway.faults.unavailable = 1
    send(driver)
    wait_for(driver, "#state", words(driver, "busy"))
    receipt(driver)
    assert len(gateway.tips) == 1


def test_a_revoked_key_means_a_new_envelope(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    gateway.faults.revoked = 1
    send(driver)
    receipt(driver)
    assert [path for _, path, _ in gateway.requests if "/keys/" not in path] == [
        "/v1/tips", "/es", "/v1/tips"]
    assert len(gateway.tips) == 1


@pytest.mark.parametrize("fault", ["wrong_key_file", "key_file_missing"])
def test_without_the_right_key_nothing_is_sent(
    driver: Chrome, server: Server, gateway: StandIn, fault: str
) -> None:
    type_short_tip(driver, server)
    setattr(gateway.faults, fault, True)
    send(driver)
    wait_for(driver, "#state", words(driver, "keys"))
    assert gateway.tips == {} and gateway.forms == []
    assert {method for method, _, _ in gateway.requests} == {"GET"}
    assert story(driver) == SHORT["what_happened"]
    setattr(gateway.faults, fault, False)
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1


@pytest.mark.parametrize("fault", [
    "wrong_commitment", "wrong_signature", "wrong_envelope", "garbage"])
def test_an_answer_that_does_not_hold_is_not_believed(
    driver: Chrome, server: Server, gateway: StandIn, fault: str
) -> None:
    type_short_tip(driver, server)
    setattr(gateway.faults, fault, True)
    send(driver)
    wait_for(driver, "#state", words(driver, "check"))
    assert not driver.find_elements(By.CSS_SELECTOR, "main > #done-heading")
    assert story(driver) == SHORT["what_happened"]


def test_a_refusal_without_a_reason_is_still_told(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    gateway.faults.refused = 1
    send(driver)
    wait_for(driver, "#state", words(driver, "refused"))
    assert story(driver) == SHORT["what_happened"]
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1
