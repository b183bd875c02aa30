"""Tests use what a module offers. Reading a private attribute would tie a test to the insides of a module."""

import ast

import pytest

from tests.architecture import tree

NAMED_TUPLE = {"_replace", "_asdict"}
TESTS = sorted((tree.ROOT / "tests").rglob("*.py"))


def private_attributes(source: str) -> list[str]:
    """`line: name` of each private attribute of an object other than `self` and `cls`."""
    return [
        f"{node.lineno}: {node.attr}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in NAMED_TUPLE
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]


def test_no_test_reads_a_private_attribute() -> None:
    found = {path.relative_to(tree.ROOT).as_posix(): private_attributes(path.read_text()) for path in TESTS}

    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("table._items", ["1: _items"]),
        ("a.b._c()", ["1: _c"]),
        ("super()._close()", ["1: _close"]),
        ("self._items = cls._all", []),
        ("value.__class__, row._replace(a=1)", []),
    ],
)
def test_a_private_attribute_is_found(source: str, found: list[str]) -> None:
    assert private_attributes(source) == found
