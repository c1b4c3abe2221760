"""Opens and checks what Resguardo makes, from the formats' specification alone.

Prints one JSON object. Exit status: 0 it holds, 1 it is refused (the object's "error" is the
refusal's word), 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import json
import sys

from commands import checking, making, opening
from resguardo_formats.errors import Refused


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (opening, checking, making):
        module.add(subcommands)
    parsed = parser.parse_args(arguments)
    try:
        result = {"ok": True, **parsed.run(parsed)}
    except Refused as refusal:
        result = {"detail": refusal.detail, "error": refusal.slug, "ok": False}
    except (ValueError, KeyError) as error:
        result = {"detail": repr(error), "error": "malformed", "ok": False}
    except OSError as error:
        result = {"detail": str(error), "error": "file", "ok": False}
    print(json.dumps(result, ensure_ascii=False, indent=1, sort_keys=True))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
