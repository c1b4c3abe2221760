"""Stopping in the middle of the work, and sending again at once: what was stopped never goes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from browser import click, fill, receipt, send, until, wait_for
from forms import SHORT, open_form, words
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import ORIGIN, Server, StandIn

NEWER = "Otra cosa."
# Each holds one kind of work until the test lets it go on, as a slow phone and a large file would.
DERIVING = "hold(SubtleCrypto.prototype, 'deriveBits', ({name}) => name === 'PBKDF2');"
HASHING = "hold(Blob.prototype, 'arrayBuffer', () => true);"
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
