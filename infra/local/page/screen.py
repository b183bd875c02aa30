"""What one person sees in Slack, as plain values for the page."""

from dataclasses import dataclass

from infra.local.page.blocks import BlockPresenter
from infra.local.page.text import Node, TextPresenter
from infra.local.slack.display.dates import shown_date
from infra.local.slack.workspace import Channel, Json, Message, User, View, Workspace

HOME = "home"
"""The conversation that shows the bot's App Home."""
MENTIONS_IN = 100
"""How many of a conversation's newest messages are searched for mentions."""


@dataclass(frozen=True, slots=True)
class Location:
    """What a pane of the page shows: a person's conversation, with so many messages, and one of its threads.

    `since` is the newest message that existed when the pane was opened. Only later ones are counted as unread mentions.
    """

    person: str
    conversation: str
    since: str
    thread: str = ""
    messages: int = 40


def screen(workspace: Workspace, location: Location) -> Json:
    """Everything that the pane shows. Raises KeyError if there is no such person or conversation."""
    with workspace.lock:
        reader = workspace.users[location.person]
        conversations = _visible(workspace, reader)
        shown = next((channel for channel in conversations if channel.id == location.conversation), None)
        if shown is None and location.conversation != HOME:
            raise KeyError(location.conversation)
        texts = TextPresenter(workspace, reader)
        stack = workspace.view_stacks.get(reader.id, [])
        home = workspace.homes.get(reader.id) if location.conversation == HOME else None
        return {
            "since": location.since,
            "conversations": [_conversation(workspace, texts, channel, location) for channel in conversations],
            "messages": _messages(workspace, texts, shown, location) if shown else [],
            "earlier": max(len(_stream(workspace, shown, reader)) - location.messages, 0) if shown else 0,
            "thread": _thread(workspace, texts, shown, location) if shown and location.thread else None,
            "modal": _view(texts, stack[-1], depth=len(stack)) if stack else None,
            "home": _view(texts, home) if home else None,
        }


def _visible(workspace: Workspace, reader: User) -> list[Channel]:
    """The reader's channels, and the direct messages with the bot."""
    direct = workspace.im_of(reader.id)
    joined = [
        channel
        for channel in workspace.channels.values()
        if not channel.is_im and (reader.id in channel.members or not channel.private)
    ]
    return [*joined, direct]


def _conversation(workspace: Workspace, texts: TextPresenter, channel: Channel, location: Location) -> Node:
    stream = _stream(workspace, channel, workspace.users[location.person])
    later = [message for message in stream[-MENTIONS_IN:] if message.ts > location.since]
    return {
        "id": channel.id,
        "name": "Switchboard" if channel.is_im else channel.name,
        "direct": channel.is_im,
        "latest": max((message.ts for message in stream), default=""),
        "mentions": [message.ts for message in later if channel.is_im or _mentions(texts, message)],
    }


def _mentions(texts: TextPresenter, message: Message) -> bool:
    shown = BlockPresenter(texts, message.values).blocks(message.blocks) or _top_text(texts, message)
    return _has_own_ping(shown)


def _has_own_ping(value: object) -> bool:
    if isinstance(value, dict):
        return value.get("own") is True or any(map(_has_own_ping, value.values()))
    return isinstance(value, list) and any(map(_has_own_ping, value))


def _stream(workspace: Workspace, channel: Channel, reader: User) -> list[Message]:
    """What the reader sees in the conversation, oldest first, with the messages that only this reader sees."""
    own = [
        message
        for message in workspace.ephemerals
        if message.ephemeral_to == reader.id and message.channel_id == channel.id and not message.thread_ts
    ]
    return sorted([*channel.shown(), *own], key=lambda message: message.ts)


def _messages(workspace: Workspace, texts: TextPresenter, channel: Channel, location: Location) -> list[Node]:
    reader = workspace.users[location.person]
    latest = _stream(workspace, channel, reader)[-location.messages :]
    return [_message(workspace, texts, message, reader) for message in latest]


def _thread(workspace: Workspace, texts: TextPresenter, channel: Channel, location: Location) -> Node | None:
    parent = next((message for message in channel.messages if message.ts == location.thread), None)
    if parent is None:
        return None
    reader = workspace.users[location.person]
    own = [each for each in workspace.ephemerals if each.ephemeral_to == reader.id and each.thread_ts == parent.ts]
    replies = sorted([*parent.thread, *own], key=lambda message: message.ts)
    return {
        "ts": parent.ts,
        "messages": [_message(workspace, texts, message, reader) for message in (parent, *replies)],
    }


def _message(workspace: Workspace, texts: TextPresenter, message: Message, reader: User) -> Node:
    blocks = BlockPresenter(texts, message.values).blocks(message.blocks)
    sender = workspace.users.get(message.user_id)
    at = shown_date(message.ts.partition(".")[0], "{date_short_pretty} at {time}", reader.tz, workspace.clock())
    return {
        "ts": message.ts,
        "channel": message.channel_id,
        "thread": message.thread_ts or message.ts,
        "sender": workspace.name_of(message.user_id),
        "bot": sender is not None and sender.is_bot,
        "at": at or message.ts,
        "edited": message.edited,
        "ephemeral": message.ephemeral_to is not None,
        "broadcast": message.broadcast,
        "replies": len(message.thread),
        "text": [] if blocks else _top_text(texts, message),
        "blocks": blocks,
    }


def _top_text(texts: TextPresenter, message: Message) -> list[Node]:
    """In top-level text URLs are links; names are mentions only with `link_names`."""
    return texts.mrkdwn(message.text, auto_parse=message.link_names, urls_only=True)


def _view(texts: TextPresenter, view: View, depth: int = 1) -> Node:
    return {
        "id": view.id,
        "hash": view.hash,
        "depth": depth,
        "title": view.title["text"] if view.title else "",
        "submit": view.submit_button["text"] if view.submit_button else "",
        "close": view.close_button["text"] if view.close_button else "Cancel",
        "errors": view.errors,
        "blocks": BlockPresenter(texts, view.values, view.errors).blocks(view.blocks),
    }
