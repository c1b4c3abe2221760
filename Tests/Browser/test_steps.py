"""One question at a time: by keyboard, for a screen reader, in a hurry, and leaving at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe import violations
from browser import (
    chromium, click, complaints_of, fill, reach, receipt, requests_of, send, to_the_end, until, wait_for,
)
from forms import SHORT, open_form, story, type_short_tip, words
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from standin import Server, StandIn

TAB, SPACE, ENTER = Keys.TAB, Keys.SPACE, Keys.ENTER


@pytest.fixture(scope="module")
def free() -> Iterator[Chrome]:
    """A browser in which axe may run as a script in the page."""
    with chromium(width=360) as driver:
        driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        yield driver


def shown(driver: Chrome) -> list[str]:
    """The names of the fields that can be seen."""
    return driver.execute_script("""
      return [...new Set([...document.querySelectorAll('#asks [name]')]
        .filter(field => field.checkVisibility()).map(field => field.name))];
    """)


def focused(driver: Chrome) -> str:
    return driver.switch_to.active_element.text


def count(driver: Chrome) -> str:
    """Which question of how many, as it is seen; empty where it is not."""
    return driver.find_element(By.CSS_SELECTOR, "#tip small").text


def test_questions_come_one_at_a_time_and_nothing_leaves(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    assert shown(driver) == ["danger_now", "where_country"]
    history = driver.execute_script("return history.length")
    seen, counts = [], []
    while driver.find_element(By.ID, "next").is_displayed():
        seen += shown(driver)
        counts.append(count(driver))
        click(driver, "#next")
        assert focused(driver) in driver.find_element(By.ID, "tip").text
        assert driver.execute_script("return document.activeElement.getBoundingClientRect().top") > 60
    assert seen == [
        "danger_now", "where_country", "who_am_i", "what_happened", "category", "where_text", "when",
        "when_text", "online", "child_age_band", "child_count", "child_sex_or_gender", "exploiter_known",
        "crosses_border", "other_country", "still_happening", "mailbox", "consent_share",
        "safe_contact_note"]
    assert counts == [f"{n} / 13" for n in range(1, 14)] and count(driver) == ""
    assert driver.find_element(By.ID, "send").is_displayed()
    click(driver, "#prev")
    assert shown(driver) == ["consent_share", "safe_contact_note"]
    assert driver.execute_script("return history.length") == history
    assert requests_of(driver) == [] and gateway.requests == []


def test_the_count_is_read_out_and_follows_what_is_asked(driver: Chrome, server: Server) -> None:
    open_form(driver, server)
    assert count(driver) == "1 / 13"
    assert driver.find_element(By.TAG_NAME, "fieldset").accessible_name.startswith("1 / 13 ")
    fill(driver, {"where_country": "AR"})
    assert count(driver) == "1 / 14", "this State takes files"
    click(driver, "#next")
    assert driver.find_element(By.ID, "who_am_i").accessible_name.startswith("2 / 14 ")
    reach(driver, "#attachments")
    assert count(driver) == "12 / 14"
    fill(driver, {"where_country": "BR"})
    assert count(driver) == "1 / 13"
    reach(driver, "#mailbox")
    assert count(driver) == "12 / 13" and focused(driver).startswith("12 / 13\n")
    assert driver.find_element(By.ID, "mailbox").accessible_name.startswith("12 / 13 ")


def press_back(driver: Chrome) -> None:
    """Asks the page to close what is open, as Back does on a phone and Escape at a desk."""
    ActionChains(driver).send_keys(Keys.ESCAPE).perform()


def test_back_is_one_question_back_and_no_history(driver: Chrome, server: Server) -> None:
    type_short_tip(driver, server)
    history = driver.execute_script("return history.length")
    click(driver, "#next")
    for place in (3, 2, 1, 1):
        press_back(driver)
        assert count(driver) == f"{place} / 13"
    assert story(driver) == SHORT["what_happened"]
    assert driver.execute_script("return history.length") == history


def test_back_stops_what_is_being_sent(driver: Chrome, server: Server, gateway: StandIn) -> None:
    type_short_tip(driver, server)
    gateway.faults.drop_files = 1_000
    send(driver)
    wait_for(driver, "#state", words(driver, "line"))
    press_back(driver)
    wait_for(driver, "#state", words(driver, "stopped"))
    press_back(driver)
    assert count(driver) == "13 / 13"
    gateway.faults.drop_files = 0
    send(driver)
    receipt(driver)
    press_back(driver)
    assert len(receipt(driver)) == 8 and len(gateway.tips) == 1
    assert not [line for line in complaints_of(driver) if "TypeError" in line]


def test_the_states_number_is_there_before_going_on(driver: Chrome, server: Server) -> None:
    open_form(driver, server)
    fill(driver, {"where_country": "BR"})
    chosen = driver.find_element(By.CSS_SELECTOR, "#where_country option:checked")
    assert chosen.text == "Brasil · 190"
    assert driver.find_element(By.XPATH, "//b[contains(., 'Brasil\u00a0190')]").is_displayed()


def test_the_end_shows_what_will_be_sent_and_lets_it_be_changed(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, {**SHORT, "category": ["grooming"], "when": "today"})
    assert to_the_end(driver)
    assert driver.find_element(By.ID, "review").is_displayed()
    assert shown(driver) == ["danger_now", "where_country", "what_happened", "category", "when", "when_text",
                             "mailbox"]
    ticked = [label.text for label in driver.find_elements(By.CSS_SELECTOR, "fieldset .c") if label.is_displayed()]
    assert len(ticked) == 2, "only what was chosen"
    # A touch on the question brings the other answers back.
    click(driver, "#asks legend")
    click(driver, "#danger_now")
    driver.find_element(By.ID, "what_happened").send_keys(" Otra vez.")
    send(driver)
    receipt(driver)
    document = gateway.opened()[1].document
    assert (document["danger_now"], document["what_happened"]) == ("yes", "Vi algo en el hotel. Otra vez.")


def test_a_child_is_always_asked_who_may_receive_it(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    fill(driver, {"who_am_i": "child_affected"})
    assert not to_the_end(driver)
    assert shown(driver) == ["consent_share", "safe_contact_note"]
    fill(driver, {"consent_share": ["none_yet"]})
    send(driver)
    receipt(driver)
    assert gateway.opened()[1].document["consent_share"] == ["none_yet"]


def test_a_whole_tip_by_keys_alone(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)

    def tab_to(name: str) -> None:
        for _ in range(30):
            if driver.execute_script("return document.activeElement.id") == name:
                return
            driver.switch_to.active_element.send_keys(TAB)
        raise AssertionError(f"no way to {name} by keys")

    def press(key: str) -> None:
        driver.switch_to.active_element.send_keys(key)

    tab_to("danger_now")
    press(SPACE)
    press(ENTER)
    assert gateway.requests == [], "Enter goes on and sends nothing"
    tab_to("next")
    press(ENTER)
    tab_to("what_happened")
    press("Solo con teclas.")
    tab_to("end")
    press(ENTER)
    until(driver, lambda d: d.find_element(By.ID, "send").is_displayed())
    tab_to("send")
    press(ENTER)
    receipt(driver)
    assert driver.execute_script("return document.activeElement.id") == "done-heading"
    document = gateway.opened()[1].document
    assert (document["danger_now"], document["what_happened"]) == ("yes", "Solo con teclas.")


@pytest.mark.parametrize("language", ["es", "gn"])
def test_axe_finds_nothing_on_the_way(free: Chrome, server: Server, language: str) -> None:
    open_form(free, server, language)
    assert violations(free) == []
    fill(free, {"where_country": "AR"})
    while free.find_element(By.ID, "next").is_displayed():
        click(free, "#next")
        assert violations(free) == [], shown(free)
    assert not free.find_elements(By.CSS_SELECTOR, "[aria-invalid]")
    send(free)
    wait_for(free, "#e-danger_now")
    assert violations(free) == []
    fill(free, SHORT)
    send(free)
    receipt(free)
    assert violations(free) == []


def test_the_receipt_can_be_copied_and_alone_is_printed(driver: Chrome, server: Server) -> None:
    driver.execute_cdp_cmd("Browser.grantPermissions", {
        "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    type_short_tip(driver, server)
    send(driver)
    groups = receipt(driver)
    click(driver, "#copy")
    said = driver.find_element(By.ID, "copied")
    assert said.aria_role == "status" and said.text.split() == ["✓", "Copiado."]
    pasted = driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert pasted.split() == groups
    # Markup would bring along, on some systems, where it comes from.
    kinds = driver.execute_async_script("""
      navigator.clipboard.read().then(items => arguments[0](items.flatMap(item => item.types)));
    """)
    assert kinds == ["text/plain"]
    driver.execute_script("window.print = () => window.printed = true")
    click(driver, "#print")
    assert driver.execute_script("return window.printed")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        seen = driver.execute_script("""
          return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.children.length && e.offsetHeight)
            .map(e => e.closest('.card') ? 'receipt' : e.id || e.tagName);
        """)
        assert set(seen) == {"receipt"}
        assert [s.text.strip() for s in driver.find_elements(By.CSS_SELECTOR, ".digits span")] == groups
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def press_shift(driver: Chrome, times: int) -> None:
    for _ in range(times):
        ActionChains(driver).key_down(Keys.SHIFT).key_up(Keys.SHIFT).perform()


def exit_to(driver: Chrome, server: Server) -> None:
    """Makes the way out lead to a page of the stand-in's, which tells that it was reached."""
    driver.execute_script("document.getElementById('exit').href = '/en/safety'")


def test_shift_three_times_leaves(driver: Chrome, server: Server) -> None:
    type_short_tip(driver, server)
    exit_to(driver, server)
    press_shift(driver, 2)
    assert driver.find_element(By.ID, "shift").text == "Mayús: 1 vez más para salir"
    # Another key starts anew, and a Shift that made a capital letter is none.
    driver.find_element(By.ID, "what_happened").send_keys("aB")
    assert driver.find_element(By.ID, "shift").text == ""
    press_shift(driver, 1)
    assert driver.find_element(By.ID, "shift").text == "Mayús: 2 veces más para salir"
    press_shift(driver, 2)
    wait_for(driver, "h1", "How to stay safe")


def test_presses_that_came_too_slowly_are_over_and_that_is_said(driver: Chrome, server: Server) -> None:
    type_short_tip(driver, server)
    exit_to(driver, server)
    told = driver.find_element(By.ID, "shift")
    assert told.aria_role == "status"
    press_shift(driver, 2)
    wait_for(driver, "#shift", "Pasó el tiempo. Empieza otra vez.")
    press_shift(driver, 1)
    assert told.text == "Mayús: 2 veces más para salir"
    wait_for(driver, "#shift", "Pasó el tiempo.")
    until(driver, lambda _: told.text == "")
    assert story(driver) == SHORT["what_happened"]


def test_what_a_refused_form_came_with_is_emptied(driver: Chrome, server: Server) -> None:
    driver.get(f"{server.url}/es-refusal")
    assert story(driver) != ""
    driver.execute_script("""
      const link = document.getElementById('exit');
      link.href = '#gone';
      link.click();
    """)
    assert story(driver) == ""
    assert driver.execute_script("""
      return [...document.querySelectorAll('#tip [name]')].every(field => !field.value && !field.checked)
        && document.title === '';
    """)
    # What is said of it is all that is left to see and to hear.
    away = driver.find_element(By.ID, "away")
    assert (away.aria_role, away.text) == ("alert", "Cargando…")
    assert driver.execute_script("""
      return [...document.body.querySelectorAll('*')].filter(e => e.checkVisibility()).map(e => e.id);
    """) == ["away"]


def test_a_page_that_the_browser_kept_is_not_shown_again(driver: Chrome, server: Server) -> None:
    type_short_tip(driver, server)
    driver.execute_script(
        "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    until(driver, lambda d: story(d) == "" and d.find_element(By.ID, "next").is_displayed())


def test_leaving_stops_what_is_being_sent(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    gateway.faults.drop_files = 1_000
    send(driver)
    until(driver, lambda _: gateway.requests)
    aborted = driver.execute_script("""
      const link = document.getElementById('exit');
      link.href = '#gone';
      link.click();
      return true;
    """)
    seen = len(gateway.requests)
    assert aborted
    # The page stays (it left to a place of its own): had it gone on, the answer that now comes would be taken.
    gateway.faults.drop_files = 0
    driver.execute_async_script("setTimeout(arguments[0], 3000)")
    assert len(gateway.requests) <= seen + 1 and gateway.tips == {}


@pytest.mark.parametrize("features", [
    [{"name": "forced-colors", "value": "active"}],
    [{"name": "prefers-reduced-motion", "value": "reduce"}],
])
def test_the_way_is_there_under_every_wish(
    free: Chrome, server: Server, features: list[dict[str, str]]
) -> None:
    free.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        open_form(free, server)
        assert violations(free) == []
        edges, moving = free.execute_script("""
          const buttons = [...document.querySelectorAll('button, .exit')].filter(b => b.checkVisibility());
          return [buttons.map(b => getComputedStyle(b).borderTopColor),
            [...document.querySelectorAll('*')].some(e => getComputedStyle(e).transitionDuration !== '0s'
              || getComputedStyle(e).animationName !== 'none')];
        """)
        assert not moving
        if features[0]["name"] == "forced-colors":
            assert edges and all(edge not in ("rgba(0, 0, 0, 0)", "transparent") for edge in edges)
    finally:
        free.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize(("width", "zoom"), [(320, 100), (640, 200), (1280, 100), (1280, 200)])
def test_no_step_is_wider_than_the_screen(
    free: Chrome, server: Server, width: int, zoom: int
) -> None:
    free.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 640, "deviceScaleFactor": 1, "mobile": False})
    open_form(free, server)
    free.execute_script("document.documentElement.style.fontSize = arguments[0] + '%'", zoom)
    while True:
        assert free.execute_script("return document.documentElement.scrollWidth") <= width
        if not free.find_element(By.ID, "next").is_displayed():
            break
        click(free, "#next")
    assert reach(free, "#danger_now").is_displayed()
