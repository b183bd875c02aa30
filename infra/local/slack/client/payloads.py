"""The payload of each kind of request that Slack sends to the bot."""

import copy
from typing import Any

from infra.local.slack.client.fields import field_state
from infra.local.slack.web_api.json_format import message_json, view_json
from infra.local.slack.workspace import (
    Channel,
    Json,
    Message,
    NotPossible,
    View,
    Workspace,
    interactive_elements,
    leaf_blocks,
)


def command_form(
    workspace: Workspace, user_id: str, channel_id: str, command: str, text: str, response_url: str
) -> dict[str, str]:
    user, channel = workspace.users[user_id], workspace.channels[channel_id]
    return {
        "token": "local",
        "team_id": user.team_id,
        "team_domain": "local",
        "channel_id": channel_id,
        "channel_name": _shown_name(channel),
        "user_id": user_id,
        "user_name": user.name.lower().replace(" ", "."),
        "command": command,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": workspace.new_trigger(user_id),
    }


def _actor(workspace: Workspace, user_id: str) -> Json:
    user = workspace.users[user_id]
    name = user.name.lower().replace(" ", ".")
    shown = {"id": user_id, "username": name, "name": name, "team_id": user.team_id}
    return {
        "user": shown,
        "team": {"id": workspace.team_id, "domain": "local"},
        "api_app_id": workspace.app_id,
        "token": "local",
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel(channel: Channel) -> Json:
    return {"id": channel.id, "name": _shown_name(channel)}


def _shown_name(channel: Channel) -> str:
    """Slack does not give apps the names of private channels."""
    return "privategroup" if channel.private else channel.name


def message_click(workspace: Workspace, user_id: str, message: Message, action: Json, response_url: str) -> Json:
    """The payload of an ephemeral message has its ts, but not the message."""
    return {
        "type": "block_actions",
        **_actor(workspace, user_id),
        **_in_message(workspace, message),
        "trigger_id": workspace.new_trigger(user_id),
        "state": {"values": copy.deepcopy(message.values)},
        "response_url": response_url,
        "actions": [action],
    }


def _in_message(workspace: Workspace, message: Message) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel_id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    where: Json = {"container": container, "channel": _channel(workspace.channels[message.channel_id])}
    return where if message.ephemeral_to else {**where, "message": message_json(workspace, message)}


def _in_view(workspace: Workspace, view: View) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": view_json(workspace, view)}


def view_click(workspace: Workspace, user_id: str, view: View, action: Json) -> Json:
    return {
        "type": "block_actions",
        **_actor(workspace, user_id),
        **_in_view(workspace, view),
        "trigger_id": workspace.new_trigger(user_id, in_view=view.id),
        "actions": [action],
    }


def submission(workspace: Workspace, user_id: str, view: View) -> Json:
    return {
        "type": "view_submission",
        **_actor(workspace, user_id),
        "trigger_id": workspace.new_trigger(user_id, in_view=view.id),
        "view": view_json(workspace, view),
        "response_urls": [],
    }


def closing(workspace: Workspace, user_id: str, view: View, cleared: bool) -> Json:
    return {
        "type": "view_closed",
        **_actor(workspace, user_id),
        "view": view_json(workspace, view),
        "is_cleared": cleared,
    }


def suggestion(
    workspace: Workspace, user_id: str, holder: Message | View, block_id: str, action_id: str, query: str
) -> Json:
    where = _in_view(workspace, holder) if isinstance(holder, View) else _in_message(workspace, holder)
    return {
        "type": "block_suggestion",
        **_actor(workspace, user_id),
        **where,
        "block_id": block_id,
        "action_id": action_id,
        "value": query,
    }


def shortcut(workspace: Workspace, user_id: str, callback_id: str) -> Json:
    """Unlike the other interactions, a shortcut does not name the app."""
    actor = _actor(workspace, user_id)
    del actor["api_app_id"]
    return {
        "type": "shortcut",
        **actor,
        "callback_id": callback_id,
        "trigger_id": workspace.new_trigger(user_id),
        "action_ts": workspace.new_ts(),
    }


def message_shortcut(workspace: Workspace, user_id: str, message: Message, callback_id: str, response_url: str) -> Json:
    return {
        **shortcut(workspace, user_id, callback_id),
        "type": "message_action",
        "channel": _channel(workspace.channels[message.channel_id]),
        "message_ts": message.ts,
        "message": message_json(workspace, message),
        "response_url": response_url,
    }


def home_opened(workspace: Workspace, user_id: str) -> Json:
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": workspace.im_of(user_id).id,
        "tab": "home",
        "event_ts": workspace.new_ts(),
    }
    if user_id in workspace.homes:
        event["view"] = view_json(workspace, workspace.homes[user_id])
    return envelope(workspace, event)


def envelope(workspace: Workspace, event: Json) -> Json:
    bot = {"team_id": workspace.team_id, "user_id": workspace.bot_user_id, "is_bot": True}
    return {
        "type": "event_callback",
        "token": "local",
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": event,
        "event_id": workspace.new_id("Ev"),
        "event_time": int(workspace.clock()),
        "authorizations": [{"enterprise_id": None, "is_enterprise_install": False, **bot}],
    }


def find_element(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The element with this id. Raises NotPossible unless there is exactly one."""
    found = [
        (block, element)
        for block in leaf_blocks(blocks)
        if block_id in (None, block["block_id"])
        for element in interactive_elements(block)
        if element["action_id"] == action_id
    ]
    if len(found) != 1:
        raise NotPossible(f"{len(found)} elements have the action_id {action_id!r}")
    return found[0]


def action_of(
    workspace: Workspace, block: Json, element: Json, value: Any, forced: bool, offered: list[Json] | None = None
) -> Json:
    """The action of one use of an element. `forced` allows a button value that is not its own: a forged click.

    `offered`: the options of an external select, which the bot has suggested.
    """
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": workspace.new_ts(),
    }
    if kind in ("button", "icon_button", "workflow_button"):
        if value is not None and not forced and value != element.get("value"):
            raise NotPossible(f"this button carries {element.get('value')!r}, not {value!r}")
        return {**action, **_button_fields(element, value)}
    if kind == "overflow":
        as_select = {"type": "static_select", "options": element["options"]}
        return {**action, "selected_option": field_state(as_select, value)["selected_option"]}
    state = field_state(element, value, offered)
    return {**action, **{k: v for k, v in state.items() if k != "type"}}


def _button_fields(element: Json, value: Any) -> Json:
    carried = element.get("value") if value is None else value
    return {"text": element["text"], **({} if carried is None else {"value": carried})}
