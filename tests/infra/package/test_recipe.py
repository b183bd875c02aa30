from pathlib import Path

import pytest

from infra.package.packages import RECEIVER, WORKER
from infra.package.recipe import BuildFailed, build, install_command
from infra.package.targets import LAMBDA, here


def test_what_is_installed_for_lambda_are_locked_wheels_of_its_processor_and_python() -> None:
    command = " ".join(install_command(RECEIVER, LAMBDA, Path("there"), Path("root")))

    assert "--python-platform aarch64-manylinux2014 --python-version 3.13" in command
    assert "--only-binary :all: --require-hashes" in command
    assert command.endswith("--target there --requirement root/requirements/receiver.txt")


def test_for_this_machine_it_is_the_same_but_for_whom() -> None:
    ours = install_command(WORKER, here(), Path("there"))
    lambdas = install_command(WORKER, LAMBDA, Path("there"))

    assert [word for word in lambdas if word not in ours] == [
        "--python-platform",
        "aarch64-manylinux2014",
        "--python-version",
        "3.13",
    ]
    assert set(ours) <= set(lambdas)


def test_what_is_not_locked_with_its_hash_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/receiver.txt").write_text("six==1.17.0\n")

    with pytest.raises(BuildFailed, match="hash"):
        build(RECEIVER, LAMBDA, tmp_path / "build", compiler=None, root=tmp_path)
