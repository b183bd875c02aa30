"""The translated template, created once in a run."""

import pytest

from tests.template.stack import Stack, translate

RELEASE = "0123456789abcdef"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    translation = translate(to=tmp_path_factory.mktemp("translated") / "template.json", Release=RELEASE)
    assert translation.stack is not None, translation.problems
    return translation.stack
