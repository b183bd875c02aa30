"""Each module of bot/ has its tests in the folder of the same name."""

from pathlib import PurePosixPath

import pytest

from tests.architecture import mirror, tree

# Tested in another place, with the reason.
ELSEWHERE = {
    "bot.slack.features.decisions": "runs as a command: tests/slack/features/test_decisions_and_history.py",
    "bot.slack.features.forms": "shared by all forms, and tested with each of them",
    "bot.slack.features.history": "runs as a command: tests/slack/features/test_decisions_and_history.py",
    "bot.slack.views.health": "rendered by commands: tests/slack/features/test_doctor.py and test_pause.py",
}
MODULES = {
    name: path for name, path in tree.modules("bot").items() if path.name != "__init__.py" and name not in ELSEWHERE
}
TESTS = {
    PurePosixPath(path.relative_to(tree.ROOT).as_posix()): path.read_text()
    for path in sorted((tree.ROOT / "tests").rglob("*.py"))
}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_tested_in_the_folder_of_its_package(module: str) -> None:
    if mirror.only_declares(MODULES[module].read_text()):
        return
    assert mirror.is_tested(module, TESTS), f"no test in {mirror.test_folder(module)} imports {module}"


def test_modules_that_are_tested_elsewhere_exist() -> None:
    assert set(ELSEWHERE) <= set(tree.modules("bot"))


@pytest.mark.parametrize(
    ("path", "source", "tested"),
    [
        ("tests/dynamodb/test_keys.py", "from bot.dynamodb.schema import pk", True),
        ("tests/dynamodb/test_keys.py", "from bot.dynamodb import schema", True),
        ("tests/dynamodb/test_keys.py", "import bot.dynamodb.schema", True),
        ("tests/dynamodb/deep/test_keys.py", "from bot.dynamodb.schema import pk", True),
        ("tests/dynamodb/test_keys.py", "from bot.dynamodb.table import pk", False),
        ("tests/dynamodb/keys_fixture.py", "from bot.dynamodb.schema import pk", False),
        ("tests/slack/test_keys.py", "from bot.dynamodb.schema import pk", False),
        ("tests/test_keys.py", "from bot.dynamodb.schema import pk", False),
    ],
)
def test_a_module_without_tests_in_its_folder_is_found(path: str, source: str, tested: bool) -> None:
    assert mirror.is_tested("bot.dynamodb.schema", {PurePosixPath(path): source}) is tested


def test_a_top_module_is_tested_directly_below_tests() -> None:
    source = "from bot.settings import Settings"

    assert mirror.is_tested("bot.settings", {PurePosixPath("tests/test_settings.py"): source})
    assert not mirror.is_tested("bot.settings", {PurePosixPath("tests/dynamodb/test_table.py"): source})


@pytest.mark.parametrize(
    ("source", "declares"),
    [
        ("class Clock(Protocol):\n    def __call__(self) -> int: ...", True),
        ('class Reader(Protocol):\n    def read(self) -> str:\n        """The text."""', True),
        ("@dataclass\nclass Value:\n    name: str", True),
        ("def double(number):\n    return 2 * number", False),
        ("class Value:\n    def double(self):\n        return 2 * self.number", False),
    ],
)
def test_a_module_with_behavior_needs_a_test(source: str, declares: bool) -> None:
    assert mirror.only_declares(source) is declares
