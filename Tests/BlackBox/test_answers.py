"""A whole conversation through the real daemon: tip, replies, answers with and without JavaScript, desk and unit."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from client import FORM, Answer
from deployment import ORIGIN
from founded import Talk, talking
from people import mailbox_part, make_answer, make_envelope, replies_of
from resguardo_formats import receipt
from resguardo_formats.encodings import b64, b64url

KEPT = "Tu respuesta está guardada."


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talking(tmp_path_factory.mktemp("talk")) as talk:
        yield talk


@dataclass
class Told:
    """A tip that was replied to, and what only its sender has."""

    name: str
    secret: bytes
    keys: receipt.ReceiptKeys

    @property
    def words(self) -> str:
        return receipt.to_words(self.secret, "es")


@pytest.fixture(scope="module")
def told(talk: Talk, tmp_path_factory: pytest.TempPathFactory) -> Told:
    secret = os.urandom(receipt.SECRET_BYTES)
    keys = receipt.derive(secret, ORIGIN)
    line = talk.tool.key_line("desk-ar", "envelope-xwing")
    name = talk.send(make_envelope(line, "¿me leen?", mailbox=mailbox_part(keys)))
    said, custody = talk.open("desk-ar", name, tmp_path_factory.mktemp("told"))
    assert said == ["¿me leen?"] and "answer" not in custody
    talk.work("desk-ar", "reply", "--status", "read", "--", name)
    talk.work("desk-ar", "reply", "--text", "¿Estás a salvo?", "--", name)
    return Told(name, secret, keys)


def test_a_reply_says_which_desk_takes_answers(talk: Talk, told: Told) -> None:
    assert replies_of(talk.public, told.keys) == [
        {"state": "AR", "status": "read", "text": "read", "v": 1},
        {"state": "AR", "text": "¿Estás a salvo?", "v": 1},
    ]


@pytest.mark.parametrize("use", ["envelope-x25519", "envelope-xwing"])
def test_the_desk_knows_whose_answer_it_is(
    talk: Talk, told: Told, tmp_path: Path, use: str
) -> None:
    name = talk.send(make_answer(talk.tool.key_line("desk-ar", use), "Sí, estoy bien.", told.keys))
    said, custody = talk.open("desk-ar", name, tmp_path)
    assert said == [
        f"An answer to {told.name}, by whoever holds its receipt: the tag holds.",
        "Sí, estoy bien.",
    ]
    assert custody["answer"] == {"earlier": told.name, "tag": "holds"}
    # An answer can be replied to like the tip before it, and into the same mailbox.
    before = len(replies_of(talk.public, told.keys))
    talk.work("desk-ar", "reply", "--status", "with-unit", "--", name)
    assert replies_of(talk.public, told.keys)[before]["status"] == "with-unit"


def test_who_has_no_receipt_is_found_out(talk: Talk, told: Told, tmp_path: Path) -> None:
    line = talk.tool.key_line("desk-ar", "envelope-x25519")
    forged = make_answer(line, "Todo bien, cierren.", told.keys, signed_with=os.urandom(32))
    said, custody = talk.open("desk-ar", talk.send(forged), tmp_path)
    assert said[0].startswith(f"CALLS ITSELF AN ANSWER to {told.name}, and IS NOT by the holder")
    assert custody["answer"] == {"earlier": told.name, "tag": "differs"}


def test_a_tag_does_not_fit_another_envelope(talk: Talk, told: Told, tmp_path: Path) -> None:
    """The tag of one answer, taken over by another: it covers the answer's own key."""
    line = talk.tool.key_line("desk-ar", "envelope-x25519")
    first = make_answer(line, "de verdad", told.keys)
    copied = make_answer(line, "copiada", told.keys, taken_from=first)
    said, _ = talk.open("desk-ar", talk.send(copied), tmp_path)
    assert "the tag does not hold" in said[0]


def test_an_answer_to_what_was_never_opened_here_is_not_checked(
    talk: Talk, told: Told, tmp_path: Path
) -> None:
    line = talk.tool.key_line("desk-region", "envelope-xwing")
    name = talk.send(make_answer(line, "perdida", told.keys), "desk-region")
    said, custody = talk.open("desk-region", name, tmp_path)
    assert "a tip that was not opened at this station: the tag was NOT CHECKED." in said[0]
    assert custody["answer"] == {"tag": "not checked"}


def hidden(page: Answer) -> str:
    found = re.search(r'<input type="hidden" name="receipt" value="([^"]*)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def test_somebody_without_javascript_writes_back(
    talk: Talk, told: Told, tmp_path: Path
) -> None:
    read = talk.mailbox(receipt=told.words.upper())
    assert read.status == 200 and read.headers["connection"] == "close"
    assert "Una persona adulta ya leyó lo que escribiste." in read.text
    assert "¿Estás a salvo?" in read.text and KEPT not in read.text
    text = "Sí.\r\n<b>Gracias</b> & «ñ» 🌧"
    kept = talk.mailbox(receipt=hidden(read), answer=text)
    assert kept.status == 201 and kept.headers["connection"] == "close"
    assert KEPT in kept.text and "¿Estás a salvo?" in kept.text
    assert told.words.upper() not in html.unescape(kept.text) and "Gracias" not in kept.text
    said, custody = talk.open("desk-ar", talk.arrived("desk-ar"), tmp_path)
    assert custody["answer"] == {"earlier": told.name, "tag": "holds"}
    folder = next(tmp_path.iterdir())
    document = json.loads((folder / "tip.json").read_text())
    assert document["what_happened"] == text.replace("\r\n", "\n")
    assert (document["channel"], document["language"]) == ("web", "es")
    assert json.loads(custody["tip"]["record"])["size"] == 17_640


REFUSED = {
    "empty": ("", "Escribe aunque sea una frase."),
    "blank": (" \n ", "Escribe aunque sea una frase."),
    "too long": ("ñ" * 4_001, "El texto es demasiado largo."),
    "bidirectional": ("a\u202eb", "El texto tiene signos ocultos"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_answer_comes_back_as_it_was_typed(
    talk: Talk, told: Told, what: str
) -> None:
    typed, why = REFUSED[what]
    page = talk.mailbox(receipt=told.words, answer=typed)
    assert page.status == 422 and page.headers["connection"] == "close"
    assert f'id="e-answer">{why}' in page.text
    area = re.search(r"<textarea[^>]*aria-invalid=\"true\">\n(.*?)</textarea>", page.text, re.S)
    assert area and html.unescape(area[1]) == typed
    assert "¿Estás a salvo?" in page.text and hidden(page) == told.words
    assert talk.work("desk-ar", "list", "--new") == ""


def test_4000_characters_are_taken(talk: Talk, told: Told, tmp_path: Path) -> None:
    text = "🌧" * 4_000
    assert talk.mailbox(receipt=told.words, answer=text).status == 201
    said, _ = talk.open("desk-ar", talk.arrived("desk-ar"), tmp_path)
    assert said[1] == text


def test_until_a_reply_the_gateway_knows_nothing_of_a_mailbox(talk: Talk) -> None:
    """Why no replies and no such receipt cannot take different times: nothing on the disk differs, in any spelling."""
    keys = receipt.derive(os.urandom(receipt.SECRET_BYTES), ORIGIN)
    line = talk.tool.key_line("desk-ar", "envelope-xwing")
    name = talk.send(make_envelope(line, "sin respuesta", mailbox=mailbox_part(keys)))
    spellings = [keys.id, keys.id.hex().encode(), b64(keys.id).encode(), b64url(keys.id).encode()]

    def traces() -> set[str]:
        files = {path: path.read_bytes() for path in (talk.tool.folder / "state").rglob("*")
                 if path.is_file()}
        assert len(files) > 1
        return {path.name for path, data in files.items() if any(s in data for s in spellings)}

    assert replies_of(talk.public, keys) == [] and traces() == set()
    talk.work("desk-ar", "reply", "--status", "read", "--", name)
    assert traces() != set()


def test_without_a_reply_there_is_nothing_to_answer(talk: Talk) -> None:
    """The same page, with an answer and without, for a receipt that nobody has."""
    words = receipt.to_words(os.urandom(receipt.SECRET_BYTES), "es")
    plain, answered = talk.mailbox(receipt=words), talk.mailbox(receipt=words, answer="hola")
    assert plain.status == answered.status == 200
    assert plain.body == answered.body
    assert "<textarea" not in plain.text and plain.text.count(words) == 1
    assert talk.work("desk-ar", "list", "--new") == ""
    assert talk.mailbox(receipt="nada", answer="hola").status == 422


def test_the_form_is_read_within_its_limits(talk: Talk) -> None:
    assert talk.mailbox(receipt="1" * 600).status == 422
    broken = talk.public.ask("POST", "/es/mailbox", b"receipt=%zz", content_type=FORM)
    assert broken.status == 400
    long = b"receipt=1&answer=" + b"a" * (96 << 10)
    assert talk.public.ask("POST", "/es/mailbox", long, content_type=FORM).status == 413


def test_the_unit_knows_whose_answer_it_is(talk: Talk, told: Told, tmp_path: Path) -> None:
    line = talk.tool.key_line("desk-ar", "envelope-xwing")
    names = [told.name, talk.send(make_answer(line, "Es en Salta.", told.keys)),
             talk.send(make_answer(line, "Mentira.", told.keys, signed_with=bytes(32)))]
    for name in names:
        talk.work("desk-ar", "route", "--to", "police-ar", "--", name)
    said = talk.work("police-ar", "pull", "--into", str(tmp_path)).splitlines()
    assert said[1].startswith("desk-ar-000002: ") and said[2] == (
        "desk-ar-000002: An answer to desk-ar-000001, by whoever holds its receipt: the tag holds.")
    assert said[4].startswith("desk-ar-000003: CALLS ITSELF AN ANSWER to desk-ar-000001, and IS NOT")
    sheets = [json.loads((tmp_path / f"desk-ar-00000{n}" / "custody.json").read_text())
              for n in (1, 2, 3)]
    assert [sheet.get("answer") for sheet in sheets] == [
        None, {"earlier": "desk-ar-000001", "tag": "holds"},
        {"earlier": "desk-ar-000001", "tag": "differs"}]


def test_no_office_keeps_a_receipts_keys_outside_the_sealed_bodies(
    talk: Talk, told: Told
) -> None:
    for office in ("desk-ar", "police-ar"):
        index = json.loads(Path(talk.tool.home(office), "mailboxes.json").read_text())
        assert b64(told.keys.id) in index["names"]
        for path in Path(talk.tool.home(office)).rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            for part in ("answer", "psk", "reply_key"):
                assert mailbox_part(told.keys)[part].encode() not in data, path
