"""The pages as the renderer itself writes them: its test `writesPagesAndPolicies` does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from deployment import ROOT

# What `swift test` runs; alone it starts at once, and need not wait until another has ended.
TESTS = Path(os.environ.get("RESGUARDO_TESTS", ROOT / ".build" / "debug" / "resguardoPackageTests.xctest"))


def written(told: dict[str, Any]) -> Path:
    """Has the renderer write its pages, and gives their folder."""
    out = Path(told["out"])
    settings = out / "settings.json"
    settings.write_text(json.dumps(told))
    done = subprocess.run(
        [str(TESTS), "--testing-library", "swift-testing", "--filter", "PageFilesTests"], check=False,
        env={**os.environ, "RESGUARDO_PAGES": str(settings)}, timeout=600, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-4_000:]
    assert (out / "es-form.html").exists(), "the renderer's test did not write the pages"
    return out
