"""Lines that drop and gateways that lie: what the page does about them."""

from __future__ import annotations

import pytest
from browser import click, fill, receipt, send, until, wait_for
from forms import SHORT, heard, listen, story, type_short_tip, words
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import ORIGIN, Server, StandIn


# What is asked for beside the way of the tip itself.
FILES = ("/v1/desks/", "/v1/keys/", "/words/", "/v1/effort")


def test_a_dropped_answer_is_one_tip(driver: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(driver, server)
    line = words(driver, "line")
    listen(driver)
    # A browser tries again by itself, and silently, for each connection that it had open already: two at most.
    gateway.faults.drop_answers = 3
    send(driver)
    receipt(driver)
    assert line in heard(driver)
    assert gateway.deliveries >= 2
    assert len(gateway.tips) == 1


def test_a_busy_gateway_is_asked_again(driver: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(driver, server)
    busy = words(driver, "busy")
    listen(driver)
    gateway.faults.unavailable = 1
    send(driver)
    receipt(driver)
    assert busy in heard(driver)
    assert [path for method, path, _ in gateway.requests if method == "POST"] == 2 * ["/v1/tips"]
    assert len(gateway.tips) == 1


def test_a_revoked_key_means_a_new_envelope(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    gateway.faults.revoked = 1
    send(driver)
    receipt(driver)
    asked = [path for _, path, _ in gateway.requests]
    assert [path for path in asked if not path.startswith(FILES)] == [
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
    # What may be stored is sent again as it is, and is one tip.
    first = dict(gateway.tips)
    setattr(gateway.faults, fault, False)
    send(driver)
    groups = receipt(driver)
    assert len(gateway.tips) == 1 and gateway.tips.items() >= first.items()
    keys = receipts.derive(receipts.from_words(" ".join(groups), "es"), ORIGIN)
    assert gateway.opened()[1].document["mailbox"]["id"] == b64(keys.id)


@pytest.mark.parametrize(("fault", "value"), [
    ("short_salt", True), ("record_with", " "), ("record_with", '"answered":1,'),
])
def test_a_promise_that_no_other_program_would_take_is_not_believed(
    driver: Chrome, server: Server, gateway: StandIn, fault: str, value: object
) -> None:
    type_short_tip(driver, server)
    setattr(gateway.faults, fault, value)
    send(driver)
    wait_for(driver, "#state", words(driver, "check"))
    assert not driver.find_elements(By.CSS_SELECTOR, "main > #done-heading")


def test_a_changed_answer_is_another_tip(driver: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(driver, server)
    gateway.faults.wrong_signature = True
    send(driver)
    wait_for(driver, "#state", words(driver, "check"))
    gateway.faults.wrong_signature = False
    fill(driver, {"what_happened": "Otra cosa."})
    send(driver)
    receipt(driver)
    stories = {gateway.opened(n)[1].document["what_happened"] for n in range(2)}
    assert stories == {SHORT["what_happened"], "Otra cosa."}


def test_a_line_that_is_down_at_send_is_waited_for(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    line = words(driver, "line")
    # More often than any fixed number of tries; the pauses between them double.
    gateway.faults.drop_files = 4
    send(driver)
    wait_for(driver, "#state", line)
    assert driver.execute_script(
        "return document.getElementById('state').checkVisibility() && "
        "!document.getElementById('tip').checkVisibility()"), "what is said is not in what is hidden"
    receipt(driver)
    assert len(gateway.tips) == 1


def test_waiting_for_the_line_can_be_stopped(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    gateway.faults.drop_files = 1_000
    send(driver)
    wait_for(driver, "#state", words(driver, "line"))
    assert driver.switch_to.active_element.get_attribute("id") == "going"
    click(driver, "#stop")
    wait_for(driver, "#state", words(driver, "stopped"))
    assert story(driver) == SHORT["what_happened"] and gateway.tips == {}
    gateway.faults.drop_files = 0
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1


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


def test_the_same_bytes_are_not_sent_for_longer_than_they_are_known(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    busy = words(driver, "busy")
    # A clock that the test turns on, in hours.
    driver.execute_script("""
      window.hours = 0;
      const now = Date.now;
      Date.now = () => now() + hours * 3600000;
    """)
    gateway.faults.unavailable = 1_000
    send(driver)
    wait_for(driver, "#state", busy)
    driver.execute_script("hours = 19.5")
    seen = len(gateway.requests)
    until(driver, lambda _: len(gateway.requests) > seen)
    assert driver.find_element(By.ID, "state").text == busy
    # Whoever stops and sends again sends the same, which is as old as it was.
    click(driver, "#stop")
    send(driver)
    wait_for(driver, "#state", busy)
    driver.execute_script("hours = 20.1")
    # A gateway knows them for a day.
    wait_for(driver, "#state", words(driver, "failed"))
    assert story(driver) == SHORT["what_happened"] and gateway.tips == {}
    gateway.faults.unavailable = 0
    seen = len(gateway.requests)
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1
    assert any(path.startswith("/v1/keys/") for _, path, _ in gateway.requests[seen:]), "it is new"
