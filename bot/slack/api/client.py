"""Calls of Slack's Web API, with errors by their effect: none, unknown or refused.

https://docs.slack.dev/apis/web-api/ — nothing is retried here: after a lost answer a retry would post twice.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http.client import HTTPException
from math import inf
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot import policies
from bot.errors import (
    DeadlineExceeded,
    SecretUnavailable,
    SlackBusy,
    SlackError,
    SlackNoAnswer,
    SlackRefused,
    SlackTokenRejected,
)
from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.runtime import Secret, TimeLeft

logger = logging.getLogger("switchboard")

Json = dict[str, Any]

# A time-out, a reset, a body that breaks off, or one that is not what slack_sdk expects.
_NO_ANSWER = (OSError, HTTPException, SlackClientError, ValueError, AttributeError, LookupError)
_CODE = re.compile(r"[a-z][a-z0-9_]*")
# Slack says no, but not that nothing was done: its documentation allows for either.
_UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable"})
_BUSY = frozenset({"ratelimited", "rate_limited"})
# Slack does not accept the token, so nothing was done: it was replaced, and the new one may be known by now.
_NOT_LET_IN = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})


class SlackApiClient:
    """Calls methods of the Web API. Construction makes no call, not even `auth.test`."""

    def __init__(self, *, token: Secret[str], api_url: str, timeout_seconds: int, left: TimeLeft = lambda: inf) -> None:
        """A call waits for `timeout_seconds`, or until the caller's deadline if that is earlier."""
        self._token, self._api_url = token, api_url
        self._timeout_seconds, self._left = timeout_seconds, left
        self._quiet = logging.getLogger("bot.slack.web_api")
        self._quiet.setLevel(logging.INFO)  # slack_sdk writes whole messages at DEBUG

    def read(self, method: str, **args: str | int | bool) -> Json:
        """Call a method that reads; these take form fields."""
        return self._called(method, params=args)

    def write(self, method: str, **args: Any) -> Json:
        """Call a method that writes; these take JSON. Arguments that are None are left out."""
        return self._called(method, json={name: value for name, value in args.items() if value is not None})

    def respond(self, response_url: str, message: Json) -> None:
        """Answer to an interaction's response URL. Some time is reserved for it, as it is the last resort."""
        client = WebhookClient(
            response_url,
            timeout=self._seconds(spared=policies.SLACK_FINAL_RESPONSE_SECONDS),  # type: ignore[arg-type]  # as below
            retry_handlers=[],
            logger=self._quiet,
        )
        try:
            status = client.send_dict(message).status_code
        except _NO_ANSWER as error:
            raise SlackNoAnswer(f"Slack gave no usable answer to a response_url ({type(error).__name__}).") from error
        if status != 200:
            raise SlackNoAnswer(f"Slack did not take an answer to a response_url (HTTP {status}).")

    def headers(self, method: str) -> Mapping[str, object]:
        """The headers and body of the answer to a method that reads."""
        return self._answered(method, params={}).headers

    def _called(self, method: str, **how: Any) -> Json:
        answer = self._answered(method, **how).data
        if not isinstance(answer, dict):
            raise SlackNoAnswer(f"Slack's answer to {method} cannot be read.")
        return answer

    def _answered(self, method: str, **how: Any) -> SlackResponse:
        """The answer. `SlackBusy`: nothing was done. `SlackNoAnswer`: it may have been. `SlackRefused`: Slack refused.
        `DeadlineExceeded`: it was not started. A token that Slack does not accept is read again."""
        try:
            token = self._token.value()
            try:
                return self._answered_to(token, method, **how)
            except SlackTokenRejected:
                of_now = self._token.newer_than(token)
                if of_now is None:
                    raise
            return self._answered_to(of_now, method, **how)
        except SecretUnavailable as error:
            raise SlackBusy(str(error), retry_after=policies.SLACK_TOKEN_RETRY_SECONDS) from error

    def _answered_to(self, token: str, method: str, **how: Any) -> SlackResponse:
        client = self._client(token)
        try:
            return client.api_call(method, **how)
        except SlackApiError as error:
            raise _translated(method, error) from error
        except _NO_ANSWER as error:
            raise SlackNoAnswer(f"Slack gave no usable answer to {method} ({type(error).__name__}).") from error

    def _client(self, token: str) -> WebClient:
        """A client for one call, since each call has its own timeout. It keeps no connection."""
        return WebClient(
            token=token,
            base_url=self._api_url,
            timeout=self._seconds(),  # type: ignore[arg-type]  # urllib takes parts of a second
            retry_handlers=[],
            logger=self._quiet,
        )

    def _seconds(self, spared: float = 0) -> float:
        seconds = min(self._timeout_seconds, self._left() + spared)
        if seconds < policies.SLACK_MIN_TIMEOUT_SECONDS:
            raise DeadlineExceeded()
        return seconds


def _translated(method: str, error: SlackApiError) -> SlackError:
    response = error.response
    body = response.data if isinstance(response.data, dict) else {}
    told = body.get("error")
    code = told if isinstance(told, str) and _CODE.fullmatch(told) else None
    if response.status_code == 429 or code in _BUSY:
        log_event(LogEvent.THROTTLED, service="slack", method=method)
        return SlackBusy("Slack asked us to slow down.", retry_after=_retry_after(response.headers))
    if response.status_code >= 500 or code in _UNSURE or code is None:
        return SlackNoAnswer(f"Slack gave no usable answer to {method} (HTTP {response.status_code}).")
    if code in _NOT_LET_IN:
        logger.error("Slack does not accept the bot's token (%s)", code)
        log_event(LogEvent.CREDENTIALS_REJECTED, service="slack", code=code)
        return SlackTokenRejected(code, retry_after=policies.SLACK_TOKEN_RETRY_SECONDS)
    return SlackRefused(code)


def _retry_after(headers: Mapping[str, Any]) -> int:
    """Whole seconds; a default if Slack sends none, or an unreadable one."""
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return (
        max(int(told), 1)
        if isinstance(told, str) and told.isascii() and told.isdigit()
        else policies.SLACK_DEFAULT_RETRY_AFTER_SECONDS
    )


def text_of(answer: Json, name: str, method: str) -> str:
    """A text that Slack's answer must contain. `SlackNoAnswer` if it is missing, since the effect is unknown then."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise SlackNoAnswer(f"Slack's answer to {method} lacks {name}.")
    return value


def objects_of(answer: Json, name: str, method: str) -> list[Json]:
    """A list of objects that Slack's answer must contain."""
    value = answer.get(name)
    if not isinstance(value, list):
        raise SlackNoAnswer(f"Slack's answer to {method} lacks {name}.")
    return [one for one in value if isinstance(one, dict)]


def object_of(answer: Json, name: str, method: str) -> Json:
    value = answer.get(name)
    if not isinstance(value, dict):
        raise SlackNoAnswer(f"Slack's answer to {method} lacks {name}.")
    return value
