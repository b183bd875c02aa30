"""The methods that read conversations, users and user groups."""

import re

from infra.local.slack.web_api.arguments import Args, Refused
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.web_api.json_format import channel_json, message_json, user_json
from infra.local.slack.workspace import Json, Message

_TS = re.compile(r"\d{1,11}(\.\d{1,6})?")


def history(context: ApiContext, args: Args) -> Json:
    """Newest first, without replies except those that were also sent to the channel."""
    channel = context.readable(args.required("channel", "channel_not_found"))
    return _page(context, args, list(reversed(_within(args, channel.shown()))), 100)


def replies(context: ApiContext, args: Args) -> Json:
    """The parent, then its replies, oldest first."""
    channel = context.readable(args.required("channel", "channel_not_found"))
    parent = channel.find(args.required("ts", "thread_not_found"))
    if parent is None:
        raise Refused("thread_not_found")
    return _page(context, args, [parent, *_within(args, parent.thread)], 999)


def _within(args: Args, messages: list[Message]) -> list[Message]:
    oldest, latest = _bound(args, "oldest", 0), _bound(args, "latest", 10**17)
    edge = 0 if args.flag("inclusive") else 1
    return [m for m in messages if oldest + edge <= _micros(m.ts) <= latest - edge]


def _bound(args: Args, name: str, default: int) -> int:
    value = args.text(name)
    if value and not _TS.fullmatch(value):
        raise Refused(f"invalid_ts_{name}")
    return _micros(value) if value else default


def _micros(ts: str) -> int:
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int(f"{rest:0<6}")


def _page(context: ApiContext, args: Args, messages: list[Message], default: int) -> Json:
    limit, start = args.text("limit", str(default)), args.text("cursor", "after:0")
    if not limit.isdigit() or not 1 <= int(limit) <= context.limits.largest_history:
        raise Refused("invalid_limit")
    cursor = re.fullmatch(r"after:(\d+)", start or "after:0")
    if not cursor:
        raise Refused("invalid_cursor")
    end = int(cursor[1]) + int(limit)
    more = end < len(messages)
    shown = messages[int(cursor[1]) : end]
    every = args.flag("include_all_metadata")
    return {
        "messages": [message_json(context.workspace, m, every) for m in shown],
        "has_more": more,
        "response_metadata": {"next_cursor": f"after:{end}" if more else ""},
    }


def conversation_info(context: ApiContext, args: Args) -> Json:
    channel = context.workspace.channels.get(args.required("channel", "channel_not_found"))
    bot = context.workspace.bot_user_id
    if channel is None or (channel.private and bot not in channel.members):
        raise Refused("channel_not_found")
    return {"channel": channel_json(channel, bot)}


def open_conversation(context: ApiContext, args: Args) -> Json:
    users = args.required("users", "users_list_not_supplied").split(",")
    if len(users) > 1:
        raise Refused("not_enough_users")  # the fake has no group conversations
    channel = context.direct_message(users[0])
    return {"channel": {"id": channel.id}, "no_op": False, "already_open": False}


def user_info(context: ApiContext, args: Args) -> Json:
    user = context.workspace.users.get(args.required("user", "user_not_found"))
    if user is None:
        raise Refused("user_not_found")
    return {"user": user_json(context.workspace, user)}


def usergroup_list(context: ApiContext, args: Args) -> Json:
    with_users = args.flag("include_users")
    return {
        "usergroups": [
            {
                "id": group.id,
                "team_id": context.workspace.team_id,
                "handle": group.handle,
                "name": group.handle,
                "user_count": len(group.members),
                **({"users": list(group.members)} if with_users else {}),
            }
            for group in context.workspace.usergroups.values()
        ]
    }


def usergroup_users(context: ApiContext, args: Args) -> Json:
    """Deactivated members are left out, as by Slack."""
    group = context.workspace.usergroups.get(args.required("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    users = context.workspace.users
    deactivated = {u for u in group.members if u in users and users[u].deleted}
    return {"users": [user for user in group.members if user not in deactivated]}


def auth_test(context: ApiContext, _: Args) -> Json:
    workspace = context.workspace
    return {
        "url": "https://local.slack.com/",
        "team": "local",
        "user": "bot",
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


METHODS = {
    "auth.test": auth_test,
    "users.info": user_info,
    "usergroups.list": usergroup_list,
    "usergroups.users.list": usergroup_users,
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.info": conversation_info,
    "conversations.open": open_conversation,
}
