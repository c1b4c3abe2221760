"""The word lists keep the rules of make_words.py, without the dictionaries that they were made from."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from itertools import takewhile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make_words

LANGUAGES = sorted(make_words.ALPHABETS)
# Once receipts have been given out, a changed list needs a number and a file of its own: receipts are places in it.
SHA256 = {
    "en": "22f46dc59c05bcdff2eb22be2e2c59ffc5dc82ee0832b196202a1e7a7f4dec77",
    "es": "dbfd7e97e51a6d1263c883e79689cf11954be84b25328c97600c9732d9450110",
    "fr": "6070bd2e92346b5c8b0dd225e9d9ea01d8d8f969f841696c924497be4a4929c1",
    "ht": "98b144df2751d1ebc11cbafb03a91c280ca06cf641b10da4d5d8f59885dee9a1",
    "nl": "21a0442715b6a4f98fd362efcfb3143b5e5b3f56d14112b9fbdbfe86f8a6841a",
    "pt": "5ffdcc75966e1dfebae37785f62190634cfe02fac7b56ae46de0d9dc80e0f4dd",
}

CATALOGUES = Path(__file__).parents[1] / "Catalogues"
OFFENCES = make_words.LISTS.parent / "offences.json"
# Words that any text is made of: on a paper that somebody finds, they say nothing of what it is for.
PLAIN = {
    "en": "away camel chili custom give person place produce self show sugar take think thread virtue work",
    "es": "algún buscar cambio cosa favor forma hacer lugar pared trabajo usual vivir vivo enviar",
    "fr": "chercher chose conte coupe danse dire donner envol façon ligne marin obtenir quelque service usage voyage",
    "ht": "bagay chacha dirèk enterese fason favè imaj konnen kote monte moun mwen pase poukisa tourist twonpèt vwayaj",
    "nl": "aanraden anders beeld buiten dingen doen gebruik gunst klank krijt later plek probeer reis samen wonen",
    "pt": "casa coisa enviar favo forma garoa imagem levar lugar mostrar procurar troca viagem viver vivo",
}


def words_of(language: str) -> list[str]:
    text = (make_words.LISTS / f"{language}.txt").read_text("utf-8")
    assert text.endswith("\n")
    return text.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_keeps_the_rules(language: str) -> None:
    words = words_of(language)
    assert len(words) == make_words.COUNT
    assert words == sorted(words, key=make_words.fold)
    assert all(make_words.is_permitted(word, language) for word in words)
    keys = [make_words.key(word) for word in words]
    assert len(set(keys)) == make_words.COUNT
    short = [key for key in keys if len(key) < make_words.KEY]
    assert not [key for key in keys if key not in short and key.startswith(tuple(short) or ("-",))]
    sounds = [make_words.sound(word, language) for word in words]
    assert len(set(sounds)) == make_words.COUNT


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_denied_word_is_in_a_list(language: str) -> None:
    refused, beginnings = make_words.denied(language)
    own = set(make_words.own(language))
    words = words_of(language)
    assert not refused.intersection(words)
    assert not refused.intersection(own), "a word is both put first and denied"
    assert not [word for word in words if word.startswith(beginnings) and word not in own]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_choose_from_a_list_all_of_it(language: str) -> None:
    words = words_of(language)
    assert make_words.select(words, language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_the_one_that_receipts_were_given_out_from(language: str) -> None:
    found = hashlib.sha256((make_words.LISTS / f"{language}.txt").read_bytes()).hexdigest()
    assert found == SHA256[language]


def is_form_of(word: str, other: str) -> bool:
    """Whether the one is the other but for its ending: `toca` and `tocam`, `venda` and `vendem`."""
    one, two = make_words.fold(word), make_words.fold(other)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    return one == two or alike >= max(make_words.KEY, len(one) - 1, len(two) - 2)


def telling(language: str) -> set[str]:
    """The words of the terms to avoid, and of the answers by which a child says what was done."""
    terms = json.loads((CATALOGUES / "terms" / f"terms.{language}.json").read_text("utf-8"))["terms"]
    offences = json.loads(OFFENCES.read_text("utf-8"))["offences"]
    texts = [avoid for term in terms for avoid in term["avoid"]] + [offence["plain"][language] for offence in offences]
    return {word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_tells_what_the_paper_is_for(language: str) -> None:
    said = telling(language)
    words = words_of(language)
    found = {word for word in words if any(is_form_of(word, other) for other in said)}
    assert found - set(PLAIN[language].split()) == set()


@pytest.mark.parametrize(("language", "word"), [
    ("ht", "kliyan"), ("ht", "manyen"), ("ht", "vann"), ("pt", "toca"), ("pt", "venda"), ("en", "tricks"),
])
def test_a_word_that_tells_is_found(language: str, word: str) -> None:
    assert any(is_form_of(word, other) for other in telling(language))
