"""Files: where they are offered, that they arrive bit by bit, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import fill, receipt, send, wait_for
from forms import SHORT, open_form, words
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import Server, StandIn


def photo(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(bytes((n * n >> 3) & 255 for n in range(size)))
    return path


def test_files_are_offered_only_where_the_state_takes_them(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    open_form(driver, server)
    place = driver.find_element(By.ID, "files")
    assert not place.is_displayed()
    fill(driver, {**SHORT, "where_country": "AR"})
    assert place.is_displayed()
    fill(driver, {}, [photo(tmp_path, "foto.jpg", 10)])
    fill(driver, {"where_country": "BR"})
    send(driver)
    wait_for(driver, "#e-attachments", words(driver, "attachments.files_not_here"))
    assert gateway.requests == []


@pytest.mark.parametrize("sizes, upload", [([12_345], False), ([2_500_000, 70_000, 1], True)])
@pytest.mark.parametrize("drops", [0, 3])
def test_files_arrive_bit_by_bit(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path, sizes: list[int],
    upload: bool, drops: int,
) -> None:
    files = [photo(tmp_path, f"foto {n} ñ.jpg", size) for n, size in enumerate(sizes)]
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, files)
    gateway.faults.drop_answers = drops
    send(driver)
    receipt(driver)
    desk, tip = gateway.opened()
    assert desk.office == "desk-ar"
    assert [item.data for item in tip.attachments] == [file.read_bytes() for file in files]
    assert [item.name for item in tip.attachments] == [file.name for file in files]
    assert tip.attachments[0].media_type == "image/jpeg"
    assert bool(gateway.uploads) == upload
    assert len(gateway.tips) == 1


def test_names_of_files_can_do_nothing(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    names = ["a\u202egpj.exe", "x" * 200 + ".jpeg", "\\\\server\\share.png"]
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [photo(tmp_path, name, 5) for name in names])
    send(driver)
    receipt(driver)
    sent = [item.name for item in gateway.opened()[1].attachments]
    assert sent[0] == "agpj.exe" and sent[1] == "x" * 55 + ".jpeg"
    assert not re.search(r"[/\\]", sent[2])


def test_too_large_and_too_many_are_said_before_anything_leaves(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [photo(tmp_path, "g.bin", (8 << 20) + 1)])
    send(driver)
    wait_for(driver, "#e-attachments", words(driver, "attachments.files_too_large"))
    open_form(driver, server)
    fill(driver, {**SHORT, "where_country": "AR"}, [photo(tmp_path, f"{n}", 1) for n in range(17)])
    send(driver)
    wait_for(driver, "#e-attachments", words(driver, "attachments.too_many"))
    assert gateway.requests == []
