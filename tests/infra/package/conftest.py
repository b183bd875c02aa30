"""tests/infra/package: the packages, built once a run for this machine's Python by the recipe that builds Lambda's."""

import sys
from pathlib import Path

import pytest

from infra.package.packages import PACKAGES
from infra.package.recipe import build
from infra.package.targets import here
from tests.infra.package.functions import runtime_client


@pytest.fixture(scope="session")
def built_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders by the packages' names."""
    into = tmp_path_factory.mktemp("built")
    return {
        package.name: build(package, here(), into / package.name, compiler=Path(sys.executable))
        for package in PACKAGES
    }


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime_client(tmp_path_factory.mktemp("client") / "site")
