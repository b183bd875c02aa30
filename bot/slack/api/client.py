"""Calls of Slack's Web API, with errors by their effect (none, unknown or refused), and the messages and modals sent.

https://docs.slack.dev/apis/web-api/ — nothing is retried here: after a lost answer a retry would post twice.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from http.client import HTTPException
from math import inf
from typing import Any, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot import policies
from bot.domain.content import Content, MessageLink, Rendered, Reply, SearchPage
from bot.domain.home import Home, NoHome
from bot.errors import (
    DeadlineExceeded,
    SecretUnavailable,
    SlackBusy,
    SlackError,
    SlackNoAnswer,
    SlackRefused,
    SlackTokenRejected,
    SlackUnavailable,
)
from bot.slack.views import cards
from bot.slack.views.home import home_view
from bot.slack.views.message import DisplaySettings
from bot.slack.views.modals import notice_view
from bot.slack.views.replies import reply_view
from bot.slack.views.rich_text import is_user_id
from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.runtime import Secret, TimeLeft

logger = logging.getLogger("switchboard")

Json = dict[str, Any]
V = TypeVar("V")

# A time-out, a reset, a body that breaks off, or one that is not what slack_sdk expects.
_NO_ANSWER = (OSError, HTTPException, SlackClientError, ValueError, AttributeError, LookupError)
_CODE = re.compile(r"[a-z][a-z0-9_]*")
# Slack says no, but not that nothing was done: its documentation allows for either.
_UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable"})
# Slack itself failed. After a 502 or 504, from a proxy, it may still be at work.
_FAILED = frozenset({500, 503})
_BUSY = frozenset({"ratelimited", "rate_limited"})
# Slack does not accept the token, so nothing was done: it was replaced, and the new one may be known by now.
_TOKEN_REJECTED = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})


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
    received = body.get("error")
    code = received if isinstance(received, str) and _CODE.fullmatch(received) else None
    if response.status_code == 429 or code in _BUSY:
        log_event(LogEvent.THROTTLED, service="slack", method=method)
        return SlackBusy("Slack asked us to slow down.", retry_after=_retry_after(response.headers))
    if response.status_code in _FAILED or (response.status_code < 500 and code in _UNSURE):
        return SlackUnavailable(f"Slack failed at {method} (HTTP {response.status_code}).")
    if response.status_code >= 500 or code is None:
        return SlackNoAnswer(f"Slack gave no usable answer to {method} (HTTP {response.status_code}).")
    if code in _TOKEN_REJECTED:
        logger.error("Slack does not accept the bot's token (%s)", code)
        log_event(LogEvent.CREDENTIALS_REJECTED, service="slack", code=code)
        return SlackTokenRejected(code, retry_after=policies.SLACK_TOKEN_RETRY_SECONDS)
    return SlackRefused(code)


def _retry_after(headers: Mapping[str, Any]) -> int:
    """Whole seconds, up to a limit; a default if Slack sends none, or an unreadable one."""
    received = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    if not (isinstance(received, str) and received.isascii() and received.isdigit()):
        return policies.SLACK_DEFAULT_RETRY_AFTER_SECONDS
    digits = received[:9]  # Python refuses to convert thousands of digits.
    return min(max(int(digits), 1), policies.SLACK_RETRY_AFTER_MAX_SECONDS)


def required(answer: Json, name: str, kind: type[V], method: str) -> V:
    """What Slack's answer must contain. `SlackNoAnswer` if it is missing or empty text: the effect is unknown then."""
    value = answer.get(name)
    if not isinstance(value, kind) or value == "":
        raise SlackNoAnswer(f"Slack's answer to {method} lacks {name}.")
    return value


EVENT_TYPE = "switchboard"
_log = logging.getLogger(__name__)


class SlackMessageGateway:
    """The message gateway for Slack. Errors as in `bot.usecases.ports.slack.MessageGateway`."""

    def __init__(self, calls: SlackApiClient, display: DisplaySettings) -> None:
        self._calls, self._display = calls, display
        self._addresses: dict[MessageLink, str] = {}  # An address never changes, so it is asked for once.

    def render(self, content: Content) -> Rendered:
        return cards.render(content, self._display, self.permalink)

    def post(
        self,
        channel: str,
        rendered: Rendered,
        *,
        idempotency_key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> MessageLink:
        """chat.postMessage; `channel` may be a user id, for a direct message."""
        answer = self._calls.write(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread,
            reply_broadcast=True if thread and broadcast else None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"idempotency_key": idempotency_key}},
            unfurl_links=False,
            unfurl_media=False,
            **_shown(rendered),
        )
        method = "chat.postMessage"
        return MessageLink(required(answer, "channel", str, method), required(answer, "ts", str, method))

    def update(self, channel: str, ts: str, rendered: Rendered) -> None:
        """chat.update; keeps its idempotency key. `SlackRefused` if the message is gone."""
        self._calls.write("chat.update", channel=channel, ts=ts, **_shown(rendered))

    def delete(self, channel: str, ts: str) -> None:
        """chat.delete. `SlackRefused` with `message_not_found` if it is already gone."""
        self._calls.write("chat.delete", channel=channel, ts=ts)

    def find(
        self, channel: str, *, idempotency_key: str, since: int, thread: str | None = None, cursor: str | None = None
    ) -> SearchPage:
        """conversations.history or conversations.replies; the bot must be a member of the channel."""
        where = self._conversation(channel)
        messages, following = self._page(where, since, thread, cursor)
        for message in messages:
            if _idempotency_key_of(message) == idempotency_key and isinstance(message.get("ts"), str):
                return SearchPage(MessageLink(where, message["ts"]), following)
        return SearchPage(None, following)

    def show_in_view(self, view_id: str, answer: Content) -> bool:
        return self.update_view(view_id, self._as_view(answer))

    def update_view(self, view_id: str, view: Json, shown_hash: str | None = None) -> bool:
        """views.update; needs no trigger. False if the modal is closed, or no longer as in `shown_hash`."""
        expected = {"hash": shown_hash} if shown_hash else {}
        try:
            self._calls.write("views.update", view_id=view_id, view=view, **expected)
        except SlackRefused as refused:
            if refused.code in ("not_found", "view_not_found", "hash_conflict"):
                return False
            raise
        return True

    def publish_home(self, user_id: str, home: Home | NoHome) -> None:
        """views.publish; replaces the Home whatever it shows."""
        self._calls.write("views.publish", user_id=user_id, view=home_view(home, self._display))

    def open_view(self, trigger_id: str, view: Json) -> None:
        opened = self._calls.write("views.open", trigger_id=trigger_id, view=view).get("view")
        view_id = opened.get("id") if isinstance(opened, dict) else None
        log_event(LogEvent.VIEW_OPENED, view=view_id if isinstance(view_id, str) else None)

    def respond(self, response_url: str, answer: Json) -> None:
        self._calls.respond(response_url, answer)

    def permalink(self, link: MessageLink) -> str | None:
        """chat.getPermalink. None if Slack does not return it: a message without a link is better than none."""
        if link not in self._addresses:
            try:
                answer = self._calls.read("chat.getPermalink", channel=link.channel, message_ts=link.ts)
                self._addresses[link] = required(answer, "permalink", str, "chat.getPermalink")
            except SlackError as error:
                _log.warning("no address for a message in %s: %s", link.channel, error)
                return None
        return self._addresses[link]

    def _as_view(self, content: Content) -> Json:
        if isinstance(content, Reply):
            return reply_view(content, self._display, self.permalink)
        return notice_view("Switchboard", cards.message(content, self._display, self.permalink))

    def _conversation(self, channel: str) -> str:
        """The history of a direct message is found only by its own channel id."""
        if not is_user_id(channel):
            return channel
        answer = self._calls.write("conversations.open", users=channel)
        return required(required(answer, "channel", dict, "conversations.open"), "id", str, "conversations.open")

    def _page(self, channel: str, since: int, thread: str | None, cursor: str | None) -> tuple[list[Json], str | None]:
        """Messages, and the cursor of the next page if there is one."""
        method = "conversations.replies" if thread else "conversations.history"
        args: dict[str, str | int | bool] = {
            "channel": channel,
            "oldest": str(max(since - policies.SLACK_CLOCK_TOLERANCE_SECONDS, 0)),
            "inclusive": True,
            "include_all_metadata": True,
            "limit": policies.SLACK_HISTORY_PAGE_SIZE,
        }
        if thread:
            args["ts"] = thread
        if cursor:
            args["cursor"] = cursor
        answer = self._calls.read(method, **args)
        messages = [found for found in required(answer, "messages", list, method) if isinstance(found, dict)]
        return messages, (answer.get("response_metadata") or {}).get("next_cursor") or None


def _shown(rendered: Rendered) -> Json:
    """`parse` none: bare addresses in the text beside the blocks do not become links."""
    return {"text": rendered.text, "blocks": json.loads(rendered.blocks), "parse": "none", "link_names": False}


def _idempotency_key_of(message: Json) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    return payload.get("idempotency_key") if isinstance(payload, dict) else None
