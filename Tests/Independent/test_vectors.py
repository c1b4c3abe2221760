"""The vectors regenerate byte for byte, and stay small."""

from __future__ import annotations

import json

import generate_vectors
import pytest

LIMIT = 160_000


@pytest.mark.parametrize("name", list(generate_vectors.MODULES))
def test_regenerates_identically(name: str) -> None:
    stored = generate_vectors.path_of(name).read_bytes()
    assert generate_vectors.render(name) == stored
    assert len(stored) < LIMIT
    assert json.loads(stored)["about"]


def test_no_stray_file() -> None:
    known = {generate_vectors.path_of(name).name for name in generate_vectors.MODULES}
    found = {path.name for path in generate_vectors.VECTORS.glob("resguardo-*.json")}
    assert found == known
