"""The description of the interface, and what schemathesis finds when it takes it at its word.

For each operation of the public listener it makes requests that fit the description and requests that do not. Every
answer has to have a status, a content type, headers and a body as described, and none may be the gateway's own fault.
"""

from __future__ import annotations

import pytest
import requests
import schemathesis
from deployment import ROOT
from hypothesis import HealthCheck, Phase, settings
from people import Gateway
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

DESCRIPTION = ROOT / "Sources" / "Gateway" / "API" / "openapi.yaml"
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]

described = schemathesis.openapi.from_path(DESCRIPTION, config=SchemathesisConfig(seed=1))


@pytest.fixture(scope="module")
def session(quick: Gateway) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor other roots
    return session


def test_what_is_served_is_what_is_tested(quick: Gateway) -> None:
    assert quick.public().get("/openapi.yaml").body == DESCRIPTION.read_bytes()


def within(*phases: Phase) -> settings:
    """The same requests every time, and not many."""
    return settings(
        max_examples=20, derandomize=True, database=None, deadline=None, phases=phases,
        suppress_health_check=[HealthCheck.too_slow],
    )


def conforms(case: schemathesis.Case, gateway: Gateway, session: requests.Session) -> None:
    address = f"https://localhost:{gateway.ports['public']}"
    case.call_and_validate(
        base_url=address, session=session, checks=CHECKS, verify=gateway.ca, timeout=30)


# It cannot write envelopes; test_bad_input.py sends bad ones.
@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload media types")
@described.exclude(tag="staff").exclude(operation_id="sendForm").parametrize()
@within(Phase.explicit, Phase.generate)
def test_public_operation(
    case: schemathesis.Case, quick: Gateway, session: requests.Session
) -> None:
    conforms(case, quick, session)


@described.include(operation_id="sendForm").parametrize()
@within(Phase.generate)
def test_form(case: schemathesis.Case, quick: Gateway, session: requests.Session) -> None:
    """Without the hundreds of systematic requests: each that is taken costs the work of a receipt."""
    conforms(case, quick, session)
