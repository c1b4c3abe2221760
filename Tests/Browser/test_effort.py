"""A gateway that is flooded asks for work: done in a worker, sent beside the tip, and never a reason not to send it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import click, complaints_of, fill, receipt, send, until, wait_for
from firefox import firefox
from forms import SHORT, open_form, type_short_tip
from resguardo_formats import effort
from resguardo_formats.encodings import unb64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import CHUNK, ROOT, Server, StandIn

BITS = 4


def check_work(gateway: StandIn) -> None:
    (header,) = gateway.efforts
    assert header
    (digest,) = gateway.tips
    root, bits = effort.check(unb64(header), digest)
    assert root == ROOT and bits >= BITS



def test_a_tip_is_worked_for_as_asked(driver: Chrome, server: Server, gateway: StandIn) -> None:
    gateway.bits_asked = BITS
    type_short_tip(driver, server)
    send(driver)
    receipt(driver)
    check_work(gateway)
    assert complaints_of(driver) == []
    assert "/effort.js" in [path for _, path, _ in gateway.requests]
    for _, _, headers in gateway.requests:
        assert "Cookie" not in headers and "Referer" not in headers


def test_an_upload_asks_again_when_it_is_through(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    gateway.bits_asked = BITS
    (tmp_path / "video.mp4").write_bytes(bytes(3 * CHUNK))
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [tmp_path / "video.mp4"])
    send(driver)
    receipt(driver)
    check_work(gateway)
    asked = [path for _, path, _ in gateway.requests]
    assert asked[-3:] == ["/v1/effort", "/effort.js", "/v1/tips"]


@pytest.mark.parametrize("fault", ["no_effort", "no_worker"])
def test_a_tip_goes_without_work_where_none_can_be_done(
    driver: Chrome, server: Server, gateway: StandIn, fault: str
) -> None:
    gateway.bits_asked = BITS
    setattr(gateway.faults, fault, True)
    type_short_tip(driver, server)
    send(driver)
    receipt(driver)
    assert gateway.efforts == [None]
    complaints_of(driver)


def test_work_can_be_stopped_and_begun_again(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    """What nobody reaches is worked on for ten seconds; a person may stop it before."""
    gateway.bits_asked = 64
    (tmp_path / "video.mp4").write_bytes(bytes(3 * CHUNK))
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [tmp_path / "video.mp4"])
    send(driver)
    until(driver, lambda _: "/effort.js" in [path for _, path, _ in gateway.requests])
    click(driver, "#stop")
    wait_for(driver, "#state")
    assert not driver.find_element(By.ID, "going").is_displayed()
    gateway.bits_asked = BITS
    send(driver)
    receipt(driver)
    check_work(gateway)


def test_firefox_works_too(server: Server, gateway: StandIn) -> None:
    gateway.bits_asked = BITS
    with firefox() as browser:
        browser.open(f"{server.url}/es")
        browser.click("[name=danger_now][value=no]")
        while not browser.find("#what_happened").is_displayed():
            browser.click("#next")
        browser.find("#what_happened").send_keys(SHORT["what_happened"])
        browser.click("#end")
        browser.click("#send")
        assert browser.shown(".digits span")
    check_work(gateway)
