"""Slack stand-in, the bot's door: what Slack writes in each kind of request."""

import copy
from typing import Any

from infra.local.slack.client.fields import field_state
from infra.local.slack.web_api.json_format import message_json, view_json
from infra.local.slack.workspace import (
    Json,
    Message,
    NotPossible,
    View,
    Workspace,
    interactive_elements,
    leaf_blocks,
)


def command_form(
    world: Workspace,
    user_id: str,
    channel_id: str,
    command: str,
    text: str,
    response_url: str,
) -> dict[str, str]:
    user, channel = world.users[user_id], world.channels[channel_id]
    return {
        "token": "local",
        "team_id": user.team_id,
        "team_domain": "local",
        "channel_id": channel_id,
        "channel_name": "privategroup" if channel.private else channel.name,
        "user_id": user_id,
        "user_name": user.name.lower().replace(" ", "."),
        "command": command,
        "text": text,
        "api_app_id": world.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": world.new_trigger(user_id),
    }


def _who(world: Workspace, user_id: str) -> Json:
    user = world.users[user_id]
    name = user.name.lower().replace(" ", ".")
    shown = {"id": user_id, "username": name, "name": name, "team_id": user.team_id}
    return {
        "user": shown,
        "team": {"id": world.team_id, "domain": "local"},
        "api_app_id": world.app_id,
        "token": "local",
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_click(world: Workspace, user_id: str, message: Message, action: Json, response_url: str) -> Json:
    """An ephemeral message is not sent along, only pointed at."""
    channel = world.channels[message.channel_id]
    name = "directmessage" if channel.is_im else channel.name
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        "type": "block_actions",
        **_who(world, user_id),
        "container": container,
        "trigger_id": world.new_trigger(user_id),
        "channel": {"id": channel.id, "name": name},
        "state": {"values": copy.deepcopy(message.values)},
        "response_url": response_url,
        "actions": [action],
    }
    if message.ephemeral_to is None:
        payload["message"] = message_json(world, message)
    return payload


def view_click(world: Workspace, user_id: str, view: View, action: Json) -> Json:
    return {
        "type": "block_actions",
        **_who(world, user_id),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": world.new_trigger(user_id, in_view=view.id),
        "view": view_json(world, view),
        "actions": [action],
    }


def submission(world: Workspace, user_id: str, view: View) -> Json:
    return {
        "type": "view_submission",
        **_who(world, user_id),
        "trigger_id": world.new_trigger(user_id, in_view=view.id),
        "view": view_json(world, view),
        "response_urls": [],
    }


def closing(world: Workspace, user_id: str, view: View, cleared: bool) -> Json:
    return {
        "type": "view_closed",
        **_who(world, user_id),
        "view": view_json(world, view),
        "is_cleared": cleared,
    }


def suggestion(world: Workspace, user_id: str, view: View, block_id: str, action_id: str, query: str) -> Json:
    return {
        "type": "block_suggestion",
        **_who(world, user_id),
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(world, view),
        "block_id": block_id,
        "action_id": action_id,
        "value": query,
    }


def shortcut(world: Workspace, user_id: str, callback_id: str) -> Json:
    return {
        "type": "shortcut",
        **_who(world, user_id),
        "callback_id": callback_id,
        "trigger_id": world.new_trigger(user_id),
        "action_ts": world.new_ts(),
    }


def home_opened(world: Workspace, user_id: str) -> Json:
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": world.im_of(user_id).id,
        "tab": "home",
        "event_ts": world.new_ts(),
    }
    if user_id in world.homes:
        event["view"] = view_json(world, world.homes[user_id])
    return envelope(world, event)


def envelope(world: Workspace, event: Json) -> Json:
    bot = {"team_id": world.team_id, "user_id": world.bot_user_id, "is_bot": True}
    return {
        "type": "event_callback",
        "token": "local",
        "team_id": world.team_id,
        "api_app_id": world.app_id,
        "event": event,
        "event_id": world.new_id("Ev"),
        "event_time": int(world.clock()),
        "authorizations": [{"enterprise_id": None, "is_enterprise_install": False, **bot}],
    }


def find_element(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The one element that a person means; it has to be there, and only once."""
    found = [
        (block, element)
        for block in leaf_blocks(blocks)
        if block_id in (None, block["block_id"])
        for element in interactive_elements(block)
        if element["action_id"] == action_id
    ]
    if len(found) != 1:
        raise NotPossible(f"{len(found)} elements with action_id {action_id!r} are shown")
    return found[0]


def action_of(world: Workspace, block: Json, element: Json, value: Any, forced: bool) -> Json:
    """What one use of an element says. A `forced` button value is a forged click."""
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": world.new_ts(),
    }
    if kind in ("button", "icon_button", "workflow_button"):
        if value is not None and not forced and value != element.get("value"):
            raise NotPossible(f"this button carries {element.get('value')!r}, not {value!r}")
        return {**action, **_button_part(element, value)}
    if kind == "overflow":
        as_select = {"type": "static_select", "options": element["options"]}
        return {**action, "selected_option": field_state(as_select, value)["selected_option"]}
    state = field_state(element, value)
    return {**action, **{k: v for k, v in state.items() if k != "type"}}


def _button_part(element: Json, value: Any) -> Json:
    carried = element.get("value") if value is None else value
    return {"text": element["text"], **({} if carried is None else {"value": carried})}
