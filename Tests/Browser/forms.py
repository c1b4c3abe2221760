"""What the tests of the form share: a short tip, and how a page is opened and read."""

from __future__ import annotations

from browser import complaints_of, fill, requests_of
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import Server

SHORT = {"danger_now": "no", "what_happened": "Vi algo en el hotel."}


def words(driver: Chrome, key: str) -> str:
    """A sentence that the page carries for its script."""
    element = driver.find_element(By.CSS_SELECTOR, f'[data-w="{key}"]')
    return element.get_attribute("textContent")


def open_form(driver: Chrome, server: Server, language: str = "es") -> None:
    driver.get(f"{server.url}/{language}")
    requests_of(driver)
    complaints_of(driver)
    server.gateway.requests.clear()


def type_short_tip(driver: Chrome, server: Server) -> None:
    """Opens the form and fills in what it cannot do without."""
    open_form(driver, server)
    fill(driver, SHORT)


def story(driver: Chrome) -> str:
    """What stands in the field for what happened."""
    return driver.find_element(By.ID, "what_happened").get_attribute("value")


def listen(driver: Chrome) -> None:
    """Keeps every word that the page says from now on, however short it stands there."""
    driver.execute_script("""
      window.said = [];
      const state = document.getElementById('state');
      new MutationObserver(() => said.push(state.textContent)).observe(
        state, {childList: true, characterData: true, subtree: true});
    """)


def heard(driver: Chrome) -> list[str]:
    return driver.execute_script("return window.said")
