"""Translators edit data files; these rules hold whatever they write."""

from __future__ import annotations

import datetime
import json
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from readability import ease, english_syllables, iberian_syllables, sentences_of, words_of  # noqa: E402

ROOT = HERE.parents[1]
CATALOGUES = ROOT / "Sources" / "Gateway" / "Web" / "catalogues"
DATA = ROOT / "Sources" / "Vocabulary" / "Data"

LANGUAGES: list[dict[str, Any]] = json.loads((DATA / "languages.json").read_text())["languages"]
ALL = [language["code"] for language in LANGUAGES]
FALLBACK = {language["code"]: language.get("fallback") for language in LANGUAGES}
COMPLETE = [code for code in ALL if not FALLBACK[code]]
PARTIAL = [code for code in ALL if FALLBACK[code]]

# What a language that is not complete may leave to the one behind it: files, proofs, how a browser that cannot encrypt goes
# on, and two rare answers to it. Danger, the way out, the questions, every refusal, the receipt and staying safe are in its own words.
MAY_FALL_BACK = re.compile(
    r"skip|required|who_am_i_duty|\w+_you|consent_share_need|attachments_\w+|clean_\w+|not_cleaned|plain_note"
    r"|confirm_\w+|box_plain|proof_(heading|link|keep)|problem_(unclear|repeated)")
# Characters that fit: a button on a screen of 320 px with the text at 19 px, a title in a crowded bar.
BUTTONS = {"exit", "stop", "send", "answer_send", "confirm_send", "confirm_back", "return_button"}
LIMITS = ((re.compile("|".join(BUTTONS)), 22), (re.compile(r"title_\w+"), 11), (re.compile("required"), 14),
          (re.compile(r"\w+_heading"), 85), (re.compile("attachments_warning"), 230), (re.compile(".*"), 205))
WORDS_OF_A_SENTENCE = 23
# "Fairly easy" ends at 65 in Spanish and 70 in English; a page that a child may read keeps more, and all of these are such.
EASE = 75
# What one text may have that is longer than a label, so that an average hides none that is hard.
EASE_OF_ONE = 40
# The page says "you" as one says it to a friend, and always the same way.
OTHER_YOU = {"es": "usted|ustedes|vos|vosotros", "pt": "tu|teu|tua|vós", "fr": "vous|votre|vos", "nl": "u|uw"}

# What a word may end in that is another ending in another number or gender, without accents.
ENDINGS = {"es": "[aeo]", "pt": "ao|[aeol]", "fr": "e", "en": "y"}
PLURALS = {
    "es": [("[aeiouáéó]", r"\g<0>s"), ("ón", "ones"), ("", "es")],
    "pt": [("ão", "ões"), ("il", "is"), ("[aeiouáéê]", r"\g<0>s"), ("", "es")],
    "fr": [("", "s")],
    "en": [("y", "ies"), ("", "s")],
    "nl": [("[aeiou]", r"\g<0>s"), ("(er|ion)", r"\g<0>s"), ("", "en")],
}
# The languages that one without a list of its own takes such words from.
LENDERS = {"gn": ["es"], "quy": ["es"], "quz": ["es"], "ay": ["es"], "srn": ["nl", "en"], "pap": ["es", "pt", "nl"],
           "jam": ["en"]}


def entries(language: str) -> dict[str, dict[str, str]]:
    return json.loads((CATALOGUES / f"{language}.json").read_text())["strings"]


def texts(language: str) -> dict[str, str]:
    return {key: entry["text"] for key, entry in entries(language).items()}


def labels(language: str) -> dict[str, str]:
    """The answers to choose from and the names of places, as far as the language has its own."""
    intake = json.loads((DATA / "intake.json").read_text())["choices"]
    found = {f"{field}.{choice['key']}": choice["labels"] for field in intake for choice in intake[field]}
    for offence in json.loads((DATA / "offences.json").read_text())["offences"]:
        found[f"category.{offence['key']}"] = offence["plain"]
        found[f"offence.{offence['key']}"] = offence["labels"]
    return {key: by_language[language] for key, by_language in found.items() if language in by_language}


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{[a-z]+\}", text))


def test_every_catalogue_is_of_a_language_and_every_language_has_one() -> None:
    assert {path.stem for path in CATALOGUES.glob("*.json")} == set(ALL)
    assert COMPLETE == ["es", "pt", "en", "fr", "nl", "ht"]
    assert set(PARTIAL) == {"gn", "quy", "quz", "ay", "srn", "pap", "jam"}
    assert all(FALLBACK[code] in COMPLETE for code in PARTIAL)
    assert len({language["name"] for language in LANGUAGES}) == len(ALL)


@pytest.mark.parametrize("language", COMPLETE)
def test_a_complete_language_has_the_same_strings(language: str) -> None:
    assert list(texts(language)) == list(texts("es"))
    assert set(labels(language)) == set(labels("es"))


# A form of "now", and the word for what has happened.
NOW = {"es": "ahora", "pt": "agora", "en": "now", "fr": "maintenant", "nl": "nu", "ht": "kounye a"}
HAPPENED = {"es": "pasó", "pt": "aconteceu", "en": "happened", "fr": "m’est arrivé", "nl": "overkwam", "ht": "te rive"}


@pytest.mark.parametrize("language", COMPLETE)
def test_a_child_is_told_from_an_adult_by_its_age_now(language: str) -> None:
    """Abuse may be past while a child is still one; only a child is asked who may receive what it tells."""
    said = labels(language)
    child, adult = said["who_am_i.child_affected"], said["who_am_i.adult_affected_as_child"]
    assert HAPPENED[language] in child and HAPPENED[language] in adult.lower()
    assert re.search(rf"\b{NOW[language]}\b.*\b18\b|\b18\b.*\b{NOW[language]}\b", adult)
    assert adult.count("18") == 2 and child.count("18") == 1
    assert HAPPENED[language].split()[-1] in texts(language)["consent_share_need"]


@pytest.mark.parametrize("language", PARTIAL)
def test_a_partial_language_has_what_safety_needs(language: str) -> None:
    found = set(texts(language))
    assert found < set(texts("es"))
    assert {key for key in texts("es") if not MAY_FALL_BACK.fullmatch(key)} - found == set()
    own = set(labels(language))
    assert {"danger_now.yes", "danger_now.no", "danger_now.unsure"} <= own
    assert {key for key in labels("es") if key.startswith("consent_share.")} <= own


@pytest.mark.parametrize("language", ALL)
def test_placeholders_are_the_same(language: str) -> None:
    spanish = texts("es")
    for key, text in texts(language).items():
        assert placeholders(text) == placeholders(spanish[key]), key


@pytest.mark.parametrize("language", ALL)
def test_every_string_says_who_wrote_it_who_read_it_and_when(language: str) -> None:
    for key, entry in entries(language).items():
        assert set(entry) == {"text", "translator", "reviewer", "date"}, key
        assert all(value == value.strip() != "" for value in entry.values()), key
        assert datetime.date.fromisoformat(entry["date"]) >= datetime.date(2026, 11, 1), key
        assert entry["reviewer"] != entry["translator"], f"{key}: nobody reviews what they wrote"


@pytest.mark.parametrize("language", ALL)
def test_texts_fit(language: str) -> None:
    for key, text in texts(language).items():
        most = next(limit for pattern, limit in LIMITS if pattern.fullmatch(key))
        assert len(text) <= most, f"{key}: {len(text)} characters, at most {most}"
    for key, text in labels(language).items():
        assert len(text) <= 90, key
    # Nothing is wider than a line of 320 px, since a long word cannot always be broken well.
    for key, text in (texts(language) | labels(language)).items():
        assert max(map(len, re.split(r"[\s/-]", text))) <= 26, key


@pytest.mark.parametrize("language", ALL)
def test_sentences_are_short(language: str) -> None:
    for key, text in texts(language).items():
        for sentence in sentences_of(text):
            assert len(sentence.split()) <= WORDS_OF_A_SENTENCE, f"{key}: {sentence}"


@pytest.mark.parametrize("language", ALL)
def test_texts_are_plain_text(language: str) -> None:
    for key, text in (texts(language) | labels(language)).items():
        assert not re.search(r"[<>⟦⟧|\t\n\"'`]|  |[\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text), key


@pytest.mark.parametrize("language", ALL)
def test_what_is_quoted_is_on_the_page(language: str) -> None:
    """A sentence that says to press “Send” must name the button as the button does."""
    shown = set(texts(language).values()) | set(labels(language).values())
    for key, text in texts(language).items():
        for quoted in re.findall(r"[«“]\s*(.+?)\s*[»”]", text):
            assert quoted in shown, f"{key}: {quoted}"


def terms(language: str) -> list[dict[str, Any]]:
    document = json.loads((HERE / "terms" / f"terms.{language}.json").read_text())
    assert document["language"] == language
    return document["terms"]


def folded(text: str) -> str:
    """Without accents and in lower case: a plural may move an accent."""
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


def stem(word: str, language: str) -> str:
    """A pattern for a word in any number and gender; short ones are what they are."""
    plain = folded(word)
    if len(plain) < 4:
        return re.escape(plain)
    ending = ENDINGS.get(language)
    return re.escape(re.sub(f"(?:{ending})$", "", plain) if ending else plain) + r"\w{0,4}"


def uses(text: str, avoid: str, language: str) -> bool:
    """Whether a text has a term, in whatever number and gender."""
    pattern = r"[\s-]+".join(stem(word, language) for word in re.split(r"[\s-]+", avoid))
    return re.search(rf"\b{pattern}\b", folded(text)) is not None


def plural(avoid: str, language: str) -> str:
    """The term of several: what a slip in a catalogue would look like."""
    if language == "ht":
        return f"{avoid} yo"
    endings = [(re.compile(f"{ending}$"), several) for ending, several in PLURALS[language]]
    words = avoid.split()
    # In English and Dutch the last word alone is said of several.
    start = 0 if language in ("es", "pt", "fr") else len(words) - 1
    for place in range(start, len(words)):
        if len(words[place]) > 3:
            ending, several = next(found for found in endings if found[0].search(words[place]))
            words[place] = ending.sub(several, words[place])
    return " ".join(words)


@pytest.mark.parametrize("language", COMPLETE)
def test_no_text_uses_a_term_to_avoid(language: str) -> None:
    """Terms that blame, or name a crime as a trade; each with what to say instead."""
    assert len(terms(language)) >= 8
    for term in terms(language):
        for avoid in term["avoid"]:
            for key, text in (texts(language) | labels(language)).items():
                found = uses(text, avoid, language)
                assert not found, f"{key}: say {term['use']}, not {avoid}"


@pytest.mark.parametrize(("language", "lender"), [(code, lender) for code in PARTIAL for lender in LENDERS[code]])
def test_no_text_borrows_a_term_to_avoid(language: str, lender: str) -> None:
    """A language without a list of its own has the words that it would take from its neighbour."""
    for term in terms(lender):
        for avoid in term["avoid"]:
            for key, text in (texts(language) | labels(language)).items():
                found = uses(text, avoid, lender)
                assert not found, f"{key}: {avoid} is said in {lender} as {term['use']}"


@pytest.mark.parametrize("language", COMPLETE)
def test_a_term_to_avoid_is_found_of_several_too(language: str) -> None:
    # A question that blames, whose "use" is a note in brackets, has no plural.
    for term in [term for term in terms(language) if not term["use"].startswith("(")]:
        for avoid in term["avoid"]:
            planted = f"A {plural(avoid, language).capitalize()}: b"
            assert uses(planted, avoid, language), planted


@pytest.mark.parametrize(("language", "text"), [
    ("en", "exploiters, not clients or consumers"), ("en", "Sexting"), ("es", "los clientes"), ("es", "las usuarias"),
    ("es", "dos pedófilos"), ("es", "prostitutas"), ("es", "Ella lo consintió"), ("es", "sus relaciones"),
    ("pt", "pornografias infantis"), ("pt", "prostituições infantis"), ("fr", "deux filles mineures"),
    ("nl", "de klanten"), ("ht", "kliyan yo"),
])
def test_what_a_list_is_for_is_found(language: str, text: str) -> None:
    assert any(uses(text, avoid, language) for term in terms(language) for avoid in term["avoid"])


@pytest.mark.parametrize("language", list(OTHER_YOU))
def test_you_is_always_the_same_you(language: str) -> None:
    for key, text in (texts(language) | labels(language)).items():
        assert not re.search(rf"\b({OTHER_YOU[language]})\b", text.lower()), f"{key}: {text}"


@pytest.mark.parametrize("language", ["es", "pt", "en"])
@pytest.mark.parametrize("part", ["safety_", "error.", "problem_", ""])
def test_texts_are_easy_to_read(language: str, part: str) -> None:
    found = [text for key, text in texts(language).items() if key.startswith(part)]
    assert ease(found, language) >= EASE


@pytest.mark.parametrize("language", ["es", "pt", "en"])
def test_the_answers_are_easy_to_read(language: str) -> None:
    found = [text for key, text in labels(language).items() if not key.startswith("offence.")]
    assert ease(found, language) >= EASE


@pytest.mark.parametrize("language", ["es", "pt", "en"])
def test_no_text_alone_is_hard_to_read(language: str) -> None:
    for key, text in (texts(language) | labels(language)).items():
        if len(words_of(text)) >= 8 and not key.startswith("offence."):
            assert ease([text], language) >= EASE_OF_ONE, f"{key}: {text}"


def test_labels_say_who_wrote_them_and_who_read_them() -> None:
    """Once a file and language: labels are a word or a few, and are read as one list."""
    for path in DATA.rglob("*.json"):
        document = json.loads(path.read_text())
        by_language = document.get("labels_by") or document["names_by"]
        for language, entry in by_language.items():
            assert set(entry) in ({"translator", "reviewer", "date"}, {"source", "date"}), path.name
            assert all(value == value.strip() != "" for value in entry.values()), path.name
            assert datetime.date.fromisoformat(entry["date"]) >= datetime.date(2026, 11, 1), path.name
            assert language in ALL, path.name


@pytest.mark.parametrize(("language", "word", "syllables"), [
    ("es", "teléfono", 4), ("es", "quién", 1), ("es", "día", 2), ("es", "ahora", 3), ("es", "ciudad", 2),
    ("es", "leer", 2), ("es", "muy", 1), ("pt", "não", 1), ("pt", "proteção", 3), ("pt", "país", 2),
    ("pt", "saúde", 3), ("pt", "adolescente", 5), ("en", "table", 2), ("en", "used", 1), ("en", "wanted", 2),
    ("en", "emergency", 4), ("en", "messages", 3), ("en", "phone", 1),
])
def test_syllables_are_counted(language: str, word: str, syllables: int) -> None:
    found = english_syllables(word) if language == "en" else iberian_syllables(word, language)
    assert found == syllables


def test_the_measure_tells_easy_from_hard() -> None:
    assert ease(["Aquí no pedimos tu nombre. Tú decides."], "es") > 80
    assert ease([
        "La confidencialidad de las comunicaciones efectuadas quedará supeditada a las disposiciones "
        "reglamentarias correspondientes en materia jurisdiccional."], "es") < 20
