"""Writes Tests/Vectors/resguardo-*.json; the same bytes on every run.

.venv/bin/python Tests/Independent/generate_vectors.py [--check] [NAME...]
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "Vectors"
MODULES = {
    "keylines": "keylines",
    "envelope": "envelopes",
    "receipt": "receipt",
    "effort": "efforts",
    "sealed-body": "bodies",
    "notes": "notes",
    "report": "reports",
    "reply": "replies",
    "roster": "rosters",
    "page": "pages",
    "ledger": "ledgers",
}


def render(name: str) -> bytes:
    """The bytes of one file."""
    module = importlib.import_module(f"vectorgen.{MODULES[name]}")
    content: dict[str, Any] = module.make()
    parts = [f"{_compact(key)}: {_value(content[key])}" for key in sorted(content)]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode("utf-8")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _value(value: Any) -> str:
    """A top-level value: one line for each item of a list or of an object."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(f" {_compact(item)}" for item in value) + "\n]"
    if isinstance(value, dict):
        items = [f" {_compact(key)}: {_compact(value[key])}" for key in sorted(value)]
        return "{\n" + ",\n".join(items) + "\n}"
    return _compact(value)


def path_of(name: str) -> Path:
    return VECTORS / f"resguardo-{name}.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("names", nargs="*", default=list(MODULES), metavar="NAME")
    arguments = parser.parse_args()
    differing = 0
    for name in arguments.names:
        data = render(name)
        if arguments.check:
            same = path_of(name).read_bytes() == data
            differing += not same
            print(f"{path_of(name).name}: {'the same' if same else 'differs'}")
        else:
            path_of(name).write_bytes(data)
            print(f"{path_of(name).name}: {len(data)} bytes")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
