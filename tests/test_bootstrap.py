"""Dependencies are built once, on first use, and only if needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot import bootstrap
from bot.bootstrap import Deployment, deployment
from bot.errors import SettingsError
from bot.settings import read_settings
from bot.usecases.dependencies import new_id
from tests.test_settings import NEEDED


@pytest.fixture
def empty_cache() -> Iterator[None]:
    deployment.cache_clear()
    yield
    deployment.cache_clear()


@pytest.mark.usefixtures("empty_cache")
def test_the_environment_is_read_once_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    first = deployment()
    monkeypatch.setenv("TABLE_NAME", "another")

    assert deployment() is first
    assert first.settings.aws.table == "switchboard"


@pytest.mark.usefixtures("empty_cache")
def test_an_invalid_environment_is_read_again_at_the_next_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError):
        deployment()
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)

    assert deployment().settings.environment == "production"


def test_each_dependency_is_built_once() -> None:
    built = Deployment(read_settings(NEEDED))
    try:
        assert built.noyo is built.noyo
        assert built.worker_dependencies is built.worker_dependencies
        assert built.slack_dependencies is built.slack_dependencies
        assert built.noyo_dependencies.noyo is built.noyo
        assert built.slack_dependencies.messages is built.noyo_dependencies.messages
    finally:
        built.noyo.session.close()


def test_a_poll_has_the_intervals_of_the_settings() -> None:
    built = Deployment(read_settings(NEEDED | {"SWEEP_HOURS": "2", "POLL_SECONDS": "60"}))
    try:
        deps = built.noyo_dependencies
        assert (deps.poll_interval_seconds, deps.sweep_seconds) == (60, 7200)
    finally:
        built.noyo.session.close()


def test_channels_come_from_the_settings() -> None:
    channel_settings = {"CHANNEL_ALERTS": "C0ALERTS", "CHANNEL_DECISIONS": "C0DECISIONS"}
    channels = Deployment(read_settings(NEEDED | channel_settings)).slack_dependencies.channels

    assert (channels.connections, channels.alerts, channels.decisions) == ("C0CONNECTIONS", "C0ALERTS", "C0DECISIONS")


def test_each_new_id_is_unique_and_no_deployment_is_built_at_import() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert not [value for value in vars(bootstrap).values() if isinstance(value, Deployment)]


UNSIGNED = """
import json, sys
from handlers.slack import handler
event = {"headers": {}, "body": "token=x", "isBase64Encoded": False}
answers = [handler(event, None)["statusCode"] for _ in range(2)]
from bot.settings import Purpose
from bot.bootstrap import deployment
built_deployment = deployment(Purpose.SLACK_SIGNING, Purpose.SLACK_BOT)
parts = [name for name, kind in vars(type(built_deployment)).items() if type(kind).__name__ == "cached_property"]
built = [name for name in parts if name in vars(built_deployment)]
print(json.dumps([answers, built, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_the_receiver_builds_only_its_endpoint_and_loads_no_modules_of_the_workers() -> None:
    """In a separate process: a refused request creates no client and no connection."""
    process = subprocess.run(
        [sys.executable, "-c", UNSIGNED],
        env={**NEEDED, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    answers, built, loaded = json.loads(process.stdout.splitlines()[-1])
    assert answers == [401, 401]
    assert built == ["slack_endpoint", "_deadline", "secrets"]
    assert {"httpx", "pydantic", "boto3", "aws_xray_sdk", "aws_lambda_powertools"} & set(loaded) == set()
