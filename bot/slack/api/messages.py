"""Posting, editing and finding messages, and modals, through Slack's Web API."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from bot import policies
from bot.domain.content import Content, MessageLink, PostedMessage, Rendered, Reply
from bot.errors import SlackError, SlackRefused
from bot.slack.api.client import Json, SlackApiClient, object_of, objects_of, text_of
from bot.slack.views import cards
from bot.slack.views.message import DisplaySettings
from bot.slack.views.modals import notice_view
from bot.slack.views.replies import reply_view
from bot.slack.views.rich_text import is_user_id
from bot.telemetry import LogEvent, log_event

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
        self, channel: str, rendered: Rendered, *, mark: str, thread: str | None = None, broadcast: bool = False
    ) -> PostedMessage:
        """chat.postMessage; `channel` may be a user id, for a direct message."""
        answer = self._calls.write(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread,
            reply_broadcast=True if thread and broadcast else None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"mark": mark}},
            unfurl_links=False,
            unfurl_media=False,
            **_shown(rendered),
        )
        method = "chat.postMessage"
        return PostedMessage(text_of(answer, "channel", method), text_of(answer, "ts", method))

    def update(self, channel: str, ts: str, rendered: Rendered) -> None:
        """chat.update; keeps the mark. `SlackRefused` if the message is gone."""
        self._calls.write("chat.update", channel=channel, ts=ts, **_shown(rendered))

    def delete(self, channel: str, ts: str) -> None:
        """chat.delete. `SlackRefused` with `message_not_found` if it is already gone."""
        self._calls.write("chat.delete", channel=channel, ts=ts)

    def find(self, channel: str, *, mark: str, since: int, thread: str | None = None) -> PostedMessage | None:
        """Looks through the newest 1,000 messages since then; the bot must be a member of the channel."""
        where = self._conversation(channel)
        for message in self._messages(where, since, thread):
            if _mark_of(message) == mark and isinstance(message.get("ts"), str):
                return PostedMessage(where, message["ts"])
        return None

    def show_in_view(self, view_id: str, answer: Content) -> bool:
        try:
            self.update_view(view_id, self._as_view(answer))
        except SlackRefused as refused:
            if refused.code in ("not_found", "view_not_found"):
                return False
            raise
        return True

    def open_view(self, trigger_id: str, view: Json) -> None:
        """views.open; a trigger is valid for three seconds and can be used once."""
        opened = self._calls.write("views.open", trigger_id=trigger_id, view=view).get("view")
        view_id = opened.get("id") if isinstance(opened, dict) else None
        log_event(LogEvent.VIEW_OPENED, view=view_id if isinstance(view_id, str) else None)

    def respond(self, response_url: str, answer: Json) -> None:
        """Shown only to the person who clicked; needs no trigger."""
        self._calls.respond(response_url, answer)

    def update_view(self, view_id: str, view: Json) -> None:
        """views.update; needs no trigger."""
        self._calls.write("views.update", view_id=view_id, view=view)

    def permalink(self, link: MessageLink) -> str | None:
        """chat.getPermalink. None if Slack does not return it: a message without a link is better than none."""
        if link not in self._addresses:
            try:
                answer = self._calls.read("chat.getPermalink", channel=link.channel, message_ts=link.ts)
                self._addresses[link] = text_of(answer, "permalink", "chat.getPermalink")
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
        return text_of(object_of(answer, "channel", "conversations.open"), "id", "conversations.open")

    def _messages(self, channel: str, since: int, thread: str | None) -> Iterator[Json]:
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
        for _ in range(policies.SLACK_HISTORY_MAX_PAGES):
            answer = self._calls.read(method, **args)
            yield from objects_of(answer, "messages", method)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            args["cursor"] = cursor
        _log.warning("looked through %s pages of %s and there are more", policies.SLACK_HISTORY_MAX_PAGES, channel)


def _shown(rendered: Rendered) -> Json:
    """`parse` none: bare addresses in the text beside the blocks do not become links."""
    return {"text": rendered.text, "blocks": json.loads(rendered.blocks), "parse": "none", "link_names": False}


def _mark_of(message: Json) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    return payload.get("mark") if isinstance(payload, dict) else None
