from pathlib import Path

import pytest

from infra.package.packages import RECEIVER, WORKER
from infra.package.recipe import BuildFailed, build, install_command
from infra.package.targets import LAMBDA, here


def test_locked_wheels_for_lambdas_processor_and_python_are_installed() -> None:
    command = " ".join(install_command(RECEIVER, LAMBDA, Path("there"), Path("root")))

    assert "--python-platform aarch64-manylinux2014 --python-version 3.13" in command
    assert "--only-binary :all: --require-hashes" in command
    assert command.endswith("--target there --requirement root/requirements/receiver.txt")


def test_the_command_for_this_machine_differs_only_in_the_target() -> None:
    local = install_command(WORKER, here(), Path("there"))
    lambdas = install_command(WORKER, LAMBDA, Path("there"))

    assert [word for word in lambdas if word not in local] == [
        "--python-platform",
        "aarch64-manylinux2014",
        "--python-version",
        "3.13",
    ]
    assert set(local) <= set(lambdas)


def test_a_release_without_a_hash_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/receiver.txt").write_text("six==1.17.0\n")

    with pytest.raises(BuildFailed, match="hash"):
        build(RECEIVER, LAMBDA, tmp_path / "build", compiler=None, root=tmp_path)
