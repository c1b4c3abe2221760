"""The page's constructions, in Chromium, against vectors that the independent program made."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from resguardo_formats import envelope, frames
from resguardo_formats import receipt as receipts
from resguardo_formats.encodings import b64, sha256
from resguardo_formats.notes import Signer
from selenium.webdriver import Chrome
from standin import DESKS, LOG, ORIGIN, Server, StandIn

VECTORS = Path(__file__).parents[1] / "Vectors"


def vectors(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / f"resguardo-{name}.json").read_text())


@pytest.fixture
def run(driver: Chrome, server: Server):
    """Runs a body of script, given named values, and gives what it returns; bytes are base64."""
    driver.get(f"{server.url}/unit")

    def run(body: str, **values: Any) -> Any:
        answer = driver.execute_async_script(
            f"const done = arguments[1]; (async ({{{', '.join(values)}}}) => {{{body}}})"
            "(arguments[0]).then(value => done({value}), error => done({error: String(error)}));",
            values)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    return run


# FIPS 202 examples published by NIST.
SHA3_256 = {
    "": "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
    "abc": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
        "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376",
}


@pytest.mark.parametrize("message", SHA3_256)
def test_sha3_as_nist_publishes_it(run, message: str) -> None:
    assert run("return hex(sha3(utf8(message)))", message=message) == SHA3_256[message]


def test_sha3_of_every_length_of_one_block(run) -> None:
    rng = random.Random(1)
    messages = [rng.randbytes(n) for n in range(136)]
    digests = run("return list.map(m => hex(sha3(unbase64(m))))", list=[b64(m) for m in messages])
    assert digests == [hashlib.sha3_256(m).hexdigest() for m in messages]


def test_sha256_in_pieces(run) -> None:
    rng = random.Random(2)
    cases = [[rng.randbytes(rng.choice((0, 1, 55, 56, 63, 64, 65, 1000))) for _ in range(4)]
             for _ in range(60)]
    cases += [[rng.randbytes(n)] for n in range(130)]
    digests = run(
        "return cases.map(parts => { const hash = hasher();"
        " for (const part of parts) hash(unbase64(part)); return hex(hash()); })",
        cases=[[b64(part) for part in parts] for parts in cases])
    assert digests == [sha256(b"".join(parts)).hex() for parts in cases]


def test_sha256_of_a_large_file(run) -> None:
    digest = run(
        "const hash = hasher(); const piece = new Uint8Array(65536).fill(7);"
        " for (let i = 0; i < 400; i++) hash(piece); return hex(hash());")
    assert digest == sha256(bytes([7]) * 65536 * 400).hex()


def test_receipts(run) -> None:
    for case in vectors("receipt")["accepted"]:
        found = run(
            "const secret = unbase64(given); const keys = await receiptKeys(secret, origin);"
            " return {digits: toDigits(secret).join(' '), back: base64(fromDigits(digits)),"
            " id: base64(keys.id), reply_public: base64(keys.pair[1]), psk: base64(keys.psk),"
            " answer: base64(keys.answer)};",
            given=case["secret"], origin=case["origin"], digits=case["digits"])
        wanted = {key: case[key] for key in ("digits", "id", "reply_public", "psk", "answer")}
        assert found == {**wanted, "back": case["secret"]}, case["name"]


def test_receipts_of_words(run) -> None:
    for case in vectors("receipt")["words"]:
        language, text = case["language"], "\n".join(receipts.word_list(case["language"])) + "\n"
        made, *back = run(
            "const secret = unbase64(given); const read = text => fromWords(typedWords(text), list);"
            " return [toWords(secret, list).join(' '), ...typed.map(text => base64(read(text)))];",
            given=case["secret"], list=text, typed=[case["text"], *case["also_read"]])
        assert made == case["text"], language
        assert back == [case["secret"]] * (1 + len(case["also_read"])), language
        assert run("return fromWords(['zzzz'], list) === undefined", list=text)


def test_digits_that_are_no_receipt(run) -> None:
    refused = [case["digits"] for case in vectors("receipt")["refused"] if "digits" in case]
    refused += ["", "abc", "1" * 29, "1" * 31, "９" * 30, "9" * 30]
    assert len(refused) > 8
    assert run("return list.map(text => fromDigits(text) === undefined)",
               list=refused) == [True] * len(refused)


def test_digits_however_they_are_written(run) -> None:
    data = vectors("receipt")
    secret = next(case["secret"] for case in data["accepted"] if case["name"] == "random")
    forms = data["also_read_as_random"]
    assert len(forms) == 17
    read = run("return list.map(text => base64(fromDigits(text) ?? []))", list=forms)
    assert dict(zip(forms, read)) == dict.fromkeys(forms, secret)


OPEN = """
  const keys = {id: unbase64(receipt.id), psk: unbase64(receipt.psk),
    pair: await importPair(unbase64(receipt.reply_secret))};
  return await openReply(keys, unbase64(blob)) ?? null;
"""


def test_replies(run) -> None:
    data = vectors("reply")
    whole = [case for case in data["accepted"] if "blob" in case]
    assert whole
    for case in whole:
        assert run(OPEN, receipt=data["receipt"], blob=case["blob"]) == case["content"]
        assert run(OPEN, receipt=data["other_receipt"], blob=case["blob"]) is None
        changed = bytearray(base64.b64decode(case["blob"]))
        for position in (0, 40, len(changed) - 1):
            changed[position] ^= 1
            assert run(OPEN, receipt=data["receipt"], blob=b64(bytes(changed))) is None
            changed[position] ^= 1


def test_key_ids(run) -> None:
    for case in vectors("keylines")["accepted"]:
        suite = 2 if "xwing" in case["line"] else 1
        found = run("return base64((await address(suite, line)).id)", line=case["line"], suite=suite)
        assert found == case["key_id"]


def test_padding(run) -> None:
    cases = vectors("envelope")["padding"]
    found = run("return cases.map(c => paddedLength(c.suite === 1 ? 17472 : 16384, c.length))", cases=cases)
    assert found == [case["padded"] for case in cases]


MAKE = """
  const json = unbase64(given);
  const list = files.map(file => new Blob([unbase64(file)]));
  const [size, blocks] = envelope(await address(suite, line), json, list);
  const parts = [];
  for await (const part of blocks) parts.push(part);
  const wire = new Uint8Array(await new Blob(parts).arrayBuffer());
  if (wire.length !== size) throw Error('announced ' + size + ', made ' + wire.length);
  let text = '';
  for (let at = 0; at < wire.length; at += 8192)
    text += String.fromCharCode(...wire.subarray(at, at + 8192));
  return {wire: btoa(text), parts: parts.map(part => part.length)};
"""


def described(files: list[bytes]) -> bytes:
    document = {"v": 1, "what_happened": "Vi algo."}
    if files:
        document["attachments"] = [
            frames.Attachment(f"{n}.bin", "application/octet-stream", data).described()
            for n, data in enumerate(files)]
    return json.dumps(document).encode()


@pytest.mark.parametrize("use", ["envelope-x25519", "envelope-xwing"])
@pytest.mark.parametrize("sizes", [
    [], [0], [1], [600], [16_000, 1_300], [65_536], [65_531], [70_000, 0, 3], [200_000, 131_072]])
def test_the_independent_program_opens_what_the_page_makes(run, use: str, sizes: list[int]) -> None:
    rng = random.Random(str(sizes))
    files = [rng.randbytes(size) for size in sizes]
    desk, suite = DESKS[0], envelope.SUITE_OF_USE[use]
    text = described(files)
    made = run(MAKE, suite=suite, line=desk.line(use).text, given=b64(text),
               files=[b64(data) for data in files])
    wire = base64.b64decode(made["wire"])
    tip = envelope.open_envelope(wire, desk.line(use), desk.seed(use))
    assert tip.json_bytes == text
    assert [item.data for item in tip.attachments] == files
    if not sizes:
        assert len(wire) == 17_640
    assert all(length == 65_536 for length in made["parts"][:-1])


def test_every_text_has_one_length(run) -> None:
    for use in envelope.SUITE_OF_USE:
        for length in (1, 4_000):
            made = run(MAKE, suite=envelope.SUITE_OF_USE[use], line=DESKS[0].line(use).text,
                       given=b64(b"x" * length), files=[])
            assert len(base64.b64decode(made["wire"])) == 17_640


def test_no_two_envelopes_are_alike(run) -> None:
    given = {"suite": 2, "line": DESKS[0].line("envelope-xwing").text,
             "given": b64(described([])), "files": []}
    first, second = (base64.b64decode(run(MAKE, **given)["wire"]) for _ in range(2))
    assert first[8:40] == second[8:40]
    assert all(first[a:b] != second[a:b] for a, b in ((40, 72), (72, 1240), (1240, 17_640)))


CHECK = """
  const key = {id: unbase64(id), commit: unbase64(commit)};
  try {
    return await checkPromise(answer, origin, log, unbase64(hash), key);
  } catch (error) {
    return 'error';
  }
"""


def promise_case() -> dict[str, Any]:
    line = DESKS[0].line("envelope-x25519")
    wire = envelope.make_tip(line, bytes(range(32)), bytes(range(32, 64)), described([]), [])
    header = envelope.Header.parse(wire)
    return {"answer": StandIn(Path()).promise(wire), "origin": ORIGIN, "log": LOG.verifier.vkey,
            "hash": b64(sha256(wire)), "id": b64(header.key_id), "commit": b64(header.commit)}


def test_a_true_promise_is_believed(run) -> None:
    assert run(CHECK, **promise_case()) is True


def test_a_promise_with_a_second_signature_is_believed(run) -> None:
    case = promise_case()
    case["answer"]["promise"] += "\u2014 witness.example bmVpbg==\n"
    assert run(CHECK, **case) is True


@pytest.mark.parametrize("part", ["hash", "id", "commit"])
def test_a_promise_for_other_bytes_is_not_believed(run, part: str) -> None:
    case = promise_case()
    case[part] = b64(sha256(b"other"))
    assert run(CHECK, **case) is False


def test_a_promise_that_was_changed_is_not_believed(run) -> None:
    note = promise_case()["answer"]["promise"]
    for position in range(0, len(note) - 1, 7):
        case = promise_case()
        swapped = "B" if note[position] == "A" else "A"
        case["answer"]["promise"] = note[:position] + swapped + note[position + 1:]
        assert run(CHECK, **case) in (False, "error"), position


def test_a_promise_of_another_log_is_not_believed(run) -> None:
    case = promise_case()
    case["log"] = vectors("notes")["keys"]["stranger"]["vkey"]
    assert run(CHECK, **case) in (False, "error")
    case["log"] = Signer(ORIGIN, bytes(32)).verifier.vkey
    assert run(CHECK, **case) is False


@pytest.mark.parametrize("part", ["salt", "record"])
def test_a_promise_whose_entry_was_changed_is_not_believed(run, part: str) -> None:
    case = promise_case()
    case["answer"][part] = b64(sha256(b"x")) if part == "salt" else (
        case["answer"]["record"].replace('"v":1', '"v":2'))
    assert run(CHECK, **case) is False
