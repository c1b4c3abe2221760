"""A phone with scripts whose browser cannot encrypt here: the form goes as it is, and the page keeps its promises all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser import WITHOUT_X25519, chromium, click, complaints_of, fill, send, until, wait_for
from forms import SHORT, heard, listen, open_form, story, type_short_tip, words
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import Server, StandIn

# What browsers from before September 2020 have not.
WITHOUT_REPLACING = "delete Element.prototype.replaceChildren;"


@pytest.fixture(scope="module")
def old() -> Iterator[Chrome]:
    with chromium(before=WITHOUT_X25519 + WITHOUT_REPLACING) as driver:
        yield driver


def send_as_it_is(driver: Chrome) -> None:
    send(driver)
    wait_for(driver, "#confirm")
    click(driver, "#plain")


def ask(driver: Chrome, typed: str = "307 415") -> None:
    driver.find_element(By.ID, "receipt").send_keys(typed)
    click(driver, "#box button")


def fields(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form as it came, without its files."""
    found = re.findall(rb'name="([a-z_]+)"\r\n\r\n(.*?)\r\n--', body, re.S)
    return [(name.decode(), value.decode()) for name, value in found]


def test_a_form_is_sent_and_its_receipt_shown_in_place(
    old: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(old, server)
    fill(old, {**SHORT, "who_am_i": "child_affected", "consent_share": ["police_unit", "child_protection"],
               "online": "@uno\n@dos"})
    old.execute_script("document.getElementById('what_happened').value = 'Vi\\u202a algo.'")
    title = old.title
    send_as_it_is(old)
    wait_for(old, ".digits")
    assert old.switch_to.active_element.get_attribute("id") == "done-heading"
    assert old.title == title and old.current_url == f"{server.url}/es"
    assert not old.find_elements(By.ID, "top"), "a slip of the thumb leads away from the receipt"
    assert complaints_of(old) == []
    old.execute_script("window.print = () => window.printed = true")
    click(old, "#print")
    assert old.execute_script("return window.printed") and old.find_element(By.ID, "copy").is_displayed()
    ((path, body),) = gateway.forms
    sent = fields(body)
    assert path == "/es" and ("what_happened", "Vi algo.") in sent
    assert [value for name, value in sent if name == "consent_share"] == ["police_unit", "child_protection"]
    assert ("online", "@uno\r\n@dos") in sent and gateway.tips == {}


def test_back_after_leaving_shows_neither_form_nor_receipt(server: Server, gateway: StandIn) -> None:
    with chromium(before=WITHOUT_X25519) as driver:
        driver.get("about:blank")
        type_short_tip(driver, server)
        places = driver.execute_script("return history.length")
        send_as_it_is(driver)
        wait_for(driver, ".digits")
        leave(driver, server, places)
        driver.get(f"{server.url}/es/mailbox")
        places = driver.execute_script("return history.length")
        for page in ("#write", "#box"):
            ask(driver)
            wait_for(driver, page)
            until(driver, lambda d: d.switch_to.active_element.get_attribute("id") == "main")
        driver.find_element(By.ID, "answer").send_keys("Gracias.")
        click(driver, "#write button")
        until(driver, lambda _: len(gateway.forms) == 4)
        leave(driver, server, places)


def leave(driver: Chrome, server: Server, places: int) -> None:
    """By the way out; what was there before our pages is what Back leads to."""
    assert driver.execute_script("return history.length") == places
    click(driver, "#exit")
    until(driver, lambda d: not d.current_url.startswith(server.url))
    driver.back()
    until(driver, lambda d: d.current_url == "about:blank")


def test_a_line_that_is_down_costs_time_and_no_text(
    old: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(old, server)
    line, sending, working = (words(old, key) for key in ("line", "sending", "working"))
    # A browser tries again by itself, and silently, for each connection that it had open already: two at most.
    gateway.faults.drop_forms = 3
    send(old)
    wait_for(old, "#confirm")
    listen(old)
    click(old, "#plain")
    wait_for(old, ".digits")
    said = heard(old)
    assert line in said and said[0] == sending and working not in said, "nothing is encrypted here"
    # By this the gateway knows that they are one.
    assert len({dict(fields(body))["once"] for _, body in gateway.forms}) == 1 < len(gateway.forms)


def test_waiting_for_the_line_can_be_stopped(old: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(old, server)
    gateway.faults.drop_forms = 1_000
    send_as_it_is(old)
    wait_for(old, "#state", words(old, "line"))
    assert old.execute_script("return document.getElementById('tip').hidden")
    click(old, "#stop")
    wait_for(old, "#state", words(old, "stopped"))
    assert story(old) == SHORT["what_happened"]
    gateway.faults.drop_forms = 0
    send_as_it_is(old)
    wait_for(old, ".digits")


def test_what_is_refused_is_said_and_nothing_typed_is_lost(
    old: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(old, server)
    gateway.faults.refuse_forms = 1
    send_as_it_is(old)
    assert "http" not in wait_for(old, "#state .sum")
    assert old.find_elements(By.CSS_SELECTOR, "#state .sum li")
    assert story(old) == SHORT["what_happened"]
    send_as_it_is(old)
    wait_for(old, ".digits")


def test_a_mailbox_waits_for_the_line_and_keeps_what_was_typed(
    old: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(old, server, "es/mailbox")
    line = words(old, "line")
    gateway.faults.drop_forms = 3
    listen(old)
    ask(old)
    wait_for(old, ".replies")
    assert line in heard(old)
    # The page that came works as the one before it.
    gateway.faults.drop_forms = 1_000
    old.find_element(By.ID, "answer").clear()
    old.find_element(By.ID, "answer").send_keys("Gracias. ñ")
    click(old, "#write button")
    wait_for(old, "#state", line)
    assert old.find_element(By.ID, "answer").get_attribute("value") == "Gracias. ñ"
    gateway.faults.drop_forms = 0
    until(old, lambda d: d.switch_to.active_element.get_attribute("id") == "main")
    assert {path for path, _ in gateway.forms} == {"/es/mailbox"}
    assert b"answer=Gracias.+%C3%B1" in gateway.forms[-1][1]


def test_what_is_no_receipt_stays_to_be_mended(
    old: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(old, server, "es/mailbox")
    gateway.faults.refuse_forms = 1
    ask(old)
    wait_for(old, "#e-receipt", words(old, "digits"))
    assert old.find_element(By.ID, "receipt").get_attribute("value") == "307 415"
    ask(old, " 9")
    wait_for(old, ".replies p")
    assert gateway.forms[-1][1] == b"receipt=307+415+9"


@pytest.mark.parametrize("before", ["", WITHOUT_X25519])
def test_a_script_that_fails_leaves_the_form_to_go_as_it_is(
    server: Server, gateway: StandIn, before: str
) -> None:
    """Whatever a browser has not, or an extension took away."""
    with chromium(before=before) as driver:
        type_short_tip(driver, server)
        driver.execute_script("document.getElementById('going').remove()")
        send_as_it_is(driver)
        wait_for(driver, ".digits")
    ((_, body),) = gateway.forms
    assert ("what_happened", SHORT["what_happened"]) in fields(body)
