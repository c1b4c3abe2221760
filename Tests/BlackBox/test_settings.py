"""Every wrong setting is named, with one line and an exit code."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from deployment import DAEMON, make_files

# What an office's program opens, and the independent one.
ATTACHMENT_BYTES_MAX = 1 << 29


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="module")
def sound(folder: Path) -> dict[str, Any]:
    return make_files(folder)


def check(
    folder: Path, settings: Any, environment: dict[str, str] | None = None
) -> tuple[int, list[str]]:
    config = folder / "checked.json"
    config.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    done = subprocess.run(
        [DAEMON, "--config", config, "--check-config"],
        env={"PATH": "/usr/bin:/bin", **(environment or {})},
        capture_output=True,
        timeout=60,
        check=False,
    )
    lines = done.stderr.decode().splitlines()
    assert done.stdout == b""
    assert all(line.startswith("resguardod: ") for line in lines)
    return done.returncode, [line.removeprefix("resguardod: ") for line in lines]


def changed(settings: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The settings with one of them set, or taken away where the value is `...`."""
    result = copy.deepcopy(settings)
    *folders, name = key.split(".")
    place = result
    for part in folders:
        place = place.setdefault(part, {})
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return result


def test_sound_settings_are_accepted(folder: Path, sound: dict[str, Any]) -> None:
    assert check(folder, sound) == (0, ["the settings are sound"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("public.onion", "a" * 55 + "d.onion"),
        ("listen.public", "[::1]:8443"),
        ("listen.onion", "/run/resguardo/onion.sock"),
        ("attachments.states", []),
        ("attachments.states", ["AR", "BR", "region"]),
        ("attachments.bytesMax", 1),
        ("attachments.bytesMax", ATTACHMENT_BYTES_MAX),
        ("disk.reserveBytes", 0),
        ("timeouts.stepSeconds", 3_600),
        ("listen.loopback", "[::1]:9600"),
        ("uploads.idleSeconds", 86_400),
        ("flood.tipsPerMinute", 1),
        ("flood.formsPerMinute", 1_000_000),
        ("clock.confirmedUntilSeconds", 1_900_000_000),
        ("confinement.required", False),
    ],
)
def test_each_optional_setting_is_read(
    folder: Path, sound: dict[str, Any], key: str, value: Any
) -> None:
    assert check(folder, changed(sound, key, value))[0] == 0


@pytest.mark.parametrize(
    "key",
    ["origin", "tls.certificate", "tls.key", "state.directory", "log.key", "roster.note",
     "roster.staff"],
)
def test_what_is_missing_is_named(folder: Path, sound: dict[str, Any], key: str) -> None:
    variable = "RESGUARDO_" + key.upper().replace(".", "_")
    assert check(folder, changed(sound, key, ...)) == (
        65,
        [f"{key}: is missing (or set {variable})"],
    )


@pytest.mark.parametrize(
    "key", ["orgin", "listen.publc", "tls.certificate.path", "attachments.bytes_max", "extra.a.b"]
)
def test_an_unknown_key_is_named(folder: Path, sound: dict[str, Any], key: str) -> None:
    settings = sound if key != "tls.certificate.path" else changed(sound, "tls.certificate", {})
    code, lines = check(folder, changed(settings, key, "x"))
    assert code == 65
    named = {"extra.a.b": "extra", "tls.certificate.path": "tls.certificate"}.get(key, key)
    assert lines[0].startswith(f"{named}: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("origin", ""),
        ("origin", "a b"),
        ("origin", "a+b"),
        ("origin", "é.example"),
        ("origin", "x" * 129),
        ("origin", 7),
        ("public.onion", "a" * 15 + "d.onion"),
        ("public.onion", "http://" + "a" * 55 + "d.onion"),
        ("public.onion", "1" * 55 + "d.onion"),
        ("listen.public", "8443"),
        ("listen.staff", "gateway.example:8444"),
        ("listen.loopback", "127.0.0.1:65536"),
        ("listen.loopback", "0.0.0.0:9600"),
        ("listen.loopback", "[::]:9600"),
        ("listen.loopback", "192.0.2.1:9600"),
        ("listen.onion", "onion.sock"),
        ("tls.certificate", "relative.pem"),
        ("tls.certificate", None),
        ("tls.key", ["/x"]),
        ("state.directory", True),
        ("log.key", 1),
        ("attachments.states", "AR"),
        ("attachments.states", ["ar"]),
        ("attachments.states", ["ARG"]),
        ("attachments.states", [1]),
        ("attachments.bytesMax", 0),
        ("attachments.bytesMax", 1.5),
        ("attachments.bytesMax", "67108864"),
        ("attachments.bytesMax", ATTACHMENT_BYTES_MAX + 1),
        ("disk.reserveBytes", -1),
        ("timeouts.stepSeconds", 0),
        ("uploads.idleSeconds", 0),
        ("flood.tipsPerMinute", 0),
        ("flood.tipsPerMinute", 1_000_001),
        ("flood.tipsPerMinute", "120"),
        ("flood.formsPerMinute", 0),
        ("flood.formsPerMinute", 0.5),
        ("timeouts.handshakeSeconds", 301),
        ("timeouts.stepSeconds", "60 s"),
        ("confinement.required", "false"),
        ("confinement.required", 0),
    ],
)
def test_a_wrong_value_is_named(
    folder: Path, sound: dict[str, Any], key: str, value: Any
) -> None:
    code, lines = check(folder, changed(sound, key, value))
    assert code == 65
    assert len(lines) == 1
    assert lines[0].startswith(f"{key}: ")


def test_everything_wrong_is_named_at_once(folder: Path, sound: dict[str, Any]) -> None:
    settings = changed(changed(changed(sound, "x", 1), "origin", ...), "listen.public", "y")
    code, lines = check(folder, settings)
    assert code == 65
    assert sorted(line.split(":")[0] for line in lines) == ["listen.public", "origin", "x"]


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"a":1}{', "\x00"])
def test_what_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    code, lines = check(folder, text)
    assert code == 65
    assert lines == ["configuration: the file is not a JSON object"]


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    code, lines = check(folder, " " * 65_537)
    assert code == 65
    assert lines[0].startswith("configuration: ")


def test_the_environment_overrides_the_file(folder: Path, sound: dict[str, Any]) -> None:
    broken = changed(sound, "disk.reserveBytes", -1)
    assert check(folder, broken, {"RESGUARDO_DISK_RESERVE_BYTES": "5"})[0] == 0
    code, lines = check(folder, sound, {"RESGUARDO_DISK_RESERVE_BYTES": "-5"})
    assert code == 65
    assert lines[0].startswith("RESGUARDO_DISK_RESERVE_BYTES: ")
    assert check(folder, sound, {"RESGUARDO_ATTACHMENTS_STATES": "AR,BR"})[0] == 0
    assert check(folder, sound, {"RESGUARDO_ATTACHMENTS_STATES": "AR,xx"})[0] == 65


def test_an_unknown_variable_is_named(folder: Path, sound: dict[str, Any]) -> None:
    assert check(folder, sound, {"RESGUARDO_ORIGN": "x"}) == (
        65,
        ["RESGUARDO_ORIGN: there is no such setting"],
    )


@pytest.mark.parametrize("key", ["tls.certificate", "tls.key", "log.key", "roster.note"])
def test_a_file_that_is_not_there_is_named(
    folder: Path, sound: dict[str, Any], key: str
) -> None:
    code, lines = check(folder, changed(sound, key, str(folder / "nowhere")))
    assert code == 65
    assert lines == [f"{key}: {folder / 'nowhere'}: No such file or directory"]


def test_a_state_folder_that_is_none_is_named(folder: Path, sound: dict[str, Any]) -> None:
    path = str(folder / "log.key")
    assert check(folder, changed(sound, "state.directory", path)) == (
        65,
        [f"state.directory: {path} is not a folder"],
    )


@pytest.mark.parametrize("key", ["tls.key", "log.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o666])
def test_a_secret_that_lies_open_is_refused(
    folder: Path, sound: dict[str, Any], key: str, mode: int
) -> None:
    path = folder / key
    path.chmod(mode)
    try:
        code, lines = check(folder, sound)
    finally:
        path.chmod(0o600)
    assert code == 77
    assert lines == [
        f"{key}: {path} may be opened by others than its owner; set its mode to 0600"
    ]


@pytest.mark.parametrize("arguments", [[], ["--config"], ["--confg", "x"], ["--role", "root"]])
def test_wrong_usage_has_an_exit_code_of_its_own(arguments: list[str]) -> None:
    done = subprocess.run(
        [DAEMON, *arguments], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 64
    assert done.stderr


def test_a_configuration_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [DAEMON, "--config", "/nowhere.json"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 65
    assert done.stderr == b"resguardod: configuration: /nowhere.json: No such file or directory\n"
