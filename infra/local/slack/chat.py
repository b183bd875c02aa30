"""Slack stand-in, Web API: chat.* — posting, changing and deleting messages."""

from .arguments import Args, Refused
from .fields import fresh_values
from .office import Office
from .wire import message_json
from .workspace import Channel, Json, Message


def post_message(context: Office, args: Args) -> Json:
    channel = context.addressed(args.need("channel", "channel_not_found"))
    message = _draft(context, args, channel)
    parent = _parent(channel, args)
    context.pace_post(channel)
    message.ts = context.world.new_ts()
    message.broadcast = parent is not None and args.flag("reply_broadcast")
    (channel.messages if parent is None else parent.thread).append(message)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": message_json(context.world, message),
    }


def _draft(context: Office, args: Args, channel: Channel) -> Message:
    """A checked message that is not yet anywhere."""
    blocks = context.blocks_of(args)
    text = args.text("text")
    if not blocks and not text.strip():
        raise Refused("no_text")
    return Message(
        ts="",
        channel_id=channel.id,
        user_id=context.world.bot_user_id,
        text=text[: context.limits.longest_text],
        blocks=blocks,
        values=fresh_values(blocks, {}),
        metadata=context.metadata_of(args) or None,
        thread_ts=args.text("thread_ts") or None,
        link_names=args.flag("link_names") or args.text("parse") == "full",
        unfurl_links=args.flag("unfurl_links", default=True),
    )


def _parent(channel: Channel, args: Args) -> Message | None:
    if not args.text("thread_ts"):
        return None
    parent = channel.find(args.text("thread_ts"))
    if parent is None:
        raise Refused("thread_not_found")
    if parent.thread_ts:
        raise Refused("cannot_reply_to_message")
    return parent


def update(context: Office, args: Args) -> Json:
    """Text without blocks removes the blocks and marks the message as edited."""
    channel = context.writable(args.need("channel", "channel_not_found"))
    message = context.own(channel, args.need("ts"), "cant_update_message")
    text, blocks = args.text("text"), context.blocks_of(args)
    if len(text) > context.limits.longest_updated_text:
        raise Refused("msg_too_long")
    if not text.strip() and not blocks:
        raise Refused("no_text")
    metadata = context.metadata_of(args)
    _change(context, message, args, blocks)
    if metadata is not None:
        message.metadata = metadata or None
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(context.world, message),
    }


def _change(context: Office, message: Message, args: Args, blocks: list[Json]) -> None:
    if args.has("text"):
        message.text = args.text("text")
    message.blocks = blocks
    message.link_names = args.flag("link_names") or args.text("parse") == "full"
    message.edited = message.edited or not blocks
    message.edited_ts = context.world.new_ts()
    message.values = fresh_values(blocks, {})


def delete(context: Office, args: Args) -> Json:
    channel = context.writable(args.need("channel", "channel_not_found"))
    message = context.own(channel, args.need("ts"), "cant_delete_message")
    if message.thread:
        message.text, message.blocks = "This message was deleted.", []
        message.metadata, message.user_id = None, "USLACKBOT"
    else:
        for held in (channel.messages, *(m.thread for m in channel.messages)):
            held[:] = [m for m in held if m.ts != message.ts]
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(context: Office, args: Args) -> Json:
    channel = context.writable(args.need("channel", "channel_not_found"))
    user = context.world.users.get(args.need("user"))
    if user is None or user.deleted or user.id not in channel.members:
        raise Refused("user_not_in_channel")
    message = _draft(context, args, channel)
    _parent(channel, args)
    message.ts, message.ephemeral_to = context.world.new_ts(), user.id
    context.world.ephemerals.append(message)
    return {"message_ts": message.ts}


def get_permalink(context: Office, args: Args) -> Json:
    channel = context.readable(args.need("channel", "channel_not_found"))
    message = channel.find(args.need("message_ts", "message_not_found"))
    if message is None:
        raise Refused("message_not_found")
    link = f"https://local.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
}
