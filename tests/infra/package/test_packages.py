import re
from pathlib import Path, PurePosixPath

import pytest

from infra.package.packages import PACKAGES, RECEIVER, WORKER, is_included

ROOT = Path(__file__).parents[3]
CLIENTS = re.compile(r'(?:make_client|worker_client|create_client)\(\s*"([a-z0-9-]+)"')


@pytest.mark.parametrize(
    "path",
    [
        "slack_sdk/web/client.py",
        "botocore/data/endpoints.json",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "httpx-0.28.1.dist-info/METADATA",
        "anyio-4.16.0.dist-info/entry_points.txt",
        "pydantic_core/_pydantic_core.cpython-313-aarch64-linux-gnu.so",
        "certifi/cacert.pem",
        "tzdata/zoneinfo/America/New_York",
    ],
)
def test_files_that_the_bot_needs_are_included(path: str) -> None:
    assert is_included(PurePosixPath(path), frozenset({"dynamodb"}))


@pytest.mark.parametrize(
    "path",
    [
        "bin/httpx",
        "certifi/tests/test_certify.py",
        "six.dist-info/RECORD",
        "httpx-0.28.1.dist-info/INSTALLER",
        "pydantic_core-2.50.4.dist-info/sboms/pydantic-core.cyclonedx.json",
        "botocore/__pycache__/session.cpython-313.pyc",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/kms/2014-11-01/service-2.json.gz",
        "botocore/data/dynamodb/2012-08-10/examples-1.json",
    ],
)
def test_unused_files_are_not_included(path: str) -> None:
    assert not is_included(PurePosixPath(path), frozenset({"dynamodb"}))


def test_the_worker_contains_the_models_of_exactly_the_services_that_the_code_uses() -> None:
    """Add a new service to the worker in infra/package/packages.py."""
    sources = [path.read_text() for package in ("bot", "handlers") for path in (ROOT / package).rglob("*.py")]

    assert {name for source in sources for name in CLIENTS.findall(source)} == WORKER.aws


def test_receiver_and_worker_use_the_same_releases() -> None:
    locked = {package.name: _locked(package.requirements) for package in PACKAGES}

    assert locked["receiver"].items() <= locked["worker"].items()
    assert not RECEIVER.excluded & {name.replace("-", "_") for name in locked["receiver"]}


def _locked(file: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements" / file).read_text()))
