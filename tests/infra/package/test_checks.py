"""Each error is found in a package that was valid before."""

import os
import py_compile
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from infra.package.checks import digest, find_errors
from infra.package.targets import LAMBDA
from tests.infra.package.small_package import COMPILED, SMALL, WHEEL, SmallPackage, build_small_package, elf


@pytest.fixture
def package(tmp_path: Path) -> SmallPackage:
    return build_small_package(tmp_path)


def test_the_small_package_is_valid(package: SmallPackage) -> None:
    assert find_errors(package.folder, SMALL, package.target, root=package.root) == []


def _stale(package: SmallPackage) -> None:
    package.write("handlers/echo.py", "def handler(event, context):\n    raise SystemExit\n")


def _dated(package: SmallPackage) -> None:
    py_compile.compile(str(package.folder / "six.py"), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)


def _of_another_python(package: SmallPackage) -> None:
    cached = next((package.folder / "__pycache__").glob("six.*"))
    cached.write_bytes(b"\x00\x01\r\n" + cached.read_bytes()[4:])


BREAKAGES: dict[str, Callable[[SmallPackage], object]] = {
    "MB; the limit is 1 MB": lambda package: package.write("more.txt", b"x" * 1_000_001),
    "httpx must not be in it": lambda package: package.write("httpx/py.typed", ""),
    "pytest must not be in it": lambda package: package.write("pytest/py.typed", ""),
    "tests must not be in it": lambda package: package.write("tests/x.txt", ""),
    "handlers.echo is missing": lambda package: (package.folder / "handlers/echo.py").rename(
        package.folder / "echo.py"
    ),
    "service models of ['ec2', 'kms']": lambda package: package.write("botocore/data/ec2/x.gz", ""),
    "service models of []": lambda package: shutil.rmtree(package.folder / "botocore/data/kms"),
    "differs from the locked releases: six-1.16.0, six-1.17.0": lambda package: (
        package.folder / "six-1.17.0.dist-info"
    ).rename(package.folder / "six-1.16.0.dist-info"),
    "is built for cp38-cp38-win_amd64": lambda package: package.write(WHEEL, "Tag: cp38-cp38-win_amd64\n"),
    "compiled for another processor": lambda package: package.write(COMPILED, elf(3)),
    "compiled for another Python than": lambda package: package.write(
        "fast.cpython-36m-x86_64-linux-gnu.so", elf(package.target.elf_architecture)
    ),
    "new.py has no bytecode": lambda package: package.write("new.py", ""),
    "old.cpython-399.pyc has no source": lambda package: package.write("__pycache__/old.cpython-399.pyc", ""),
    "bytecode of handlers/echo.py does not match its source": _stale,
    "bytecode of six.py is not of the kind unchecked-hash": _dated,
    "bytecode of six.py is for another Python": _of_another_python,
    "notes.txt contains a path of the build machine": lambda package: package.write(
        "notes.txt", f"from {package.root}/bot"
    ),
    "out is a symbolic link": lambda package: (package.folder / "out").symlink_to("/etc/hostname"),
    "bot/new.json contains what looks like a secret": lambda package: package.write(
        "bot/new.json", "xox" + "b-1234567890"
    ),
}


@pytest.mark.parametrize("error", BREAKAGES)
def test_an_error_is_found(package: SmallPackage, error: str) -> None:
    BREAKAGES[error](package)

    assert any(error in found for found in find_errors(package.folder, SMALL, package.target, root=package.root))


@pytest.mark.parametrize(
    ("tag", "compatible"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("cp313-cp313-manylinux_2_17_aarch64", True),
        ("cp39-abi3-manylinux2014_aarch64", True),
        ("cp313-cp313-manylinux_2_39_aarch64", False),
        ("cp313-cp313-manylinux2014_x86_64", False),
        ("cp312-cp312-manylinux2014_aarch64", False),
        ("cp313-cp313-musllinux_1_1_aarch64", False),
        ("cp313-cp313-macosx_11_0_arm64", False),
    ],
)
def test_a_wheel_must_be_compatible_with_lambda(package: SmallPackage, tag: str, compatible: bool) -> None:
    package.write(WHEEL, f"Tag: {tag}\n")

    errors = find_errors(package.folder, SMALL, LAMBDA, root=package.root, bytecode=False)
    assert any("is built for" in error for error in errors) is not compatible


def test_a_package_without_bytecode_is_valid_on_request(package: SmallPackage) -> None:
    for folder in list(package.folder.rglob("__pycache__")):
        shutil.rmtree(folder)

    assert find_errors(package.folder, SMALL, package.target, bytecode=False, root=package.root) == []


def test_the_digest_changes_with_contents_permissions_and_dates(package: SmallPackage) -> None:
    first = digest(package.folder)
    copy = shutil.copytree(package.folder, package.root / "twin")
    assert digest(copy) == first

    six = copy / "six.py"
    six.chmod(0o600)
    changed = [digest(copy)]
    six.chmod((package.folder / "six.py").stat().st_mode)
    os.utime(six, (0, 0))
    changed.append(digest(copy))
    six.write_text("")
    shutil.copystat(package.folder / "six.py", six)
    changed.append(digest(copy))
    assert first not in changed


def test_the_size_limit_applies_to_the_unzipped_package(package: SmallPackage) -> None:
    assert find_errors(package.folder, replace(SMALL, mb=0), package.target, root=package.root)
