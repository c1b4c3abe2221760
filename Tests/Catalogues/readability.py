"""How easy a text is to read, by the formula that each language has."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
# Vowels that are a syllable of their own beside another vowel.
STRONG = {"es": "aeoáéíóú", "pt": "aeoáâãàéêíóôõú"}
VOWELS = {"es": "aeiouáéíóúü", "pt": "aeiouáâãàéêíóôõúü", "en": "aeiouy"}


def words_of(text: str) -> list[str]:
    return WORD.findall(text.lower())


def sentences_of(text: str) -> list[str]:
    return [part for part in re.split(r"[.!?…:\n]+", text) if WORD.search(part)]


def iberian_syllables(word: str, language: str) -> int:
    """Groups of vowels, where two strong vowels are two syllables and a weak one joins its neighbour."""
    word = re.sub(r"([qg])u(?=[eiéíê])", r"\1", word)
    if language == "es":
        word = re.sub(r"y\b", "i", word)
    strong = STRONG[language]
    count, before = 0, ""
    for letter in word:
        if letter in VOWELS[language] and not (before in VOWELS[language] and before):
            count += 1
        elif letter in strong and before in strong:
            # A Portuguese nasal diphthong (ão, ãe, õe) is one syllable.
            count += not (language == "pt" and before in "ãõ")
        before = letter
    return max(count, 1)


def english_syllables(word: str) -> int:
    """Groups of vowels without a silent final e; good to a few per cent over a page."""
    word = re.sub(r"(?<=[a-z]{2})(?:es|ed|e)$", lambda end: "le" if word.endswith("le") else
                  "ed" if re.search(r"[td]ed$", word) else "es" if re.search(r"(?:[sxz]|ch|sh|c|g)es$", word)
                  else "", word)
    return max(len(re.findall(r"[aeiouy]+", word)), 1)


def counts(texts: list[str], language: str) -> tuple[int, int, int]:
    """Sentences, words and syllables; every text is at least one sentence."""
    sentences = sum(len(sentences_of(text)) for text in texts)
    words = [part for text in texts for word in words_of(text) for part in re.split(r"[’'-]", word)]
    syllables = sum(english_syllables(word) if language == "en" else iberian_syllables(word, language)
                    for word in words)
    return sentences, len(words), syllables


def ease(texts: list[str], language: str) -> float:
    """INFLESZ (Szigriszt-Pazos 1993) for Spanish, Martins et al. (1996) for Portuguese, Flesch (1948) for English."""
    sentences, words, syllables = counts(texts, language)
    length, weight = words / sentences, syllables / words
    match language:
        case "es":
            return 206.835 - 62.3 * weight - length
        case "pt":
            return 248.835 - 1.015 * length - 84.6 * weight
        case _:
            return 206.835 - 1.015 * length - 84.6 * weight
