"""How many functions this account may run at once, as Lambda tells it.

https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html — one answer for the account in a region.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

logger = logging.getLogger("switchboard")


class LambdaClient(Protocol):
    def get_account_settings(self, **parameters: Any) -> dict[str, Any]: ...


class LambdaQuota:
    """The client is made when it is asked first."""

    def __init__(self, make_client: Callable[[], LambdaClient]) -> None:
        self._make_client = make_client

    @cached_property
    def _client(self) -> LambdaClient:
        return self._make_client()

    def unreserved(self) -> int | None:
        """How many may run at once of those for whom nothing is reserved; None where that is not told."""
        try:
            answer = self._client.get_account_settings()
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            logger.warning("Lambda does not tell its quota", extra={"why": _why(error)})
            return None
        told = answer.get("AccountLimit", {}).get("UnreservedConcurrentExecutions")
        return told if isinstance(told, int) else None


def _why(error: Exception) -> str:
    """No more than a name: the words of an answer that cannot be read may be anything."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    return str(code or type(error).__name__)
