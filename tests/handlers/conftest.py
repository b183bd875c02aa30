"""For handler tests: the real handlers use the system of the test as their deployment; logging is restored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import handlers.execute_operations
import handlers.notify
import handlers.noyo_webhook
import handlers.poll
import handlers.slack
from bot import bootstrap
from tests.aws_calls import acting
from tests.system import ANA, BEN, System

FUNCTIONS = {
    "SlackFunction": handlers.slack,
    "NoyoWebhookFunction": handlers.noyo_webhook,
    "ExecuteOperationsFunction": handlers.execute_operations,
    "NotifyFunction": handlers.notify,
    "PollFunction": handlers.poll,
}


@pytest.fixture(autouse=True)
def logging_per_test(restored_logging: None) -> None:
    """Each handler configures logging."""


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """The system whose deployment each handler module uses in place of `deployment()`."""
    with System(APPROVERS=f"{ANA},{BEN}") as system:
        for function, module in FUNCTIONS.items():
            monkeypatch.setattr(module, "deployment", lambda *_: system.bot)
            monkeypatch.setattr(module, "handler", acting(function)(module.handler))
        system.poll()
        system.notify()
        yield system
    bootstrap.deployment.cache_clear()


class FakeContext(LambdaContext):
    """Lambda's context with this many seconds left."""

    def __init__(self, seconds: float = 300, request_id: str = "request-1") -> None:
        self.seconds = seconds
        self._aws_request_id = request_id

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()
