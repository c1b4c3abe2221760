"""Coming back with the receipt, and leaving the page at once."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from browser import chromium, click, reach, receipt, send, until, wait_for
from firefox import firefox
from forms import SHORT, open_form, story, type_short_tip, words
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from standin import Server, StandIn

from resguardo_formats import receipt as receipts
from resguardo_formats.errors import Refused


def ask(driver: Chrome, server: Server, typed: str, language: str = "es") -> list[str]:
    open_form(driver, server, f"{language}/mailbox")
    opening, none = words(driver, "opening"), words(driver, "no_replies")
    driver.find_element(By.ID, "receipt").send_keys(typed)
    click(driver, "#box button")
    until(driver, lambda d: d.find_element(By.ID, "state").text != opening)
    found = [p.text for p in driver.find_elements(By.CSS_SELECTOR, "#replies p")]
    assert (driver.find_element(By.ID, "state").text == none) == (found == [])
    return found


def sent(driver: Chrome, server: Server, gateway: StandIn) -> tuple[str, Any]:
    """A tip's receipt as it was shown, and the mailbox that the desk finds in the tip."""
    type_short_tip(driver, server)
    send(driver)
    return " ".join(receipt(driver)), gateway.opened()[1].document["mailbox"]


def asks(gateway: StandIn) -> int:
    """How often a mailbox was asked for."""
    return [path for _, path, _ in gateway.requests].count("/v1/mailbox")


def fits(shown: str) -> int:
    """How many receipts the words can be: now and then all of them begin as words of another language's list do."""
    found = 0
    for language in receipts.LANGUAGES:
        with suppress(Refused):
            receipts.from_words(shown, language)
            found += 1
    return found


def test_replies_are_read_with_the_receipt_alone(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    shown, mailbox = sent(driver, server, gateway)
    empty = ask(driver, server, shown)
    assert empty == ask(driver, server, "000" * 10), "no replies and no such receipt differ"
    texts = [f"Respuesta {n}: <b>¿Estás</b> bien?" for n in range(6)]
    for text in texts:
        gateway.reply(mailbox, f'{{"text":"{text}","v":1}}'.encode())
    digits = receipts.to_digits(receipts.from_words(shown, "es"))
    short = ",".join(word[:4].upper() for word in receipts.spelled(shown))
    for typed in (shown, short, f" {digits[:7]} {digits[7:]}"):
        assert ask(driver, server, typed) == texts
    # A page in another language finds the list too.
    assert ask(driver, server, short, "ht") == texts
    assert not driver.find_elements(By.CSS_SELECTOR, "#replies b")
    sizes = {headers.get("Content-Length") for _, path, headers in gateway.requests
             if path == "/v1/mailbox"}
    assert sizes == {"36"}


def test_how_often_is_asked_does_not_tell_how_many_replies_there_are(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    shown, mailbox = sent(driver, server, gateway)
    asked = []
    for more in (0, 4, 5):
        for _ in range(more):
            gateway.reply(mailbox, b'{"text":"Hola.","v":1}')
        found = ask(driver, server, shown)
        asked.append((len(found), asks(gateway) / fits(shown)))
    assert asked == [(0, 4), (4, 4), (9, 4)]


def test_who_asks_twice_at_once_is_shown_one_mailbox(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    shown, mailbox = sent(driver, server, gateway)
    gateway.reply(mailbox, b'{"text":"Hola.","v":1}')
    open_form(driver, server, "es/mailbox")
    driver.find_element(By.ID, "receipt").send_keys(shown)
    driver.execute_script("""
      const button = document.querySelector('#box button');
      button.click();
      button.click();
    """)
    until(driver, lambda _: asks(gateway) == 8 * fits(shown))
    wait_for(driver, "#replies p", "Hola.")
    driver.execute_async_script("setTimeout(arguments[0], 1000)")
    assert len(driver.find_elements(By.CSS_SELECTOR, "#replies p")) == 1


def test_status_words_are_said_in_the_readers_language(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    shown, mailbox = sent(driver, server, gateway)
    for said in ({"status": "read", "text": "read"}, {"status": "closed", "text": "Gracias."},
                 {"status": "gone-fishing", "text": "gone-fishing"}, {"status": "'] *", "text": "¿?"},
                 {"status": 7, "text": "siete"}):
        gateway.reply(mailbox, json.dumps({"v": 1, **said}).encode())
    gateway.reply(mailbox, b"null")
    for language, read in (("es", "Una persona adulta ya leyó lo que escribiste."),
                           ("ht", "Yon granmoun li sa ou te ekri a."),
                           ("gn", "Peteĩ kakuaáva omoñe’ẽma pe rehaiva’ekue.")):
        found = ask(driver, server, shown, language)
        assert found[0] == read
        assert found[1] == words(driver, "status.closed") and found[2] == "Gracias."
        assert found[3:] == ["gone-fishing", "¿?", "siete", "null"]


def test_digits_with_a_slip_are_not_sent(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server, "es/mailbox")
    driver.find_element(By.ID, "receipt").send_keys("123 456")
    click(driver, "#box button")
    wait_for(driver, "#e-receipt", words(driver, "digits"))
    assert gateway.requests == []


@pytest.mark.parametrize("javascript", [True, False])
def test_leaving_at_once(server: Server, javascript: bool) -> None:
    with chromium(javascript=javascript) as driver:
        driver.get(f"{server.url}/es")
        link = driver.find_element(By.ID, "exit")
        assert link.get_attribute("rel") == "noreferrer nofollow"
        box = link.rect
        assert box["width"] >= 44 and box["height"] >= 44
        link.click()
        wait_until_gone(driver, server.url)


def test_leaving_with_shift_held_leaves_too(driver: Chrome, server: Server) -> None:
    """Shift is half of the way out by keys, and what it opens is a window beside the form."""
    type_short_tip(driver, server)
    driver.execute_script("document.getElementById('exit').href = '/en/safety'")
    link = driver.find_element(By.ID, "exit")
    ActionChains(driver).key_down(Keys.SHIFT).click(link).key_up(Keys.SHIFT).perform()
    wait_for(driver, "h1", "How to stay safe")
    assert len(driver.window_handles) == 1


def follow(driver: Chrome, selector: str, address: str) -> None:
    if driver.find_elements(By.CSS_SELECTOR, "#top details:not([open])"):
        click(driver, "#top summary")
    click(driver, selector)
    until(driver, lambda d: d.current_url == address)


@pytest.mark.parametrize("language", ["es", "pt", "ht", "gn"])
def test_back_after_leaving_shows_nothing_of_ours(server: Server, language: str) -> None:
    """Wherever somebody went on our pages before."""
    with chromium() as driver:
        driver.get("about:blank")
        driver.get(f"{server.url}/en")
        places = driver.execute_script("return history.length")
        address = f"{server.url}/{language}"
        follow(driver, f"#top a[href='/{language}']", address)
        driver.find_element(By.CSS_SELECTOR, ".skip").send_keys(Keys.ENTER)
        until(driver, lambda d: d.current_url == f"{address}#main")
        assert driver.switch_to.active_element.get_attribute("id") == "main"
        follow(driver, "a[href$=safety]", f"{address}/safety")
        follow(driver, f"main a[href='/{language}']", address)
        follow(driver, "main a[href$=mailbox]", f"{address}/mailbox")
        follow(driver, "a[href$=safety]", f"{address}/safety")
        assert driver.execute_script("return history.length") == places
        click(driver, "#exit")
        wait_until_gone(driver, server.url)
        driver.back()
        until(driver, lambda d: d.current_url == "about:blank")


def test_back_after_leaving_shows_nothing_of_ours_in_firefox(server: Server) -> None:
    with firefox() as browser:
        browser.open("about:blank")
        browser.open(f"{server.url}/en")
        browser.click("#top summary")
        for selector, place in (("#top a[href='/es']", "/es"), ("a[href$=safety]", "/es/safety"),
                                ("main a[href='/es']", "/es")):
            browser.click(selector)
            browser.until(lambda: browser.client.get_url() == server.url + place)
        # The stand-in's own page, since nothing answers where the way out leads.
        browser.run("document.getElementById('exit').href = '/unit'")
        browser.click("#exit")
        browser.until(lambda: browser.client.get_url() == f"{server.url}/unit")
        browser.client.go_back()
        browser.until(lambda: browser.client.get_url() == "about:blank")


def test_a_link_to_what_is_wrong_leads_there_and_is_no_place(
    driver: Chrome, server: Server
) -> None:
    driver.get(f"{server.url}/es-refusal")
    places = driver.execute_script("return history.length")
    for link in driver.find_elements(By.CSS_SELECTOR, ".sum a"):
        name = link.get_attribute("href").split("#")[1]
        click(driver, f".sum a[href='#{name}']")
        until(driver, lambda d: d.switch_to.active_element.get_attribute("id") == name)
        assert 0 < driver.switch_to.active_element.rect["y"] - driver.execute_script("return scrollY")
    assert driver.execute_script("return history.length") == places


@pytest.mark.parametrize("key", [Keys.CONTROL, Keys.SHIFT])
def test_what_is_opened_elsewhere_leaves_the_form_as_it_is(
    driver: Chrome, server: Server, key: str
) -> None:
    type_short_tip(driver, server)
    click(driver, "#prev")
    reach(driver, "#danger_now")
    here = driver.current_window_handle
    link = driver.find_element(By.CSS_SELECTOR, "a[href$=safety]")
    ActionChains(driver).key_down(key).click(link).key_up(key).perform()
    until(driver, lambda d: len(d.window_handles) == 2)
    assert story(driver) == SHORT["what_happened"]
    (other,) = set(driver.window_handles) - {here}
    driver.switch_to.window(other)
    driver.close()
    driver.switch_to.window(here)


def wait_until_gone(driver: Chrome, url: str) -> None:
    until(driver, lambda d: not d.current_url.startswith(url))


def test_what_was_typed_is_gone_after_leaving(driver: Chrome, server: Server) -> None:
    type_short_tip(driver, server)
    driver.execute_script("document.getElementById('exit').href = '/en/safety'")
    click(driver, "#exit")
    wait_for(driver, "h1", "How to stay safe")
    driver.get(f"{server.url}/es")
    assert story(driver) == ""
