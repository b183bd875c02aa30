"""The version in the code equals the released version."""

import tomllib

from bot import __version__
from tests.architecture import tree


def test_the_version_equals_that_of_pyproject() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__
