"""Stopping in the middle of the work, and sending again at once: what was stopped never goes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from browser import click, complaints_of, fill, receipt, send, to_the_end, until, wait_for
from forms import SHORT, open_form, words
from picture import PHOTOGRAPHS
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from standin import ORIGIN, Server, StandIn

NEWER = "Otra cosa."
# Each holds one kind of work until the test lets it go on, as a slow phone and a large file would.
DERIVING = "hold(SubtleCrypto.prototype, 'deriveBits', ({name}) => name === 'PBKDF2');"
HASHING = "hold(Blob.prototype, 'arrayBuffer', () => true);"
COPYING = "hold(window, 'createImageBitmap', () => true);"
HOLD = """
  window.held = [];
  window.holding = true;
  const hold = (owner, name, isMeant) => {
    const work = owner[name];
    owner[name] = function (...given) {
      if (!holding || !isMeant(...given)) return work.apply(this, given);
      return new Promise(done => held.push(() => done(work.apply(this, given))));
    };
  };
"""


def stop_at_work_and_change(driver: Chrome) -> None:
    send(driver)
    until(driver, lambda d: d.execute_script("return held.length") == 1)
    click(driver, "#stop")
    wait_for(driver, "#state", words(driver, "stopped"))
    fill(driver, {"what_happened": NEWER})


def let_go(driver: Chrome, number: int) -> None:
    """Lets the work go on, and gives the run that waited for it the time to do what it would."""
    driver.execute_script("holding = false; held[arguments[0]]()", number)
    time.sleep(1)


@pytest.mark.parametrize("work", [DERIVING, HASHING], ids=["deriving", "hashing"])
@pytest.mark.parametrize("is_first_to_go_on", [True, False])
def test_a_run_that_was_stopped_never_sends(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path, work: str,
    is_first_to_go_on: bool,
) -> None:
    (tmp_path / "foto.png").write_bytes(bytes(999))
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [tmp_path / "foto.png"])
    wait_for(driver, "#kept", "foto.png")
    driver.execute_script(HOLD + work)
    stop_at_work_and_change(driver)
    if is_first_to_go_on:
        send(driver)
        until(driver, lambda d: d.execute_script("return held.length") == 2)
        let_go(driver, 0)
        assert driver.find_element(By.ID, "going").is_displayed() and gateway.deliveries == 0
        let_go(driver, 1)
    else:
        driver.execute_script("holding = false")
        send(driver)
        receipt(driver)
        let_go(driver, 0)
    groups = receipt(driver)
    document = gateway.opened()[1].document
    assert gateway.deliveries == 1 and document["what_happened"] == NEWER
    keys = receipts.derive(receipts.from_words(" ".join(groups), "es"), ORIGIN)
    assert document["mailbox"]["id"] == b64(keys.id), "the receipt that is shown is another tip's"


def focused(driver: Chrome) -> str:
    return driver.switch_to.active_element.get_attribute("id")


def test_two_taps_while_a_photo_is_copied_are_one_tip(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [PHOTOGRAPHS[0]])
    assert to_the_end(driver)
    driver.execute_script(HOLD + COPYING)
    driver.find_element(By.ID, "attachments").send_keys(str(PHOTOGRAPHS[1]))
    until(driver, lambda d: d.execute_script("return held.length"))
    click(driver, "#send")
    # The second comes as a script's, which asks nobody whether the button can be reached.
    driver.execute_script("document.getElementById('send').click()")
    wait_for(driver, "#state", words(driver, "working"))
    assert driver.find_element(By.ID, "stop").is_displayed()
    let_go(driver, 0)
    receipt(driver)
    time.sleep(1)
    assert gateway.deliveries == 1 and complaints_of(driver) == []
    assert [item.copy_of for item in gateway.opened()[1].attachments][-2:] == [0, 1]


def test_a_photo_that_is_copied_holds_nobody(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"})
    driver.execute_script(HOLD + COPYING)
    fill(driver, {}, [PHOTOGRAPHS[0]])
    until(driver, lambda d: d.execute_script("return held.length"))
    asked = driver.find_element(By.CSS_SELECTOR, "#tip small").text
    click(driver, "#end")
    wait_for(driver, "#state", words(driver, "working"))
    click(driver, "#stop")
    wait_for(driver, "#state", words(driver, "stopped"))
    assert focused(driver) == "end"
    let_go(driver, 0)
    # Nobody is led to the end who no longer waits for it.
    assert driver.find_element(By.CSS_SELECTOR, "#tip small").text == asked
    send(driver)
    receipt(driver)
    assert gateway.deliveries == 1 and len(gateway.opened()[1].attachments) == 2


def tab_to(driver: Chrome, name: str) -> None:
    """By keys, and not sent to an element: what is sent to a field of files is taken for the name of one."""
    for _ in range(40):
        if focused(driver) == name:
            return
        press(driver, Keys.TAB)
    raise AssertionError(f"no way to {name} by keys")


def press(driver: Chrome, key: str) -> None:
    ActionChains(driver).send_keys(key).perform()


def test_files_copies_and_stop_by_keys_alone(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"})
    while not driver.find_element(By.ID, "attachments").is_displayed():
        tab_to(driver, "next")
        press(driver, Keys.ENTER)
    tab_to(driver, "attachments")
    driver.switch_to.active_element.send_keys(str(PHOTOGRAPHS[0]))
    tab_to(driver, "clean")
    press(driver, Keys.SPACE)
    assert not driver.find_element(By.ID, "clean").is_selected()
    tab_to(driver, "end")
    press(driver, Keys.ENTER)
    until(driver, lambda d: d.find_element(By.ID, "send").is_displayed())
    gateway.faults.drop_files = 1_000
    tab_to(driver, "send")
    press(driver, Keys.ENTER)
    wait_for(driver, "#state", words(driver, "line"))
    assert focused(driver) == "going"
    press(driver, Keys.TAB)
    assert focused(driver) == "stop"
    press(driver, Keys.ENTER)
    wait_for(driver, "#state", words(driver, "stopped"))
    assert focused(driver) == "send"
    gateway.faults.drop_files = 0
    press(driver, Keys.ENTER)
    receipt(driver)
    (sent,) = gateway.opened()[1].attachments
    assert sent.data == PHOTOGRAPHS[0].read_bytes() and gateway.deliveries == 1
