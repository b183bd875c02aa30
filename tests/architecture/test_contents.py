"""No committed file names a registry, one machine's path, or work left for later."""

import pytest

from tests.architecture import tree
from tests.architecture.contents import findings

FILES = {str(path.relative_to(tree.ROOT)): path for path in tree.committed_files()}


def test_there_are_files_to_judge() -> None:
    assert {"pyproject.toml", "requirements/dev.txt", "bot/errors.py"} <= set(FILES)


def test_no_committed_file_holds_what_none_may() -> None:
    found = {name: findings(path.read_bytes().decode(errors="replace")) for name, path in FILES.items()}

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "--index-url https://" + "py" + "pi.org/simple",
        '"resolved": "https://registry.' + "npm" + 'js.org/left-pad"',
        "log = '/ho" + "me/ana/bot.log'",
        "cd /Us" + "ers/ana/switchboard",
        "open('/wo" + "rk/tree/file')",
        "# TO" + "DO: later",
        "# FIX" + "ME",
    ],
)
def test_a_planted_line_is_found_with_its_number(planted: str) -> None:
    (finding,) = findings(f"first\n{planted}\n")

    assert finding.startswith("line 2: ")


@pytest.mark.parametrize(
    "harmless",
    ["https://api.example.com/home/page", "GET /api/v1/users/me", "#!/usr/bin/env bash", "SSN XXX-XX-1234"],
)
def test_a_harmless_line_is_let_through(harmless: str) -> None:
    assert findings(harmless) == []
