"""Each module of bot/ has its tests in the folder of the same name."""

from pathlib import PurePosixPath

import pytest

from tests.architecture import tree
from tests.architecture.mirror import home_of_tests, is_tested

# Tested elsewhere, each with the reason.
ELSEWHERE = {
    "bot.ports": "Protocols only: mypy holds the rooms to them",
    "bot.slack.connection_card": "rendered by bot.slack.cards: tests/slack/test_connection_card.py",
    "bot.slack.decisions": "typed as a command: tests/slack/test_decisions_and_history.py",
    "bot.slack.history": "typed as a command: tests/slack/test_decisions_and_history.py",
    "bot.slack.submitted": "what connect, retry and decide share: tested with each of them",
    "bot.domain.checkups": "values without a rule of their own: tests/store/test_checkups.py keeps and reads them",
    "bot.domain.delivery": "values without a rule of their own: tests/store/test_deliveries.py keeps and reads them",
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
        ("tests/store/test_keys.py", "from bot.store.keys import pk", True),
        ("tests/store/test_keys.py", "from bot.store import keys", True),
        ("tests/store/test_keys.py", "import bot.store.keys", True),
        ("tests/store/deep/test_keys.py", "from bot.store.keys import pk", True),
        ("tests/store/test_keys.py", "from bot.store.table import pk", False),
        ("tests/store/keys_fixture.py", "from bot.store.keys import pk", False),
        ("tests/slack/test_keys.py", "from bot.store.keys import pk", False),
        ("tests/test_keys.py", "from bot.store.keys import pk", False),
    ],
)
def test_a_module_without_tests_in_its_folder_is_found(path: str, source: str, tested: bool) -> None:
    assert is_tested("bot.store.keys", {PurePosixPath(path): source}) is tested


def test_a_top_module_is_tested_directly_below_tests() -> None:
    source = "from bot.settings import Settings"

    assert is_tested("bot.settings", {PurePosixPath("tests/test_settings.py"): source})
    assert not is_tested("bot.settings", {PurePosixPath("tests/store/test_table.py"): source})
