"""What the staff listener answers, held against the description of the interface: each operation, done and refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import yaml
from client import Answer, Client
from deployment import ROOT
from people import Gateway, mailbox_part, new_receipt

DESCRIPTION: dict[str, Any] = yaml.safe_load(
    (ROOT / "Sources" / "Gateway" / "API" / "openapi.yaml").read_text())
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
    if method in ("get", "post", "put") and "staff" in operation["tags"]
}


def described(method: str, target: str) -> tuple[str, str]:
    """The operation that a request is one of."""
    path = target.partition("?")[0]
    for found in OPERATIONS:
        pattern = re.sub(r"\{\w+\}", "[^/]+", found[1])
        if found[0] == method and re.fullmatch(pattern, path):
            return found
    raise AssertionError(f"{method} {path} is not described")


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the description stands for."""
    while "$ref" in value:
        place: Any = DESCRIPTION
        for part in value["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        value = place
    return value


def check(operation: dict[str, Any], answer: Answer) -> None:
    responses = operation["responses"]
    assert str(answer.status) in responses, (answer.status, answer.body)
    content = resolved(responses[str(answer.status)])["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in content, (kind, content.keys())
    if kind.endswith("json"):
        schema = {**content[kind]["schema"], "components": DESCRIPTION["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(json.loads(answer.body))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, Answer]]]:
    """Every answer that comes while a test runs."""
    answers: list[tuple[str, str, Answer]] = []
    ask = Client.ask

    def asked(client: Client, method: str, target: str, *body: Any, **headers: str) -> Answer:
        answer = ask(client, method, target, *body, **headers)
        if "resguardo_request" in headers:
            answers.append((method, target, answer))
        return answer

    monkeypatch.setattr(Client, "ask", asked)
    yield answers


def test_staff_answers_are_as_described(
    quick: Gateway, seen: list[tuple[str, str, Answer]]
) -> None:
    desk, unit = quick.desk("desk-ar"), quick.unit("police-ar")
    wire = quick.envelope(
        "desk-ar", "x25519", "para el contrato", mailbox=mailbox_part(new_receipt()))
    assert quick.public().send(wire).status == 201
    tip = desk.open(desk.tips()[-1])
    newest = desk.staff.read("/v1/roster/staff")
    assert newest.status == 200
    version = quick.world.version
    assert desk.staff.read(f"/v1/roster/staff?version={version}").body == newest.body
    note = desk.route(tip, quick.world.offices["police-ar"], {"priority": "today", "v": 1})
    unit.open(unit.queue()[-1], quick.world.offices["desk-ar"])
    assert unit.acknowledge(note, "accepted").status == 201
    assert desk.answer(tip, b'{"text":"Gracias.","v":1}').status == 201
    assert desk.status("envelope-x25519", tip.desk_seq).status == 201
    refuse(quick, note)
    done = {(*described(method, target), answer.status) for method, target, answer in seen}
    for method, target, answer in seen:
        check(OPERATIONS[described(method, target)], answer)
    assert {(method, path) for method, path, status in done if status in (200, 201)} == OPERATIONS.keys()
    assert {400, 401, 403, 404, 409} <= {status for *_, status in done}


def refuse(gateway: Gateway, note: bytes) -> None:
    """Each kind of refusal once."""
    desk, unit = gateway.desk("desk-ar"), gateway.unit("police-ar")
    tip = desk.open(desk.tips()[-1])
    assert desk.staff.read("/v1/tips?after=x").status == 400
    assert desk.staff.read("/v1/roster/staff?version=0").status == 400
    assert desk.staff.read("/v1/roster/staff?version=999").status == 404
    assert desk.staff.signed("GET", "/v1/roster/staff", note=b"no note").status == 401
    assert unit.staff.read("/v1/tips?after=0").status == 403
    assert desk.staff.body(bytes(32)).status == 404
    assert unit.staff.post_note("/v1/statuses", note).status in (400, 403)
    to = [gateway.world.offices["police-ar"].line("seal-xwing")]
    assert desk.post_report(*desk.report(tip, to, 900, b"{}")).status == 409
