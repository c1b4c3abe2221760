#!/usr/bin/env python3
"""Makes the receipts' word lists: 2,048 common, kind, unambiguous words of a language.

Raw material, none of it in this repository:
  es pt en fr nl  the stems of Debian's hunspell dictionaries (infinitives, singular nouns and adjectives, so that
                  no conjugation is chosen), ranked by PyPI's wordfreq 3.1.1;
  ht              no dictionary is packaged: raw/ht.txt beside this file, written for this list.

    apt-get download hunspell-es hunspell-pt-br hunspell-en-us hunspell-fr-comprehensive hunspell-nl
    for p in hunspell-*.deb; do dpkg-deb -x "$p" debian; done
    pip download --no-deps wordfreq==3.1.1 && python -m zipfile -e wordfreq-*.whl wordfreq
    python make_words.py --dictionaries debian/usr/share/hunspell --frequencies wordfreq/wordfreq/data [--check]

The rules, in this order:
  1. four to eight letters of the language's own alphabet (Haitian Creole: three to eight); nothing joined, no names;
  2. not in deny/<lang>.txt, which says why by group; `word*` denies all that begins so but what own/<lang>.txt has;
  3. one word of those that share their first four letters, accents and case removed: the first one in own/<lang>.txt,
     else the commonest; a word shorter than four letters only where no other begins with it;
  4. one word of those that sound alike;
  5. all of own/<lang>.txt that is left, then the commonest, 2,048 together, in the order of their letters without
     accents.

A list in use is never changed: a receipt is the places of its words in it.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import unicodedata
from pathlib import Path

COUNT = 2_048
KEY = 4
LENGTHS = {"ht": (3, 8)}
HERE = Path(__file__).resolve().parent
LISTS = HERE.parent.parent / "Sources" / "Vocabulary" / "Data" / "words"
ALPHABETS = {
    "en": "abcdefghijklmnopqrstuvwxyz",
    "es": "abcdefghijklmnopqrstuvwxyzáéíóúüñ",
    "fr": "abcdefghijklmnopqrstuvwxyzàâçèéêëîïôûùü",
    "ht": "abcdefghijklmnoprstuvwyzàèò",
    "nl": "abcdefghijklmnopqrstuvwxyz",
    "pt": "abcdefghijklmnopqrstuvwxyzáâãàçéêíóôõú",
}
DICTIONARIES = {"en": "en_US", "es": "es_ES", "fr": "fr", "nl": "nl", "pt": "pt_BR"}
# Spellings of one sound, as a listener writes them down; the first that fits is taken.
SOUNDS = {
    "en": [("ght", "t"), ("^kn", "n"), ("^wr", "r"), ("^wh", "w"), ("ph", "f"), ("ck", "k")],
    "es": [("ch", "C"), ("h", ""), ("v", "b"), ("qu", "k"), ("gu(?=[ei])", "G"), ("g(?=[ei])", "j"),
           ("z", "s"), ("c(?=[ei])", "s"), ("c", "k"), ("ll", "y"), ("^x", "s"), ("[ao]$", "@")],
    "fr": [("ph", "f"), ("eaux?$|aux?$|os$|ot$", "o"), ("ent$|ant$|amp$|emps$|anc$|and$|ang$", "an"),
           ("ain$|ein$|in$|int$", "in"), ("é$|er$|et$|ée$|ai$|ais$|ait$|aie$|ès$|êt$", "é"), ("h", ""),
           ("qu", "k"), ("c(?=[eéièê])", "s"), ("ç", "s"), ("c", "k"), ("e$", ""), ("[stdpx]$", "")],
    "ht": [("r", "w"), ("gz", "kz"), ("logik", "lojik")],
    "nl": [("ij", "ei"), ("ou", "au"), ("dt$|d$", "t"), ("ch", "g"), ("c(?=[ei])", "s"), ("c", "k")],
    "pt": [("ch", "x"), ("h", ""), ("qu", "k"), ("g(?=[ei])", "j"), ("ss|ç", "s"), ("c(?=[ei])", "s"),
           ("c", "k"), ("z$", "s"), ("l(?=$|[^aeiou])", "u"), ("[ao]$", "@")],
}


def fold(word: str) -> str:
    """What is compared: lower case, without accents."""
    parts = unicodedata.normalize("NFD", word.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


def key(word: str) -> str:
    """What a reporter has to type of a word."""
    return fold(word)[:KEY]


def sound(word: str, language: str) -> str:
    """Equal for words that sound alike."""
    text = unicodedata.normalize("NFC", word)
    for spelling, heard in SOUNDS[language]:
        text = re.sub(spelling, heard, text)
    return re.sub(r"(.)\1", r"\1", fold(text) if language == "es" else text)


def own(language: str) -> list[str]:
    """The words that come first."""
    lines = (HERE / "own" / f"{language}.txt").read_text("utf-8").splitlines()
    return [word for line in lines for word in line.split("#")[0].split()]


def denied(language: str) -> tuple[set[str], tuple[str, ...]]:
    """The words of the deny list, and the beginnings that it denies."""
    words: set[str] = set()
    beginnings: set[str] = set()
    for line in (HERE / "deny" / f"{language}.txt").read_text("utf-8").splitlines():
        for word in line.split("#")[0].split():
            (beginnings.add(word[:-1]) if word.endswith("*") else words.add(word))
    return words, tuple(sorted(beginnings))


def stems(path: Path) -> set[str]:
    """The stems of a hunspell dictionary, lower case ones only."""
    found = set()
    for line in path.read_text("utf-8-sig").splitlines()[1:]:
        word = re.split(r"[/\t .]", line.strip())[0].replace("\u0133", "ij")
        if word and word == word.lower():
            found.add(unicodedata.normalize("NFC", word))
    return found


def ranks(path: Path) -> dict[str, int]:
    """Every known word with its rank, the commonest 0; equal frequencies rank alphabetically."""
    import msgpack

    with gzip.open(path) as file:
        levels = msgpack.load(file, raw=False)
    ordered = [word for level in levels[1:] for word in sorted(level)]
    return {word: rank for rank, word in enumerate(ordered)}


def ranked(language: str, dictionaries: Path, frequencies: Path) -> list[str]:
    """The raw words of a language: those of own/, then the commonest first."""
    if language not in DICTIONARIES:
        # A short word takes a place from every longer one that begins so: it comes last.
        return sorted(own(language), key=lambda word: len(word) < KEY)
    rank = ranks(frequencies / f"large_{language}.msgpack.gz")
    known = stems(dictionaries / f"{DICTIONARIES[language]}.dic")
    return own(language) + sorted((word for word in known if word in rank), key=lambda word: rank[word])


def is_permitted(word: str, language: str) -> bool:
    shortest, longest = LENGTHS.get(language, (4, 8))
    return shortest <= len(word) <= longest and set(word) <= set(ALPHABETS[language])


def select(words: list[str], language: str, count: int = COUNT) -> list[str]:
    """Rules 1 to 5 of the description above."""
    refused, beginnings = denied(language)
    chosen: list[str] = []
    keys: set[str] = set()
    sounds: set[str] = set()
    chosen_by_hand = set(own(language))
    for word in words:
        if not is_permitted(word, language) or word in refused:
            continue
        if word.startswith(beginnings) and word not in chosen_by_hand:
            continue
        start = key(word)
        short = start if len(start) < KEY else start[:3]
        clashes = start in keys or short in keys
        clashes = clashes or (len(start) < KEY and any(other.startswith(start) for other in keys))
        if clashes or sound(word, language) in sounds:
            continue
        chosen.append(word)
        keys.add(start)
        sounds.add(sound(word, language))
        if len(chosen) == count:
            break
    return sorted(chosen, key=fold)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dictionaries", type=Path, required=True, help="folder of *.dic")
    parser.add_argument("--frequencies", type=Path, required=True, help="folder of wordfreq's data")
    parser.add_argument("--check", action="store_true", help="compare with the lists, write nothing")
    parser.add_argument("languages", nargs="*", default=sorted(ALPHABETS))
    options = parser.parse_args()
    differing = []
    for language in options.languages:
        words = select(ranked(language, options.dictionaries, options.frequencies), language)
        if len(words) != COUNT:
            sys.exit(f"{language}: only {len(words)} words are left")
        text = "".join(f"{word}\n" for word in words)
        path = LISTS / f"{language}.txt"
        if options.check:
            if not path.exists() or path.read_text("utf-8") != text:
                differing.append(language)
        else:
            LISTS.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    if differing:
        sys.exit(f"not what the rules make: {' '.join(differing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
