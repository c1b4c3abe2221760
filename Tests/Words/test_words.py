"""The word lists keep the rules of make_words.py, without the dictionaries that they were made from."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make_words

LANGUAGES = sorted(make_words.ALPHABETS)
# Once receipts have been given out, a changed list needs a number and a file of its own: receipts are places in it.
SHA256 = {
    "en": "77b4078988d0ad8ecb6e0ddbaf9fe367e7102a59960636217b845069678fbe0c",
    "es": "75a9cbf33f76a270731b22449e004d57e4454f304b5796028bfe3b0e2e3360d1",
    "fr": "830da84a2bb44104453c60b32f0649ebad66352380d8a7a2dd476dacd5806ad8",
    "ht": "8d0460ee9bd5b5cb96473ef1c6ef636be451df7b494c9ee85820c16ab648c291",
    "nl": "cc666cf64f9a11ad062a939ba39a6a2fc5de503a1fe48b23b1bda1e752a49485",
    "pt": "827a19ee1d0919e8ad9833362a8a6e4d9fec156ded32660c14bfa8e1c03c426a",
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
