"""How a client reads each coding that answers come in."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import brotli

DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress, "gzip": gzip.decompress,
}
