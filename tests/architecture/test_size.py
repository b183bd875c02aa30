"""The code stays small: functions, files, and the number of files in bot/; and one class name means one class."""

from __future__ import annotations

import ast
from collections import defaultdict
from statistics import median

from tests.architecture import tree

LONGEST_FUNCTION, NINE_OF_TEN, MEDIAN = 45, 18, 6
LONGEST_FILE, FILES = 350, 165
SOURCES = {
    path.relative_to(tree.ROOT).as_posix(): path.read_text() for path in sorted((tree.ROOT / "bot").rglob("*.py"))
}


def function_lengths(sources: dict[str, str]) -> dict[str, int]:
    """Lines of each function and method, nested ones too, from `def` to its end; by `file:line name`."""
    return {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def shared_class_names(sources: dict[str, str]) -> dict[str, list[str]]:
    """Names of more than one class or enum, each with its locations."""
    locations = defaultdict(list)
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                locations[node.name].append(f"{path}:{node.lineno}")
    return {name: found for name, found in sorted(locations.items()) if len(found) > 1}


def above(limit: int, lengths: dict[str, int]) -> list[str]:
    longest_first = sorted(lengths.items(), key=lambda item: -item[1])
    return [f"{name}: {lines} lines" for name, lines in longest_first if lines > limit]


def test_no_function_is_longer_than_the_limit() -> None:
    long = above(LONGEST_FUNCTION, function_lengths(SOURCES))

    assert long == [], "\n".join(long)


def test_nine_of_ten_functions_are_short() -> None:
    lengths = function_lengths(SOURCES)
    long = above(NINE_OF_TEN, lengths)

    assert len(long) <= len(lengths) / 10, "\n".join([f"{len(long)} of {len(lengths)} functions:", *long])


def test_half_of_the_functions_are_very_short() -> None:
    assert median(function_lengths(SOURCES).values()) <= MEDIAN


def test_no_file_is_longer_than_the_limit() -> None:
    long = above(LONGEST_FILE, {path: len(source.splitlines()) for path, source in SOURCES.items()})

    assert long == [], "\n".join(long)


def test_there_are_not_too_many_files() -> None:
    assert len(SOURCES) <= FILES


def test_no_two_classes_share_a_name() -> None:
    shared = shared_class_names(SOURCES)

    assert shared == {}, "\n".join(f"{name}: {', '.join(locations)}" for name, locations in shared.items())


def test_a_function_is_measured_without_its_decorators_and_with_its_nested_functions() -> None:
    source = "@cached\ndef outer():\n    def inner():\n        pass\n\n    return inner\n"

    assert function_lengths({"bot/a.py": source}) == {"bot/a.py:2 outer": 5, "bot/a.py:3 inner": 2}


def test_a_shared_class_name_is_found_across_files_and_within_one() -> None:
    found = shared_class_names({"bot/a.py": "class A: ...\nclass B: ...", "bot/b.py": "def f():\n class A: ..."})

    assert found == {"A": ["bot/a.py:1", "bot/b.py:2"]}
