"""Slack stand-in, Web API: what the methods share — the workspace, its limits, its doors."""

import json
from dataclasses import dataclass
from typing import Any

from .arguments import Args, Refused, refused_for
from .blocks import MESSAGE, check_blocks
from .limits import Limits, Meters
from .workspace import Channel, Json, Message, Workspace

_EVENT_TYPE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


@dataclass
class Office:
    world: Workspace
    limits: Limits
    meters: Meters
    base_url: str = ""

    def readable(self, channel_id: str) -> Channel:
        """A channel that the bot is in; a private one it is not in does not exist for it."""
        channel = self.world.channels.get(channel_id)
        inside = channel is not None and self.world.bot_user_id in channel.members
        if channel is None or (channel.private and not inside):
            raise Refused("channel_not_found")
        if not inside:
            raise Refused("not_in_channel")
        return channel

    def writable(self, channel_id: str) -> Channel:
        channel = self.readable(channel_id)
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def addressed(self, channel_or_user: str) -> Channel:
        """Where a message for this id goes: a user id means that person's DM."""
        if channel_or_user in self.world.users:
            return self.direct(channel_or_user, unknown="channel_not_found")
        channel = self.writable(channel_or_user)
        for member in channel.members if channel.is_im else ():
            if member != self.world.bot_user_id:
                self.direct(member, unknown="channel_not_found")
        return channel

    def direct(self, user_id: str, unknown: str = "user_not_found") -> Channel:
        user = self.world.users.get(user_id)
        if user is None:
            raise Refused(unknown)
        if user.deleted:
            raise Refused("user_disabled")
        if user.is_bot:
            raise Refused("cannot_dm_bot")
        return self.world.im_of(user_id)

    def own(self, channel: Channel, ts: str, not_own: str) -> Message:
        message = channel.find(ts)
        if message is None:
            raise Refused("message_not_found")
        if message.user_id != self.world.bot_user_id:
            raise Refused(not_own)
        return message

    def blocks_of(self, args: Args) -> list[Json]:
        """Checked, with the ids that Slack gives to what has none."""
        blocks = args.structure("blocks", "invalid_blocks_format")
        if blocks is None:
            return []
        if not isinstance(blocks, list):
            raise Refused("invalid_blocks_format")
        findings = check_blocks(blocks, MESSAGE)
        if findings:
            raise refused_for("invalid_blocks", findings)
        return self.world.with_ids(blocks)

    def metadata_of(self, args: Args) -> Json | None:
        """None when not given; `{}` when it is to be removed."""
        held = args.structure("metadata", "invalid_metadata_format")
        if held is None or held == {}:
            return held if held is None else {}
        if not _is_metadata(held):
            raise Refused("invalid_metadata_format")
        if len(json.dumps(held).encode()) > self.limits.metadata_bytes:
            raise Refused("metadata_too_large")
        return dict(held)

    def pace_post(self, channel: Channel) -> None:
        wait = self.meters.wait_for_post(channel.id, self.world.clock())
        if wait:
            raise Refused("ratelimited", retry_after=wait)


def _is_metadata(held: Any) -> bool:
    if not isinstance(held, dict) or held.keys() != {"event_type", "event_payload"}:
        return False
    kind = held["event_type"]
    named = isinstance(kind, str) and 0 < len(kind) <= 255 and set(kind) <= set(_EVENT_TYPE)
    return named and isinstance(held["event_payload"], dict)
