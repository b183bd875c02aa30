"""The Lambda concurrency quota is a number, or None if it cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.parsers import ResponseParserError

from bot.dynamodb.clients import LambdaQuota
from infra.local.aws.embedded import EmbeddedAws
from tests.aws import worker_client


class Answers:
    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer

    def get_account_settings(self, **parameters: Any) -> dict[str, Any]:
        assert not parameters
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def test_the_quota_is_the_unreserved_concurrency() -> None:
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}

    assert LambdaQuota(lambda: Answers({"AccountLimit": limit})).unreserved() == 900


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAccountSettings"), "AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://lambda.example"), "ConnectTimeoutError"),
        (ResponseParserError("<html>denied"), "ResponseParserError"),
    ],
)
def test_without_a_response_the_quota_is_none_and_the_reason_is_logged(
    answer: Exception, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert LambdaQuota(lambda: Answers(answer)).unreserved() is None
    assert [vars(record)["reason"] for record in caplog.records] == [why]


@pytest.mark.parametrize("answer", [{}, {"AccountLimit": {}}])
def test_a_response_without_the_number_gives_none(answer: dict[str, Any]) -> None:
    assert LambdaQuota(lambda: Answers(answer)).unreserved() is None


def test_botocore_parses_the_response() -> None:
    assert LambdaQuota(lambda: worker_client("lambda")).unreserved() == 1000


def test_the_local_stack_answers_with_a_quota() -> None:
    with EmbeddedAws() as aws:
        assert LambdaQuota(lambda: aws.client("lambda")).unreserved() == 1000
