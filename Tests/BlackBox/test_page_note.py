"""The page note: made and signed by the tool, served by the daemon, and what a monitor finds."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from deployment import ROOT, eventually
from founded import BYTES_MAX, STATES, Site
from proxy import lie_at
from resguardo_formats import page
from resguardo_formats.encodings import b64, b64url, sha256, unb64
from tool import run

# How long a number that somebody has checked may be shown.
VERIFICATION_DAYS = 180


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site.found(tmp_path_factory.mktemp("pages"))
    made = site.make(
        "--attachment-states", *STATES, "--attachment-bytes-max", str(BYTES_MAX)
    )
    assert "version 1 is complete" in made
    site.start()
    assert site.daemon
    yield site
    site.daemon.stop()


def refused(result: subprocess.CompletedProcess[str], code: int = 65) -> str:
    assert result.returncode == code, result
    return result.stderr


# What is served.


def test_the_note_says_what_is_served(site: Site) -> None:
    served = site.served()
    page.verify(served, site.roster(), None)
    assert served.page["limits"] == {
        "attachment_bytes_max": BYTES_MAX, "attachment_states": sorted(STATES)
    }
    public = site.public()
    for path in served.page["documents"]:
        answer = public.get(path)
        page.check_document(served, path, answer.body, answer.headers["content-security-policy"])
    for folder, hashes in (("/v1/keys/", "keys"), ("/words/", "words")):
        for value in served.page[hashes]:
            answer = public.get(folder + unb64(value, 32).hex())
            assert answer.status == 200 and b64(sha256(answer.body)) == value


def test_the_worker_of_the_form_is_in_the_note(site: Site) -> None:
    """The one script that a page starts without having it inside."""
    assert "/effort.js" in site.served().page["documents"]
    started = set(re.findall(r"""new Worker\(["']([^"']+)""", site.public().get("/es").text))
    assert started == {"/effort.js"}
    answer = site.public().get("/effort.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["onion-location"] is None


def test_every_page_that_leads_to_another_is_in_the_note(site: Site) -> None:
    """Whatever a visitor reaches by links, and whatever a page fetches by hash."""
    note = site.served().page
    public = site.public()
    waiting = {public.get("/").headers["location"]}
    seen: set[str] = set()
    texts = ""
    while waiting:
        path = waiting.pop()
        seen.add(path)
        assert path in note["documents"]
        text = public.get(path).text
        links = re.findall(r'\b(?:href|src)="?(/[^"\s>#]*)', text)
        # A receipt's link to its proof begins so, and is no page.
        waiting |= {link for link in links if link not in ("/", "/v1/proofs/")} - seen
        texts += text
    assert len(seen) >= 24
    assert ("data-words" in texts) == bool(note["words"]), "what a page fetches is in the note"
    for desks in set(re.findall(r'data-keys="([A-Za-z0-9+/=]{44})"', texts)):
        texts += public.get(f"/v1/desks/{unb64(desks, 32).hex()}").text
    for value in note["keys"] + note["words"]:
        data = unb64(value, 32)
        assert any(spelling in texts for spelling in (data.hex(), value, b64url(data)))


def test_the_operator_sees_that_they_are_the_same(site: Site) -> None:
    assert site.daemon
    site.daemon.heard("edge public: the pages are those of page note 1")
    assert "resguardo_page_note_version 1\n" in site.loopback("/metrics")
    assert "resguardo_page_note_differences 0\n" in site.loopback("/metrics")
    assert json.loads(site.loopback("/healthz")) == {"status": "ok", "warnings": []}


# What a monitor finds.


def test_an_honest_gateway_holds(site: Site, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    for _ in range(2):
        checked = site.verify(site.url, "--home", home, "--remake")
        assert checked.returncode == 0, checked.stderr
        assert "Page note 1 of" in checked.stdout
    shown = site.tool("page", "show", "--roster", site.folder)
    assert site.public().get("/es").status == 200
    assert f"{sha256(site.public().get('/es').body).hex()}  /es\n" in shown
    with site.before(lambda _path, _headers, body: body) as url:
        assert site.verify(url).returncode == 0, "the proxy itself is not what is found"


def test_one_byte_is_found(site: Site) -> None:
    with site.before(lie_at("/gn/safety", b"<html", b"<htmI")) as url:
        assert "/gn/safety has other bytes" in refused(site.verify(url))


def test_a_page_that_only_scripts_are_shown_is_found(site: Site) -> None:
    """A page that is left open asks for itself again, and takes from the answer which keys are the newest."""

    def lie(path: str, headers: dict[str, str], body: bytes) -> bytes:
        return body.replace(b"<html", b"<htmI") if (path, headers[":dest"]) == ("/es", "empty") else body

    with site.before(lie) as url:
        said = refused(site.verify(url))
    assert "/es, asked for by a script, has other bytes" in said and "/es has other bytes" not in said


def test_a_key_file_of_somebody_else_is_found(site: Site) -> None:
    path = "/v1/keys/" + unb64(site.served().page["keys"][0], 32).hex()
    with site.before(lie_at(path, b"key ", b"kex ")) as url:
        assert f"{path} is missing or has other bytes" in refused(site.verify(url))


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_list_of_desks_that_no_page_can_use_is_found(site: Site, is_missing: bool) -> None:
    """Behind it every page that encrypts stops, while all documents are as they were signed."""
    asked = []

    def lie(path: str, headers: dict[str, str], body: bytes) -> bytes:
        if not path.startswith("/v1/desks/"):
            return body
        asked.append(path)
        if is_missing:
            headers[":status"] = "404"
        return body if is_missing else body.replace(b"AR:", b"BR:")

    with site.before(lie) as url:
        said = refused(site.verify(url))
        probed = run("probe", url, "--ca", site.tool.certificate, "--state", "AR",
                     "--wait-seconds", "0")
    assert f"{asked[0]} is missing or has other bytes" in said
    assert "The list of desks that the form names is not served." in refused(probed)
    assert "promised" not in probed.stdout


def test_headers_that_do_what_bytes_do_not_are_found(site: Site) -> None:
    def lie(path: str, headers: dict[str, str], body: bytes) -> bytes:
        if path == "/es":
            headers["content-security-policy"] += "; report-uri https://elsewhere.example"
            headers["refresh"] = "0; url=https://elsewhere.example"
        return body

    with site.before(lie) as url:
        said = refused(site.verify(url))
    assert "/es has another policy" in said and "/es comes with refresh" in said


def test_a_note_that_was_not_signed_is_not_believed(site: Site) -> None:
    other = b64(sha256(b"another page"))
    own = site.served().page["documents"]["/es"]["sha256"]
    lie = lie_at("/.well-known/resguardo-page", own.encode(), other.encode())
    with site.before(lie) as url:
        assert "is forged" in refused(site.verify(url))


def test_a_gateway_without_a_note_is_found(site: Site) -> None:
    served = site.public().get("/.well-known/resguardo-page").body
    missing = lie_at("/.well-known/resguardo-page", served, b"{}")
    with site.before(missing) as url:
        refused(site.verify(url))
    assert refused(run("page", "verify", "https://localhost:1"), 69)


# The ceremony.


def test_an_authority_signs_only_what_its_own_source_makes(site: Site) -> None:
    folder = Path(site.folder)
    site.tool("page", "make", "--roster", site.folder, "--date", day_like_today())
    text = (folder / "page-next.text").read_text()
    own = site.served().page["documents"]["/es"]["sha256"]
    (folder / "page-next.text").write_text(text.replace(own, b64(sha256(b"another page"))))
    key = str(site.tool.folder / "authority-1.key")
    words = str(site.tool.folder / "words")
    signed = run(
        *("page", "sign", "--roster", site.folder, "--key", key, "--yes"),
        RESGUARDO_PASSPHRASE_FILE=words,
    )
    assert "/es has other bytes" in refused(signed, 77)
    assert not (folder / "page-next.note").exists()


def test_nothing_is_offered_that_no_office_opens(site: Site) -> None:
    most = 1 << 29
    made = run("page", "make", "--roster", site.folder, "--attachment-bytes-max", str(most + 1))
    assert f"at most {most}" in refused(made, 64)


# Newer notes, in the order of the file: each test goes on where the one before ended.


def day_like_today() -> str:
    """A day next to today on which the same telephone numbers may be shown, so that the pages are the same."""
    files = (ROOT / "Sources" / "Vocabulary" / "Data" / "territories").glob("*.json")
    numbers = [number for file in files for number in json.loads(file.read_text())["numbers"]]
    checked = [date.fromisoformat(number["verified_on"]) for number in numbers if "verified_on" in number]
    today = datetime.now(UTC).date()

    def shown(day: date) -> list[bool]:
        return [0 <= (day - each).days < VERIFICATION_DAYS for each in checked]

    days = (today - timedelta(1), today + timedelta(1))
    return next(day for day in days if shown(day) == shown(today)).isoformat()


def test_a_newer_note_takes_the_place_of_the_one_before(site: Site, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    assert site.verify(site.url, "--home", home).returncode == 0
    first, earlier = site.served(), site.public().get("/.well-known/resguardo-page").body
    day = day_like_today()
    assert "nothing but the date" in site.make("--date", day)
    site.daemon.hang_up("vault: read the page note")
    page.verify(site.served(), site.roster(), first)
    assert site.served().page["date"] == day
    assert site.verify(site.url, "--home", home).returncode == 0
    newer = site.public().get("/.well-known/resguardo-page").body
    with site.before(lie_at("/.well-known/resguardo-page", newer, earlier)) as url:
        assert "not newer than 2" in refused(site.verify(url, "--home", home))


def test_other_settings_are_said_and_the_intake_goes_on(site: Site) -> None:
    assert site.daemon
    site.make("--no-attachments")
    site.daemon.hang_up("vault: read the page note")
    site.daemon.heard("edge public: the pages are NOT those of page note 3: ")
    line = next(line for line in site.daemon.lines if "NOT those" in line)
    assert "/" in line and " has other bytes" in line and " more" in line
    [warning] = json.loads(site.loopback("/healthz"))["warnings"]
    assert "NOT those of page note 3" in warning
    assert "resguardo_page_note_differences 0\n" not in site.loopback("/metrics")
    assert "has other bytes" in refused(site.verify(site.url))
    sent = run("submit", "--url", site.url, "--ca", site.tool.certificate, "--state", "AR",
               "--text", str(site.tool.folder / "words"))
    assert sent.returncode == 0, sent.stderr


def test_a_new_roster_needs_a_new_note(site: Site) -> None:
    """Both come with one signal; until then the old note is said to be of an older roster."""
    site.tool("roster", "set-competence", "--roster", site.folder, "--territory", "AR")
    for number in (1, 2):
        key = str(site.tool.folder / f"authority-{number}.key")
        site.tool("roster", "sign", "--roster", site.folder, "--key", key, "--yes")
    site.daemon.hang_up("vault: read the roster again")
    health = eventually(lambda: "older roster" in site.loopback("/healthz"))
    assert health
    assert "another roster" in refused(site.verify(site.url))
    site.make("--attachment-states", *STATES)
    site.daemon.hang_up("vault: read the page note")
    assert eventually(lambda: json.loads(site.loopback("/healthz"))["status"] == "ok")
    assert site.verify(site.url, "--remake").returncode == 0


def test_an_older_roster_gets_no_tip_from_a_home_that_knows_a_newer(
    site: Site, tmp_path: Path
) -> None:
    """A taken-over edge serves a roster in which a key was not revoked yet."""
    older = Path(site.folder, "version-1.note").read_text()
    asked: list[str] = []

    def lie(path: str, _: dict[str, str], body: bytes) -> bytes:
        asked.append(path)
        return json.dumps({"note": older}).encode() if path == "/v1/roster" else body

    def submit(url: str) -> subprocess.CompletedProcess[str]:
        return run("submit", "--url", url, "--ca", site.tool.certificate, "--state", "AR",
                   "--text", str(site.tool.folder / "words"), "--home", str(tmp_path / "home"))

    assert submit(site.url).returncode == 0
    with site.before(lie) as url:
        assert "version 1" in refused(submit(url))
    assert asked == ["/v1/roster"], "nothing is sent"


def test_what_was_entered_is_served_after_a_start_without_the_file(site: Site) -> None:
    assert site.daemon
    version = site.served().version
    site.daemon.stop()
    del site.settings["page"]
    site.start()
    assert site.served().version == version
    assert site.verify(site.url).returncode == 0


def test_what_a_stopped_publication_left_is_not_signed_again(site: Site) -> None:
    note = Path(site.folder, "page.note").read_text()
    Path(site.folder, "page-next.text").write_text(note.partition("\n\n")[0] + "\n")
    key = str(site.tool.folder / "authority-1.key")
    words = str(site.tool.folder / "words")
    signed = run("page", "sign", "--roster", site.folder, "--key", key, "--yes",
                 RESGUARDO_PASSPHRASE_FILE=words)
    assert "no page note to sign" in refused(signed, 64)
