import re
from pathlib import Path, PurePosixPath

import pytest

from infra.package.packages import PACKAGES, RECEIVER, WORKER, ships

ROOT = Path(__file__).parents[3]
MADE = re.compile(r'(?:\bmake|make_client|aws_client|create_client)\(\s*"([a-z0-9-]+)"')


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
def test_what_runs_is_shipped(path: str) -> None:
    assert ships(PurePosixPath(path), frozenset({"dynamodb"}))


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
def test_what_nobody_runs_is_not(path: str) -> None:
    assert not ships(PurePosixPath(path), frozenset({"dynamodb"}))


def test_a_service_whose_client_the_code_makes_ships_its_model_and_no_other_does() -> None:
    """A new one is added in infra/package/packages.py, to the worker's list."""
    sources = [path.read_text() for room in ("bot", "handlers") for path in (ROOT / room).rglob("*.py")]

    assert {name for source in sources for name in MADE.findall(source)} == WORKER.aws


def test_the_receivers_releases_are_the_workers() -> None:
    locked = {package.name: _locked(package.requirements) for package in PACKAGES}

    assert locked["receiver"].items() <= locked["worker"].items()
    assert not RECEIVER.without & {name.replace("-", "_") for name in locked["receiver"]}


def _locked(file: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements" / file).read_text()))
