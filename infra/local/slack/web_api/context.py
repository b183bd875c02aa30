"""The context of the Web API's methods: the workspace, its limits, and access checks."""

import json
from dataclasses import dataclass
from typing import Any

from infra.local.slack.limits import Limits, RateMeters
from infra.local.slack.validation.blocks import MESSAGE, check_blocks
from infra.local.slack.web_api.arguments import Args, Refused, refused_with_findings
from infra.local.slack.workspace import Channel, Json, Message, Workspace

_EVENT_TYPE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


@dataclass
class ApiContext:
    workspace: Workspace
    limits: Limits
    meters: RateMeters
    base_url: str = ""

    def readable(self, channel_id: str) -> Channel:
        """A channel that the bot is a member of. Other private channels do not exist for it."""
        channel = self.workspace.channels.get(channel_id)
        inside = channel is not None and self.workspace.bot_user_id in channel.members
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

    def destination(self, channel_or_user: str) -> Channel:
        """The channel for a message; a user id stands for the user's direct messages."""
        if channel_or_user in self.workspace.users:
            return self.direct_message(channel_or_user, unknown="channel_not_found")
        channel = self.writable(channel_or_user)
        for member in channel.members if channel.is_im else ():
            if member != self.workspace.bot_user_id:
                self.direct_message(member, unknown="channel_not_found")
        return channel

    def direct_message(self, user_id: str, unknown: str = "user_not_found") -> Channel:
        user = self.workspace.users.get(user_id)
        if user is None:
            raise Refused(unknown)
        if user.deleted:
            raise Refused("user_disabled")
        if user.is_bot:
            raise Refused("cannot_dm_bot")
        return self.workspace.im_of(user_id)

    def own_message(self, channel: Channel, ts: str, not_own: str) -> Message:
        message = channel.find(ts)
        if message is None:
            raise Refused("message_not_found")
        if message.user_id != self.workspace.bot_user_id:
            raise Refused(not_own)
        return message

    def read_blocks(self, args: Args) -> list[Json]:
        """Checks the blocks, and adds the ids that Slack assigns."""
        blocks = args.structure("blocks", "invalid_blocks_format")
        if blocks is None:
            return []
        if not isinstance(blocks, list):
            raise Refused("invalid_blocks_format")
        findings = check_blocks(blocks, MESSAGE)
        if findings:
            raise refused_with_findings("invalid_blocks", findings)
        return self.workspace.with_ids(blocks)

    def read_metadata(self, args: Args) -> Json | None:
        """None if not given, `{}` to remove the metadata."""
        metadata = args.structure("metadata", "invalid_metadata_format")
        if metadata is None or metadata == {}:
            return None if metadata is None else {}
        if not _is_metadata(metadata):
            raise Refused("invalid_metadata_format")
        if len(json.dumps(metadata).encode()) > self.limits.metadata_bytes:
            raise Refused("metadata_too_large")
        return dict(metadata)

    def check_post_rate(self, channel: Channel) -> None:
        wait = self.meters.wait_for_post(channel.id, self.workspace.clock())
        if wait:
            raise Refused("ratelimited", retry_after=wait)


def _is_metadata(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"event_type", "event_payload"}:
        return False
    kind = value["event_type"]
    named = isinstance(kind, str) and 0 < len(kind) <= 255 and set(kind) <= set(_EVENT_TYPE)
    return named and isinstance(value["event_payload"], dict)
