"""axe-core, which reads a page for what keeps people with disabilities out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from selenium.webdriver import Chrome


def axe_script() -> str:
    """As a package of Python's brings it."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None and spec.origin is not None, "axe is not installed"
    return (Path(spec.origin).parent / "axe.min.js").read_text()


def violations(driver: Chrome) -> list[str]:
    """What axe finds on the page as it is now."""
    if not driver.execute_script("return 'axe' in window"):
        driver.execute_script(axe_script())
    found = driver.execute_async_script("""
      const done = arguments[0];
      axe.run().then(found => done(found.violations), error => done([{id: String(error), nodes: []}]));
    """)
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found]
