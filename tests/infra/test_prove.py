"""`make prove` on a tiny project whose guards are tested, not tested, or missing."""

import json
import subprocess
from pathlib import Path

import pytest

from infra.prove import Guard, main, prove, read_guards

SOURCE = """\
def is_adult(age: int) -> bool:
    if age < 18:
        return False
    return True


def greet(name: str) -> str:
    return name.strip()
"""
TESTS = """\
from people import greet, is_adult


def test_a_child_is_no_adult():
    assert not is_adult(17)


def test_a_name_is_greeted():
    assert greet("Ana") == "Ana"
"""
# The tiny tests need none of the plugins, which take longer to load than the tests to run.
PLUGINS = ("anyio", "hypothesispytest", "pytest_cov", "timeout", "xdist", "xdist.looponfail")
WITHOUT_PLUGINS = " ".join(f"-p no:{name}" for name in PLUGINS)
AGE = {"name": "age", "old": "age < 18", "new": "False"}
STRIP = {"name": "strip", "old": "name.strip()", "new": "name"}


def guard(**changes: str) -> str:
    row = {"why": "it matters", "file": "people.py", "tests": "test_people.py"} | AGE | changes
    tests = row.pop("tests")
    # JSON's strings are TOML's.
    lines = [f"{name} = {json.dumps(value)}" for name, value in row.items()]
    return "\n".join(["[[guard]]", *lines, f"tests = ['{tests}']", ""])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "people.py").write_text(SOURCE)
    (tmp_path / "test_people.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = .\naddopts = {WITHOUT_PLUGINS}\n")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def parsed(project: Path, row: str) -> Guard:
    table = project / "one.toml"
    table.write_text(row)
    (only,) = read_guards(table)
    return only


def run_prove(project: Path, *rows: str, only: str = "") -> int:
    (project / "infra").mkdir()
    (project / "infra" / "guards.toml").write_text("\n".join(rows))
    return main(["--only", only] if only else [], root=project)


def test_a_tested_guard_is_reported_with_its_test(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard()) == 0

    output = capsys.readouterr().out
    assert "test_people.py::test_a_child_is_no_adult" in output
    assert "1 of 1 guards have a test that fails without them" in output
    assert (project / "people.py").read_text() == SOURCE, "the original tree has changed"


def test_a_guard_without_a_test_fails_the_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard(), guard(**STRIP)) == 1

    output = capsys.readouterr().out
    assert "all tests pass without the guard" in output
    assert "1 of 2 guards have a test that fails without them" in output


def test_one_guard_can_be_selected(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard(), guard(**STRIP), only="age") == 0
    assert "strip" not in capsys.readouterr().out


def test_uncommitted_files_are_tested_too(project: Path) -> None:
    (project / "test_new.py").write_text(TESTS)

    assert run_prove(project, guard(tests="test_new.py")) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"old": "age < 21"}, "occurs 0 times in people.py, not once"),
        ({"old": "return"}, "occurs 3 times in people.py, not once"),
        ({"new": "age < 18"}, "are the same"),
        ({"new": "age <"}, "has a syntax error"),
        ({"file": "animals.py"}, "animals.py does not exist"),
    ],
)
def test_a_guard_that_cannot_be_removed_is_not_tested(project: Path, changes: dict[str, str], message: str) -> None:
    verdict = prove(project, parsed(project, guard(**changes)))

    assert not verdict.caught
    assert message in verdict.reason


def test_a_guard_is_not_tested_by_an_error_during_collection(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard(old="def greet", new="def meet")) == 1
    assert "pytest did not run the tests (exit 2)" in capsys.readouterr().out


@pytest.mark.parametrize("tests", ["test_nowhere.py", "test_people.py::test_that_is_gone"])
def test_a_guard_whose_tests_do_not_exist_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], tests: str
) -> None:
    assert run_prove(project, guard(tests=tests)) == 1
    assert "the tests fail with all guards in place" in capsys.readouterr().err


def test_a_guard_whose_tests_fail_anyway_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "people.py").write_text(SOURCE.replace("return False", "return True"))

    assert run_prove(project, guard()) == 1
    assert "the tests fail with all guards in place" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "contains no guards"),
        ((guard(), guard()), "duplicate names: age"),
        ((guard(reason="none"),), "guard 'age' must have"),
        ((guard(why=""),), "guard 'age' must have"),
        (("[[guard]]\nname = 'bare'\n",), "guard 'bare' must have"),
    ],
)
def test_an_incomplete_table_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], rows: tuple[str, ...], message: str
) -> None:
    assert run_prove(project, *rows) == 1
    assert message in capsys.readouterr().err


def test_an_unknown_guard_cannot_be_selected(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard(), only="age-of-consent") == 1
    assert "unknown guards: age-of-consent" in capsys.readouterr().err


def test_a_guard_can_be_removed_without_a_replacement(project: Path) -> None:
    row = guard(old="    if age < 18:\n        return False\n", new="")

    assert prove(project, parsed(project, row)).caught
