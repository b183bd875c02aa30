"""make prove, proven itself: on a tiny project whose guards are held, not held, or not there."""

import json
import subprocess
from pathlib import Path

import pytest

from infra.prove import main

DOOR = """\
def let_in(age: int) -> bool:
    if age < 18:
        return False
    return True


def greet(name: str) -> str:
    return name.strip()
"""
TESTS = """\
from door import greet, let_in


def test_a_child_stays_out():
    assert not let_in(17)


def test_a_name_is_greeted():
    assert greet("Ana") == "Ana"
"""
AGE = {"name": "age", "old": "age < 18", "new": "False"}
STRIP = {"name": "strip", "old": "name.strip()", "new": "name"}


def guard(**changes: str) -> str:
    row = {"why": "it matters", "file": "door.py", "tests": "test_door.py"} | AGE | changes
    tests = row.pop("tests")
    # JSON's strings are TOML's.
    lines = [f"{name} = {json.dumps(value)}" for name, value in row.items()]
    return "\n".join(["[[guard]]", *lines, f"tests = ['{tests}']", ""])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "door.py").write_text(DOOR)
    (tmp_path / "test_door.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def run_prove(project: Path, *rows: str, only: str = "") -> int:
    (project / "infra").mkdir()
    (project / "infra" / "guards.toml").write_text("\n".join(rows))
    return main(["--only", only] if only else [], root=project)


def test_a_guard_that_a_test_holds_is_named_with_that_test(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_prove(project, guard()) == 0

    said = capsys.readouterr().out
    assert "test_door.py::test_a_child_stays_out" in said
    assert "1 of 1 guards are held by a test" in said


def test_a_guard_that_no_test_holds_fails_the_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard(), guard(**STRIP)) == 1

    said = capsys.readouterr().out
    assert "every test stayed green without the guard" in said
    assert "1 of 2 guards are held by a test" in said


def test_one_guard_can_be_taken_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_prove(project, guard(), guard(**STRIP), only="age") == 0
    assert "strip" not in capsys.readouterr().out


def test_the_tree_itself_is_left_as_it_was(project: Path) -> None:
    run_prove(project, guard())

    assert (project / "door.py").read_text() == DOOR


def test_what_is_not_committed_yet_is_tested_too(project: Path) -> None:
    (project / "test_new.py").write_text(TESTS)

    assert run_prove(project, guard(tests="test_new.py")) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"old": "age < 21"}, "stands 0 times in door.py, not once"),
        ({"old": "return"}, "stands 3 times in door.py, not once"),
        ({"new": "age < 18"}, "is the same"),
        ({"new": "age <"}, "is no Python"),
        ({"file": "window.py"}, "there is no window.py"),
    ],
)
def test_a_guard_that_cannot_be_taken_out_fails_loudly(
    project: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], said: str
) -> None:
    assert run_prove(project, guard(**changes)) == 1
    assert said in capsys.readouterr().out


def test_a_mutant_that_breaks_the_collection_proves_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_prove(project, guard(old="def greet", new="def meet")) == 1
    assert "pytest could not judge (exit 2)" in capsys.readouterr().out


@pytest.mark.parametrize("tests", ["test_nowhere.py", "test_door.py::test_that_is_gone"])
def test_tests_that_do_not_exist_prove_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], tests: str
) -> None:
    assert run_prove(project, guard(tests=tests)) == 1
    assert "not green with every guard in place" in capsys.readouterr().err


def test_tests_that_are_red_anyway_prove_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "door.py").write_text(DOOR.replace("return False", "return True"))

    assert run_prove(project, guard()) == 1
    assert "not green with every guard in place" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), "there is nothing to prove"),
        ((guard(), guard()), "named twice: age"),
        ((guard(reason="none"),), "guard 'age' needs"),
        ((guard(why=""),), "guard 'age' needs"),
        (("[[guard]]\nname = 'bare'\n",), "guard 'bare' needs"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], rows: tuple[str, ...], said: str
) -> None:
    assert run_prove(project, *rows) == 1
    assert said in capsys.readouterr().err


def test_a_guard_that_is_not_in_the_table_cannot_be_chosen(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_prove(project, guard(), only="age-of-consent") == 1
    assert "no guard is named age-of-consent" in capsys.readouterr().err


def test_a_guard_may_be_taken_out_by_leaving_nothing(project: Path) -> None:
    assert run_prove(project, guard(old="    if age < 18:\n        return False\n", new="")) == 0
