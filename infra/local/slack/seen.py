"""Slack stand-in, what people see: reading back channels, DMs, ephemerals and views."""

import copy

from .mrkdwn import Kind
from .rendering import Renderer, alive_in
from .transcript import seen_by
from .workspace import Message, View, Workspace


class WhatPeopleSee:
    """The reading half of the stand-in's face. All is copied: it does not change later."""

    world: Workspace

    def channel(self, channel_id: str) -> list[Message]:
        """Top-level messages, oldest first; replies are in each one's `thread`."""
        with self.world.lock:
            return copy.deepcopy(self.world.channels[channel_id].messages)

    def direct_messages(self, user_id: str) -> list[Message]:
        with self.world.lock:
            return copy.deepcopy(self.world.im_of(user_id).messages)

    def ephemerals(self, user_id: str) -> list[Message]:
        with self.world.lock:
            mine = [m for m in self.world.ephemerals if m.ephemeral_to == user_id]
            return copy.deepcopy(mine)

    def view_of(self, user_id: str) -> View | None:
        """The modal on top; `stack` holds all that are open, the first one first."""
        with self.world.lock:
            stack = copy.deepcopy(self.world.stacks.get(user_id, []))
            if not stack:
                return None
            stack[-1].stack = list(stack)
            return stack[-1]

    def home_of(self, user_id: str) -> View | None:
        with self.world.lock:
            return copy.deepcopy(self.world.homes.get(user_id))

    def seen_by(self, user_id: str) -> str:
        with self.world.lock:
            return seen_by(self.world, user_id)

    def render(self, message: Message | View, tz: str = "America/New_York") -> str:
        renderer = Renderer(self.world, tz)
        if isinstance(message, View):
            return renderer.view(message)
        return renderer.message(message)

    def pings(self, message: Message) -> list[str]:
        """Whom a message pings, each once, as people read it: @channel, @Ana."""
        return self._alive(message, Kind.PING)

    def links(self, message: Message) -> list[str]:
        """Where a message leads, each once."""
        return self._alive(message, Kind.LINK)

    def _alive(self, message: Message, kind: Kind) -> list[str]:
        found = [p.target for p in alive_in(self.world, message) if p.kind is kind]
        return list(dict.fromkeys(found))
