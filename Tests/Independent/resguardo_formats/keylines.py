"""Key lines: `key <origin> <office> <State> <use> <suite> <base64 public key>`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import hpke
from .encodings import b64, sha256, unb64
from .errors import Refused, require

SUITE_OF_USE = {
    "envelope-x25519": "hpke-0020-0001-0002",
    "envelope-xwing": "hpke-647a-0001-0002",
    "seal-x25519": "crypto_box_seal",
    "seal-xwing": "hpke-647a-0001-0002",
}
_STATE = re.compile(r"[A-Z]{2}|region")


def kem_of_use(use: str) -> hpke.Kem:
    """The KEM whose public key a line of this use holds (`seal-x25519` is plain X25519)."""
    require(use in SUITE_OF_USE, "key-line", use)
    return hpke.XWING if use.endswith("-xwing") else hpke.X25519


@dataclass(frozen=True)
class KeyLine:
    origin: str
    office: str
    state: str
    use: str
    suite: str
    public_key: bytes

    @classmethod
    def parse(cls, line: str) -> KeyLine:
        fields = line.split(" ")
        require(len(fields) == 7 and fields[0] == "key", "key-line", "fields")
        require(all(f and f.isprintable() and " " not in f for f in fields), "key-line", "empty")
        _, origin, office, state, use, suite, key = fields
        require(_STATE.fullmatch(state) is not None, "key-line", "State")
        require(use in SUITE_OF_USE, "key-line", "use")
        require(SUITE_OF_USE[use] == suite, "key-line", "suite")
        size = 1216 if use.endswith("-xwing") else 32
        try:
            public = unb64(key, size)
        except Refused as error:
            raise Refused("key-line", "public key") from error
        return cls(origin, office, state, use, suite, public)

    @classmethod
    def from_seed(cls, origin: str, office: str, state: str, use: str, seed: bytes) -> KeyLine:
        public = kem_of_use(use).public_key(seed)
        return cls(origin, office, state, use, SUITE_OF_USE[use], public)

    @property
    def text(self) -> str:
        head = f"key {self.origin} {self.office} {self.state} {self.use} {self.suite}"
        return f"{head} {b64(self.public_key)}"

    @property
    def key_id(self) -> bytes:
        return sha256(self.text.encode("utf-8"))

    @property
    def kem(self) -> hpke.Kem:
        return kem_of_use(self.use)
