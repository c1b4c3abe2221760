"""Receipts: 88 bits as digits or words, and every key derived from them (formats.md section 3)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from . import hpke
from .errors import require
from .x25519 import public_key

BITS = 88
SECRET_BYTES = 11
ITERATIONS = 262_144
MODULUS = 997
WORDS = 8
LIST_WORDS = 2_048
KEY_LETTERS = 4
LANGUAGES = ("es", "pt", "en", "fr", "nl", "ht")
LISTS = Path(__file__).parents[3] / "Sources" / "Vocabulary" / "Data" / "words"


def to_digits(secret: bytes) -> str:
    """Ten groups of three: 27 digits and the check group."""
    require(len(secret) == SECRET_BYTES, "receipt", "size")
    number = int.from_bytes(secret, "big")
    digits = f"{number:027d}{number % MODULUS:03d}"
    return " ".join(digits[i : i + 3] for i in range(0, 30, 3))


def from_digits(text: str) -> bytes:
    """The secret of 30 digits, whatever stands between them."""
    digits = re.sub(r"[^0-9]", "", text)
    require(len(digits) == 30, "receipt", "digits")
    number = int(digits[:27])
    require(number % MODULUS == int(digits[27:]), "receipt-check")
    require(number < 1 << BITS, "receipt", "range")
    return number.to_bytes(SECRET_BYTES, "big")


def to_indices(secret: bytes) -> list[int]:
    """Eight indices of 11 bits, the most significant first."""
    require(len(secret) == SECRET_BYTES, "receipt", "size")
    number = int.from_bytes(secret, "big")
    return [number >> (11 * (WORDS - 1 - i)) & (LIST_WORDS - 1) for i in range(WORDS)]


def from_indices(indices: list[int]) -> bytes:
    require(len(indices) == WORDS, "receipt", "words")
    require(all(0 <= i < LIST_WORDS for i in indices), "receipt", "range")
    number = 0
    for index in indices:
        number = number << 11 | index
    return number.to_bytes(SECRET_BYTES, "big")


def word_list(language: str) -> list[str]:
    """The words of a language, in the order that receipts count them in."""
    return (LISTS / f"{language}.txt").read_text("utf-8").splitlines()


def spelled(text: str) -> list[str]:
    """The words that a person typed: without accents, in lower case, everything but a to z between them."""
    decomposed = unicodedata.normalize("NFD", text)
    plain = "".join(part for part in decomposed if not unicodedata.combining(part))
    return re.findall(r"[a-z]+", plain.lower())


def to_words(secret: bytes, language: str) -> str:
    words = word_list(language)
    return " ".join(words[index] for index in to_indices(secret))


def from_words(text: str, language: str) -> bytes:
    """The secret of eight words, of which the first four letters suffice."""
    places = {spelled(word)[0][:KEY_LETTERS]: i for i, word in enumerate(word_list(language))}
    require(len(places) == LIST_WORDS, "receipt", "list")
    keys = [word[:KEY_LETTERS] for word in spelled(text)]
    require(all(key in places for key in keys), "receipt", "word")
    return from_indices([places[key] for key in keys])


@dataclass(frozen=True)
class ReceiptKeys:
    prk: bytes
    id: bytes
    reply_ikm: bytes
    reply_secret: bytes
    reply_public: bytes
    psk: bytes
    answer: bytes


def derive(secret: bytes, origin: str) -> ReceiptKeys:
    require(len(secret) == SECRET_BYTES, "receipt", "size")
    salt = b"resguardo/1 receipt\x00" + origin.encode("utf-8")
    prk = hashlib.pbkdf2_hmac("sha256", secret, salt, ITERATIONS, 32)
    ikm = hpke.hkdf_expand(prk, b"resguardo/1 reply ikm", 32)
    private = hpke.X25519.derive_key_pair(ikm)
    return ReceiptKeys(
        prk=prk,
        id=hpke.hkdf_expand(prk, b"resguardo/1 mailbox", 32),
        reply_ikm=ikm,
        reply_secret=private,
        reply_public=public_key(private),
        psk=hpke.hkdf_expand(prk, b"resguardo/1 reply psk", 32),
        answer=hpke.hkdf_expand(prk, b"resguardo/1 answer", 32),
    )
