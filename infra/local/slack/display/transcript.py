"""Slack stand-in, what people see: everything in front of one person, as plain text."""

from infra.local.slack.display.rendering import Renderer
from infra.local.slack.workspace import Channel, Message, Workspace


def transcript_for(world: Workspace, user_id: str) -> str:
    user = world.users[user_id]
    renderer = Renderer(world, user.tz)
    parts: list[str] = []
    for channel in world.channels.values():
        if _in_front_of(channel, user_id):
            parts += _conversation(world, renderer, channel, user_id)
    if world.view_stacks.get(user_id):
        parts.append(renderer.view(world.view_stacks[user_id][-1]))
    return "\n\n".join(parts)


def _in_front_of(channel: Channel, user_id: str) -> bool:
    return user_id in channel.members or not (channel.private or channel.is_im)


def _conversation(world: Workspace, renderer: Renderer, channel: Channel, user_id: str) -> list[str]:
    mine = [
        message
        for message in world.ephemerals
        if message.ephemeral_to == user_id and message.channel_id == channel.id
    ]
    messages = sorted([*channel.messages, *mine], key=lambda message: message.ts)
    if not messages:
        return []
    name = "Direct message with the bot" if channel.is_im else f"#{channel.name}"
    return [f"== {name} ==", *(_message(world, renderer, m) for m in messages)]


def _message(world: Workspace, renderer: Renderer, message: Message) -> str:
    who = "Only visible to you · " if message.ephemeral_to else ""
    lines = [f"{who}{world.name_of(message.user_id)}:", renderer.message(message)]
    for reply in message.thread:
        shown = renderer.message(reply).replace("\n", "\n      ")
        lines.append(f"  ↳ {shown}")
    return "\n".join(lines)
