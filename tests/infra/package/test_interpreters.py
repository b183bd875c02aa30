import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.package.interpreters import NoInterpreter, find_interpreter
from infra.package.targets import LAMBDA, Target, here

UNKNOWN = replace(here(), python="3.99", magic=1)


def interpreter(path: Path, target: Target = UNKNOWN) -> Path:
    """As much of a Python as is asked: the number that its bytecode begins with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {target.magic}\n")
    path.chmod(0o755)
    return path


def test_the_one_that_asks_does_where_it_is_of_that_version() -> None:
    assert find_interpreter(here()) == Path(sys.executable)


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.99",
        ".pyenv/versions/3.99.1/bin/python3.99",
        ".local/share/uv/python/cpython-3.99-x/bin/python3.99",
    ],
)
def test_one_is_found_on_the_path_and_where_version_managers_keep_theirs(tmp_path: Path, place: str) -> None:
    wanted = interpreter(tmp_path / place)

    assert find_interpreter(UNKNOWN, environ={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}) == wanted


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    shim = interpreter(tmp_path / "shims/python3.99")
    shim.write_text("#!/bin/sh\nexit 127\n")
    wanted = interpreter(tmp_path / "bin/python3.99")

    path = f"{tmp_path}/shims:{tmp_path}/bin"
    assert find_interpreter(UNKNOWN, environ={"PATH": path, "HOME": ""}) == wanted


def test_where_there_is_none_it_is_said_how_to_get_one_and_what_doing_without_costs(tmp_path: Path) -> None:
    with pytest.raises(
        NoInterpreter, match=r"No Python 3\.99 here.*TARGET_PYTHON=.*BYTECODE=no.*twice as long"
    ):
        find_interpreter(UNKNOWN, environ={"HOME": str(tmp_path)})


def test_one_that_is_named_and_unfit_is_refused_and_no_other_taken(tmp_path: Path) -> None:
    other = interpreter(tmp_path / "python", LAMBDA)
    for named in (str(other), str(tmp_path / "nowhere")):
        with pytest.raises(NoInterpreter, match=r"is no Python 3\.99 that runs here"):
            find_interpreter(UNKNOWN, named)
