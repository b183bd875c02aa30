"""Each module of bot/ has its tests in the folder of the same name."""

from pathlib import PurePosixPath

import pytest

from tests.architecture import tree
from tests.architecture.mirror import home_of_tests, is_tested

# Tested elsewhere, each with the reason.
ELSEWHERE = {
    "bot.usecases.ports.storage": "Protocols only: mypy holds the rooms to them",
    "bot.slack.views.connection_card": "rendered by bot.slack.views.cards: tests/slack/views/test_connection_card.py",
    "bot.slack.features.decisions": "typed as a command: tests/slack/features/test_decisions_and_history.py",
    "bot.slack.features.history": "typed as a command: tests/slack/features/test_decisions_and_history.py",
    "bot.slack.features.form_results": "what connect, retry and decide share: tested with each of them",
    "bot.domain.health": "values without a rule of their own: tests/dynamodb/repositories/test_health.py keeps and reads them",
    "bot.domain.messages": "values without a rule of their own: tests/dynamodb/repositories/test_messages.py keeps and reads them",
}
MODULES = [
    name for name, path in tree.modules("bot").items() if path.name != "__init__.py" and name not in ELSEWHERE
]
TESTS = {
    PurePosixPath(path.relative_to(tree.ROOT).as_posix()): path.read_text()
    for path in sorted((tree.ROOT / "tests").rglob("*.py"))
}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_tested_in_the_folder_of_its_room(module: str) -> None:
    tested = is_tested(module, TESTS)

    assert tested, f"no test in {home_of_tests(module)} imports {module}"


def test_what_is_tested_elsewhere_still_exists() -> None:
    assert set(ELSEWHERE) <= set(tree.modules("bot"))


@pytest.mark.parametrize(
    ("path", "source", "tested"),
    [
        ("tests/dynamodb/test_keys.py", "from bot.dynamodb.keys import pk", True),
        ("tests/dynamodb/test_keys.py", "from bot.dynamodb import keys", True),
        ("tests/dynamodb/test_keys.py", "import bot.dynamodb.keys", True),
        ("tests/store/deep/test_keys.py", "from bot.dynamodb.keys import pk", True),
        ("tests/dynamodb/test_keys.py", "from bot.dynamodb.table import pk", False),
        ("tests/store/keys_fixture.py", "from bot.dynamodb.keys import pk", False),
        ("tests/slack/test_keys.py", "from bot.dynamodb.keys import pk", False),
        ("tests/test_keys.py", "from bot.dynamodb.keys import pk", False),
    ],
)
def test_a_module_without_tests_in_its_folder_is_found(path: str, source: str, tested: bool) -> None:
    assert is_tested("bot.dynamodb.keys", {PurePosixPath(path): source}) is tested


def test_a_top_module_is_tested_directly_below_tests() -> None:
    source = "from bot.settings import Settings"

    assert is_tested("bot.settings", {PurePosixPath("tests/test_settings.py"): source})
    assert not is_tested("bot.settings", {PurePosixPath("tests/dynamodb/test_table.py"): source})
