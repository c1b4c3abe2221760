"""C2SP signed notes with Ed25519, and the texts of Resguardo's types (formats.md section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .encodings import b64, sha256, unb64
from .errors import Refused, require

ED25519 = b"\x01"
PREFIX = "resguardo/1 "
TYPES = frozenset(
    (
        "roster",
        "promise",
        "request",
        "report",
        "transfer",
        "acknowledgement",
        "status",
        "shred",
        "page",
    )
)
SIGNATURE_MARK = "\u2014 "


def _check_name(name: str) -> None:
    bad = not name or "+" in name or any(c.isspace() for c in name)
    require(not bad, "key-name", name)


def key_hash(name: str, public: bytes) -> bytes:
    return sha256(name.encode("utf-8") + b"\n" + ED25519 + public)[:4]


@dataclass(frozen=True)
class Verifier:
    """A verifier key `name+hash+base64(01 || public key)`."""

    name: str
    public_key: bytes

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        fields = vkey.split("+", 2)
        require(len(fields) == 3, "vkey", "fields")
        name, digest, key = fields
        _check_name(name)
        try:
            data = unb64(key, 33)
        except Refused as error:
            raise Refused("vkey", "key") from error
        require(data[:1] == ED25519, "vkey", "algorithm")
        require(key_hash(name, data[1:]).hex() == digest, "vkey", "hash")
        return cls(name, data[1:])

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{b64(ED25519 + self.public_key)}"

    @property
    def hash(self) -> bytes:
        return key_hash(self.name, self.public_key)

    def verifies(self, text: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key with a name, from a 32-byte seed."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Verifier(self.name, private.public_key().public_bytes_raw())

    def signature_line(self, text: bytes) -> str:
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)
        return f"{SIGNATURE_MARK}{self.name} {b64(self.verifier.hash + signature)}\n"


def sign(text: str, signers: Sequence[Signer]) -> bytes:
    """A whole note; the text ends with a newline."""
    data = text.encode("utf-8")
    _check_text(data)
    lines = "".join(signer.signature_line(data) for signer in signers)
    return data + b"\n" + lines.encode("utf-8")


def _check_text(text: bytes) -> None:
    require(len(text) > 1 and text.endswith(b"\n"), "note", "no final newline")
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("note", "not UTF-8") from error
    require(all(ord(c) >= 0x20 or c == "\n" for c in decoded), "note", "control character")


@dataclass(frozen=True)
class Signature:
    name: str
    hash: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A parsed note: the signed text with its final newline, and its signatures unchecked."""

    text: str
    signatures: list[Signature]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        _check_text(data)
        split = data.rfind(b"\n\n")
        require(split >= 0, "note", "no signatures")
        text, block = data[: split + 1], data[split + 2 :]
        _check_text(text)
        require(block.endswith(b"\n"), "note", "signature lines")
        lines = block.decode("utf-8")[:-1].split("\n")
        return cls(text.decode("utf-8"), [_parse_signature(line) for line in lines])

    def valid(self, verifiers: Sequence[Verifier]) -> list[Verifier]:
        """The verifiers whose signature holds; a false signature of a known key is refused."""
        found: list[Verifier] = []
        for signature in self.signatures:
            for verifier in verifiers:
                if (signature.name, signature.hash) != (verifier.name, verifier.hash):
                    continue
                if verifier in found:
                    continue
                good = verifier.verifies(self.text.encode("utf-8"), signature.signature)
                require(good, "signature", verifier.name)
                found.append(verifier)
        return found


def _parse_signature(line: str) -> Signature:
    require(line.startswith(SIGNATURE_MARK), "note", "signature line")
    fields = line[len(SIGNATURE_MARK) :].split(" ")
    require(len(fields) == 2, "note", "signature line")
    _check_name(fields[0])
    try:
        data = unb64(fields[1])
    except Refused as error:
        raise Refused("note", "signature line") from error
    require(len(data) > 4, "note", "signature line")
    return Signature(fields[0], data[:4], data[4:])


def open_note(data: bytes, verifiers: Sequence[Verifier], note_type: str, origin: str) -> list[str]:
    """The lines after type and origin of a note that one of `verifiers` signed."""
    note = Note.parse(data)
    lines = note_lines(note.text, note_type, origin)
    require(bool(note.valid(verifiers)), "unsigned")
    return lines


def note_lines(text: str, note_type: str, origin: str) -> list[str]:
    lines = text[:-1].split("\n")
    require(lines[0].startswith(PREFIX), "note-type", lines[0])
    found = lines[0][len(PREFIX) :]
    require(found in TYPES and found == note_type, "note-type", lines[0])
    require(len(lines) >= 2 and lines[1] == origin, "origin")
    return lines[2:]
