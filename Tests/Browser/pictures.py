"""Takes the README's pictures of the pages: `.venv/bin/python Tests/Browser/pictures.py`, after a build.

Form, receipt and mailbox in Spanish and Haitian Creole, on a phone (360 px) and on a desktop (1280 px).
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(__file__).parent / "pictures"
sys.path[:0] = [str(ROOT / "Tests" / folder) for folder in ("Browser", "Independent", "BlackBox")]

from browser import chromium, click, fill, receipt, send, wait_for  # noqa: E402
from forms import SHORT, open_form  # noqa: E402
from renderer import written  # noqa: E402
from selenium.webdriver import Chrome  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from standin import Server, StandIn, page_settings  # noqa: E402

SIZES = {"phone": (360, 740), "desktop": (1280, 860)}
SAID = {
    "es": ("Gracias por escribir. Te creemos.", "read"),
    "ht": ("Mèsi paske ou ekri nou. Nou kwè ou.", "read"),
}


def take(driver: Chrome, name: str) -> None:
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": False})
    (PICTURES / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    written(page_settings(folder))
    server = Server(StandIn(folder), b"")
    Thread(target=server.serve_forever, daemon=True).start()
    for size, (width, height) in SIZES.items():
        with chromium(width=width, height=height) as driver:
            for language, (text, status) in SAID.items():
                server.gateway.tips.clear()
                open_form(driver, server, language)
                take(driver, f"form-{language}-{size}")
                fill(driver, SHORT)
                send(driver)
                words = " ".join(receipt(driver))
                driver.execute_script("scrollTo(0, 0)")
                take(driver, f"receipt-{language}-{size}")
                mailbox = server.gateway.opened()[1].document["mailbox"]
                for said in ({"status": status, "text": status}, {"text": text}):
                    server.gateway.reply(mailbox, json.dumps({"v": 1, **said}).encode())
                driver.get(f"{server.url}/{language}/mailbox")
                driver.find_element(By.ID, "receipt").send_keys(words)
                click(driver, "#box button")
                wait_for(driver, "#replies p")
                take(driver, f"mailbox-{language}-{size}")
    server.shutdown()


if __name__ == "__main__":
    main()
