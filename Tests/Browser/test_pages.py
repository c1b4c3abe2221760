"""Every page in every language: accessible, at home on a small screen, and silent towards others."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import axe_script, violations
from browser import chromium, complaints_of, requests_of, stored
from firefox import firefox
from languages import LANGUAGES
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from standin import Server, StandIn

PAGES = ("form", "safety", "receipt", "done", "mailbox", "replies", "answering", "kept", "empty", "wrong", "problem", "refusal")
ALL = [f"{language}-{page}" for language in LANGUAGES for page in PAGES]


@pytest.fixture(scope="module")
def phone() -> Iterator[Chrome]:
    """The narrowest screen that WCAG 1.4.10 asks for."""
    with chromium(width=320, height=640, logged=False) as driver:
        yield driver


@pytest.fixture(scope="module")
def auditor() -> Iterator[Chrome]:
    """A browser that takes axe along to each page; the page's own policy would forbid a script to run it."""
    with chromium(before=axe_script(), logged=False) as driver:
        driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        yield driver


def audited(driver: Chrome, url: str) -> list[str]:
    """What axe finds on a page that shows all it has."""
    driver.get(url)
    driver.execute_script(EVERYTHING_SHOWN)
    return violations(driver)


EVERYTHING_SHOWN = """
  document.querySelectorAll('details').forEach(folded => folded.open = true);
  document.querySelectorAll('#asks > *, #intro, #review, #go, #nav, #nav *, #confirm, #cleaning, #going, #rate, #keep,'
    + '#opened').forEach(place => place.hidden = false);
  document.body.className = '';
  document.getElementById('going')?.style.setProperty('display', 'block');
"""


@pytest.mark.parametrize("page", ALL)
def test_axe_finds_nothing(auditor: Chrome, server: Server, page: str) -> None:
    assert audited(auditor, f"{server.url}/{page}") == []


@pytest.mark.parametrize("page", ["es-form", "es-refusal", "es-receipt", "es-mailbox", "es-replies"])
def test_axe_finds_nothing_in_the_dark(auditor: Chrome, server: Server, page: str) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    auditor.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    try:
        assert audited(auditor, f"{server.url}/{page}") == []
    finally:
        auditor.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("page", ["es-refusal", "es-wrong"])
def test_what_is_wrong_has_an_edge_as_red_as_the_words_that_say_so(
    driver: Chrome, server: Server, page: str
) -> None:
    driver.get(f"{server.url}/{page}")
    edges, red = driver.execute_script("""
      const look = element => getComputedStyle(element);
      return [[...document.querySelectorAll('[aria-invalid]')].map(field => look(field).borderTopColor),
        look(document.querySelector('.e')).color];
    """)
    assert edges and set(edges) == {red}


@pytest.mark.parametrize("page", ALL)
def test_a_page_asks_nobody_for_anything(
    driver: Chrome, server: Server, gateway: StandIn, page: str
) -> None:
    driver.get("about:blank")
    requests_of(driver)
    complaints_of(driver)
    driver.get(f"{server.url}/{page}")
    assert requests_of(driver) == [f"{server.url}/{page}"]
    assert complaints_of(driver) == []
    assert stored(driver) == {"cookies": "", "local": 0, "session": 0, "databases": 0, "caches": 0,
                              "workers": 0}
    assert [path for _, path, _ in gateway.requests] == [f"/{page}"]


@pytest.mark.parametrize("page", ALL)
def test_nothing_is_wider_than_a_small_phone(phone: Chrome, server: Server, page: str) -> None:
    phone.get(f"{server.url}/{page}")
    phone.execute_script(EVERYTHING_SHOWN)
    for width, zoom in ((320, 100), (640, 200)):
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 640, "deviceScaleFactor": 1, "mobile": False})
        shown = phone.execute_script("""
          document.documentElement.style.fontSize = arguments[0] + '%';
          return document.documentElement.scrollWidth;
        """, zoom)
        assert shown <= width, zoom


@pytest.mark.parametrize("page", [f"{language}-form" for language in LANGUAGES])
def test_everything_to_press_is_large_enough(phone: Chrome, server: Server, page: str) -> None:
    phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False})
    phone.get(f"{server.url}/{page}")
    phone.execute_script(EVERYTHING_SHOWN)
    for selector in (".exit", "button", "nav a", ".c", "select", "textarea", "summary",
                     "input[type=file]"):
        found = phone.find_elements(By.CSS_SELECTOR, selector)
        assert found, selector
        for element in found:
            assert element.rect["height"] >= 44 and element.rect["width"] >= 44, selector


def test_the_way_out_stays_in_view_and_hides_no_focus(phone: Chrome, server: Server) -> None:
    phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False})
    phone.get(f"{server.url}/es")
    phone.execute_script(EVERYTHING_SHOWN)
    seen = set()
    for _ in range(120):
        # Not to an element: what is sent to a field of files is taken for the name of one.
        ActionChains(phone).send_keys(Keys.TAB).perform()
        top, bar, name, exit_top = phone.execute_script("""
          const focused = document.activeElement, bar = document.querySelector('header');
          return [focused.getBoundingClientRect().bottom, bar.getBoundingClientRect().bottom,
            focused.id || focused.textContent, document.getElementById('exit').getBoundingClientRect().top];
        """)
        assert 0 <= exit_top < 60, name
        if name not in seen and phone.execute_script(
                "return !document.activeElement.closest('header, .skip')"):
            assert top > bar, f"{name} is behind the bar"
        seen.add(name)
        if name == "send":
            break
    assert {"exit", "danger_now", "what_happened", "where_country", "send"} <= seen


def test_the_first_stops_are_the_content_and_the_way_out(phone: Chrome, server: Server) -> None:
    phone.get(f"{server.url}/es")
    phone.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert phone.switch_to.active_element.get_attribute("href").endswith("#main")
    phone.switch_to.active_element.send_keys(Keys.TAB)
    assert phone.switch_to.active_element.get_attribute("id") == "exit"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_out_is_explained_before_any_question(driver: Chrome, server: Server, language: str) -> None:
    driver.get(f"{server.url}/{language}")
    texts = driver.execute_script("return [...document.querySelectorAll('#intro li')].map(e => e.textContent)")
    button = driver.find_element(By.ID, "exit")
    assert button.text in texts[-1] and button.get_attribute("title") in texts[-1]
    link = driver.find_element(By.CSS_SELECTOR, "#intro a")
    assert link.is_displayed() and link.get_attribute("href") == f"{server.url}/{language}/safety"
    question = driver.find_element(By.CSS_SELECTOR, "#asks fieldset")
    assert link.location["y"] < question.location["y"]


@pytest.mark.parametrize("javascript", [True, False])
def test_no_key_is_promised_that_does_nothing(server: Server, javascript: bool) -> None:
    with chromium(javascript=javascript) as driver:
        driver.get(f"{server.url}/es")
        assert driver.find_element(By.CSS_SELECTOR, "#intro .keys").is_displayed() == javascript
    with firefox(javascript=javascript) as browser:
        browser.open(f"{server.url}/es")
        assert browser.find("#intro .keys").is_displayed() == javascript


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_and_icon_tell_nothing(driver: Chrome, server: Server, language: str) -> None:
    titles = set()
    for page in ("form", "safety", "receipt", "mailbox", "problem"):
        driver.get(f"{server.url}/{language}-{page}")
        titles.add(driver.title)
        icon = driver.find_element(By.CSS_SELECTOR, "link[rel=icon]").get_attribute("href")
        assert icon == "data:,"
        assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith(language)
    assert len(titles) == 5
    assert all(len(title) < 12 for title in titles)


@pytest.mark.parametrize("page", ["form", "refusal", "mailbox", "answering"])
def test_no_browser_sends_what_is_typed_to_be_corrected(
    driver: Chrome, server: Server, page: str
) -> None:
    driver.get(f"{server.url}/es-{page}")
    fields = driver.execute_script("""
      return [...document.querySelectorAll('textarea, input:not([type])')]
        .map(field => [field.id, field.spellcheck, field.writingSuggestions]);
    """)
    assert fields and fields == [[name, False, "false"] for name, _, _ in fields]


@pytest.mark.parametrize("page", ["mailbox", "replies"])
def test_replies_are_sent_to_no_translator(driver: Chrome, server: Server, page: str) -> None:
    driver.get(f"{server.url}/es-{page}")
    assert driver.execute_script("return document.querySelector('.replies').translate") is False
    assert driver.execute_script("return document.querySelector('h1').translate") is True


@pytest.mark.parametrize("page", ["form", "safety", "mailbox", "refusal"])
def test_pulling_down_does_not_load_the_page_again(
    driver: Chrome, server: Server, page: str
) -> None:
    driver.get(f"{server.url}/es-{page}")
    assert driver.execute_script(
        "return getComputedStyle(document.documentElement).overscrollBehaviorY") == "none"


def test_a_browser_without_has_loses_no_other_rule(gateway: StandIn) -> None:
    """Such a browser drops a rule whole, whatever else it selects."""
    page = (gateway.pages / "es-form.html").read_text()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    # A comma within :is() makes no list of selectors.
    lists = re.findall(r"[^{}]+(?={)", re.sub(r":is\([^()]*\)", ":is()", style))
    having = [selectors for selectors in lists if ":has(" in selectors]
    assert having and not [selectors for selectors in having if "," in selectors]


def described(driver: Chrome, selector: str) -> str:
    """What a screen reader says of an element after its name."""
    root = driver.execute_cdp_cmd("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    node = driver.execute_cdp_cmd("DOM.querySelector", {"nodeId": root, "selector": selector})
    tree = driver.execute_cdp_cmd(
        "Accessibility.getPartialAXTree", {**node, "fetchRelatives": False})
    return tree["nodes"][0].get("description", {}).get("value", "")


@pytest.mark.parametrize("language", ["es", "ht", "gn"])
def test_a_groups_hint_is_read_with_it(driver: Chrome, server: Server, language: str) -> None:
    driver.get(f"{server.url}/{language}")
    driver.execute_script(EVERYTHING_SHOWN)
    hints = driver.find_elements(By.CSS_SELECTOR, "fieldset .hint")
    assert {hint.get_attribute("id") for hint in hints} >= {"h-consent_share"}
    for hint in hints:
        group = f"fieldset:has(#{hint.get_attribute('id')})"
        assert hint.text in described(driver, group)


def brotli(data: bytes) -> int:
    """The size under Brotli's best, by Debian's library as the gateway will use it."""
    library = ctypes.CDLL("libbrotlienc.so.1")
    size = ctypes.c_size_t(len(data) + 1_024)
    out = ctypes.create_string_buffer(size.value)
    assert library.BrotliEncoderCompress(
        11, 22, 1, ctypes.c_size_t(len(data)), data, ctypes.byref(size), out)
    return size.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_fits_into_one_answer(pages: Path, pages_of_all_states: Path, language: str) -> None:
    assert brotli((pages_of_all_states / f"{language}-form.html").read_bytes()) <= 14 << 10
    page = (pages / f"{language}-form.html").read_bytes()
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.S)
    assert brotli(page) <= 14 << 10
    assert len(scripts) == 2 and brotli(b"".join(scripts)) <= 6 << 10


def test_a_planted_script_does_not_run(driver: Chrome, server: Server) -> None:
    driver.get(f"{server.url}/es")
    ran = driver.execute_script("""
      const script = document.createElement('script');
      try { script.textContent = 'window.planted = 1'; document.body.append(script); } catch {}
      return window.planted === 1;
    """)
    assert not ran
