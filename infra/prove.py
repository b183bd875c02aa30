"""Takes each named guard out in a scratch copy, one at a time: a test must turn red, or the run fails."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2
LONGEST_RUN = 600
PROVING = "not dynamodb_local and not package and not template"
"""What takes long proves as well as anything; what needs tools of its own is not judged here."""
GREEN, RED = 0, 1  # pytest's exit codes; the others mean that it could not judge


class Unprovable(Exception):
    """The table or the tree is in no state to prove anything; the text says what to mend."""


@dataclass(frozen=True)
class Guard:
    """One guard: in `file`, `old` stands exactly once, and `new` is how it reads without the guard."""

    name: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    name: str
    held: bool
    said: str
    seconds: float


@dataclass(frozen=True)
class Run:
    code: int
    output: str


def read_guards(table: Path) -> list[Guard]:
    """All guards of the table. Raises Unprovable where it is empty or one of them is not whole."""
    rows = tomllib.loads(table.read_text()).get("guard", [])
    if not rows:
        raise Unprovable(f"{table.name} names no guard: there is nothing to prove")
    guards = [_guard(row) for row in rows]
    names = [guard.name for guard in guards]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise Unprovable(f"named twice: {', '.join(sorted(doubled))}")
    return guards


def _guard(row: dict[str, Any]) -> Guard:
    wanted = {field.name for field in fields(Guard)}
    if set(row) != wanted or not all(row[name] for name in wanted - {"new"}):
        raise Unprovable(
            f"guard {row.get('name', '?')!r} needs {', '.join(sorted(wanted))}, and nothing else"
        )
    return Guard(**{**row, "tests": tuple(row["tests"])})


def without(guard: Guard, text: str) -> str:
    """The file's text with the guard taken out. Raises Unprovable where that cannot be done cleanly."""
    count = text.count(guard.old)
    if count != 1:
        raise Unprovable(f"the guarded text stands {count} times in {guard.file}, not once")
    if guard.old == guard.new:
        raise Unprovable("the text with and without the guard is the same")
    mutated = text.replace(guard.old, guard.new)
    if guard.file.endswith(".py"):
        _must_compile(mutated, guard.file)
    return mutated


def _must_compile(text: str, file: str) -> None:
    # A file that is broken altogether turns any test red and proves nothing.
    try:
        compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Unprovable(f"without the guard {file} is no Python: {error}") from error


def copy_tree(root: Path, target: Path) -> None:
    """Copies what git knows or would take, as it stands in the work tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, set(listed.split("\0"))):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def run_tests(tree: Path, tests: Sequence[str]) -> Run:
    """Runs the tests inside that tree with this interpreter, stopping at the first red one."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-m", PROVING, *tests]
    # Nothing may lead the copy's tests back to the tree that they were copied from.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))
    }
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_RUN,
        )
    except subprocess.TimeoutExpired:
        return Run(-1, f"not done after {LONGEST_RUN} s")
    return Run(done.returncode, done.stdout + done.stderr)


def check_green(root: Path, guards: Sequence[Guard]) -> None:
    """Raises Unprovable unless every named test is green while all guards are in place."""
    tests = sorted({test for guard in guards for test in guard.tests})
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        copy_tree(root, Path(folder))
        run = run_tests(Path(folder), tests)
    if run.code != GREEN:
        raise Unprovable(f"the tests are not green with every guard in place:\n{run.output}")


def prove(root: Path, guard: Guard) -> Verdict:
    """Takes the guard out in a copy of its own and runs its tests there."""
    started = time.monotonic()
    held, said = _judge(root, guard)
    return Verdict(guard.name, held, said, time.monotonic() - started)


def _judge(root: Path, guard: Guard) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        tree = Path(folder)
        copy_tree(root, tree)
        file = tree / guard.file
        try:
            if not file.is_file():
                raise Unprovable(f"there is no {guard.file}")
            file.write_text(without(guard, file.read_text()))
        except Unprovable as error:
            return False, str(error)
        return _reading_of(run_tests(tree, guard.tests))


def _reading_of(run: Run) -> tuple[bool, str]:
    if run.code == RED:
        return True, _first_red(run.output)
    if run.code == GREEN:
        return False, "every test stayed green without the guard"
    return False, f"pytest could not judge (exit {run.code}):\n{run.output}"


def _first_red(output: str) -> str:
    marks = ("FAILED ", "ERROR ")
    reds = (line for line in output.splitlines() if line.startswith(marks))
    return next((line.split(" - ")[0].partition(" ")[2] for line in reds), "a test turned red")


def report(verdicts: Sequence[Verdict], say: Callable[[str], None] = print) -> bool:
    """Says the table; True where every guard is held by a test."""
    width = max(len(verdict.name) for verdict in verdicts)
    for verdict in verdicts:
        mark = "held" if verdict.held else "NOT HELD"
        say(f"  {verdict.name:<{width}}  {mark:<8}  {verdict.seconds:5.1f} s  {verdict.said}")
    held = sum(verdict.held for verdict in verdicts)
    say(f"{held} of {len(verdicts)} guards are held by a test")
    return held == len(verdicts)


def _chosen(guards: list[Guard], only: Sequence[str]) -> list[Guard]:
    if unknown := set(only) - {guard.name for guard in guards}:
        raise Unprovable(f"no guard is named {', '.join(sorted(unknown))}")
    return [guard for guard in guards if not only or guard.name in only]


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.prove", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this guard; may be repeated"
    )
    parser.add_argument("--table", type=Path, default=root / "infra" / "guards.toml")
    options = parser.parse_args(arguments)
    try:
        guards = _chosen(read_guards(options.table), options.only)
        check_green(root, guards)
    except Unprovable as error:
        print(f"prove: {error}", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(pool.map(lambda guard: prove(root, guard), guards))
    return 0 if report(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
