"""The test tree mirrors bot/: the tests of bot/x/y.py are below tests/x/."""

import ast
from functools import cache
from pathlib import PurePosixPath


def test_folder(module: str) -> PurePosixPath:
    """The folder with the tests of a module: tests/dynamodb for `bot.dynamodb.schema`, tests for `bot.settings`."""
    return PurePosixPath("tests", *module.split(".")[1:-1])


def is_tested(module: str, tests: dict[PurePosixPath, str]) -> bool:
    """True if a test in the module's folder (or below it) imports the module. `tests`: path to source text."""
    folder = test_folder(module)
    return any(
        module in _imports(source)
        for path, source in tests.items()
        if path.name.startswith("test_") and _is_in(path, folder)
    )


def only_declares(source: str) -> bool:
    """True for a module without behavior of its own: Protocols, and values without methods."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return all(_is_stub(function) for function in functions)


def _is_stub(function: ast.FunctionDef) -> bool:
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in function.body)


def _is_in(path: PurePosixPath, folder: PurePosixPath) -> bool:
    # The tests of bot's top modules are directly in tests/; otherwise every test would count for them.
    return path.parent == folder if folder == PurePosixPath("tests") else path.is_relative_to(folder)


@cache
def _imports(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names
