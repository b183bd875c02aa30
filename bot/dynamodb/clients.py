"""AWS clients with explicit timeouts, without botocore's own retries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any, Protocol

from bot.errors import DeadlineExceeded
from bot.usecases.ports.runtime import TimeLeft

logger = logging.getLogger("switchboard")


@dataclass(frozen=True, slots=True)
class TimeoutPolicy:
    """Seconds: to connect, to wait for an answer, and for all attempts of one call together."""

    connect: float
    read: float
    total: float
    left: TimeLeft = lambda: inf
    """What is left of the caller's own time. No attempt starts whose answer may arrive later than that."""

    def begin(self) -> None:
        """Raises `DeadlineExceeded` if there is no time left for even one attempt."""
        if self.left() < self.read:
            raise DeadlineExceeded()


def aws_client(service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any:
    """One attempt a call: the caller retries, since it knows what a lost answer means and how much time is left."""
    # Imported here: the session takes long to load, and a process without clients should not wait for it.
    import botocore.session
    from botocore.config import Config

    config = Config(
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        retries={"total_max_attempts": 1},
        parameter_validation=False,
        tcp_keepalive=True,
    )
    session = botocore.session.Session()
    return session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=config)


class LambdaClient(Protocol):
    def get_account_settings(self, **parameters: Any) -> dict[str, Any]: ...


class LambdaQuota:
    """How many functions this account may run at once, as Lambda reports it. The client is created on first use.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
    """

    def __init__(self, make_client: Callable[[], LambdaClient]) -> None:
        self._make_client = make_client

    @cached_property
    def _client(self) -> LambdaClient:
        return self._make_client()

    def unreserved(self) -> int | None:
        """The concurrency left for functions without a reservation; None if Lambda does not say."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            answer = self._client.get_account_settings()
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
            # Only a name: the text of an unreadable answer may hold anything.
            logger.warning("the Lambda quota could not be read", extra={"reason": code or type(error).__name__})
            return None
        quota = answer.get("AccountLimit", {}).get("UnreservedConcurrentExecutions")
        return quota if isinstance(quota, int) else None
