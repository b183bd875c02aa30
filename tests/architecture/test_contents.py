"""No committed file contains hosts of registries, paths of one machine, or notes about unfinished work."""

import pytest

from tests.architecture import tree
from tests.architecture.contents import findings

FILES = {str(path.relative_to(tree.ROOT)): path for path in tree.committed_files()}


def test_committed_files_are_found() -> None:
    assert {"pyproject.toml", "requirements/dev.txt", "bot/errors.py"} <= set(FILES)


def test_no_committed_file_has_forbidden_contents() -> None:
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
def test_a_forbidden_text_is_found_with_its_line_number(planted: str) -> None:
    (finding,) = findings(f"first\n{planted}\n")

    assert finding.startswith("line 2: ")


@pytest.mark.parametrize(
    "harmless", ["https://api.example.com/home/page", "GET /api/v1/users/me", "#!/usr/bin/env bash", "SSN XXX-XX-1234"]
)
def test_an_ordinary_line_is_accepted(harmless: str) -> None:
    assert findings(harmless) == []
