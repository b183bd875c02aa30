"""Slack stand-in, what people see: reading back channels, DMs, ephemerals and views."""

import copy

from infra.local.slack.display.mrkdwn import SpanKind
from infra.local.slack.display.rendering import Renderer, active_spans
from infra.local.slack.display.transcript import transcript_for
from infra.local.slack.workspace import Message, View, Workspace


class VisibleContent:
    """The reading half of the stand-in's face. All is copied: it does not change later."""

    workspace: Workspace

    def channel(self, channel_id: str) -> list[Message]:
        """Top-level messages, oldest first; replies are in each one's `thread`."""
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
        """The modal on top; `stack` holds all that are open, the first one first."""
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
        """Whom a message pings, each once, as people read it: @channel, @Ana."""
        return self._alive(message, SpanKind.PING)

    def links(self, message: Message) -> list[str]:
        """Where a message leads, each once."""
        return self._alive(message, SpanKind.LINK)

    def _alive(self, message: Message, kind: SpanKind) -> list[str]:
        found = [p.target for p in active_spans(self.workspace, message) if p.kind is kind]
        return list(dict.fromkeys(found))
