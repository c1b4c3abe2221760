"""A tip from the form to the desk, and back: what leaves the browser, and what the person is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import (
    WITHOUT_X25519, WITHOUT_XWING, chromium, click, complaints_of, fill, receipt, requests_of, send,
    stored, until, wait_for,
)
from resguardo_formats import envelope
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import ORIGIN, Server, StandIn

TEXT = "Vi a un hombre con una niña en el hotel. 🌧\nSegunda línea: \u202aWhatsApp\u202c."
CLEAN = TEXT.replace("\u202a", "").replace("\u202c", "")
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


def type_text(driver: Chrome, text: str) -> None:
    """Puts text into the story as pasting does: chromedriver cannot type characters beyond the BMP."""
    driver.execute_script("document.getElementById('what_happened').value = arguments[0]", text)


def test_a_whole_tip(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)
    fill(driver, {
        "danger_now": "yes", "who_am_i": "family_or_friend", "where_country": "BR",
        "where_text": "Hotel en la costa", "when": "last_7_days", "child_age_band": "13_15",
        "exploiter_known": "stranger", "still_happening": "unsure",
        "category": ["grooming", "travel_tourism"], "consent_share": ["child_protection"],
        "online": "https://a.example/x?y=1\n\n  @cuenta  ",
    })
    type_text(driver, TEXT)
    send(driver)
    groups = receipt(driver)
    desk, tip = gateway.opened()
    keys = receipts.derive(receipts.from_digits(" ".join(groups)), ORIGIN)
    assert desk.office == "desk-br"
    mailbox = tip.document.pop("mailbox")
    assert tip.document == {
        "v": 1, "channel": "web", "language": "es", "danger_now": "yes",
        "who_am_i": "family_or_friend", "what_happened": CLEAN, "where_country": "BR",
        "where_text": "Hotel en la costa", "when": "last_7_days", "child_age_band": "13_15",
        "exploiter_known": "stranger", "still_happening": "unsure",
        "category": ["travel_tourism", "grooming"], "consent_share": ["child_protection"],
        "online": ["https://a.example/x?y=1", "@cuenta"],
    }
    assert mailbox == {"id": b64(keys.id), "reply_key": b64(keys.reply_public),
                       "psk": b64(keys.psk), "answer": b64(keys.answer)}


def test_only_what_is_needed_leaves_and_nothing_stays(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    assert requests_of(driver) == [], "something left before Send"
    send(driver)
    receipt(driver)
    paths = [re.sub(r"[0-9a-f]{64}", "HASH", url[len(server.url):]) for url in requests_of(driver)]
    assert paths == ["/v1/keys/HASH", "/v1/tips"]
    assert complaints_of(driver) == []
    assert stored(driver) == {"cookies": "", "local": 0, "session": 0, "databases": 0, "caches": 0,
                              "workers": 0}
    for _, _, headers in gateway.requests:
        assert "Cookie" not in headers and "Referer" not in headers
    assert "hotel" not in driver.page_source
    assert len(next(iter(gateway.tips.values()))) == 17_640


def test_a_tip_without_a_receipt(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)
    fill(driver, {**SHORT, "mailbox": "yes"})
    send(driver)
    wait_for(driver, "#done-heading")
    assert not driver.find_elements(By.CSS_SELECTOR, ".digits")
    desk, tip = gateway.opened()
    assert "mailbox" not in tip.document
    assert desk.office == "desk-region"


@pytest.mark.parametrize("before, suite", [("", 2), (WITHOUT_XWING, 1)])
def test_the_strongest_suite_that_the_browser_has(
    server: Server, gateway: StandIn, before: str, suite: int
) -> None:
    with chromium(before=before) as driver:
        open_form(driver, server)
        fill(driver, SHORT)
        send(driver)
        receipt(driver)
    assert envelope.Header.parse(next(iter(gateway.tips.values()))).suite == suite
    assert gateway.opened()[1].document["what_happened"] == SHORT["what_happened"]


def test_a_browser_that_cannot_encrypt_says_so_before_anything_leaves(
    server: Server, gateway: StandIn
) -> None:
    with chromium(before=WITHOUT_X25519) as driver:
        open_form(driver, server)
        assert driver.find_element(By.CSS_SELECTOR, "#tip > [data-plain]").is_displayed()
        fill(driver, SHORT)
        send(driver)
        wait_for(driver, "#confirm", "Todavía no se envió nada")
        assert requests_of(driver) == []
        click(driver, "#back")
        assert not driver.find_element(By.ID, "confirm").is_displayed()
        send(driver)
        wait_for(driver, "#confirm")
        click(driver, "#plain")
        wait_for(driver, ".digits")
    assert gateway.tips == {}
    (path, body), = gateway.forms
    assert path == "/es" and b"Vi algo en el hotel." in body


def test_a_browser_that_can_encrypt_hides_the_note(driver: Chrome, server: Server) -> None:
    open_form(driver, server)
    until(
        driver, lambda d: not d.find_elements(By.CSS_SELECTOR, "[data-plain]"))


def test_without_javascript_the_form_goes_as_it_is(server: Server, gateway: StandIn) -> None:
    with chromium(javascript=False) as driver:
        driver.get(f"{server.url}/pt")
        assert driver.find_element(By.CSS_SELECTOR, "#tip > [data-plain]").is_displayed()
        driver.find_element(By.ID, "danger_now").click()
        driver.find_element(By.ID, "what_happened").send_keys("Vi uma coisa.")
        driver.find_element(By.ID, "send").click()
        wait_for(driver, ".digits")
        driver.get(f"{server.url}/pt")
        driver.find_element(By.ID, "receipt").send_keys("307 415")
        driver.find_element(By.CSS_SELECTOR, "#box button").click()
        wait_for(driver, ".replies")
    (form, body), (mailbox, typed) = gateway.forms
    assert (form, mailbox) == ("/pt", "/pt/mailbox")
    fields = dict(re.findall(rb'name="([a-z_]+)"\r\n\r\n(.*?)\r\n--', body, re.S))
    assert fields[b"danger_now"] == b"yes" and fields[b"mailbox"] == b"yes"
    assert fields[b"what_happened"] == b"Vi uma coisa." and fields[b"where_country"] == b""
    assert typed == b"receipt=307+415"
    assert gateway.tips == {}


def test_required_answers_are_asked_for_beside_their_fields(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server, "en")
    send(driver)
    wait_for(driver, "#e-danger_now", "Choose one.")
    wait_for(driver, "#e-what_happened", "at least one sentence")
    assert driver.switch_to.active_element.get_attribute("id") == "danger_now"
    fill(driver, {**SHORT, "who_am_i": "child_affected"})
    driver.execute_script("document.querySelector('#tip details').open = false")
    send(driver)
    wait_for(driver, "#e-consent_share", "Choose who may receive it")
    assert driver.find_element(By.ID, "e-danger_now").text == ""
    assert driver.switch_to.active_element.get_attribute("id") == "consent_share"
    assert gateway.requests == []


@pytest.mark.parametrize("field, text, key", [
    ("what_happened", "x" * 4_001, "what_happened.too_long"),
    ("where_text", "x" * 501, "where_text.too_long"),
    ("online", "x\n" * 11, "online.too_many"),
    ("online", "x" * 501, "online.too_long"),
])
def test_too_much_is_said_and_nothing_is_cut(
    driver: Chrome, server: Server, gateway: StandIn, field: str, text: str, key: str
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    driver.execute_script("document.getElementById(arguments[0]).value = arguments[1]", field, text)
    send(driver)
    wait_for(driver, f"#e-{field}", words(driver, key))
    element = driver.find_element(By.ID, field)
    assert element.get_attribute("aria-invalid") == "true"
    assert element.get_attribute("value") == text
    assert gateway.requests == []


def test_4000_characters_beyond_the_bmp_are_taken(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    type_text(driver, "🌧" * 4_000)
    send(driver)
    receipt(driver)
    assert gateway.opened()[1].document["what_happened"] == "🌧" * 4_000


# Lines that drop, gateways that lie


def test_a_dropped_answer_is_one_tip(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    gateway.faults.drop_answers = 2
    send(driver)
    wait_for(driver, "#state", words(driver, "line"))
    receipt(driver)
    assert gateway.deliveries >= 2
    assert len(gateway.tips) == 1


def test_a_busy_gateway_is_asked_again(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    gateway.faults.unavailable = 1
    send(driver)
    wait_for(driver, "#state", words(driver, "busy"))
    receipt(driver)
    assert len(gateway.tips) == 1


def test_a_revoked_key_means_a_new_envelope(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    gateway.faults.revoked = 1
    send(driver)
    receipt(driver)
    assert [path for _, path, _ in gateway.requests if "/keys/" not in path] == [
        "/v1/tips", "/es", "/v1/tips"]
    assert len(gateway.tips) == 1


@pytest.mark.parametrize("fault", ["wrong_key_file", "key_file_missing"])
def test_without_the_right_key_nothing_is_sent(
    driver: Chrome, server: Server, gateway: StandIn, fault: str
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    setattr(gateway.faults, fault, True)
    send(driver)
    wait_for(driver, "#state", words(driver, "keys"))
    assert gateway.tips == {} and gateway.forms == []
    assert {method for method, _, _ in gateway.requests} == {"GET"}
    assert driver.find_element(By.ID, "what_happened").get_attribute("value") == SHORT["what_happened"]
    setattr(gateway.faults, fault, False)
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1


@pytest.mark.parametrize("fault", [
    "wrong_commitment", "wrong_signature", "wrong_envelope", "garbage"])
def test_an_answer_that_does_not_hold_is_not_believed(
    driver: Chrome, server: Server, gateway: StandIn, fault: str
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    setattr(gateway.faults, fault, True)
    send(driver)
    wait_for(driver, "#state", words(driver, "check"))
    assert not driver.find_elements(By.CSS_SELECTOR, "main > #done-heading")
    assert driver.find_element(By.ID, "what_happened").get_attribute("value") == SHORT["what_happened"]


def test_a_refusal_without_a_reason_is_still_told(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    gateway.faults.refused = 1
    send(driver)
    wait_for(driver, "#state", words(driver, "refused"))
    assert driver.find_element(By.ID, "what_happened").get_attribute("value") == SHORT["what_happened"]
    send(driver)
    receipt(driver)
    assert len(gateway.tips) == 1


# Attachments


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


# Coming back


def ask(driver: Chrome, server: Server, digits: str) -> list[str]:
    open_form(driver, server)
    opening = words(driver, "opening")
    driver.find_element(By.ID, "receipt").send_keys(digits)
    click(driver, "#box button")
    wait_for(driver, "#replies p")
    until(
        driver, lambda d: d.find_element(By.CSS_SELECTOR, "#replies p").text != opening)
    return [p.text for p in driver.find_elements(By.CSS_SELECTOR, "#replies p")]


def test_replies_are_read_with_the_receipt_alone(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    send(driver)
    digits = "".join(receipt(driver))
    mailbox = gateway.opened()[1].document["mailbox"]
    empty = ask(driver, server, digits)
    assert empty == ask(driver, server, "000" * 10), "no replies and no such receipt differ"
    texts = [f"Respuesta {n}: <b>¿Estás</b> bien?" for n in range(6)]
    for text in texts:
        gateway.reply(mailbox, f'{{"text":"{text}","v":1}}'.encode())
    assert ask(driver, server, f" {digits[:7]} {digits[7:]}") == texts
    assert not driver.find_elements(By.CSS_SELECTOR, "#replies b")
    sizes = {headers.get("Content-Length") for _, path, headers in gateway.requests
             if path == "/v1/mailbox"}
    assert sizes == {"36"}


def test_digits_with_a_slip_are_not_sent(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)
    driver.find_element(By.ID, "receipt").send_keys("123 456")
    click(driver, "#box button")
    wait_for(driver, "#e-receipt", words(driver, "digits"))
    assert gateway.requests == []


# Leaving


@pytest.mark.parametrize("javascript", [True, False])
def test_leaving_at_once(server: Server, javascript: bool) -> None:
    with chromium(javascript=javascript) as driver:
        driver.get(f"{server.url}/es/safety")
        driver.get(f"{server.url}/es")
        link = driver.find_element(By.ID, "exit")
        assert link.get_attribute("rel") == "noreferrer nofollow"
        box = link.rect
        assert box["width"] >= 44 and box["height"] >= 44
        link.click()
        wait_until_gone(driver, server.url)
        if javascript:
            driver.back()
            until(driver, lambda d: d.current_url == f"{server.url}/es/safety")


def wait_until_gone(driver: Chrome, url: str) -> None:
    until(driver, lambda d: not d.current_url.startswith(url))


def test_what_was_typed_is_gone_after_leaving(driver: Chrome, server: Server) -> None:
    open_form(driver, server)
    fill(driver, SHORT)
    driver.execute_script("document.getElementById('exit').href = '/en/safety'")
    click(driver, "#exit")
    wait_for(driver, "h1", "How to stay safe")
    driver.get(f"{server.url}/es")
    assert driver.find_element(By.ID, "what_happened").get_attribute("value") == ""
