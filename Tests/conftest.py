"""The order in which workers take the files: the longest first, so that none is left alone with one at the end."""

from __future__ import annotations

import pytest

LONGEST = (
    "test_kill.py",
    "test_pages.py",
    "test_who_asks.py",
    "test_attachments.py",
    "test_supervisor.py",
    "test_through_the_daemon.py",
    "test_sending.py",
    "test_rosters.py",
    "test_steps.py",
    "test_starting.py",
    "test_offices.py",
    "test_page_note.py",
    "test_languages.py",
    "test_disk.py",
    "test_leaks.py",
    "test_formats.py",
    "test_flood.py",
    "test_back_and_away.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts their tests before all others; within a file the order stays."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))
