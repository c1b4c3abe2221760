"""What the page says to whom: a child that writes of itself, and somebody whose work may oblige. By style alone."""

from __future__ import annotations

from collections.abc import Iterator

import axe
import pytest
from browser import chromium, fill, reach
from firefox import firefox
from forms import open_form
from languages import wording
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from standin import Server

COMPLETE = ("es", "pt", "en", "fr", "nl", "ht")
OBLIGED = {"professional", "public_official", "tourism_transport", "ict_sector"}
# The questions that a child is asked of itself.
ADDRESSED = ("what_happened", "child_age_band", "child_sex_or_gender")
DUTY = "#who_am_i ~ div .note"


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"], scope="module")
def visitor(request: pytest.FixtureRequest) -> Iterator[Chrome]:
    with chromium(javascript=request.param, width=360) as driver:
        driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        yield driver


def violations(driver: Chrome) -> list[str]:
    """What axe finds, which is a script itself."""
    runs = driver.find_element(By.ID, "nav").is_displayed()
    return axe.violations(driver) if runs else []


def question(driver: Chrome, field: str) -> str:
    """A question as it is read out, without its count."""
    name = reach(driver, f"#{field}").accessible_name
    return name.partition(" / ")[2].partition(" ")[2] or name


def test_whom_the_law_may_oblige_is_told_so(visitor: Chrome, server: Server) -> None:
    open_form(visitor, server)
    fill(visitor, {})
    notice = visitor.find_element(By.CSS_SELECTOR, DUTY)
    roles = [option.get_attribute("value") for option in Select(reach(visitor, "#who_am_i")).options]
    assert set(roles) > OBLIGED
    for role in roles:
        fill(visitor, {"who_am_i": role})
        assert notice.is_displayed() == (role in OBLIGED), role
    fill(visitor, {"who_am_i": "professional"})
    assert notice.text == wording("es")["who_am_i_duty"]
    # It comes into a place that is said when it changes, and is not part of the question's name for everybody else.
    assert notice.find_element(By.XPATH, "..").aria_role == "status"
    assert violations(visitor) == []


@pytest.mark.parametrize("language", COMPLETE)
def test_a_child_is_asked_of_itself(visitor: Chrome, server: Server, language: str) -> None:
    says = wording(language)
    open_form(visitor, server, language)
    for role, suffix in [("child_affected", "_you"), ("family_or_friend", "")]:
        fill(visitor, {"who_am_i": role})
        for field in ADDRESSED:
            assert question(visitor, field).startswith(says[field + suffix]), role
        reach(visitor, "#what_happened")
        assert violations(visitor) == []


@pytest.mark.parametrize("language", ["gn", "pap"])
def test_a_language_without_words_for_it_keeps_its_own(visitor: Chrome, server: Server, language: str) -> None:
    open_form(visitor, server, language)
    fill(visitor, {"who_am_i": "child_affected"})
    for field in ADDRESSED:
        assert question(visitor, field).startswith(wording(language)[field])


def test_a_browser_that_cannot_choose_words_says_the_same_to_everybody(visitor: Chrome, server: Server) -> None:
    open_form(visitor, server)
    visitor.execute_cdp_cmd("Runtime.evaluate", {"expression": """
      const style = document.querySelector('style');
      style.textContent = style.textContent.replaceAll(':has(', ':unheard-of(');
    """})
    for role in ("child_affected", "professional", ""):
        fill(visitor, {"who_am_i": role})
        assert visitor.find_element(By.CSS_SELECTOR, DUTY).is_displayed()
        for field in ADDRESSED:
            assert question(visitor, field).startswith(wording("es")[field])
    assert violations(visitor) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_firefox_chooses_the_same_words(server: Server, javascript: bool) -> None:
    with firefox(javascript=javascript) as browser:
        browser.open(f"{server.url}/es")
        if javascript:
            browser.click("#next")
        duty = browser.find(DUTY)
        assert not duty.is_displayed()
        browser.choose("who_am_i", "public_official")
        assert duty.is_displayed()
        browser.choose("who_am_i", "child_affected")
        assert not duty.is_displayed()
        if javascript:
            browser.click("#next")
        assert wording("es")["what_happened_you"] in browser.shown("label[for=what_happened]")[0]


@pytest.mark.parametrize("language", [*COMPLETE, "gn"])
def test_who_may_receive_it_is_asked_after_the_receipt_and_says_what_the_law_may_do(
    visitor: Chrome, server: Server, language: str
) -> None:
    open_form(visitor, server, language)
    order = [e.get_attribute("name") for e in visitor.find_elements(By.CSS_SELECTOR, "#asks [name]")]
    places = [order.index(name) for name in ("attachments", "mailbox", "consent_share", "safe_contact_note")]
    assert places == sorted(places) and places[-1] == len(order) - 1
    group = visitor.find_element(By.XPATH, "//fieldset[.//*[@id='consent_share']]")
    reach(visitor, "#consent_share")
    says = wording(language)
    assert says["consent_share"] in group.accessible_name
    if language in COMPLETE:
        assert group.accessible_name.endswith(says["consent_share_need"])
    read_first, *_ = group.get_attribute("aria-describedby").split()
    hint = visitor.find_element(By.ID, read_first)
    first = visitor.find_element(By.ID, "consent_share")
    assert hint.text == says["consent_share_hint"] and hint.location["y"] < first.location["y"]
    assert violations(visitor) == []
