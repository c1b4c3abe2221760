"""Fingers on small screens, and browsers that focus or know less than others: no slip costs what was typed."""

from __future__ import annotations

import pytest
from browser import chromium, click, fill, receipt, send, to_the_end, wait_for
from firefox import firefox
from forms import SHORT, open_form, story, type_short_tip, words
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from standin import Server, StandIn

MAILBOX = "a[href='/es/mailbox']"
GROOMING, TRAVEL = "[name=category][value=grooming]", "[name=category][value=travel_tourism]"
# A touch on a radio or a checkbox gives it no focus in WebKit, but what holds it, if that can have some.
AS_WEBKIT_FOCUSES = """
  addEventListener('mousedown', event => {
    if (!event.target.closest('.c')) return;
    event.preventDefault();
    let place = event.target.matches('input') ? event.target.parentNode : event.target;
    while (place && !place.hasAttribute('tabindex')) place = place.parentElement;
    place ? place.focus() : document.activeElement.blur();
  });
"""


def is_shown(driver: Chrome, selector: str) -> bool:
    return driver.find_element(By.CSS_SELECTOR, selector).is_displayed()


def test_no_link_leads_away_from_what_was_typed(driver: Chrome, server: Server, gateway: StandIn) -> None:
    """Each page takes the place of the one before it: there is no way back to the text."""
    open_form(driver, server)
    assert is_shown(driver, MAILBOX)
    seen = """
      return [...document.querySelectorAll('a[href]:not(#exit)')].filter(a => a.checkVisibility() && a.id !== 'proof'
        && !a.classList.contains('skip')).map(a => a.href);
    """
    click(driver, "#next")
    assert driver.execute_script(seen) == []
    fill(driver, SHORT)
    assert to_the_end(driver) and driver.execute_script(seen) == []
    gateway.faults.drop_files = 1_000
    send(driver)
    wait_for(driver, "#state", words(driver, "line"))
    assert is_shown(driver, "#stop") and driver.execute_script(seen) == []


def test_without_scripts_the_way_to_the_mailbox_is_there(server: Server) -> None:
    with chromium(javascript=False) as driver:
        driver.get(f"{server.url}/es")
        assert is_shown(driver, MAILBOX)


@pytest.mark.parametrize("before", ["", AS_WEBKIT_FOCUSES], ids=["chromium", "webkit"])
def test_a_touched_answer_stays_in_the_review_with_the_others(
    server: Server, gateway: StandIn, before: str
) -> None:
    with chromium(before=before) as driver:
        open_form(driver, server)
        fill(driver, {**SHORT, "category": ["grooming"]})
        assert to_the_end(driver)
        assert not is_shown(driver, TRAVEL)
        click(driver, GROOMING)
        assert is_shown(driver, GROOMING), "what was touched is gone"
        # What comes back above it may have moved it from under the finger.
        if driver.find_element(By.CSS_SELECTOR, GROOMING).is_selected():
            click(driver, GROOMING)
        assert is_shown(driver, GROOMING)
        click(driver, TRAVEL)
        click(driver, "[name=danger_now][value=no]")
        assert not is_shown(driver, GROOMING)
        click(driver, "label:has([name=danger_now][value=unsure])")
        send(driver)
        receipt(driver)
    document = gateway.opened()[1].document
    assert (document["danger_now"], document["category"]) == ("unsure", ["travel_tourism"])


FOCUS = "return [document.activeElement.name, document.activeElement.value, document.activeElement.checked]"


def test_a_label_takes_no_focus_from_its_answer(driver: Chrome, server: Server) -> None:
    open_form(driver, server)
    label = driver.find_element(By.CSS_SELECTOR, "label:has([name=danger_now][value=no])")
    ActionChains(driver).move_to_element_with_offset(label, 60, 0).click().perform()
    assert driver.execute_script(FOCUS) == ["danger_now", "no", True]
    with firefox() as browser:
        browser.open(f"{server.url}/es")
        browser.run("arguments[0].scrollIntoView({block: 'center'})", browser.find("[name=danger_now]"))
        browser.all("#asks fieldset label")[1].click()
        assert browser.run(FOCUS) == ["danger_now", "no", True]


@pytest.mark.parametrize("before", ["", "delete HTMLElement.prototype.inert;"], ids=["new", "old"])
def test_while_a_tip_is_sent_it_can_be_stopped_and_not_be_changed(
    server: Server, gateway: StandIn, before: str
) -> None:
    with chromium(before=before) as driver:
        type_short_tip(driver, server)
        gateway.faults.drop_files = 1_000
        send(driver)
        wait_for(driver, "#state", words(driver, "line"))
        field = driver.find_element(By.ID, "what_happened")
        assert not field.is_displayed(), "what is changed now would be lost silently"
        click(driver, "#stop")
        wait_for(driver, "#state", words(driver, "stopped"))
        assert field.is_displayed() and story(driver) == SHORT["what_happened"]
        field.send_keys(" Y más.")
        gateway.faults.drop_files = 0
        send(driver)
        receipt(driver)
    assert gateway.opened()[1].document["what_happened"] == SHORT["what_happened"] + " Y más."
