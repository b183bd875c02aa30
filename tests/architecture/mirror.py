"""The test tree mirrors bot/: what bot/x/y.py does is tested below tests/x/."""

import ast
from pathlib import PurePosixPath


def home_of_tests(module: str) -> PurePosixPath:
    """Where the tests of a module lie: `bot.dynamodb.keys` in tests/store, `bot.settings` in tests."""
    return PurePosixPath("tests", *module.split(".")[1:-1])


def is_tested(module: str, tests: dict[PurePosixPath, str]) -> bool:
    """True where a test in the module's home (or below it) imports it. `tests`: path to source text."""
    home = home_of_tests(module)
    return any(
        module in _imports(source)
        for path, source in tests.items()
        if path.name.startswith("test_") and _lies_in(path, home)
    )


def _lies_in(path: PurePosixPath, home: PurePosixPath) -> bool:
    # Directly in tests/ lie only the tests of bot's own top modules, not every test there is.
    return path.parent == home if home == PurePosixPath("tests") else path.is_relative_to(home)


def _imports(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names
