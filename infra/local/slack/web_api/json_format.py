"""Messages, views, users and channels in Slack's JSON."""

import copy

from infra.local.slack.workspace import Channel, Json, Message, User, View, Workspace


def message_json(workspace: Workspace, message: Message, all_metadata: bool = True) -> Json:
    by_bot = message.user_id == workspace.bot_user_id
    shown: Json = {
        "type": "message",
        "user": message.user_id,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team_id,
        "blocks": copy.deepcopy(message.blocks),
        **({"bot_id": workspace.bot_id, "app_id": workspace.app_id} if by_bot else {}),
        **({"subtype": "thread_broadcast"} if message.broadcast else {}),
        **_thread_json(message),
    }
    if message.metadata:
        metadata = message.metadata if all_metadata else {"event_type": message.metadata["event_type"]}
        shown["metadata"] = copy.deepcopy(metadata)
    if message.edited_ts:
        shown["edited"] = {"user": workspace.bot_id, "ts": message.edited_ts}
    return shown


def _thread_json(message: Message) -> Json:
    if message.thread:
        last = message.thread[-1].ts
        return {"thread_ts": message.ts, "reply_count": len(message.thread), "latest_reply": last}
    return {"thread_ts": message.thread_ts} if message.thread_ts else {}


def view_json(workspace: Workspace, view: View) -> Json:
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "type": view.type,
        "title": view.title,
        "submit": view.submit_button,
        "close": view.close_button,
        "blocks": copy.deepcopy(view.blocks),
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "external_id": view.external_id,
        "state": {"values": _reported(view)},
        "hash": view.hash,
        "clear_on_close": view.clear_on_close,
        "notify_on_close": view.notify_on_close,
        "root_view_id": view.root_view_id,
        "previous_view_id": view.previous_view_id,
        "app_id": workspace.app_id,
        "bot_id": workspace.bot_id,
        "app_installed_team_id": workspace.team_id,
    }


def user_json(workspace: Workspace, user: User) -> Json:
    profile = {"real_name": user.name, "display_name": user.name, "team": user.team_id}
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name.lower().replace(" ", "."),
        "real_name": user.name,
        "deleted": user.deleted,
        "tz": user.tz,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_stranger": user.team_id != workspace.team_id,
        "profile": profile,
        "updated": 0,
    }


def channel_json(channel: Channel, bot_user_id: str) -> Json:
    shown: Json = {
        "id": channel.id,
        "is_channel": not channel.is_im,
        "is_im": channel.is_im,
        "is_private": channel.private or channel.is_im,
        "is_archived": channel.archived,
        "is_member": bot_user_id in channel.members,
    }
    return shown if channel.is_im else {**shown, "name": channel.name}


def _reported(view: View) -> Json:
    """The values of the fields, without the initial ones that an update added."""
    values = copy.deepcopy(view.values)
    for block_id, action_id in view.unreported:
        state = values[block_id][action_id]
        state |= {name: [] if isinstance(value, list) else None for name, value in state.items() if name != "type"}
    return values
