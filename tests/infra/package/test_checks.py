"""Each thing that may not be in a package is found in one that had nothing wrong with it."""

import os
import py_compile
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from infra.package.checks import digest, faults
from infra.package.targets import LAMBDA
from tests.infra.package.made import COMPILED, SMALL, WHEEL, Made, elf, make


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path)


def test_nothing_is_wrong_with_it_before(made: Made) -> None:
    assert faults(made.folder, SMALL, made.target, root=made.root) == []


def _stale(made: Made) -> None:
    made.write("handlers/door.py", "def handler(event, context):\n    raise SystemExit\n")


def _dated(made: Made) -> None:
    py_compile.compile(
        str(made.folder / "six.py"), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP
    )


def _of_another_python(made: Made) -> None:
    cached = next((made.folder / "__pycache__").glob("six.*"))
    cached.write_bytes(b"\x00\x01\r\n" + cached.read_bytes()[4:])


SPOILT: dict[str, Callable[[Made], object]] = {
    "MB, and more than 1 MB": lambda made: made.write("more.txt", b"x" * 1_000_001),
    "httpx has no business": lambda made: made.write("httpx/py.typed", ""),
    "pytest has no business": lambda made: made.write("pytest/py.typed", ""),
    "tests has no business": lambda made: made.write("tests/x.txt", ""),
    "handlers.door is missing": lambda made: (made.folder / "handlers/door.py").rename(
        made.folder / "door.py"
    ),
    "models of ['ec2', 'kms']": lambda made: made.write("botocore/data/ec2/x.gz", ""),
    "models of []": lambda made: shutil.rmtree(made.folder / "botocore/data/kms"),
    "other releases than are locked: six-1.16.0, six-1.17.0": lambda made: (
        made.folder / "six-1.17.0.dist-info"
    ).rename(made.folder / "six-1.16.0.dist-info"),
    "is built for cp38-cp38-win_amd64": lambda made: made.write(WHEEL, "Tag: cp38-cp38-win_amd64\n"),
    "made for another processor": lambda made: made.write(COMPILED, elf(3)),
    "made for another Python than": lambda made: made.write(
        "fast.cpython-36m-x86_64-linux-gnu.so", elf(made.target.machine)
    ),
    "new.py has no bytecode": lambda made: made.write("new.py", ""),
    "old.cpython-399.pyc is nobody's bytecode": lambda made: made.write(
        "__pycache__/old.cpython-399.pyc", ""
    ),
    "bytecode of handlers/door.py is not of this source": _stale,
    "bytecode of six.py would be checked": _dated,
    "bytecode of six.py is another Python's": _of_another_python,
    "notes.txt tells where it was built": lambda made: made.write("notes.txt", f"from {made.root}/bot"),
    "out is a link": lambda made: (made.folder / "out").symlink_to("/etc/hostname"),
    "carriers.json holds what looks like a secret": lambda made: made.write(
        "carriers.json", "xox" + "b-1234567890"
    ),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_it_is_found(made: Made, fault: str) -> None:
    SPOILT[fault](made)

    assert any(fault in told for told in faults(made.folder, SMALL, made.target, root=made.root))


@pytest.mark.parametrize(
    ("tag", "fits"),
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
def test_a_wheel_is_for_lambda_or_it_is_not(made: Made, tag: str, fits: bool) -> None:
    made.write(WHEEL, f"Tag: {tag}\n")

    told = faults(made.folder, SMALL, LAMBDA, root=made.root, bytecode=False)
    assert any("is built for" in fault for fault in told) is not fits


def test_without_bytecode_is_right_where_that_was_asked_for(made: Made) -> None:
    for folder in list(made.folder.rglob("__pycache__")):
        shutil.rmtree(folder)

    assert faults(made.folder, SMALL, made.target, bytecode=False, root=made.root) == []


def test_two_packages_are_the_same_only_to_the_last_byte_right_and_date(made: Made) -> None:
    first = digest(made.folder)
    twin = shutil.copytree(made.folder, made.root / "twin")
    assert digest(twin) == first

    six = twin / "six.py"
    six.chmod(0o600)
    changed = [digest(twin)]
    six.chmod((made.folder / "six.py").stat().st_mode)
    os.utime(six, (0, 0))
    changed.append(digest(twin))
    six.write_text("")
    shutil.copystat(made.folder / "six.py", six)
    changed.append(digest(twin))
    assert first not in changed


def test_a_limit_is_of_what_lies_there_unzipped(made: Made) -> None:
    assert faults(made.folder, replace(SMALL, mb=0), made.target, root=made.root)
