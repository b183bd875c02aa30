"""Reads channels, direct messages, ephemeral messages and views as users see them."""

import copy

from infra.local.slack.display.mrkdwn import SpanKind
from infra.local.slack.display.rendering import Renderer, active_spans
from infra.local.slack.workspace import Channel, Message, View, Workspace


class VisibleContent:
    """The part of `SlackFake` that reads. It returns copies, which do not change later."""

    workspace: Workspace

    def channel(self, channel_id: str) -> list[Message]:
        """Top-level messages, oldest first; `thread` has a message's replies."""
        with self.workspace.lock:
            return copy.deepcopy(self.workspace.channels[channel_id].messages)

    def direct_messages(self, user_id: str) -> list[Message]:
        with self.workspace.lock:
            return copy.deepcopy(self.workspace.im_of(user_id).messages)

    def ephemerals(self, user_id: str) -> list[Message]:
        with self.workspace.lock:
            mine = [m for m in self.workspace.ephemerals if m.ephemeral_to == user_id]
            return copy.deepcopy(mine)

    def view_of(self, user_id: str) -> View | None:
        """The top modal. Its `stack` has all open ones, oldest first."""
        with self.workspace.lock:
            stack = copy.deepcopy(self.workspace.view_stacks.get(user_id, []))
            if not stack:
                return None
            stack[-1].stack = list(stack)
            return stack[-1]

    def home_of(self, user_id: str) -> View | None:
        with self.workspace.lock:
            return copy.deepcopy(self.workspace.homes.get(user_id))

    def transcript(self, user_id: str) -> str:
        with self.workspace.lock:
            return transcript_for(self.workspace, user_id)

    def render(self, message: Message | View, tz: str = "America/New_York") -> str:
        renderer = Renderer(self.workspace, tz)
        if isinstance(message, View):
            return renderer.view(message)
        return renderer.message(message)

    def mentions(self, message: Message) -> list[str]:
        """Whom a message mentions, each once, as users read it: @channel, @Ana."""
        return self._targets(message, SpanKind.PING)

    def links(self, message: Message) -> list[str]:
        """The targets of a message's links, each once."""
        return self._targets(message, SpanKind.LINK)

    def _targets(self, message: Message, kind: SpanKind) -> list[str]:
        found = [span.target for span in active_spans(self.workspace, message) if span.kind is kind]
        return list(dict.fromkeys(found))


def transcript_for(workspace: Workspace, user_id: str) -> str:
    user = workspace.users[user_id]
    renderer = Renderer(workspace, user.tz)
    parts: list[str] = []
    for channel in workspace.channels.values():
        if _is_visible(channel, user_id):
            parts += _conversation(workspace, renderer, channel, user_id)
    if workspace.view_stacks.get(user_id):
        parts.append(renderer.view(workspace.view_stacks[user_id][-1]))
    return "\n\n".join(parts)


def _is_visible(channel: Channel, user_id: str) -> bool:
    return user_id in channel.members or not (channel.private or channel.is_im)


def _conversation(workspace: Workspace, renderer: Renderer, channel: Channel, user_id: str) -> list[str]:
    mine = [
        message
        for message in workspace.ephemerals
        if message.ephemeral_to == user_id and message.channel_id == channel.id
    ]
    messages = sorted([*channel.messages, *mine], key=lambda message: message.ts)
    if not messages:
        return []
    name = "Direct message with the bot" if channel.is_im else f"#{channel.name}"
    return [f"== {name} ==", *(_message(workspace, renderer, m) for m in messages)]


def _message(workspace: Workspace, renderer: Renderer, message: Message) -> str:
    who = "Only visible to you · " if message.ephemeral_to else ""
    lines = [f"{who}{workspace.name_of(message.user_id)}:", renderer.message(message)]
    for reply in message.thread:
        shown = renderer.message(reply).replace("\n", "\n      ")
        lines.append(f"  ↳ {shown}")
    return "\n".join(lines)
