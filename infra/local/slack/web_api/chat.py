"""The chat.* methods: post, update and delete messages."""

from infra.local.slack.client.fields import initial_values
from infra.local.slack.web_api.arguments import Args, Refused
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.web_api.json_format import message_json
from infra.local.slack.workspace import Channel, Json, Message


def post_message(context: ApiContext, args: Args) -> Json:
    channel = context.destination(args.required("channel", "channel_not_found"))
    message = _draft(context, args, channel)
    parent = _parent(channel, args)
    context.check_post_rate(channel)
    message.ts = context.workspace.new_ts()
    message.broadcast = parent is not None and args.flag("reply_broadcast")
    (channel.messages if parent is None else parent.thread).append(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(context.workspace, message)}


def _draft(context: ApiContext, args: Args, channel: Channel) -> Message:
    """A valid message that is not posted yet."""
    blocks = context.read_blocks(args)
    text = args.text("text")
    if not blocks and not text.strip():
        raise Refused("no_text")
    return Message(
        ts="",
        channel_id=channel.id,
        user_id=context.workspace.bot_user_id,
        text=text[: context.limits.longest_text],
        blocks=blocks,
        values=initial_values(blocks, {}),
        metadata=context.read_metadata(args) or None,
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


def update(context: ApiContext, args: Args) -> Json:
    """An update with text but no blocks removes the blocks and marks the message as edited."""
    channel = context.writable(args.required("channel", "channel_not_found"))
    message = context.own_message(channel, args.required("ts"), "cant_update_message")
    text, blocks = args.text("text"), context.read_blocks(args)
    if len(text) > context.limits.longest_updated_text:
        raise Refused("msg_too_long")
    if not text.strip() and not blocks:
        raise Refused("no_text")
    metadata = context.read_metadata(args)
    _change(context, message, args, blocks)
    if metadata is not None:
        message.metadata = metadata or None
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(context.workspace, message),
    }


def _change(context: ApiContext, message: Message, args: Args, blocks: list[Json]) -> None:
    if args.given("text"):
        message.text = args.text("text")
    message.blocks = blocks
    message.link_names = args.flag("link_names") or args.text("parse") == "full"
    message.edited = message.edited or not blocks
    message.edited_ts = context.workspace.new_ts()
    message.values = initial_values(blocks, {})


def delete(context: ApiContext, args: Args) -> Json:
    channel = context.writable(args.required("channel", "channel_not_found"))
    message = context.own_message(channel, args.required("ts"), "cant_delete_message")
    if message.thread:
        message.text, message.blocks = "This message was deleted.", []
        message.metadata, message.user_id = None, "USLACKBOT"
    else:
        for messages in (channel.messages, *(m.thread for m in channel.messages)):
            messages[:] = [m for m in messages if m.ts != message.ts]
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(context: ApiContext, args: Args) -> Json:
    channel = context.writable(args.required("channel", "channel_not_found"))
    user = context.workspace.users.get(args.required("user"))
    if user is None or user.deleted or user.id not in channel.members:
        raise Refused("user_not_in_channel")
    message = _draft(context, args, channel)
    _parent(channel, args)
    message.ts, message.ephemeral_to = context.workspace.new_ts(), user.id
    context.workspace.ephemerals.append(message)
    return {"message_ts": message.ts}


def get_permalink(context: ApiContext, args: Args) -> Json:
    channel = context.readable(args.required("channel", "channel_not_found"))
    message = channel.find(args.required("message_ts", "message_not_found"))
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
