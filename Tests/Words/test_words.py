"""The word lists keep the rules of make_words.py, without the dictionaries that they were made from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make_words

LANGUAGES = sorted(make_words.ALPHABETS)


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
