"""Removes each guard in a scratch copy, one at a time, and fails unless one of its tests then fails."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
TIMEOUT_SECONDS = 600
MARKERS = "not dynamodb_local and not package and not template and not browser"
"""Includes the long tests, but not those that need additional tools."""
PASSED, FAILED = 0, 1  # pytest's exit codes; all others are errors


class ProveError(Exception):
    """A guard cannot be checked; the message says what to change."""


@dataclass(frozen=True)
class Guard:
    """`old` occurs exactly once in `file`; `new` replaces it to remove the guard."""

    name: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    name: str
    caught: bool
    reason: str
    seconds: float


@dataclass(frozen=True)
class Run:
    code: int
    output: str


def read_guards(table: Path) -> list[Guard]:
    """All guards of the table. Raises ProveError if it is empty or a guard is incomplete."""
    rows = tomllib.loads(table.read_text()).get("guard", [])
    if not rows:
        raise ProveError(f"{table.name} contains no guards")
    guards = [_guard(row) for row in rows]
    names = [guard.name for guard in guards]
    if duplicates := {name for name in names if names.count(name) > 1}:
        raise ProveError(f"duplicate names: {', '.join(sorted(duplicates))}")
    return guards


def _guard(row: dict[str, Any]) -> Guard:
    required = {field.name for field in fields(Guard)}
    if set(row) != required or not all(row[name] for name in required - {"new"}):
        raise ProveError(f"guard {row.get('name', '?')!r} must have exactly {', '.join(sorted(required))}")
    return Guard(**{**row, "tests": tuple(row["tests"])})


def without(guard: Guard, text: str) -> str:
    """The file's text without the guard. Raises ProveError if the guard cannot be removed."""
    count = text.count(guard.old)
    if count != 1:
        raise ProveError(f"the guarded text occurs {count} times in {guard.file}, not once")
    if guard.old == guard.new:
        raise ProveError("`old` and `new` are the same")
    mutated = text.replace(guard.old, guard.new)
    if guard.file.endswith(".py"):
        _check_syntax(mutated, guard.file)
    return mutated


def _check_syntax(text: str, file: str) -> None:
    # With a syntax error every test fails, which proves nothing.
    try:
        compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ProveError(f"without the guard {file} has a syntax error: {error}") from error


def copy_tree(root: Path, target: Path) -> None:
    """Copies the tracked and untracked files of the work tree, except ignored ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, set(listed.split("\0"))):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def run_tests(tree: Path, tests: Sequence[str]) -> Run:
    """Runs the tests in that tree with this interpreter until the first failure."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-m", MARKERS, *tests]
    # No variable may point the tests of the copy back to the original tree.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))
    }
    try:
        process = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Run(-1, f"not finished after {TIMEOUT_SECONDS} s")
    return Run(process.returncode, process.stdout + process.stderr)


def check_tests_pass(root: Path, guards: Sequence[Guard]) -> None:
    """Raises ProveError unless all named tests pass with all guards in place."""
    tests = sorted({test for guard in guards for test in guard.tests})
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        copy_tree(root, Path(folder))
        run = run_tests(Path(folder), tests)
    if run.code != PASSED:
        raise ProveError(f"the tests fail with all guards in place:\n{run.output}")


def prove(root: Path, guard: Guard) -> Verdict:
    """Removes the guard in a new copy and runs its tests there."""
    started = time.monotonic()
    caught, reason = _judge(root, guard)
    return Verdict(guard.name, caught, reason, time.monotonic() - started)


def _judge(root: Path, guard: Guard) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        tree = Path(folder)
        copy_tree(root, tree)
        file = tree / guard.file
        try:
            if not file.is_file():
                raise ProveError(f"{guard.file} does not exist")
            file.write_text(without(guard, file.read_text()))
        except ProveError as error:
            return False, str(error)
        return _interpret(run_tests(tree, guard.tests))


def _interpret(run: Run) -> tuple[bool, str]:
    if run.code == FAILED:
        return True, _first_failure(run.output)
    if run.code == PASSED:
        return False, "all tests pass without the guard"
    return False, f"pytest did not run the tests (exit {run.code}):\n{run.output}"


def _first_failure(output: str) -> str:
    failures = (line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR ")))
    return next((line.split(" - ")[0].partition(" ")[2] for line in failures), "a test failed")


def report(verdicts: Sequence[Verdict]) -> bool:
    """Prints a line for each guard. True if a test failed without each of them."""
    width = max(len(verdict.name) for verdict in verdicts)
    for verdict in verdicts:
        result = "ok" if verdict.caught else "NOT TESTED"
        print(f"  {verdict.name:<{width}}  {result:<10}  {verdict.seconds:5.1f} s  {verdict.reason}")
    caught = sum(verdict.caught for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} guards have a test that fails without them")
    return caught == len(verdicts)


def _select(guards: list[Guard], only: Sequence[str]) -> list[Guard]:
    if unknown := set(only) - {guard.name for guard in guards}:
        raise ProveError(f"unknown guards: {', '.join(sorted(unknown))}")
    return [guard for guard in guards if not only or guard.name in only]


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.prove", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this guard; may be repeated")
    parser.add_argument("--table", type=Path, default=root / "infra" / "guards.toml")
    options = parser.parse_args(arguments)
    try:
        guards = _select(read_guards(options.table), options.only)
        check_tests_pass(root, guards)
    except ProveError as error:
        print(f"prove: {error}", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = list(pool.map(lambda guard: prove(root, guard), guards))
    return 0 if report(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
