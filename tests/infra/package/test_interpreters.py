import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.package.interpreters import NoInterpreter, find_interpreter
from infra.package.targets import LAMBDA, Target, here

UNKNOWN = replace(here(), python="3.99", magic=1)


def interpreter(path: Path, target: Target = UNKNOWN) -> Path:
    """A fake Python that prints its magic number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {target.magic}\n")
    path.chmod(0o755)
    return path


def test_the_running_interpreter_is_used_if_it_has_the_version() -> None:
    assert find_interpreter(here()) == Path(sys.executable)


@pytest.mark.parametrize(
    "location",
    ["bin/python3.99", ".pyenv/versions/3.99.1/bin/python3.99", ".local/share/uv/python/cpython-3.99-x/bin/python3.99"],
)
def test_interpreters_are_found_on_the_path_and_in_version_managers(tmp_path: Path, location: str) -> None:
    expected = interpreter(tmp_path / location)

    assert find_interpreter(UNKNOWN, environ={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}) == expected


def test_a_shim_that_does_not_work_is_skipped(tmp_path: Path) -> None:
    shim = interpreter(tmp_path / "shims/python3.99")
    shim.write_text("#!/bin/sh\nexit 127\n")
    expected = interpreter(tmp_path / "bin/python3.99")

    path = f"{tmp_path}/shims:{tmp_path}/bin"
    assert find_interpreter(UNKNOWN, environ={"PATH": path, "HOME": ""}) == expected


def test_the_message_for_a_missing_interpreter_names_the_options(tmp_path: Path) -> None:
    with pytest.raises(NoInterpreter, match=r"No Python 3\.99 found.*TARGET_PYTHON=.*BYTECODE=no.*slower"):
        find_interpreter(UNKNOWN, environ={"HOME": str(tmp_path)})


def test_a_named_interpreter_of_another_version_is_refused(tmp_path: Path) -> None:
    other = interpreter(tmp_path / "python", LAMBDA)
    for named in (str(other), str(tmp_path / "nowhere")):
        with pytest.raises(NoInterpreter, match=r"is not a working Python 3\.99"):
            find_interpreter(UNKNOWN, named)
