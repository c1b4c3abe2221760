"""The one exception of this package: a refusal with a short, stable word."""

from __future__ import annotations


class Refused(Exception):
    """Input that the formats do not allow; `slug` is what the vectors call `expect`."""

    def __init__(self, slug: str, detail: str = "") -> None:
        super().__init__(f"{slug}: {detail}" if detail else slug)
        self.slug = slug
        self.detail = detail


def require(condition: bool, slug: str, detail: str = "") -> None:
    """Refuse with `slug` unless `condition` holds."""
    if not condition:
        raise Refused(slug, detail)
