"""Files: where they are offered, that they arrive bit by bit, and what is refused."""

from __future__ import annotations

import re
import struct
import time
import zlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import click, fill, reach, receipt, send, until, wait_for
from forms import SHORT, heard, listen, open_form, words
from picture import PHOTOGRAPHS
from resguardo_formats.encodings import b64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import CHUNK, Server, StandIn

AR = {**SHORT, "where_country": "AR"}


def photo(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(bytes((n * n >> 3) & 255 for n in range(size)))
    return path


def test_files_are_offered_only_where_the_state_takes_them(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    with pytest.raises(AssertionError, match="no step shows"):
        reach(driver, "#attachments")
    fill(driver, AR, [photo(tmp_path, "foto.jpg", 10)])
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
    fill(driver, AR, files)
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
    fill(driver, AR, [photo(tmp_path, name, 5) for name in names])
    send(driver)
    receipt(driver)
    sent = [item.name for item in gateway.opened()[1].attachments]
    assert sent[0] == "agpj.exe" and sent[1] == "x" * 55 + ".jpeg"
    assert not re.search(r"[/\\]", sent[2])


@pytest.mark.parametrize(("name", "sent"), [
    ("a\tb.jpg", "a_b.jpg"), ("a\nb.jpg", "a_b.jpg"), ("a\x00\x85b.jpg", "ab.jpg"), ("\u202e.", "-"),
    ("..", "-"), (" ", "-"), ("🌧" * 80 + ".jpg", "🌧" * 56 + ".jpg"),
])
def test_a_tip_opens_whatever_a_file_is_called(
    driver: Chrome, server: Server, gateway: StandIn, name: str, sent: str
) -> None:
    open_form(driver, server)
    fill(driver, AR)
    reach(driver, "#attachments")
    driver.execute_script("""
      const chosen = new DataTransfer();
      chosen.items.add(new File(['x'], arguments[0], {type: 'text/plain'}));
      const input = document.getElementById('attachments');
      input.files = chosen.files;
      input.dispatchEvent(new Event('change'));
    """, name)
    send(driver)
    receipt(driver)
    assert [item.name for item in gateway.opened()[1].attachments] == [sent]


def test_half_an_emoji_in_a_name_makes_no_tip_unreadable(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    open_form(driver, server)
    driver.execute_script("""
      Object.defineProperty(File.prototype, 'name', {get: () => 'carta 🌧\\udf27\\ud83c.pdf'});
    """)
    fill(driver, AR, [photo(tmp_path, "carta.pdf", 5)])
    send(driver)
    receipt(driver)
    assert [item.name for item in gateway.opened()[1].attachments] == ["carta 🌧.pdf"]


def test_how_much_is_taken_is_said_before_anything_is_chosen(
    driver: Chrome, server: Server
) -> None:
    open_form(driver, server)
    fill(driver, AR)
    until(driver, lambda d: not d.find_elements(By.CSS_SELECTOR, "[data-plain]"))
    field = reach(driver, "#attachments")
    limit = driver.find_element(By.ID, "h-where")
    assert limit.is_displayed() and "8 MiB" in limit.text
    assert "h-where" in field.get_attribute("aria-describedby").split()


def test_too_large_and_too_many_are_said_before_anything_leaves(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    open_form(driver, server)
    fill(driver, AR, [photo(tmp_path, "g.bin", (8 << 20) + 1)])
    send(driver)
    wait_for(driver, "#e-attachments", words(driver, "attachments.files_too_large"))
    open_form(driver, server)
    fill(driver, AR, [photo(tmp_path, f"{n}", 1) for n in range(17)])
    send(driver)
    wait_for(driver, "#e-attachments", words(driver, "attachments.too_many"))
    assert gateway.requests == []


def chunks(gateway: StandIn) -> list[int]:
    """The chunks of uploads in the order in which they were sent."""
    return [int(parse_qs(urlsplit(path).query)["chunk"][0])
            for method, path, _ in gateway.requests if method == "PUT"]


GREATEST_PIECE = """
  const whole = Blob.prototype.arrayBuffer;
  window.greatest = 0;
  Blob.prototype.arrayBuffer = function () {
    window.greatest = Math.max(window.greatest, this.size);
    return whole.call(this);
  };
"""


@pytest.mark.parametrize("language", ["es", "pt", "ht", "gn"])
def test_a_line_that_is_cut_costs_the_chunk_that_it_was_cut_in(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path, language: str
) -> None:
    video = photo(tmp_path, "video.mp4", 6 * CHUNK)
    open_form(driver, server, language)
    fill(driver, AR, [video])
    # A browser tries again by itself, and silently, for each connection that it had open already: two at most.
    gateway.faults.cuts = {1: 3, 4: 1}
    line = words(driver, "line")
    listen(driver)
    send(driver)
    receipt(driver)
    assert line in heard(driver)
    tip = gateway.opened()[1]
    assert tip.document["language"] == language and tip.attachments[0].data == video.read_bytes()
    assert len(gateway.tips) == 1
    (rows,) = gateway.uploads.values()
    whole = list(range(len(rows)))
    assert chunks(gateway) == [0, 1, 1, 1, *whole[1:5], *whole[4:]]


def test_a_file_is_never_in_memory_as_a_whole(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    video = photo(tmp_path, "video.mp4", 3 << 20)
    open_form(driver, server)
    driver.execute_script(GREATEST_PIECE)
    fill(driver, AR, [video])
    send(driver)
    receipt(driver)
    assert driver.execute_script("return window.greatest") == CHUNK
    assert gateway.opened()[1].attachments[0].data == video.read_bytes()


def test_progress_is_shown_and_sending_can_be_stopped(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    files = [photo(tmp_path, name, 900_000) for name in ("a.mp4", "b.mp4")]
    open_form(driver, server)
    fill(driver, AR, files)
    assert not driver.find_element(By.ID, "going").is_displayed()
    gateway.faults.slow = 0.2
    send(driver)
    until(driver, lambda _: len(chunks(gateway)) > 3)
    assert re.fullmatch(r"\d+ % · \d+ min", driver.find_element(By.ID, "left").text)
    share = float(driver.find_element(By.ID, "bar").get_attribute("value"))
    assert 0 < share < 1
    click(driver, "#stop")
    wait_for(driver, "#state", words(driver, "stopped"))
    assert not driver.find_element(By.ID, "going").is_displayed()
    assert driver.switch_to.active_element.get_attribute("id") == "send"
    time.sleep(0.5)
    seen = len(chunks(gateway))
    time.sleep(1)
    assert len(chunks(gateway)) == seen and gateway.tips == {}
    gateway.faults.slow = 0
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1 and len(gateway.uploads) == 2
    assert [a.data for a in gateway.opened()[1].attachments] == [f.read_bytes() for f in files]


def kept(driver: Chrome) -> str:
    return driver.find_element(By.ID, "kept").text


DIFFERENCE = """
  const [first, second, done] = arguments;
  const pixels = async text => {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt());
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext('2d').drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, 64, 64);
    return canvas.getContext('2d').getImageData(0, 0, 64, 64).data;
  };
  (async () => {
    const [a, b] = [await pixels(first), await pixels(second)];
    done([Math.max(...a.map((value, n) => Math.abs(value - b[n]))), new Set(a).size]);
  })();
"""


def test_a_photo_goes_with_a_copy_that_says_nothing_of_place_or_device(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    letter = photo(tmp_path, "carta.pdf", 30_000)
    open_form(driver, server)
    assert driver.find_element(By.ID, "clean").is_selected()
    fill(driver, AR, [PHOTOGRAPHS[0], letter, PHOTOGRAPHS[1]])
    wait_for(driver, "#kept", "carta.pdf")
    assert kept(driver) == f"{words(driver, 'not_cleaned')} carta.pdf"
    assert gateway.requests == []
    send(driver)
    receipt(driver)
    sent = gateway.opened()[1].attachments
    originals = [PHOTOGRAPHS[0].read_bytes(), letter.read_bytes(), PHOTOGRAPHS[1].read_bytes()]
    assert [item.data for item in sent[:3]] == originals
    assert [item.copy_of for item in sent] == [None, None, None, 0, 2]
    for copy in sent[3:]:
        original = sent[copy.copy_of]
        assert b"Exif" in original.data
        assert (copy.name, copy.media_type) == (original.name, "image/jpeg")
        # No application's segment but JFIF's and that of the colours (sRGB), and no comment.
        assert markers(copy.data) <= {0xE0, 0xE2, 0xDB, 0xC0, 0xC2, 0xC4, 0xDA}
        assert b"Exif" not in copy.data and b"NIKON" not in copy.data
        most, colours = driver.execute_async_script(DIFFERENCE, b64(original.data), b64(copy.data))
        assert most < 60 and colours > 50, "it is the same picture"


def png(width: int, height: int) -> bytes:
    """A picture in which nothing is painted: all of it can be seen through."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(4 * width)) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


DARKEST = """
  const [text, done] = arguments;
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt());
  createImageBitmap(new Blob([bytes])).then(picture => {
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext('2d').drawImage(picture, 0, 0);
    done(canvas.getContext('2d').getImageData(0, 0, picture.width, picture.height).data.toSorted()[0]);
  });
"""


def test_what_can_be_seen_through_is_copied_on_white(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "captura.png").write_bytes(png(90, 60))
    open_form(driver, server)
    fill(driver, AR, [tmp_path / "captura.png"])
    send(driver)
    receipt(driver)
    original, copy = gateway.opened()[1].attachments
    assert original.data == png(90, 60) and copy.copy_of == 0
    assert driver.execute_async_script(DARKEST, b64(copy.data)) >= 250


def markers(data: bytes) -> set[int]:
    """The segments of a JPEG up to its first scan."""
    found, at = set(), 2
    assert data[:2] == b"\xff\xd8"
    while 0xDA not in found:
        assert data[at] == 0xFF
        found.add(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


def test_who_does_not_want_copies_sends_none(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path
) -> None:
    open_form(driver, server)
    fill(driver, AR, [PHOTOGRAPHS[0], photo(tmp_path, "carta.pdf", 10)])
    wait_for(driver, "#kept", "carta.pdf")
    click(driver, "#clean")
    until(driver, lambda _: kept(driver) == "")
    send(driver)
    receipt(driver)
    assert [item.copy_of for item in gateway.opened()[1].attachments] == [None, None]


def test_a_browser_that_hides_what_is_drawn_says_that_it_cannot_clean(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    driver.execute_script(
        "OffscreenCanvasRenderingContext2D.prototype.getImageData = () => ({data: new Uint8Array(4).fill(9)});")
    fill(driver, AR, [PHOTOGRAPHS[0]])
    wait_for(driver, "#kept", PHOTOGRAPHS[0].name)
    send(driver)
    receipt(driver)
    assert len(gateway.opened()[1].attachments) == 1


@pytest.mark.parametrize("error", ["NotReadableError", "NotFoundError"])
@pytest.mark.parametrize("reads", [0, 1])
def test_a_file_that_cannot_be_read_is_to_be_chosen_again_and_never_goes_unencrypted(
    driver: Chrome, server: Server, gateway: StandIn, tmp_path: Path, error: str, reads: int
) -> None:
    """Deleted meanwhile, or in a cloud that is away: when it is described, or only when it is sent."""
    open_form(driver, server)
    fill(driver, AR, [photo(tmp_path, "foto.pdf", 300_000)])
    driver.execute_script("""
      const [name, reads] = arguments, read = Blob.prototype.arrayBuffer;
      let left = reads * 5;
      Blob.prototype.arrayBuffer = function () {
        return left-- > 0 ? read.call(this) : Promise.reject(new DOMException('', name));
      };
      window.readable = () => Blob.prototype.arrayBuffer = read;
    """, error, reads)
    send(driver)
    wait_for(driver, "#state", words(driver, "failed"))
    assert driver.switch_to.active_element.get_attribute("id") == "send"
    assert not driver.find_element(By.ID, "confirm").is_displayed()
    assert gateway.tips == {} and gateway.forms == []
    driver.execute_script("readable()")
    send(driver)
    receipt(driver)
    assert len(gateway.opened()[1].attachments) == 1
