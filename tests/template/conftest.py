"""tests/template: the translated template, made once a run."""

import pytest

from tests.template.stack import Stack, translate

RELEASE = "0123456789abcdef"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = translate(to=tmp_path_factory.mktemp("translated") / "template.json", Release=RELEASE)
    assert made.stack is not None, made.problems
    return made.stack
