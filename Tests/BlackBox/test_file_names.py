"""What a sender says of a file reaches the desk made safe: a tip that was acknowledged is one that opens."""

from __future__ import annotations

import os

import pytest
from people import Gateway

GOOD = {"danger_now": "no", "what_happened": "con fotos", "where_country": "AR"}
NAMELESS, TYPELESS = "attachment", "application/octet-stream"


@pytest.mark.parametrize(
    ("claimed", "name"),
    [
        ("ok.png", "ok.png"),
        ("ñandú en el río.jpg", "ñandú en el río.jpg"),
        (r"C:\fotos\casa.jpg", "casa.jpg"),
        ("/sdcard/DCIM/casa.jpg", "casa.jpg"),
        ("casa/", NAMELESS),
        ("../..", NAMELESS),
        (".", NAMELESS),
        ("   ", NAMELESS),
        ("a\u202egpj.exe", NAMELESS),
        ("fin\x1b[2J", NAMELESS),
        ("a\tb.jpg", NAMELESS),
        ("n" * 255, "n" * 255),
    ],
)
def test_names(quiet: Gateway, claimed: str, name: str) -> None:
    assert arrived(quiet, claimed, "image/jpeg") == (name, "image/jpeg")


@pytest.mark.parametrize(
    ("claimed", "kind"),
    [
        ("image/jpeg", "image/jpeg"),
        ("a b/c", TYPELESS),
        ("jpeg", TYPELESS),
        ("image/ñ", TYPELESS),
        ("x/" + "y" * 125, "x/" + "y" * 125),
        ("x/" + "y" * 126, TYPELESS),
    ],
)
def test_types(quiet: Gateway, claimed: str, kind: str) -> None:
    assert arrived(quiet, "ok.png", claimed) == ("ok.png", kind)


def arrived(gateway: Gateway, name: str, kind: str) -> tuple[str, str]:
    """Sends a form with a file that is said to be this, and opens the tip at the desk."""
    # Claims that are not taken are all alike, and the same form twice is one tip.
    told = {**GOOD, "where_text": os.urandom(8).hex()}
    page = gateway.public().multipart("es", told, [(name, kind, b"x")])
    assert page.status == 201, page
    desk = gateway.desk("desk-ar")
    (file,) = desk.open(desk.tips()[-1]).tip.attachments
    assert file.data == b"x"
    return file.name, file.media_type
