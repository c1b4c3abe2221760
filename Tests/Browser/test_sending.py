"""A tip from the form to the desk: what leaves the browser, and what the person is told."""

from __future__ import annotations

import json
import re

import pytest
from browser import (
    WITHOUT_X25519, WITHOUT_XWING, chromium, click, complaints_of, fill, receipt, requests_of, send,
    stored, to_the_end, until, wait_for,
)
from forms import SHORT, open_form, type_short_tip, words
from resguardo_formats import envelope
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from standin import ORIGIN, Server, StandIn

TEXT = "Vi a un hombre con una niña en el hotel. 🌧\nSegunda línea: \u202aWhatsApp\u202c."
CLEAN = TEXT.replace("\u202a", "").replace("\u202c", "")


def type_text(driver: Chrome, text: str) -> None:
    """Puts text into the story as pasting does: chromedriver cannot type characters beyond the BMP."""
    driver.execute_script("document.getElementById('what_happened').value = arguments[0]", text)


def test_a_whole_tip(driver: Chrome, server: Server, gateway: StandIn) -> None:
    open_form(driver, server)
    fill(driver, {
        "danger_now": "yes", "who_am_i": "family_or_friend", "where_country": "BR",
        "where_text": "Hotel en la costa", "when": "last_7_days", "when_text": "Los domingos",
        "child_age_band": "13_15",
        "child_count": "two_to_five", "child_sex_or_gender": "girl", "crosses_border": "yes",
        "other_country": "España", "safe_contact_note": "De noche no.",
        "exploiter_known": "stranger", "still_happening": "unsure",
        "category": ["grooming", "travel_tourism"], "consent_share": ["child_protection"],
        "online": "https://a.example/x?y=1\n\n  @cuenta  ",
    })
    type_text(driver, TEXT)
    send(driver)
    groups = receipt(driver)
    desk, tip = gateway.opened()
    keys = receipts.derive(receipts.from_words(" ".join(groups), "es"), ORIGIN)
    assert desk.office == "desk-br"
    mailbox = tip.document.pop("mailbox")
    assert tip.document == {
        "v": 1, "channel": "web", "language": "es", "danger_now": "yes",
        "who_am_i": "family_or_friend", "what_happened": CLEAN, "where_country": "BR",
        "where_text": "Hotel en la costa", "when": "last_7_days", "when_text": "Los domingos",
        "child_age_band": "13_15",
        "child_count": "two_to_five", "child_sex_or_gender": "girl", "crosses_border": "yes",
        "other_country": "España", "safe_contact_note": "De noche no.",
        "exploiter_known": "stranger", "still_happening": "unsure",
        "category": ["travel_tourism", "grooming"], "consent_share": ["child_protection"],
        "online": ["https://a.example/x?y=1", "@cuenta"],
    }
    assert mailbox == {"id": b64(keys.id), "reply_key": b64(keys.reply_public),
                       "psk": b64(keys.psk), "answer": b64(keys.answer)}


def test_the_proof_is_fetched_by_who_asks_for_it_and_was_warned(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    send(driver)
    receipt(driver)
    link = driver.find_element(By.ID, "proof")
    assert not link.is_displayed(), "the proof is not folded away"
    click(driver, "main summary")
    wait_for(driver, "details .warm", "Este archivo prueba que alguien envió algo desde aquí.")
    promised = gateway.promise(next(iter(gateway.tips.values())))
    assert json.loads(driver.find_element(By.ID, "entry").text) == promised
    commitment = promised["promise"].split("\n")[2]
    address = "/v1/proofs/" + commitment.translate(str.maketrans("+/", "-_")).rstrip("=")
    assert link.get_attribute("href") == server.url + address
    assert not [path for _, path, _ in gateway.requests if "proofs" in path], "nobody asked for it"
    click(driver, "#proof")
    until(driver, lambda _: [path for _, path, _ in gateway.requests if "proofs" in path] == [address])
    # It is saved, under a name that says nothing, and nothing led away from the receipt.
    assert link.get_attribute("download") == "note.txt"
    assert len(receipt(driver)) == 8


def test_only_what_is_needed_leaves_and_nothing_stays(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    assert requests_of(driver) == [], "something left before Send"
    send(driver)
    receipt(driver)
    paths = [re.sub(r"[0-9a-f]{64}", "HASH", url[len(server.url):]) for url in requests_of(driver)]
    assert paths == ["/v1/desks/HASH", "/v1/keys/HASH", "/words/HASH", "/v1/effort", "/v1/tips"]
    assert gateway.efforts == [None], "when it is calm, nobody works and no worker is fetched"
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
        type_short_tip(driver, server)
        send(driver)
        receipt(driver)
    assert envelope.Header.parse(next(iter(gateway.tips.values()))).suite == suite
    assert gateway.opened()[1].document["what_happened"] == SHORT["what_happened"]


def test_a_browser_that_cannot_encrypt_says_so_before_anything_leaves(
    server: Server, gateway: StandIn
) -> None:
    with chromium(before=WITHOUT_X25519) as driver:
        open_form(driver, server)
        fill(driver, SHORT)
        assert to_the_end(driver)
        assert driver.find_element(By.CSS_SELECTOR, "#go > [data-plain]").is_displayed()
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
        assert driver.find_element(By.CSS_SELECTOR, "#go > [data-plain]").is_displayed()
        driver.find_element(By.ID, "danger_now").click()
        driver.find_element(By.ID, "what_happened").send_keys("Vi uma coisa.")
        driver.find_element(By.ID, "send").click()
        wait_for(driver, ".digits")
        driver.get(f"{server.url}/pt/mailbox")
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
    assert driver.switch_to.active_element.get_attribute("id") == "danger_now"
    fill(driver, {"danger_now": "no"})
    send(driver)
    wait_for(driver, "#e-what_happened", "at least one sentence")
    assert driver.switch_to.active_element.get_attribute("id") == "what_happened"
    fill(driver, {**SHORT, "who_am_i": "child_affected"})
    send(driver)
    wait_for(driver, "#e-consent_share", "Choose who may receive it")
    assert driver.find_element(By.ID, "e-danger_now").text == ""
    assert driver.switch_to.active_element.get_attribute("id") == "consent_share"
    assert gateway.requests == []


@pytest.mark.parametrize("language", ["es", "pt", "ht", "gn"])
@pytest.mark.parametrize("alone", ["none_yet", "hotline"])
def test_nobody_else_and_the_police_do_not_go_together(
    driver: Chrome, server: Server, gateway: StandIn, language: str, alone: str
) -> None:
    open_form(driver, server, language)
    fill(driver, {**SHORT, "who_am_i": "child_affected", "consent_share": [alone, "police_unit"]})
    send(driver)
    said = wait_for(driver, "#e-consent_share", words(driver, "consent_share.too_many"))
    assert "«" in said or "“" in said, "it names what was chosen"
    assert driver.switch_to.active_element.get_attribute("id") == "consent_share"
    assert gateway.requests == []
    click(driver, f"input[value={alone}]")
    send(driver)
    receipt(driver)
    assert gateway.opened()[1].document["consent_share"] == ["police_unit"]


def test_a_field_that_some_program_added_makes_no_tip_unreadable(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    driver.execute_script("""
      const added = Object.assign(document.createElement('input'), {name: 'added', value: 'x'});
      document.getElementById('tip').append(added);
    """)
    send(driver)
    receipt(driver)
    assert "added" not in gateway.opened()[1].document


def test_a_link_says_something_without_a_story(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    open_form(driver, server)
    fill(driver, {"danger_now": "no", "online": "https://a.example/x"})
    send(driver)
    receipt(driver)
    document = gateway.opened()[1].document
    assert document["online"] == ["https://a.example/x"] and "what_happened" not in document


@pytest.mark.parametrize("field, text, key", [
    ("what_happened", "x" * 4_001, "too_long"),
    ("where_text", "x" * 501, "too_long"),
    ("when_text", "x" * 501, "too_long"),
    ("online", "x\n" * 11, "online.too_many"),
    ("online", "x" * 501, "too_long"),
])
def test_too_much_is_said_and_nothing_is_cut(
    driver: Chrome, server: Server, gateway: StandIn, field: str, text: str, key: str
) -> None:
    type_short_tip(driver, server)
    driver.execute_script("document.getElementById(arguments[0]).value = arguments[1]", field, text)
    assert not to_the_end(driver)
    wait_for(driver, f"#e-{field}", words(driver, key))
    element = driver.find_element(By.ID, field)
    assert element.get_attribute("aria-invalid") == "true"
    assert element.get_attribute("value") == text
    assert gateway.requests == []


def test_4000_characters_beyond_the_bmp_are_taken(
    driver: Chrome, server: Server, gateway: StandIn
) -> None:
    type_short_tip(driver, server)
    type_text(driver, "🌧" * 4_000)
    send(driver)
    receipt(driver)
    assert gateway.opened()[1].document["what_happened"] == "🌧" * 4_000
