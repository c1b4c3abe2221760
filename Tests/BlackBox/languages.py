"""The languages of the pages, and what a page says in each."""

from __future__ import annotations

import functools
import json

from deployment import ROOT

LANGUAGES = "es pt en fr nl ht gn quz quy ay pap srn jam".split()


@functools.cache
def wording(language: str) -> dict[str, str]:
    """What the pages of a language say, by key."""
    file = ROOT / "Sources" / "Gateway" / "Web" / "catalogues" / f"{language}.json"
    strings = json.loads(file.read_text("utf-8"))["strings"]
    return {key: string["text"] for key, string in strings.items()}
