"""Visits to a gateway of the real daemon: its pages' addresses, and how somebody comes back to a mailbox."""

from __future__ import annotations

from browser import click
from people import Gateway
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By


def url(gateway: Gateway, path: str) -> str:
    return f"https://localhost:{gateway.ports['public']}{path}"


def come_back(driver: Chrome, gateway: Gateway, language: str, typed: str) -> None:
    driver.get(url(gateway, f"/{language}/mailbox"))
    driver.find_element(By.ID, "receipt").send_keys(typed)
    click(driver, "#box button")


def write_back(driver: Chrome, text: str) -> None:
    driver.find_element(By.ID, "answer").send_keys(text)
    click(driver, "#write button")
