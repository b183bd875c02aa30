"""The packages, built once in a run, for this machine instead of Lambda."""

import sys
from pathlib import Path

import pytest

from infra.package.packages import PACKAGES
from infra.package.recipe import build
from infra.package.targets import here
from tests.infra.package.functions import runtime_client


@pytest.fixture(scope="session")
def built_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders by package name."""
    folder = tmp_path_factory.mktemp("built")
    return {
        package.name: build(package, here(), folder / package.name, compiler=Path(sys.executable))
        for package in PACKAGES
    }


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime_client(tmp_path_factory.mktemp("client") / "site")
