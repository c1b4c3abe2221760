"""A real Firefox ESR, driven by its own protocol (Marionette): Debian has no geckodriver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from marionette_driver.errors import NoSuchElementException, StaleElementException
from marionette_driver.marionette import Marionette, WebElement

WAIT_SECONDS = 120
# Nothing of the browser's own goes out, and nothing of a former visit is shown.
PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,",
}


class Firefox:
    """One window, and what a person does in it."""

    def __init__(self, client: Marionette) -> None:
        self.client = client

    def open(self, url: str) -> None:
        self.client.navigate(url)

    def find(self, selector: str) -> WebElement:
        return self.client.find_element("css selector", selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.client.find_elements("css selector", selector)

    def click(self, selector: str) -> None:
        """Clicks, scrolled clear of the bar at the top."""
        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def choose(self, name: str, value: str) -> None:
        """An option of a list, as a person's choice tells the page."""
        self.click(f"select[name={name}]")
        self.click(f"select[name={name}] option[value={value}]")

    def run(self, script: str, *arguments: Any) -> Any:
        """A script of the test's own, which runs with the page's scripts off too."""
        return self.client.execute_script(script, script_args=arguments, sandbox="system")

    def shown(self, selector: str) -> list[str]:
        """The texts of what the selector finds, once one of them is shown."""
        return self.until(
            lambda: [e.text.strip() for e in self.all(selector) if e.is_displayed()])

    def until(self, read: Callable[[], Any]) -> Any:
        """The first true value that `read` gives."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                if value := read():
                    return value
            except (NoSuchElementException, StaleElementException):
                pass  # The page replaces elements while it is looked at.
            assert time.monotonic() < deadline, self.client.page_source
            time.sleep(0.05)


@contextmanager
def firefox(*, javascript: bool = True) -> Iterator[Firefox]:
    """A browser with an empty profile that accepts the tests' certificates."""
    # Marionette removes the log's file before it writes one: it must be no device.
    with TemporaryDirectory(prefix="resguardo-firefox-") as folder:
        client = Marionette(
            bin="/usr/bin/firefox-esr", headless=True, port=0, startup_timeout=120,
            prefs={**PREFERENCES, "javascript.enabled": javascript}, gecko_log=f"{folder}/log")
        try:
            client.start_session({"acceptInsecureCerts": True})
            client.set_window_rect(width=412, height=900)
            yield Firefox(client)
        finally:
            client.cleanup()
