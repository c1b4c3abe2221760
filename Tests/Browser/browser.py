"""A real Chromium, and what a person does with the pages. The black-box tests use this too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

WAIT_SECONDS = 120
# What an older browser has not: a script that runs before the page's own takes it away.
WITHOUT_XWING = "delete SubtleCrypto.supports;"
WITHOUT_X25519 = """
  const generate = SubtleCrypto.prototype.generateKey;
  SubtleCrypto.prototype.generateKey = function (name, ...rest) {
    if (name === 'X25519') return Promise.reject(new DOMException('', 'NotSupportedError'));
    return generate.call(this, name, ...rest);
  };
"""


@contextmanager
def chromium(
    *, javascript: bool = True, dark: bool = False, width: int = 412, height: int = 900,
    certificate_errors: bool = False, before: str = "", logged: bool = True,
) -> Iterator[Chrome]:
    """A browser with an empty profile; `before` is script that runs before each page's own.

    Without a log it loads pages faster, and nobody hears what it asks for and complains of.
    """
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
        f"--window-size={width},{height}", "--disable-background-networking", "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    ):
        options.add_argument(argument)
    if dark:
        options.add_argument("--force-dark-mode")
    if certificate_errors:
        options.accept_insecure_certs = True
    if not javascript:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    if logged:
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService("/usr/bin/chromedriver"))
    try:
        driver.set_script_timeout(WAIT_SECONDS)
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        if before:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": before})
        yield driver
    finally:
        driver.quit()


def requests_of(driver: Chrome) -> list[str]:
    """Every address that the browser asked for since the last call, the pages' own included."""
    urls = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            urls.append(message["params"]["request"]["url"])
    return [url for url in urls if not url.startswith("data:")]


def complaints_of(driver: Chrome) -> list[str]:
    """What the console says: a violated policy, a failed script."""
    return [entry["message"] for entry in driver.get_log("browser")]


def fill(driver: Chrome, answers: dict[str, Any], files: list[Path] = ()) -> None:
    """Fills the form as a person would, from question to question; a list ticks several boxes."""
    for folded in driver.find_elements(By.CSS_SELECTOR, "#tip details:not([open])"):
        folded.find_element(By.TAG_NAME, "summary").click()
    for name, value in answers.items():
        element = reach(driver, f"[name={name}]")
        if element.tag_name == "select":
            Select(element).select_by_value(value)
        elif element.tag_name == "textarea":
            element.clear()
            element.send_keys(value)
        else:
            for key in value if isinstance(value, list) else [value]:
                click(driver, f"input[name={name}][value={key}]")
    if files:
        reach(driver, "#attachments").send_keys("\n".join(str(f) for f in files))


DIRECTION = """
  const [wanted] = arguments, steps = [...document.querySelectorAll('#asks > *')];
  if (document.getElementById('review').checkVisibility()) return '#prev';
  const [now, then] = [steps.findIndex(s => s.checkVisibility()), steps.findIndex(s => s.contains(wanted))];
  return now < then ? '#next' : '#prev';
"""


def reach(driver: Chrome, selector: str) -> WebElement:
    """Goes on or back, question by question, until what the selector finds is shown."""
    element = driver.find_element(By.CSS_SELECTOR, selector)
    for _ in range(40):
        if element.is_displayed():
            return element
        click(driver, driver.execute_script(DIRECTION, element))
    raise AssertionError(f"no step shows {selector}")


def click(driver: Chrome, selector: str) -> None:
    """Clicks what the selector finds, scrolled clear of the bar at the top."""
    element = driver.find_element(By.CSS_SELECTOR, selector)
    driver.execute_cdp_cmd("Runtime.evaluate", {
        "expression": f"document.querySelector({json.dumps(selector)})"
                      ".scrollIntoView({block: 'center'})"})
    element.click()


def to_the_end(driver: Chrome) -> bool:
    """Skips what is left of the questions; false if something needs an answer first."""
    if not driver.find_element(By.ID, "send").is_displayed():
        click(driver, "#end")
        until(driver, lambda d: d.find_element(By.ID, "send").is_displayed() or any(
            e.text for e in d.find_elements(By.CSS_SELECTOR, "#tip .e")))
    return driver.find_element(By.ID, "send").is_displayed()


def send(driver: Chrome) -> None:
    """Goes to the end and sends; stops where something is missing, as the page does."""
    if to_the_end(driver):
        click(driver, "#send")


def wait_for(driver: Chrome, selector: str, text: str = "") -> str:
    """Waits until something that the selector finds is shown and holds the text; gives its text."""
    def shown(_: Chrome) -> str | bool:
        found = driver.find_elements(By.CSS_SELECTOR, selector)
        return next((e.text for e in found if e.is_displayed() and text in e.text), "") or (
            bool(found) and not text and found[0].is_displayed())
    return str(until(driver, shown))


def until(driver: Chrome, holds: Callable[[Chrome], Any]) -> Any:
    """Waits for something to hold; the page may replace elements while it is looked at."""
    ignored = (StaleElementReferenceException, NoSuchElementException)
    return WebDriverWait(driver, WAIT_SECONDS, ignored_exceptions=ignored).until(holds)


def receipt(driver: Chrome) -> list[str]:
    """The groups of the receipt, once it is shown."""
    wait_for(driver, ".digits span")
    return [e.text.strip() for e in driver.find_elements(By.CSS_SELECTOR, ".digits span")]


def stored(driver: Chrome) -> dict[str, Any]:
    """Everything that a page could leave behind in the browser."""
    return driver.execute_async_script("""
      const done = arguments[0];
      (async () => done({
        cookies: document.cookie, local: localStorage.length, session: sessionStorage.length,
        databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
        workers: (await navigator.serviceWorker.getRegistrations()).length,
      }))();
    """)
