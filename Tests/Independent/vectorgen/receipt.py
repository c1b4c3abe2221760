"""resguardo-receipt.json"""

from __future__ import annotations

import unicodedata
from typing import Any

from resguardo_formats import receipt
from resguardo_formats.encodings import b64

from .common import ENCODING, ORIGIN, OTHER_ORIGIN, random, refused

ABOUT = [
    "Receipts: 'secret' is the 11 bytes; 'digits' the ten groups of three; 'indices' the",
    "eight indices into a 2,048-word list (the first holds the most significant 11 bits). The",
    "derived values depend on secret and origin. 'refused': digit texts that are no receipt.",
    "'words': a receipt in each language's list, and other ways to type it.",
    ENCODING,
]
SECRETS = {
    "zero": bytes(11),
    "one": (1).to_bytes(11, "big"),
    "largest": b"\xff" * 11,
    "random": random("receipt", 11),
}


def _accepted(name: str, secret: bytes, origin: str) -> dict[str, Any]:
    keys = receipt.derive(secret, origin)
    digits = receipt.to_digits(secret)
    assert receipt.from_digits(digits) == secret
    assert receipt.from_indices(receipt.to_indices(secret)) == secret
    return {
        "answer": b64(keys.answer),
        "digits": digits,
        "id": b64(keys.id),
        "indices": receipt.to_indices(secret),
        "name": name,
        "origin": origin,
        "prk": b64(keys.prk),
        "psk": b64(keys.psk),
        "reply_ikm": b64(keys.reply_ikm),
        "reply_public": b64(keys.reply_public),
        "reply_secret": b64(keys.reply_secret),
        "secret": b64(secret),
    }


def _digits(number: int, check: int | None = None) -> str:
    check = number % receipt.MODULUS if check is None else check
    digits = f"{number:027d}{check:03d}"
    return " ".join(digits[i : i + 3] for i in range(0, 30, 3))


def _refused() -> list[dict[str, Any]]:
    number = int.from_bytes(SECRETS["random"], "big")
    good = receipt.to_digits(SECRETS["random"])
    changed = ("1" if good[0] == "0" else "0") + good[1:]
    cases = [
        ("one-digit-changed", changed, "receipt-check"),
        ("groups-swapped", good[4:7] + good[3] + good[:3] + good[7:], "receipt-check"),
        ("check-not-modulo", _digits(number, (number + 1) % receipt.MODULUS), "receipt-check"),
        ("two-to-the-88", _digits(1 << 88), "receipt"),
        ("largest-27-digits", _digits(10**27 - 1), "receipt"),
        ("29-digits", good[:-1], "receipt"),
        ("31-digits", good + "0", "receipt"),
        ("letters", good[:-3] + "abc", "receipt"),
        ("arabic-indic-digits", good[:-3] + "\u0661\u0662\u0663", "receipt"),
        ("empty", "", "receipt"),
    ]
    return [
        refused(name, slug, lambda digits=digits: receipt.from_digits(digits), digits=digits)
        for name, digits, slug in cases
    ]


def _words(language: str) -> dict[str, Any]:
    secret = random(f"receipt in {language}", receipt.SECRET_BYTES)
    text = receipt.to_words(secret, language)
    short = [word[: receipt.KEY_LETTERS] for word in receipt.spelled(text)]
    also = [
        text.upper(),
        unicodedata.normalize("NFD", text),
        " ".join(receipt.spelled(text)),
        ", ".join(short) + ".",
        "\n".join(f"{place}. {word}" for place, word in enumerate(short, 1)),
    ]
    assert all(receipt.from_words(typed, language) == secret for typed in [text, *also])
    return {"also_read": also, "language": language, "secret": b64(secret), "text": text}


def make() -> dict[str, Any]:
    accepted = [_accepted(name, secret, ORIGIN) for name, secret in SECRETS.items()]
    accepted.append(_accepted("other-origin", SECRETS["random"], OTHER_ORIGIN))
    spaced = receipt.to_digits(SECRETS["random"])
    between = ("", "-", ".", ", ", "\t", "\r\n", "\u00a0", "\u2009", "\u202f", *map(chr, range(0x2010, 0x2016)))
    also = [spaced.replace(" ", mark) for mark in between] + [f" {spaced} ", f"Mi recibo: {spaced}."]
    assert all(receipt.from_digits(text) == SECRETS["random"] for text in also)
    return {
        "about": ABOUT,
        "accepted": accepted,
        "also_read_as_random": also,
        "refused": _refused(),
        "words": [_words(language) for language in receipt.LANGUAGES],
    }
